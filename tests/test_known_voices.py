"""A known voice is heard against what it sounds like at rest: trained so, measured so, used so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser import BundleError, ProfileError, Recognizer, VoiceProfile
from ser.audio import SAMPLE_RATE, load
from ser.bundle import KNOWN_VOICE_FILE, SHIPPED, Bundle, open_bundle
from ser.features import Features, extract, feature_names
from ser.features.scaling import Scaling
from ser.known_voices import Joining, KnownVoices
from ser.labels import INNER_LABELS, LABELS, to_public
from ser.network import compiled, softmax
from ser.profile import fingerprint
from training.batches import RelativeBatches
from training.benchmark.calibration import fit_to_ship
from training.benchmark.fusion import fuse
from training.benchmark.pool import POOLED, Fitted, Pool
from training.benchmark.predictions import (
    KNOWN_VOICE,
    Predictions,
    describe,
    read_predictions,
    write_predictions,
)
from training.benchmark.protocols import PROTOCOLS
from training.benchmark.voices import voice_entries
from training.corpora import Clip
from training.dataset import Dataset
from training.enrolment import ENROL_CLIPS, enrolling, neutral_by_voice, predict_known

FEATURES = 12
PLAIN = Scaling(np.zeros(64), np.ones(64), np.zeros(FEATURES), np.ones(FEATURES))


# The recogniser ---------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return open_bundle(SHIPPED)


def _joined(bundle: Bundle, *, share: float, temperature: float) -> Recognizer:
    """The shipped models, joined otherwise."""
    joining = {"share": share, "temperature": temperature}
    return Recognizer(replace(bundle, manifest={**bundle.manifest, "known_voice": joining}))


def _profile(bundle: Bundle, at_rest: np.ndarray) -> VoiceProfile:
    return VoiceProfile(fingerprint(bundle), 10.0, {}, tuple(map(float, at_rest)))


def _probabilities(recognizer: Recognizer, samples: np.ndarray, **options: Any) -> np.ndarray:
    answer = recognizer.predict((samples, SAMPLE_RATE), model="hybrid", **options)
    return np.array([answer.probabilities[label] for label in LABELS])


def test_what_differs_from_the_voice_at_rest_is_what_the_network_hears(
    shipped: Bundle, speech: np.ndarray
) -> None:
    functionals = shipped.scaling.functionals(extract(load((speech, SAMPLE_RATE))).functionals)
    at_rest = np.random.default_rng(0).normal(size=len(functionals)).round(3)
    network, _ = compiled(SHIPPED / KNOWN_VOICE_FILE)
    logits = network((functionals - at_rest)[None].astype(np.float32)).numpy()[0]
    alone = _joined(shipped, share=1.0, temperature=1.7)
    heard = _probabilities(alone, speech, profile=_profile(shipped, at_rest))
    np.testing.assert_allclose(heard, to_public(softmax(logits, temperature=1.7)), atol=1e-5)


def test_without_a_share_the_hybrid_answers_as_ever(shipped: Bundle, speech: np.ndarray) -> None:
    unmoved = _joined(shipped, share=0.0, temperature=shipped.temperature("hybrid"))
    profile = _profile(shipped, np.ones(len(feature_names())))
    np.testing.assert_allclose(
        _probabilities(unmoved, speech, profile=profile),
        _probabilities(unmoved, speech),
        atol=1e-6,
    )


def test_a_voice_that_was_enrolled_is_what_is_listened_against(
    shipped: Bundle, speech: np.ndarray
) -> None:
    sound = (speech, SAMPLE_RATE)
    recognizer = Recognizer(shipped)
    profile = recognizer.enrol([sound, sound])
    neutral = shipped.scaling.functionals(extract(load(sound)).functionals)
    assert "hybrid" not in profile.offsets, "there is a better way"
    # It is cut into pieces of 2.5 s; so about, not exactly.
    assert np.corrcoef(profile.functionals, neutral)[0, 1] > 0.9
    assert VoiceProfile.from_json(profile.to_json()) == profile
    assert len(profile.to_json()) < 30_000


def test_many_clips_of_a_known_voice_are_answered_together_as_each_alone(
    shipped: Bundle, voices: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    recognizer = Recognizer(shipped)
    profile = _profile(shipped, np.zeros(len(feature_names())))
    heard = [recognizer.hear((samples, SAMPLE_RATE)) for samples in voices.values()]
    heard.insert(1, replace(heard[0], status="no_speech", values={}))
    alone = [recognizer.answers([one], profile=profile)[0] for one in heard]
    asked: list[int] = []
    answer = KnownVoices.log_probabilities

    def count(network: KnownVoices, hybrid: np.ndarray, relative: np.ndarray) -> np.ndarray:
        asked.append(len(relative))
        return answer(network, hybrid, relative)

    monkeypatch.setattr(KnownVoices, "log_probabilities", count)
    together = recognizer.answers(heard, profile=profile)
    assert asked == [len(voices)], "a page with a thousand files asks once"
    assert [one.label for one in together] == [one.label for one in alone]
    assert [one.voice_known for one in together] == [bool(one.values) for one in heard]
    np.testing.assert_allclose(
        [one.confidence for one in together], [one.confidence for one in alone], atol=1e-6
    )


@pytest.mark.parametrize("count", [0, 5])
def test_a_profile_that_lacks_the_voice_at_rest_is_refused(
    shipped: Bundle, speech: np.ndarray, count: int
) -> None:
    profile = VoiceProfile(fingerprint(shipped), 10.0, {"hybrid": (0.0,) * 9}, (0.0,) * count)
    with pytest.raises(ProfileError, match="other models"):
        Recognizer(shipped).predict((speech, SAMPLE_RATE), model="hybrid", profile=profile)


@pytest.mark.parametrize("value", [float("nan"), 1e9])
def test_a_damaged_voice_at_rest_is_refused(shipped: Bundle, value: float) -> None:
    profile = _profile(shipped, np.full(3, value))
    with pytest.raises(ProfileError, match="damaged"):
        VoiceProfile.from_json(profile.to_json())


def test_a_network_that_answers_otherwise_than_when_it_was_made_is_noticed(
    shipped: Bundle, speech: np.ndarray
) -> None:
    answers = {**shipped.manifest["known_answer"], KNOWN_VOICE: [0.0] * 6 + [1.0]}
    changed = Recognizer(replace(shipped, manifest={**shipped.manifest, "known_answer": answers}))
    profile = _profile(shipped, np.zeros(len(feature_names())))
    with pytest.raises(BundleError, match="known voice model answers a known sound otherwise"):
        changed.predict((speech, SAMPLE_RATE), model="hybrid", profile=profile)


def test_what_a_known_voice_answers_can_be_explained(shipped: Bundle, speech: np.ndarray) -> None:
    recognizer, sound = Recognizer(shipped), (speech, SAMPLE_RATE)
    profile = recognizer.enrol([sound, sound])
    answer = recognizer.predict(sound, model="hybrid", profile=profile)
    why = recognizer.explain(sound, model="hybrid", profile=profile)
    assert why.label == answer.label
    assert why.probability == pytest.approx(answer.confidence, abs=1e-3)
    manifest = shipped.manifest
    unknown = recognizer.explain(sound, model="hybrid").seen_share
    assert unknown == pytest.approx(1 - manifest["functionals_share"])
    assert why.seen_share == pytest.approx(unknown * (1 - manifest["known_voice"]["share"]))
    assert recognizer.explain(sound, model="cnn").seen_share == 1


def test_a_known_voice_has_a_level_of_its_own_for_what_is_sure(
    shipped: Bundle, speech: np.ndarray
) -> None:
    profile = _profile(shipped, np.zeros(len(feature_names())))
    for level, status in ((0.0, "ok"), (1.1, "uncertain"), (None, "uncertain")):
        levels = {"hybrid": 0.5, KNOWN_VOICE: level}
        recognizer = Recognizer(
            replace(shipped, manifest={**shipped.manifest, "sure_from": levels})
        )
        answer = recognizer.predict((speech, SAMPLE_RATE), model="hybrid", profile=profile)
        assert answer.status == status


def test_models_that_do_not_say_how_are_refused(shipped: Bundle, speech: np.ndarray) -> None:
    manifest = {k: v for k, v in shipped.manifest.items() if k != "known_voice"}
    recognizer = Recognizer(replace(shipped, manifest=manifest))
    profile = _profile(shipped, np.zeros(len(feature_names())))
    with pytest.raises(BundleError, match="how known voices are heard"):
        recognizer.predict((speech, SAMPLE_RATE), model="hybrid", profile=profile)


def test_logits_are_joined_before_they_are_cooled() -> None:
    one, other = np.eye(9)[[2, 3]] * 6
    joined = Joining(share=0.25, temperature=2.0).log_probabilities(one, other)
    np.testing.assert_allclose(np.exp(joined), softmax((0.75 * one + 0.25 * other) / 2))


# Training ---------------------------------------------------------------------


def _clips(emotions: Sequence[str], speakers: Sequence[str], corpus: str = "cremad") -> list[Clip]:
    return [
        Clip(Path(f"{speaker}-{i}.wav"), corpus, emotion, "", speaker)
        for speaker in speakers
        for i, emotion in enumerate(emotions)
    ]


def _dataset(clips: list[Clip], values: np.ndarray) -> Dataset:
    """Clips with these functionals; copies are 2 higher, variants 1, what is spoiled 3."""
    nothing = np.zeros((1, 64), np.float32)
    own = [Features(nothing, row.astype(np.float32)) for row in values]
    copies = [Features(nothing, row.functionals + 2) for row in own]
    variants = [np.tile(row + 1, (4, 1)).astype(np.float16) for row in values]
    spoiled = [np.tile(row + 3, (2, 1)).astype(np.float16) for row in values]
    return Dataset(clips, own, copies, variants, spoiled, {})


def test_a_voice_cancels_out_however_it_is_varied() -> None:
    """Each voice has a level of its own and sadness lies 3 lower: only that is left."""
    clips = _clips(["neutral"] * 4 + ["sad"] * 4, ["a", "b", "c"])
    level = np.repeat([-4.0, 0.0, 3.0], 8)[:, None]
    sad = np.array([clip.emotion == "sad" for clip in clips])[:, None]
    values = np.tile(level - 3.0 * sad, FEATURES)
    wide = replace(PLAIN, pros_std=np.full(FEATURES, 10.0))
    batches = RelativeBatches(_dataset(clips, values), wide, seed=1)
    inputs, asked = batches[0]
    drawn_sad = asked[:, INNER_LABELS.index("sad")] > 0.5
    np.testing.assert_allclose(inputs[drawn_sad], -0.3, atol=1e-4)
    np.testing.assert_allclose(inputs[~drawn_sad], 0.0, atol=1e-4)


def test_no_clip_is_heard_against_itself() -> None:
    clips = _clips(["neutral", "neutral"], ["a"])
    values = np.array([[0.0] * FEATURES, [1.0] * FEATURES])
    inputs, _ = RelativeBatches(_dataset(clips, values), PLAIN, seed=1)[0]
    assert set(np.abs(inputs).ravel().round(3)) == {1.0}


def test_a_voice_that_is_hardly_ever_neutral_teaches_nothing() -> None:
    clips = [*_clips(["neutral", "neutral", "sad"], ["a"]), *_clips(["neutral", "sad"], ["b"])]
    batches = RelativeBatches(_dataset(clips, np.zeros((5, FEATURES))), PLAIN, seed=1)
    assert {clips[i].speaker for i in batches._drawn()} == {"a"}


def test_who_sings_and_speaks_has_two_voices_and_calm_is_not_neutral() -> None:
    clips = [
        *_clips(["neutral", "neutral", "calm"], ["ravdess-1"], "ravdess"),
        *_clips(["neutral", "calm", "calm"], ["ravdess-1"], "ravdess_song"),
    ]
    found = neutral_by_voice(clips)
    assert {voice: list(own) for voice, own in found.items()} == {("ravdess", "ravdess-1"): [0, 1]}


# Measuring --------------------------------------------------------------------


def test_what_enrols_is_drawn_by_the_voice_alone_and_one_is_left() -> None:
    clips = _clips(["neutral"] * 8 + ["sad"], ["a", "b"])
    drawn = enrolling(clips, seed=1)
    assert {len(own) for own in drawn.values()} == {ENROL_CLIPS}
    alone = enrolling(clips[9:], seed=1)["cremad", "b"] + 9
    np.testing.assert_array_equal(drawn["cremad", "b"], alone)
    (few,) = enrolling(_clips(["neutral"] * 3, ["a"]), seed=1).values()
    assert len(few) == 2


def test_enrolled_clips_and_strangers_get_no_answer() -> None:
    clips = [*_clips(["neutral"] * 6 + ["sad"], ["a"]), *_clips(["neutral", "sad"], ["b"])]
    values = np.arange(9.0)[:, None] * np.ones(FEATURES)
    network: Any = SimpleNamespace(predict=lambda relative, **_: relative[:, :9])
    wide = replace(PLAIN, pros_std=np.full(FEATURES, 10.0))
    answers = predict_known(network, _dataset(clips, values), wide, seed=1)
    (enrolled,) = enrolling(clips, seed=1).values()
    silent = np.isnan(answers).all(axis=1)
    assert set(np.flatnonzero(silent)) == {*enrolled, 7, 8}
    np.testing.assert_allclose(answers[6], (6 - enrolled.mean()) / 10, atol=1e-6)


def test_answers_that_are_missing_come_back_as_missing(tmp_path: Path) -> None:
    clips = _clips(["neutral", "sad"], ["a"])
    logits = np.ones((2, 9))
    logits[0] = np.nan
    facts = {"models": [KNOWN_VOICE]}
    written = Predictions(facts, describe(clips, role=["test"] * 2), {KNOWN_VOICE: logits})
    write_predictions(tmp_path, "part", written)
    (read,) = read_predictions(tmp_path)
    np.testing.assert_array_equal(read.logits[KNOWN_VOICE], logits)


def _pool(*, better: float) -> Pool:
    """Sixteen voices in two parts; what knows the voice is right by ``better`` more."""
    rng = np.random.default_rng(2)
    emotions = ("neutral", "happy", "sad", "angry")
    clips = pd.DataFrame(
        [
            ("cremad", f"{take}", f"cremad-{voice}", emotion, f"fold-{1 + voice % 2}")
            for voice in range(16)
            for emotion in emotions
            for take in range(10)
        ],
        columns=["corpus", "clip", "speaker", "emotion", "part"],
    ).assign(sex="", age=np.nan, age_group="", heard="", role="test")
    right = np.array([np.array(INNER_LABELS) == emotion for emotion in clips["emotion"]])
    hybrid = right + rng.normal(0, 1, right.shape)
    relative = (1 + better) * right + rng.normal(0, 1, right.shape)
    relative[(clips["emotion"] == "neutral") & (clips["clip"] < "4")] = np.nan
    return Pool(
        PROTOCOLS[0],
        clips,
        {"hybrid": hybrid},
        {"hybrid": np.ones(len(clips))},
        frozenset(emotions),
        relative=relative,
    )


def _enrolled(pool: Pool) -> list[dict[str, Any]]:
    return [entry for entry in voice_entries(pool) if entry["way"] == "enrolled"]


def test_the_gain_is_counted_on_clips_that_did_not_enrol() -> None:
    pooled, corpus = _enrolled(_pool(better=2.0))
    assert (pooled["corpus"], corpus["corpus"]) == (POOLED, "cremad")
    assert pooled["n"] == 16 * 36
    assert pooled["uar"]["difference"] > 0.2
    assert pooled["uar"]["ci95"][0] > 0
    assert 0 < pooled["ece"] < 0.1
    assert pooled["not_sure"]["coverage"] > 0.95, "more than four in five are right"
    assert pooled["not_sure"]["accuracy"] > 0.9
    assert {own["share"] > 0.6 for own in pooled["trust"].values()} == {True}


def test_each_part_is_fused_with_its_own_share_when_others_are_fitted() -> None:
    """The others' own share was fitted on the part that is scored."""
    pool = _pool(better=2.0)
    cnn, functionals = pool.logits["hybrid"] + 1.0, pool.logits["hybrid"] - 1.0
    functionals[:, 2] += 9.0
    logits = {"cnn": cnn, "functionals": functionals, "hybrid": fuse(cnn, functionals, 0.9)}
    temperatures = dict.fromkeys(logits, np.ones(len(cnn)))
    trusts = []
    for share in (0.0, 0.9):  # of fold-2, which must not matter to fold-1
        fitted = {"fold-1": Fitted("", 0.1, {}), "fold-2": Fitted("", share, {})}
        own = replace(pool, logits=logits, temperatures=temperatures, fitted=fitted)
        entry = next(entry for entry in _enrolled(own) if entry["model"] == "hybrid")
        trusts.append(entry["trust"])
    assert trusts[0]["fold-1"] == trusts[1]["fold-1"]
    assert trusts[0]["fold-2"] != trusts[1]["fold-2"]


