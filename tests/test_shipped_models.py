"""The models in the repository: they answer, and as they did when they were made."""

from __future__ import annotations

import numpy as np
import pytest

from ser import BundleError, Recognizer
from ser.audio import SAMPLE_RATE
from ser.bundle import KNOWN_VOICE_FILE, MODEL_FILES, SHIPPED, known_sound, open_bundle
from ser.prediction import MODELS

LARGEST_MB = 8


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.mark.parametrize("model", MODELS)
def test_a_known_sound_is_answered_as_when_the_models_were_made(
    recognizer: Recognizer, model: str
) -> None:
    answer = recognizer.predict((known_sound().samples, SAMPLE_RATE), model=model)
    wanted = open_bundle(SHIPPED).manifest["known_answer"][model]
    np.testing.assert_allclose(list(answer.probabilities.values()), wanted, atol=0.02)


@pytest.mark.parametrize("model", MODELS)
def test_two_different_voices_are_answered_differently(
    recognizer: Recognizer, model: str, voices: dict[str, np.ndarray]
) -> None:
    low, high = (
        np.array(
            list(recognizer.predict((voices[name], 16_000), model=model).probabilities.values())
        )
        for name in ("subdued", "lively")
    )
    assert np.abs(low - high).sum() > 0.4


@pytest.mark.parametrize("gain", [0.1, 3.0])
def test_gain_changes_nothing(recognizer: Recognizer, speech: np.ndarray, gain: float) -> None:
    usual, louder = (
        recognizer.predict((samples, SAMPLE_RATE)).probabilities
        for samples in (speech, gain * speech)
    )
    assert louder == pytest.approx(usual, abs=0.01)


def test_silence_around_the_voice_changes_little(
    recognizer: Recognizer, speech: np.ndarray
) -> None:
    quiet = 1e-5 * np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    usual = recognizer.predict((speech, SAMPLE_RATE))
    longer = recognizer.predict((np.concatenate([quiet, speech, quiet]), SAMPLE_RATE))
    assert longer.probabilities == pytest.approx(usual.probabilities, abs=0.1)
    assert longer.duration_s == pytest.approx(usual.duration_s + 2)


def test_a_long_recording_is_heard_to_its_end(
    recognizer: Recognizer, voices: dict[str, np.ndarray]
) -> None:
    """Only the first seconds would be heard if a clip were cut to one window."""
    start = np.tile(voices["subdued"], 2)
    long = np.concatenate([start, np.tile(voices["lively"], 4)])
    one, both = (recognizer.predict((x, SAMPLE_RATE), model="cnn") for x in (start, long))
    assert one.probabilities != pytest.approx(both.probabilities, abs=0.05)


def test_the_models_are_small() -> None:
    """What the hybrid asks where it knows a voice counts as part of it."""
    size = {
        file: (SHIPPED / file).stat().st_size for file in (*MODEL_FILES.values(), KNOWN_VOICE_FILE)
    }
    assert size[MODEL_FILES["cnn"]] < LARGEST_MB * 1e6
    assert size[MODEL_FILES["hybrid"]] + size[KNOWN_VOICE_FILE] < LARGEST_MB * 1e6


def test_an_answer_that_has_changed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = open_bundle(SHIPPED)
    bundle.manifest["known_answer"]["cnn"] = [1.0, 0, 0, 0, 0, 0, 0][::-1]
    with pytest.raises(BundleError, match="known sound"):
        Recognizer(bundle).predict((known_sound().samples, SAMPLE_RATE), model="cnn")


@pytest.mark.parametrize("model", MODELS)
def test_where_nobody_speaks_no_emotion_is_told(recognizer: Recognizer, model: str) -> None:
    hiss = 0.1 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE)
    for samples in (np.zeros(SAMPLE_RATE), hiss):
        answer = recognizer.predict((samples, SAMPLE_RATE), model=model)
        assert (answer.status, answer.label, answer.second) == ("no_speech", None, None)
        assert (answer.confidence, answer.probabilities, answer.model) == (0.0, {}, model)


def test_a_crumb_of_speech_is_too_short(recognizer: Recognizer, speech: np.ndarray) -> None:
    answer = recognizer.predict((speech[4_000:9_000], SAMPLE_RATE))
    assert (answer.status, answer.label) == ("too_short", None)
    assert answer.duration_s == pytest.approx(0.3125)


def test_speech_has_a_first_and_a_second_label(recognizer: Recognizer, speech: np.ndarray) -> None:
    answer = recognizer.predict((speech, SAMPLE_RATE))
    order = sorted(answer.probabilities, key=lambda label: -answer.probabilities[label])
    assert [answer.label, answer.second] == order[:2]


@pytest.mark.parametrize(
    ("level", "status"), [(None, "uncertain"), (0.0, "ok"), (1.01, "uncertain")]
)
def test_an_answer_under_the_level_is_uncertain(
    speech: np.ndarray, level: float | None, status: str
) -> None:
    bundle = open_bundle(SHIPPED)
    bundle.manifest["sure_from"] = {"hybrid": level}
    assert Recognizer(bundle).predict((speech, SAMPLE_RATE)).status == status


def test_an_unknown_model_is_named(recognizer: Recognizer) -> None:
    with pytest.raises(ValueError, match="rnn"):
        recognizer.predict(b"", model="rnn")
