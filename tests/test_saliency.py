"""What an answer hung on: found where it is known to be, by both models, and quickly enough."""

from __future__ import annotations

import numpy as np
import pytest

from ser import AudioError, Recognizer, wording
from ser.audio import SAMPLE_RATE, Sound
from ser.features import extract, feature_names, mel_frequencies
from ser.features.scaling import Scaling
from ser.labels import INNER_LABELS, to_public
from ser.network import softmax
from ser.saliency import Saliency, look_into
from ser.stretch import longest, phrases
from ser.wording import hung_on

HAPPY = INNER_LABELS.index("happy")
COUNT = len(feature_names())
SCALING = Scaling(np.full(64, -30.0), np.full(64, 12.0), np.zeros(COUNT), np.ones(COUNT))
AT_S, TONE_HZ = 2.4, 3_000.0


class Fake:
    """Hear happiness in 3 kHz, wherever in a window that is loudest; count what is asked."""

    def __init__(self, *, by_measurements: bool = False) -> None:
        self.by_measurements = by_measurements
        self.asked = 0
        self.kept: list[np.ndarray] = []

    def window_logits(self, spectrograms: np.ndarray, functionals: np.ndarray) -> np.ndarray:
        self.asked += len(spectrograms)
        self.kept.append(functionals)
        band = np.abs(mel_frequencies() - TONE_HZ).argmin()
        loudest = spectrograms[:, :, band, 0].max(axis=1)
        logits = np.zeros((len(spectrograms), len(INNER_LABELS)))
        logits[:, HAPPY] = functionals[:, 0] if self.by_measurements else loudest
        return logits


def hear(fake: Fake, samples: np.ndarray, *, label: str | None = None) -> Saliency:
    stretch = longest(phrases(Sound(samples.astype(np.float32))))

    def probabilities(logits: np.ndarray) -> np.ndarray:
        return to_public(softmax(logits))

    features = extract(stretch.sound)
    return look_into(
        stretch, features, fake, SCALING, probabilities, model="cnn", seen_share=1.0, label=label
    )


@pytest.fixture(scope="module")
def beep(speech: np.ndarray) -> np.ndarray:
    """Half a second of silence, then low speech, and in it 0.1 s of a tone far above."""
    spectrum = np.fft.rfft(speech)
    spectrum[np.fft.rfftfreq(len(speech), 1 / SAMPLE_RATE) > 1_500] = 0
    low = np.fft.irfft(spectrum, len(speech))
    sound = np.concatenate([np.zeros(SAMPLE_RATE // 2), low])
    start = round((AT_S - 0.05) * SAMPLE_RATE)
    time_s = np.arange(1_600) / SAMPLE_RATE
    sound[start : start + 1_600] += 0.2 * np.hanning(1_600) * np.sin(2 * np.pi * TONE_HZ * time_s)
    return sound


def test_the_patch_that_the_answer_hangs_on_is_found(beep: np.ndarray) -> None:
    found = hear(Fake(), beep)
    assert found.label == "happy"
    time_s, frequency_hz = found.strongest()
    assert time_s == pytest.approx(AT_S, abs=0.1)
    assert frequency_hz == pytest.approx(TONE_HZ, rel=0.25)
    elsewhere = np.abs(found.times_s - AT_S) > 0.3
    assert np.abs(found.drop[elsewhere]).max() < 0.05 * found.drop.max()
    assert found.drop.shape == (len(found.times_s), len(found.frequencies_hz))


def test_how_much_hung_on_it_is_told_in_words(beep: np.ndarray) -> None:
    found = hear(Fake(), beep)
    assert found.probability_without < 0.5 * found.probability
    said = wording.hung_on(found)
    assert "at 2.4 s" in said
    assert f"{wording.percent(found.probability_without)} instead of" in said


def test_what_supports_one_label_speaks_against_the_others(beep: np.ndarray) -> None:
    against = hear(Fake(), beep, label="sad")
    time, _ = np.unravel_index(against.drop.argmin(), against.drop.shape)
    assert against.drop.max() < 0.1 < -against.drop.min()
    assert against.times_s[time] == pytest.approx(AT_S, abs=0.1)


def test_measurements_are_kept_and_an_answer_by_them_hangs_on_no_patch(beep: np.ndarray) -> None:
    fake = Fake(by_measurements=True)
    found = hear(fake, beep)
    assert not found.drop.any()
    assert not found.stands_out()
    assert "no part in particular" in hung_on(found)
    kept = np.concatenate(fake.kept)
    assert (kept == kept[0]).all()


def test_of_several_phrases_the_longest_is_looked_into(beep: np.ndarray) -> None:
    pause = np.zeros(2 * SAMPLE_RATE)
    fake = Fake()
    found = hear(fake, np.concatenate([beep[: 2 * SAMPLE_RATE], pause, beep, pause]))
    assert (found.start_s, found.end_s) == pytest.approx((4.5, 7.5), abs=0.2)
    time_s, _ = found.strongest()
    assert time_s == pytest.approx(4 + AT_S, abs=0.1)
    assert fake.asked < 600


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.mark.parametrize("model", ["hybrid", "cnn"])
def test_both_models_explain_the_answer_that_they_give(
    recognizer: Recognizer, speech: np.ndarray, model: str
) -> None:
    answer = recognizer.predict((speech, SAMPLE_RATE), model=model)
    found = recognizer.explain((speech, SAMPLE_RATE), model=model)
    assert (found.label, found.model) == (answer.label, model)
    assert found.probability == pytest.approx(answer.confidence, abs=1e-4)
    assert np.isfinite(found.drop).all()
    assert found.drop.max() > 0
    assert found.probability_without < found.probability


def test_an_answer_that_allows_for_a_voice_is_explained_so(
    recognizer: Recognizer, speech: np.ndarray, voices: dict[str, np.ndarray]
) -> None:
    profile = recognizer.enrol([(samples, SAMPLE_RATE) for samples in voices.values()])
    answer = recognizer.predict((speech, SAMPLE_RATE), profile=profile)
    found = recognizer.explain((speech, SAMPLE_RATE), label=answer.label, profile=profile)
    assert found.probability == pytest.approx(answer.confidence, abs=1e-4)


def test_where_nobody_speaks_there_is_nothing_to_explain(recognizer: Recognizer) -> None:
    with pytest.raises(AudioError, match="Nobody is heard to speak"):
        recognizer.explain((np.zeros(SAMPLE_RATE), SAMPLE_RATE))
    with pytest.raises(AudioError, match="Nobody is heard to speak"):
        recognizer.explain((np.zeros(100), SAMPLE_RATE))


def test_another_sound_is_not_taken_for_the_longest_phrase(
    recognizer: Recognizer, speech: np.ndarray
) -> None:
    time_s = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    hum = 0.1 * np.sin(2 * np.pi * 440 * time_s)
    pause = np.zeros(2 * SAMPLE_RATE)
    found = recognizer.explain((np.concatenate([speech, pause, hum]), SAMPLE_RATE))
    assert found.end_s < 4