def test_a_network_that_hears_nothing_is_not_listened_to() -> None:
    (entry, _) = _enrolled(_pool(better=-1.0))
    assert abs(entry["uar"]["difference"]) < 0.03
    assert max(own["share"] for own in entry["trust"].values()) < 0.15


def test_nobody_known_no_figures() -> None:
    pool = _pool(better=2.0)
    unknown = replace(pool, relative=np.full_like(pool.relative, np.nan))
    assert [entry["trust"]["fold-1"].keys() for entry in _enrolled(unknown)] == [
        {"strength", "half_at"}
    ] * 2, "then the voice's offset is taken off"
    assert "known_voice" not in fit_to_ship([unknown])


def test_where_one_part_cannot_be_fitted_the_offset_is_taken_off_everywhere() -> None:
    pool = _pool(better=2.0)
    assert pool.relative is not None
    pool.relative[pool.clips["part"] == "fold-1"] = np.nan
    ways = [set(entry["trust"]["fold-1"]) for entry in _enrolled(pool)]
    assert ways == [{"strength", "half_at"}] * 2


def test_how_it_is_joined_is_fitted_for_what_ships() -> None:
    joining = Joining(**fit_to_ship([_pool(better=2.0)])["known_voice"])
    assert 0.6 < joining.share <= 1
    assert 0.2 < joining.temperature < 2


def test_the_manifest_says_how_the_shipped_models_hear_known_voices(shipped: Bundle) -> None:
    benchmark = json.loads((SHIPPED / "reports/benchmark.json").read_text(encoding="utf-8"))
    assert shipped.hears_known_voices("hybrid")
    assert not shipped.hears_known_voices("cnn")
    assert shipped.manifest["known_voice"] == benchmark["known_voice"]
    assert 0 < shipped.manifest["known_voice"]["share"] < 1
