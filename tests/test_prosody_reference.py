"""Prosody beside the corpora's: ranges are made fairly, read safely and compared rightly."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser import BundleError
from ser.audio import Sound
from ser.bundle import SHIPPED
from ser.charts import prosody_chart
from ser.features import PROSODIC_FEATURES, measure_prosody
from ser.labels import LABELS
from ser.palette import EMOTION_COLOURS
from ser.prosody_reference import FILE, MEASURES, Compared, ProsodyReference, told
from ser.synthesis import Voice, vowel
from ser.wording import beside, measured
from training.corpora import Clip
from training.dataset import TrainingError
from training.prosody_reference import make_reference, weighted_percentiles

NAMES = [feature.name for feature in PROSODIC_FEATURES]
PITCH, VOICED = NAMES.index("f0_median_hz"), NAMES.index("voiced_share")


def clip(number: int, corpus: str = "large", emotion: str = "sad", sex: str = "female") -> Clip:
    return Clip(Path(f"{corpus}-{number}.wav"), corpus, emotion, emotion, f"{corpus}-{number}", sex)


def prosody(*pitches_hz: float) -> np.ndarray:
    rows = np.full((len(pitches_hz), len(PROSODIC_FEATURES)), 0.1)
    rows[:, PITCH] = pitches_hz
    rows[:, VOICED] = np.array(pitches_hz) > 0
    return rows


def test_a_large_corpus_weighs_no_more_than_a_small_one() -> None:
    clips = [clip(i) for i in range(90)] + [clip(i, "small") for i in range(10)]
    made = make_reference(clips, prosody(*np.linspace(150, 200, 90), *np.linspace(250, 300, 10)))
    low, _, middle, _, high = made["ranges"]["female"]["sad"]["f0_median_hz"]
    assert 199 < middle < 251
    assert low == pytest.approx(155, abs=2)
    assert high == pytest.approx(295, abs=3)
    assert made["made_from"]["corpora"]["small"] == {
        "clips": 10,
        "speakers": {"female": 10, "male": 0},
    }


def test_only_speech_of_known_voices_in_the_seven_emotions_counts() -> None:
    clips = [
        clip(0, emotion="calm"),
        clip(1, emotion="neutral"),
        clip(2, emotion="boredom"),
        clip(3, sex=""),
        clip(4, "ravdess_song", "neutral"),
        clip(5, sex="male"),
    ]
    made = make_reference(clips, prosody(200, 202, 900, 900, 900, 100))
    assert {sex: list(of) for sex, of in made["ranges"].items()} == {
        "female": ["neutral"],
        "male": ["sad"],
    }
    assert max(made["ranges"]["female"]["neutral"]["f0_median_hz"]) <= 202
    assert made["made_from"]["clips"] == 3
    with pytest.raises(TrainingError, match="no spoken clips"):
        make_reference(clips[3:4], prosody(900))


def test_a_clip_without_voice_does_not_count_as_a_low_one() -> None:
    made = make_reference([clip(i) for i in range(3)], prosody(0, 200, 210))
    assert min(made["ranges"]["female"]["sad"]["f0_median_hz"]) >= 200


def test_with_equal_weights_percentiles_are_the_usual_ones() -> None:
    values = np.random.default_rng(0).normal(size=4_000)
    found = weighted_percentiles(values, np.full(4_000, 0.3))
    np.testing.assert_allclose(found, np.percentile(values, [5, 25, 50, 75, 95]), atol=0.01)


@pytest.fixture(scope="module")
def reference() -> ProsodyReference:
    return ProsodyReference.load()


def test_the_reference_in_the_repository_knows_all_labels_of_both_sexes(
    reference: ProsodyReference,
) -> None:
    women, men = reference.ranges["female"], reference.ranges["male"]
    assert list(women) == list(men) == list(LABELS)
    for label in LABELS:
        assert men[label]["f0_median_hz"][2] < 0.8 * women[label]["f0_median_hz"][2]
    assert reference.made_from["clips"] > 10_000


def by_key(compared: tuple[Compared, ...]) -> dict[str, Compared]:
    return {one.measure.key: one for one in compared}


def test_a_voice_is_measured_in_the_units_of_its_ranges(reference: ProsodyReference) -> None:
    # Jitter of 1.5 % reads as 1.5, and so do the ranges beside it.
    sound = Sound(vowel(Voice(f0_hz=(210.0,), jitter=0.015), duration_s=2.0))
    women = by_key(reference.compare(sound, "women"))
    assert women["f0_median_hz"].value == pytest.approx(210, rel=0.02)
    assert women["jitter_local"].value == pytest.approx(1.5, rel=0.3)
    for one in women.values():
        assert list(one.ranges) == list(LABELS)
    assert 0.5 < women["jitter_local"].ranges["neutral"][2] < 5
    men = by_key(reference.compare(sound, "men"))
    assert men["f0_median_hz"].value == women["f0_median_hz"].value
    assert men["f0_median_hz"].ranges != women["f0_median_hz"].ranges
    assert "disgust" in women["f0_median_hz"].typical_of()
    assert "210 Hz; that is in the middle half of " in beside(women["f0_median_hz"])
    assert beside(men["jitter_local"]).endswith("no emotion.")


def test_a_whisper_has_no_pitch_and_no_roughness_to_compare(reference: ProsodyReference) -> None:
    sound = Sound(np.random.default_rng(0).standard_normal(32_000).astype(np.float32))
    # A crumb of voice, as whispers have it, is none.
    sound.samples[8_000:9_600] += 10 * vowel(Voice(), duration_s=0.1)
    compared = by_key(reference.compare(sound, "men"))
    assert compared["f0_median_hz"].value is None
    assert compared["jitter_local"].value is None
    assert compared["nuclei_per_s"].value is not None
    assert measured(compared["f0_median_hz"]) == "cannot be told"
    assert len(prosody_chart(compared["f0_median_hz"]).data) == 2 * len(LABELS)


def test_a_pitch_that_was_never_measured_is_none() -> None:
    sound = Sound(vowel(Voice(), duration_s=0.5))
    prosody = measure_prosody(sound.samples) | {"f0_median_hz": 0.0}
    assert told(prosody)["f0_median_hz"] is None
    assert told(prosody)["jitter_local"] is None


def content() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SHIPPED / FILE).read_text())
    return loaded


def without_a_range() -> str:
    changed = content()
    del changed["ranges"]["male"]["sad"]["jitter_local"]
    return json.dumps(changed)


def of_other_features() -> str:
    changed = content()
    changed["made_from"]["feature_version"] = 0
    return json.dumps(changed)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "is missing"),
        ("{", "is damaged"),
        ("[]", "is damaged"),
        (without_a_range(), "is damaged"),
        (of_other_features(), "other features"),
    ],
    ids=["missing", "cut", "something else", "hole", "other features"],
)
def test_a_reference_that_cannot_be_used_is_told(
    tmp_path: Path, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / FILE).parent.mkdir()
        (tmp_path / FILE).write_text(text)
    with pytest.raises(BundleError, match=says):
        ProsodyReference.load(tmp_path)


def test_the_chart_shows_each_emotion_in_its_colour_and_the_voice_across_all() -> None:
    ranges: dict[str, tuple[float, ...]] = {
        label: (90.0 + i, 100.0 + i, 110.0, 120.0, 130.0) for i, label in enumerate(LABELS)
    }
    compared = Compared(MEASURES[0], 105.0, ranges)
    figure = prosody_chart(compared, answer="sad")
    bars, voice = figure.data[: 2 * len(LABELS)], figure.data[-1]
    assert [bar.line.color for bar in bars[1::2]] == list(EMOTION_COLOURS.values())
    assert [tuple(bar.x) for bar in bars[:2]] == [(90, 130), (100, 120)]
    assert tuple(voice.x) == (105, 105)
    assert figure.layout.yaxis.ticktext[2].startswith("<b>sad ")
    far = prosody_chart(replace(compared, value=5_000.0))
    assert far.layout.xaxis.range[1] < 200, "one odd value must not squeeze the bars"
    assert far.data[-1].x[0] <= far.layout.xaxis.range[1]


@pytest.mark.parametrize(("f0_hz", "sex"), [(110.0, "men"), (230.0, "women")])
def test_a_voice_is_set_beside_those_of_its_height_at_first(f0_hz: float, sex: str) -> None:
    sound = Sound(vowel(Voice(f0_hz=f0_hz), duration_s=1.0))
    assert ProsodyReference.load().nearest(sound, "neutral") == sex
