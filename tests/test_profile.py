"""A voice is learnt from its neutral speech, and its profile fits only the models it is for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser import AudioError, BundleError, Prediction, ProfileError, Recognizer, VoiceProfile
from ser.audio import SAMPLE_RATE, Sound, load
from ser.bundle import KNOWN_VOICE_FILE, SHIPPED, Bundle, open_bundle
from ser.enrolment import PIECE_S, pieces
from ser.labels import INNER_LABELS, LABELS, to_public
from ser.network import softmax
from ser.prediction import MODELS
from ser.profile import (
    Trust,
    fingerprint,
    log_probabilities,
    make_profile,
    read_voices,
    voice_offset,
)

ZERO = (0.0,) * len(INNER_LABELS)
REFERENCE = np.log(np.full(9, 1 / 9))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The shipped models without a network for known voices, compared with round numbers."""
    shipped = open_bundle(SHIPPED)
    trust = {model: {"strength": 0.8, "half_at": 1.0} for model in MODELS}
    means = dict.fromkeys(MODELS, REFERENCE.tolist())
    extra = {
        "neutral_reference": means,
        "overall_reference": means,
        "voice_trust": {"enrolled": trust, "grouped": trust},
    }
    hashes = {k: v for k, v in shipped.manifest["sha256"].items() if k != KNOWN_VOICE_FILE}
    return replace(shipped, manifest={**shipped.manifest, **extra, "sha256": hashes})


@pytest.fixture(scope="module")
def recognizer(bundle: Bundle) -> Recognizer:
    return Recognizer(bundle)


def _profile(bundle: Bundle, **favoured: float) -> VoiceProfile:
    """Take ``favoured`` from nothing: what is taken off is negative."""
    values = tuple(-favoured.get(label, 0.0) for label in INNER_LABELS)
    return VoiceProfile(fingerprint(bundle), 10.0, dict.fromkeys(MODELS, values))


# The estimate -----------------------------------------------------------------


def test_what_a_voice_adds_to_every_answer_is_taken_off() -> None:
    rng = np.random.default_rng(0)
    own = np.array([0, 0, 0, 0, 3.0, 0, 0, 0, 0])  # it always sounds a little angry
    neutral = log_probabilities(
        np.array([2.0, 0, 0, 0, 0, 0, 0, 0, 0]) + own + rng.normal(0, 0.1, (4, 9))
    )
    reference = log_probabilities(np.array([2.0, 0, 0, 0, 0, 0, 0, 0, 0]))
    sad = log_probabilities(np.array([0.0, 0, 0, 2.5, 0, 0, 0, 0, 0]) + own)
    assert INNER_LABELS[sad.argmax()] == "angry"
    offset = voice_offset(neutral, reference, Trust(0.9, 0.5))
    assert INNER_LABELS[(sad - offset).argmax()] == "sad"
    assert softmax(sad - offset).sum() == pytest.approx(1)


def test_few_clips_are_believed_less() -> None:
    trust = Trust(0.6, 2.0)
    clip = REFERENCE + np.arange(9.0)
    sizes = [
        np.abs(voice_offset(np.tile(clip, (n, 1)), REFERENCE, trust)).max() for n in (1, 4, 400)
    ]
    assert sizes == pytest.approx([8 * 0.6 / 3, 8 * 0.6 * 4 / 6, 8 * 0.6], rel=0.01)


def test_nothing_is_taken_off_an_emotion_that_was_never_taught() -> None:
    reference = np.array([np.nan, *np.zeros(8)])
    offset = voice_offset(np.full((4, 9), -1.0), reference, Trust(1.0, 0.0))
    np.testing.assert_allclose(offset, [0.0, *np.full(8, -1.0)])


def test_without_clips_or_strength_nothing_is_taken_off() -> None:
    clip = REFERENCE + np.arange(9.0)
    assert not voice_offset(np.empty((0, 9)), REFERENCE, Trust(1.0, 1.0)).any()
    assert not voice_offset(clip[None], REFERENCE, Trust(0.0, 1.0)).any()


def test_log_probabilities_are_those_of_the_softmax() -> None:
    logits = np.array([[900.0, 1, 2, 3, 4, 5, 6, 7, 8], [0.0, 1, 2, 3, 4, 5, 6, 7, 8]])
    np.testing.assert_allclose(
        np.exp(log_probabilities(logits, temperature=1.3)), softmax(logits, temperature=1.3)
    )


