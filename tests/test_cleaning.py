"""Cleaning: noise goes, the voice stays, and what trimming keeps is told rightly."""

from __future__ import annotations

import tempfile
import tracemalloc
import warnings

import numpy as np
import plotly.graph_objects as go
import pytest

from ser import cleaning
from ser.audio import SAMPLE_RATE, Sound
from ser.charts import cleaning_chart
from ser.cleaning import denoise, kept
from ser.features import trim
from ser.synthesis import MANNERS


@pytest.fixture(autouse=True)
def _no_warnings() -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def snr_db(sound: np.ndarray, voice: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(voice**2) / np.sum((sound - voice) ** 2)))


def noisy(voice: np.ndarray, at_db: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(len(voice))
    noise *= np.sqrt(np.mean(voice**2) / np.mean(noise**2) / 10 ** (at_db / 10))
    return (voice + noise).astype(np.float32)


def cleaned(samples: np.ndarray) -> np.ndarray:
    return denoise(Sound(samples)).samples


@pytest.mark.parametrize("manner", MANNERS)
def test_white_noise_goes(voices: dict[str, np.ndarray], manner: str) -> None:
    voice = voices[manner]
    for at_db, better_by_db in ((10, 2), (5, 4), (0, 7)):
        assert snr_db(cleaned(noisy(voice, at_db)), voice) > at_db + better_by_db


@pytest.mark.parametrize("manner", MANNERS)
def test_a_clean_voice_stays_nearly_as_it_is(voices: dict[str, np.ndarray], manner: str) -> None:
    assert snr_db(cleaned(voices[manner]), voices[manner]) > 25


def test_noise_in_pauses_falls_by_what_is_said_and_not_to_nothing(speech: np.ndarray) -> None:
    sound = noisy(np.pad(speech, SAMPLE_RATE), 10)
    pause = slice(2_000, SAMPLE_RATE - 2_000)
    change_db = 20 * np.log10(np.std(cleaned(sound)[pause]) / np.std(sound[pause]))
    assert -20.5 < change_db < -12


def test_added_digital_silence_is_not_taken_for_the_noise(speech: np.ndarray) -> None:
    sound = noisy(speech, 5)
    inside = cleaned(np.pad(sound, SAMPLE_RATE))[SAMPLE_RATE:-SAMPLE_RATE]
    assert snr_db(inside, speech) > 9


@pytest.mark.parametrize("count", [0, 1, 160, 1_600, 2_047, 2_048, 3_000, 16_001])
def test_any_length_stays_as_long_and_finite(count: int) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, count).astype(np.float32)
    result = cleaned(sound)
    assert result.shape == sound.shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()


def test_silence_stays_silence() -> None:
    np.testing.assert_array_equal(cleaned(np.zeros(40 * SAMPLE_RATE, np.float32)), 0)


def test_the_same_comes_out_each_time_and_the_sound_given_is_left(speech: np.ndarray) -> None:
    sound = noisy(speech, 10)
    before = sound.copy()
    np.testing.assert_array_equal(cleaned(sound), cleaned(sound))
    np.testing.assert_array_equal(sound, before)


def test_gain_changes_nothing_but_the_gain(speech: np.ndarray) -> None:
    sound = noisy(speech, 10)
    np.testing.assert_allclose(cleaned(0.125 * sound), 0.125 * cleaned(sound), atol=1e-5)


def test_minutes_take_little_memory_and_no_file(
    speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> object:
        raise AssertionError("the sound went to a file")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    sound = noisy(np.tile(speech, 22), 10)
    tracemalloc.start()
    result = cleaned(sound)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 160e6
    assert result.shape == sound.shape


def test_where_blocks_meet_nothing_is_to_be_heard(
    speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = noisy(speech, 10)
    whole = cleaned(sound)
    monkeypatch.setattr(cleaning, "_BLOCK", SAMPLE_RATE)
    np.testing.assert_allclose(cleaned(sound), whole, atol=1e-5)


@pytest.mark.parametrize("silence", [(0.0, 0.0), (0.5, 0.0), (0.4, 1.2)])
def test_what_trimming_keeps_is_where_the_voice_is(
    speech: np.ndarray, silence: tuple[float, float]
) -> None:
    before, after = (round(s * SAMPLE_RATE) for s in silence)
    stretch = kept(Sound(np.pad(speech, (before, after))))
    np.testing.assert_array_equal(stretch.sound.samples, trim(np.pad(speech, (before, after))))
    assert stretch.start_s == pytest.approx(silence[0], abs=0.1)
    assert stretch.end_s == pytest.approx(silence[0] + 3.0, abs=0.1)


def charted(speech: np.ndarray) -> go.Figure:
    before = Sound(noisy(np.pad(speech, SAMPLE_RATE), 0))
    after = denoise(before)
    return cleaning_chart((before, after), (kept(before), kept(after)))


# The chart --------------------------------------------------------------------


def test_both_spectrograms_share_colours_and_axes(speech: np.ndarray) -> None:
    figure = charted(speech)
    above, below = figure.data
    assert (above.zmin, above.zmax) == (below.zmin, below.zmax)
    assert above.zmax == pytest.approx(max(above.z.max(), below.z.max()), abs=0.5)
    np.testing.assert_array_equal(above.x, below.x)
    assert [note.text for note in figure.layout.annotations] == [
        "<b>As given</b>",
        "<b>Cleaned</b>",
    ]


def test_the_picture_shows_the_noise_gone_and_the_voice_no_louder(speech: np.ndarray) -> None:
    above, below = (trace.z.astype(float) for trace in charted(speech).data)
    pause = slice(10, 45)
    assert np.median(above[:, pause] - below[:, pause]) > 10
    loud = above > above.max() - 10
    assert 0 <= np.median((above - below)[loud]) < 3


def test_what_is_cut_off_is_greyed(speech: np.ndarray) -> None:
    silent = Sound(np.pad(speech, (SAMPLE_RATE, 0)))
    figure = cleaning_chart((silent, silent), (kept(silent), kept(silent)))
    greyed = [(s.x0, s.x1) for s in figure.layout.shapes if s.type == "rect"]
    assert len(greyed) >= 2
    assert greyed[0] == (0.0, pytest.approx(kept(silent).start_s))
    whole = Sound(speech)
    assert not cleaning_chart((whole, whole), (kept(whole), kept(whole))).layout.shapes
