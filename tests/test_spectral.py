"""Spectral features: tones must fall where they belong, librosa and scipy must agree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ser.features import chroma, log_mel, mel_frequencies, mfcc
from ser.features.spectral import F_MAX_HZ, F_MIN_HZ, FLOOR_DB, HOP_LENGTH, N_FFT, N_MELS
from ser.synthesis import Voice, vowel

RATE = 16_000
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def tone(hertz: float, *, duration_s: float = 0.5, gain: float = 0.1) -> np.ndarray:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    return (gain * np.sin(2 * np.pi * hertz * time_s)).astype(np.float32)


def test_mel_frequencies_ascend_between_the_limits() -> None:
    centres = mel_frequencies()
    assert centres.shape == (N_MELS,)
    assert (np.diff(centres) > 0).all()
    assert centres[0] > F_MIN_HZ
    assert centres[-1] < F_MAX_HZ


@pytest.mark.parametrize("hertz", [100.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 7000.0])
def test_tone_peaks_in_its_band(hertz: float) -> None:
    inner = log_mel(tone(hertz))[4:-4].mean(axis=0)
    nearest = int(np.abs(mel_frequencies() - hertz).argmin())
    # Bands are 31 to 300 Hz apart and a bin is 31 Hz wide: the next band may win.
    assert abs(int(inner.argmax()) - nearest) <= 1
    far = np.abs(np.arange(N_MELS) - nearest) > 6
    assert (inner[far] < inner.max() - 20).all()


@pytest.mark.parametrize("count", [1600, 16_000, 16_001, 16_255, 16_256])
def test_one_frame_every_hop(count: int) -> None:
    picture = log_mel(np.resize(tone(300.0), count))
    assert picture.shape == (1 + count // HOP_LENGTH, N_MELS)
    assert picture.dtype == np.float32


def test_frames_stand_where_the_sound_is() -> None:
    """Sound from 0.4 to 0.6 s lights up frames of that time and no others."""
    samples = np.zeros(RATE, dtype=np.float32)
    samples[6400:9600] = tone(500.0, duration_s=0.2)
    loud = log_mel(samples).max(axis=1) > 0
    times_s = np.flatnonzero(loud) * HOP_LENGTH / RATE
    # Half a window, 16 ms, may hang over on either side.
    assert times_s[0] == pytest.approx(0.4, abs=0.017)
    assert times_s[-1] == pytest.approx(0.6, abs=0.017)


def test_log_mel_agrees_with_librosa(speech: np.ndarray) -> None:
    import librosa

    power = librosa.feature.melspectrogram(
        y=speech,
        sr=RATE,
        n_fft=N_FFT,
        hop_length=HOP_LENGTH,
        n_mels=N_MELS,
        fmin=F_MIN_HZ,
        fmax=F_MAX_HZ,
    )
    reference = librosa.power_to_db(power / power.mean(), amin=1e-12, top_db=None).T
    picture = log_mel(speech)
    # The soft floor lifts a value 30 dB above it by 0.004 dB, one at it by 3 dB.
    clear = reference > FLOOR_DB + 30
    assert clear.mean() > 0.3
    assert picture[clear] == pytest.approx(reference[clear], abs=0.02)
    assert (picture > reference - 0.02).all()


@pytest.mark.parametrize("gain", [1e-3, 0.1, 10.0])
def test_gain_changes_nothing(speech: np.ndarray, gain: float) -> None:
    quiet = speech * np.float32(gain)
    assert log_mel(quiet) == pytest.approx(log_mel(speech), abs=1e-2)
    assert mfcc(quiet) == pytest.approx(mfcc(speech), abs=1e-1)


def test_offset_changes_nothing(speech: np.ndarray) -> None:
    assert log_mel(speech + 0.2) == pytest.approx(log_mel(speech), abs=1e-2)


def test_silence_within_sinks_to_the_floor() -> None:
    samples = np.concatenate([np.zeros(RATE, dtype=np.float32), tone(500.0)])
    picture = log_mel(samples)
    assert picture.min() == pytest.approx(FLOOR_DB, abs=0.01)
    assert (picture >= FLOOR_DB - 1e-3).all()
    assert picture[:50].max() < FLOOR_DB + 1


@pytest.mark.parametrize("n_mfcc", [13, 20])
def test_mfcc_is_the_cosine_transform(speech: np.ndarray, n_mfcc: int) -> None:
    from scipy.fft import dct

    reference = dct(log_mel(speech).astype(float), type=2, norm="ortho", axis=1)[:, :n_mfcc]
    coefficients = mfcc(speech, n_mfcc=n_mfcc)
    assert coefficients.shape == reference.shape
    assert coefficients == pytest.approx(reference, abs=1e-2)  # float32, values up to 300


def test_mfcc_tells_vowels_apart_whatever_their_pitch() -> None:
    """The point of cepstra: /a/ and /i/ differ more than two voices saying /a/."""

    def shape(first_hz: float, second_hz: float, f0_hz: float) -> np.ndarray:
        voice = Voice(f0_hz=f0_hz, formants_hz=(first_hz, second_hz, 2600.0, 3500.0, 4500.0))
        return mfcc(vowel(voice, duration_s=0.4))[5:-5, 1:].mean(axis=0)

    low, high, other = shape(730, 1090, 110), shape(730, 1090, 150), shape(270, 2290, 110)
    assert np.linalg.norm(low - other) > 2 * np.linalg.norm(low - high)


@pytest.mark.parametrize("semitone", range(12))
@pytest.mark.parametrize("octave", [3, 4, 5])
def test_tone_belongs_to_its_pitch_class(semitone: int, octave: int) -> None:
    hertz = 440.0 * 2 ** ((semitone - 9) / 12 + octave - 4)
    classes = chroma(tone(hertz))[6:-6]
    assert (classes.argmax(axis=1) == semitone).all(), NAMES[semitone]


@pytest.mark.parametrize(("f0_hz", "name"), [(220.0, "A"), (261.6, "C"), (370.0, "F#")])
def test_chroma_of_a_voice_is_its_note(f0_hz: float, name: str) -> None:
    classes = chroma(vowel(Voice(f0_hz=f0_hz), duration_s=0.6))[6:-6]
    assert {NAMES[at] for at in classes.argmax(axis=1)} == {name}


def test_chroma_has_a_frame_for_every_log_mel_frame(speech: np.ndarray) -> None:
    classes = chroma(speech)
    assert classes.shape == (len(log_mel(speech)), 12)
    assert classes.min() >= 0
    assert classes.max() <= 1 + 1e-6


@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
@pytest.mark.parametrize("feature", [log_mel, mfcc, chroma])
def test_everything_is_finite(feature: Callable[[np.ndarray], np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    click = np.zeros(RATE, dtype=np.float32)
    click[8000] = 1
    awkward = (
        tone(440.0, duration_s=0.1),
        click,
        np.zeros(RATE, dtype=np.float32),
        np.sign(tone(200.0)),
        1e-4 * rng.standard_normal(RATE).astype(np.float32),
        vowel(Voice(breath=1.0), duration_s=0.5),
    )
    for samples in awkward:
        assert np.isfinite(feature(samples)).all()