def test_a_long_recording_counts_as_several_clips(speech: np.ndarray) -> None:
    long = load((np.tile(speech, 4), SAMPLE_RATE))
    lengths = [piece.duration_s for piece in pieces(long)]
    assert sum(lengths) == pytest.approx(long.duration_s, rel=0.05)
    assert np.allclose(lengths, PIECE_S, rtol=0.5)


# The file ---------------------------------------------------------------------


def test_a_profile_comes_back_from_its_file(bundle: Bundle, tmp_path: Path) -> None:
    profile = _profile(bundle, sad=0.25, angry=-1.5)
    profile.save(tmp_path / "me.json")
    assert VoiceProfile.load(tmp_path / "me.json") == profile
    assert (tmp_path / "me.json").stat().st_size < 2000


def _changed(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda content: {**content, **changes}


@pytest.mark.parametrize(
    "change",
    [
        lambda content: [content],
        lambda content: {k: v for k, v in content.items() if k != "offsets"},
        _changed(offsets={"cnn": [0.0] * 3}),
        _changed(offsets={"cnn": [float("nan")] * 9}),
        _changed(seconds=float("nan")),
        _changed(seconds=-5.0),
        _changed(seconds=float("inf")),
        _changed(offsets={"cnn": [1e6] * 9}),
        _changed(offsets=3),
        _changed(seconds=None),
        _changed(functionals=["loud"]),
    ],
)
def test_another_file_is_refused_in_a_sentence(
    bundle: Bundle, change: Callable[[dict[str, Any]], Any]
) -> None:
    content = json.loads(_profile(bundle).to_json())
    with pytest.raises(ProfileError, match="not a voice profile, or it is damaged"):
        VoiceProfile.from_json(json.dumps(change(content)))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff\xfe\x00RIFF", "{}"])
def test_what_is_no_json_is_refused_in_the_same_sentence(text: str | bytes) -> None:
    with pytest.raises(ProfileError, match="not a voice profile, or it is damaged"):
        VoiceProfile.from_json(text)


def test_a_profile_of_another_version_says_so(bundle: Bundle) -> None:
    content = {**json.loads(_profile(bundle).to_json()), "version": 7}
    with pytest.raises(ProfileError, match="version 7"):
        VoiceProfile.from_json(json.dumps(content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"nobody\.json"):
        VoiceProfile.load(tmp_path / "nobody.json")


# The recogniser ---------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_a_profile_moves_the_answer_and_an_empty_one_does_not(
    recognizer: Recognizer, bundle: Bundle, speech: np.ndarray, model: str
) -> None:
    sound = (speech, SAMPLE_RATE)
    plain = recognizer.predict(sound, model=model)
    unmoved = recognizer.predict(sound, model=model, profile=_profile(bundle))
    assert unmoved == replace(plain, voice_known=True)
    for label in ("happy", "disgust"):
        moved = recognizer.predict(sound, model=model, profile=_profile(bundle, **{label: 9.0}))
        assert moved.label == label


def test_an_enrolled_voice_is_heard_more_like_others_when_neutral(
    recognizer: Recognizer, bundle: Bundle, voices: dict[str, np.ndarray]
) -> None:
    """The population's mean is made uniform here, so enrolled speech must come nearer to it."""
    sound = (voices["lively"], SAMPLE_RATE)
    profile = recognizer.enrol([sound, sound])
    assert profile.models == fingerprint(bundle)
    assert 4 < profile.seconds <= 6
    before, after = (
        max(p.probabilities.values())
        for p in (recognizer.predict(sound), recognizer.predict(sound, profile=profile))
    )
    assert after < before - 0.05


def test_a_voice_is_learnt_from_all_recordings_or_none(
    recognizer: Recognizer, voices: dict[str, np.ndarray]
) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(4 * SAMPLE_RATE).astype(np.float32)
    lively, plain = ((voices[name], SAMPLE_RATE) for name in ("lively", "plain"))
    with pytest.raises(AudioError, match="No speech was heard in recording 3 of 3"):
        recognizer.enrol([lively, plain, (noise, SAMPLE_RATE)])


def test_the_models_that_are_shipped_can_learn_a_voice() -> None:
    shipped = open_bundle(SHIPPED)
    for model in MODELS:
        voices = read_voices(shipped, model)
        assert to_public(np.exp(voices.neutral)).argmax() == LABELS.index("neutral")
        assert 0 < voices.enrolled.of(4) < 1
        assert 0 < voices.grouped.of(4) < voices.grouped.of(20) < 1


def test_a_profile_for_other_models_is_refused(
    recognizer: Recognizer, bundle: Bundle, speech: np.ndarray
) -> None:
    other = replace(bundle, manifest={**bundle.manifest, "temperature": {"cnn": 3, "hybrid": 2}})
    for profile in (_profile(other), replace(_profile(bundle), offsets={"cnn": ZERO})):
        with pytest.raises(ProfileError, match="other models"):
            recognizer.predict((speech, SAMPLE_RATE), profile=profile)


def test_models_saved_without_references_cannot_enrol(bundle: Bundle) -> None:
    manifest = {k: v for k, v in bundle.manifest.items() if k != "neutral_reference"}
    with pytest.raises(BundleError, match="cannot learn a voice"):
        make_profile(
            replace(bundle, manifest=manifest),
            {"cnn": REFERENCE[None]},
            np.zeros((1, 3)),
            seconds=3.0,
        )


def test_too_little_speech_is_refused(recognizer: Recognizer, speech: np.ndarray) -> None:
    """Half of the time somebody is silent: that does not count."""
    pause = 1e-4 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE)
    short = speech[:SAMPLE_RATE]
    with pytest.raises(AudioError, match=r"There are [12]\.\d s of speech to learn the voice from"):
        recognizer.enrol((np.concatenate([short, pause, short]), SAMPLE_RATE))


