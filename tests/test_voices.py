"""The gain of knowing a voice is measured on clips and speakers that nothing was chosen on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser.labels import INNER_LABELS
from training.benchmark.calibration import fit_to_ship
from training.benchmark.pool import POOLED, Pool
from training.benchmark.predictions import UNTRAINED
from training.benchmark.protocols import PROTOCOLS
from training.benchmark.voice_fit import enrol_draws, fit_voices, group_draws
from training.benchmark.voices import _others, voice_entries
from training.enrolment import ENROL_CLIPS

EMOTIONS = ("neutral", "happy", "sad", "angry")


def _pool(
    *,
    spread: float,
    parts: int = 2,
    corpora: tuple[str, ...] = ("cremad",),
    protocol: str = PROTOCOLS[0],
    takes: int = 8,
) -> Pool:
    """Make up answers of 16 voices: each emotion's logit is high, and each voice has an offset."""
    rng = np.random.default_rng(3)
    rows, logits = [], []
    for corpus in corpora:
        for speaker in range(16):
            offset = spread * rng.normal(0, 1, 9)
            for emotion in EMOTIONS:
                for take in range(takes):
                    part = f"fold-{1 + speaker % parts}"
                    rows.append((corpus, f"{take}", f"{corpus}-{speaker}", emotion, part))
                    logits.append(
                        3.0 * (np.array(INNER_LABELS) == emotion) + offset + rng.normal(0, 1, 9)
                    )
    clips = pd.DataFrame(rows, columns=["corpus", "clip", "speaker", "emotion", "part"])
    clips = clips.assign(sex="", age=np.nan, age_group="", heard="", role="test")
    return Pool(
        protocol,
        clips,
        {"cnn": np.array(logits)},
        {"cnn": np.ones(len(rows))},
        frozenset(EMOTIONS),
    )


def _entries(pool: Pool, **wanted: Any) -> list[dict[str, Any]]:
    return [
        entry
        for entry in voice_entries(pool)
        if all(entry[name] == value for name, value in wanted.items())
    ]


def test_voices_that_differ_are_worth_knowing() -> None:
    (entry,) = _entries(_pool(spread=2.0), way="enrolled", corpus=POOLED)
    gain = entry["uar"]
    assert gain["difference"] == pytest.approx(gain["after"] - gain["before"])
    assert gain["difference"] > 0.1
    assert gain["ci95"][0] > 0
    assert entry["speakers"] == 16
    (group,) = _entries(_pool(spread=2.0), corpus=POOLED, clips=None, lopsided=False)
    assert group["uar"]["ci95"][0] > 0


def test_voices_that_do_not_differ_are_left_as_they_are() -> None:
    (entry,) = _entries(_pool(spread=0.0), way="enrolled", corpus=POOLED)
    assert abs(entry["uar"]["difference"]) < 0.02
    voices = fit_voices(_pool(spread=0.0), "cnn")
    assert voices is not None
    assert voices.enrolled.of(ENROL_CLIPS) < 0.3


def test_noisier_clips_are_believed_later() -> None:
    few, many = (fit_voices(_pool(spread=spread), "cnn") for spread in (0.5, 3.0))
    assert few is not None
    assert many is not None
    assert few.enrolled.half_at > 2 * many.enrolled.half_at


def test_what_enrols_is_neutral_and_not_scored() -> None:
    pool = _pool(spread=1.0, takes=3)
    draws = enrol_draws(pool)
    assert {draw.speaker for draw in draws} == set(pool.clips["speaker"])
    for draw in draws:
        assert set(pool.clips["emotion"][draw.known]) == {"neutral"}
        assert set(pool.clips["speaker"][[*draw.known, *draw.scored]]) == {draw.speaker}
        assert not set(draw.known) & set(draw.scored)
        assert len(draw.known) == 2, "one neutral clip is left to be scored"
        assert "neutral" in set(pool.clips["emotion"][draw.scored])


def test_lopsided_groups_are_mostly_of_one_emotion() -> None:
    pool = _pool(spread=1.0)
    shares = [
        pool.clips["emotion"][draw.scored].value_counts(normalize=True).iloc[0]
        for draw in group_draws(pool, 10, lopsided=True)
    ]
    assert min(shares) >= 0.59
    assert {len(draw.scored) for draw in group_draws(pool, 5)} == {5}


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_nobody_is_scored_with_what_was_fitted_on_them(parts: int) -> None:
    pool = _pool(spread=1.0, parts=parts)
    others, chosen_on = _others(pool)
    assert ("half" in chosen_on) == (parts == 1)
    tested: set[str] = set()
    for mask in others.values():
        fitted, scored = (set(pool.clips["speaker"][rows]) for rows in (mask, ~mask))
        assert fitted
        assert not fitted & scored
        assert not tested & scored
        tested |= scored
    assert tested == set(pool.clips["speaker"])


def test_an_untrained_emotion_is_never_answered() -> None:
    pool = _pool(spread=2.0, protocol=PROTOCOLS[1], corpora=("cremad", "emodb"))
    pool.logits["cnn"][pool.clips["corpus"] == "emodb", INNER_LABELS.index("surprised")] = UNTRAINED
    voices = fit_voices(pool, "cnn")
    assert voices is not None
    assert np.isfinite(voices.neutral).all()
    assert np.abs(voices.neutral).max() < 50
    for entry in _entries(pool, way="enrolled"):
        assert np.isfinite(entry["uar_any"]["after"])
        assert entry["uar"]["difference"] > 0


def test_what_ships_can_be_read_by_the_recogniser() -> None:
    facts = fit_to_ship([_pool(spread=2.0)])
    assert len(facts["neutral_reference"]["cnn"]) == len(INNER_LABELS)
    trust = facts["voice_trust"]["enrolled"]["cnn"]
    assert 0 < trust["strength"] <= 1
    assert trust["half_at"] > 0


def test_too_few_voices_give_no_figures() -> None:
    pool = _pool(spread=1.0)
    one = pool.where(pool.clips["speaker"] == "cremad-0")
    assert list(voice_entries(one)) == []
    assert fit_to_ship([one])["neutral_reference"] == {}


def test_a_split_that_heard_every_voice_is_not_asked() -> None:
    assert list(voice_entries(_pool(spread=1.0, protocol="random"))) == []