def test_of_a_long_recording_the_first_minute_of_speech_is_learnt(
    bundle: Bundle, speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty minutes would take as many, with nothing to stop it."""
    monkeypatch.setattr("ser.enrolment.MAX_NEUTRAL_S", 6.0)
    listener = Recognizer(bundle)
    listened: list[Sound] = []
    listen = listener._listen

    def count(sound: Sound, models: Sequence[str]) -> Any:
        listened.append(sound)
        return listen(sound, models)

    monkeypatch.setattr(listener, "_listen", count)
    sound = (np.tile(speech, 10), SAMPLE_RATE)
    profile = listener.enrol([sound, sound])
    assert 6 <= profile.seconds < 9
    assert len(listened) < 6


def test_what_cannot_be_allowed_for_is_told_before_anything_is_heard(
    recognizer: Recognizer, bundle: Bundle
) -> None:
    with pytest.raises(ProfileError, match="other models"):
        recognizer.check(profile=VoiceProfile("others", 10.0, {}))
    plain = {key: value for key, value in bundle.manifest.items() if key != "voice_trust"}
    unable = Recognizer(replace(bundle, manifest=plain))
    for refuse in (unable.check, partial(unable.predict_many, [b"never read"])):
        with pytest.raises(BundleError):
            refuse(same_speaker=True)
    assert recognizer.check(same_speaker=True) == recognizer.models[0]


def test_a_room_where_nobody_speaks_is_no_voice(recognizer: Recognizer) -> None:
    room = 1e-3 * np.random.default_rng(0).standard_normal(4 * SAMPLE_RATE)
    with pytest.raises(AudioError, match=r"^No speech was heard to learn the voice from; at least"):
        recognizer.enrol((room, SAMPLE_RATE))


def test_one_bad_file_does_not_stop_the_others(
    recognizer: Recognizer, speech: np.ndarray, voices: dict[str, np.ndarray]
) -> None:
    sounds = [(voices[name], SAMPLE_RATE) for name in ("plain", "lively")]
    for same_speaker in (False, True):
        first, bad, silence, last = recognizer.predict_many(
            [sounds[0], b"no sound", (np.zeros(16_000), SAMPLE_RATE), sounds[1]],
            same_speaker=same_speaker,
        )
        assert isinstance(bad, AudioError)
        assert isinstance(silence, Prediction)
        assert silence.status == "no_speech"
        assert isinstance(first, Prediction)
        assert isinstance(last, Prediction)
        alone = [recognizer.predict(sound).probabilities for sound in sounds]
        assert ([first.probabilities, last.probabilities] == alone) is not same_speaker
        assert first.voice_known is same_speaker
    assert recognizer.predict_many([], same_speaker=True) == []


def test_clips_of_one_voice_lose_what_they_share(
    recognizer: Recognizer, speech: np.ndarray
) -> None:
    """The same clip again and again shares everything, and the reference is uniform."""
    sound = (speech, SAMPLE_RATE)
    confidences = []
    for count in (1, 8):
        answer = recognizer.predict_many([sound] * count, same_speaker=True)[0]
        assert isinstance(answer, Prediction)
        confidences.append(answer.confidence)
    assert confidences[1] < confidences[0] < recognizer.predict(sound).confidence
