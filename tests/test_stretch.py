"""A recording of several sentences is heard phrase by phrase, as the models learnt to hear."""

from __future__ import annotations

import numpy as np
import pytest

from ser import Recognizer
from ser.audio import SAMPLE_RATE, Sound
from ser.bundle import shipped_gate
from ser.features import voice_runs
from ser.stretch import LONGEST_S, Stretch, longest, phrases, spoken_phrases
from ser.timeline import timeline


def _pause(seconds: float) -> np.ndarray:
    """A room in which nobody speaks."""
    noise = np.random.default_rng(0).standard_normal(round(seconds * SAMPLE_RATE))
    return (1e-4 * noise).astype(np.float32)


def _joined(*parts: np.ndarray) -> Sound:
    return Sound(np.concatenate(parts))


def test_where_somebody_speaks_is_found(speech: np.ndarray) -> None:
    runs = voice_runs(_joined(_pause(1.0), speech, _pause(2.0), speech).samples)
    starts, ends = np.array(runs).T / SAMPLE_RATE
    assert (starts[0], ends[-1]) == pytest.approx((1.0, 9.0), abs=0.2)
    assert (starts[1:] >= ends[:-1]).all()
    assert not ((starts < 5.8) & (ends > 4.2)).any()


def test_one_sentence_is_heard_as_it_is(speech: np.ndarray) -> None:
    """As in the benchmark, with whatever pauses it holds."""
    sound = _joined(_pause(0.5), speech[:SAMPLE_RATE], _pause(0.7), speech[SAMPLE_RATE:])
    assert phrases(sound) == [Stretch(sound, 0.0)]


def test_a_long_pause_parts_what_is_short(speech: np.ndarray) -> None:
    first, second = phrases(_joined(speech[:SAMPLE_RATE], _pause(1.5), speech[:SAMPLE_RATE]))
    assert first.end_s == pytest.approx(1.0, abs=0.1)
    assert second.start_s == pytest.approx(2.5, abs=0.1)


def test_what_is_long_is_parted_where_somebody_takes_a_breath(speech: np.ndarray) -> None:
    parts = phrases(_joined(speech, _pause(0.4), speech, _pause(0.4), speech))
    assert [part.start_s for part in parts] == pytest.approx([0, 3.4, 6.8], abs=0.2)
    assert max(part.sound.duration_s for part in parts) <= LONGEST_S


def test_what_is_spoken_without_a_breath_is_parted_all_the_same() -> None:
    noise = np.random.default_rng(0).standard_normal(17 * SAMPLE_RATE).astype(np.float32)
    parts = phrases(Sound(0.1 * noise))
    assert len(parts) == 4
    assert sum(part.sound.duration_s for part in parts) == pytest.approx(17, abs=0.5)


def test_twenty_minutes_of_words_with_pauses_between_do(speech: np.ndarray) -> None:
    word, pauses = speech[: SAMPLE_RATE // 2], np.linspace(1.1, 2.0, 600)
    sound = _joined(*(part for pause in pauses for part in (word, _pause(pause))))
    assert len(phrases(sound)) == 600


def test_only_phrases_with_speech_in_them_are_heard(speech: np.ndarray) -> None:
    hum = 0.05 * np.sin(2 * np.pi * 440 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    sound = _joined(speech, _pause(1.5), hum.astype(np.float32))
    (part,) = spoken_phrases(sound, shipped_gate())
    assert part.end_s == pytest.approx(3.0, abs=0.2)
    nothing = _joined(hum, _pause(1.5), hum)
    assert spoken_phrases(nothing, shipped_gate()) == [Stretch(nothing, 0.0)]
    assert longest(phrases(sound)).start_s == 0.0


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


def test_a_pause_between_two_sentences_changes_nothing(
    recognizer: Recognizer, voices: dict[str, np.ndarray]
) -> None:
    """Counted as the speaker's own, it made three calm sentences sad."""
    for name in ("subdued", "plain"):
        alone = recognizer.predict((voices[name], SAMPLE_RATE))
        twice = np.concatenate([voices[name], _pause(2.0), voices[name]])
        together = recognizer.predict((twice, SAMPLE_RATE))
        assert together.label == alone.label
        assert together.confidence == pytest.approx(alone.confidence, abs=0.1)
        assert together.duration_s == pytest.approx(8.0)


def test_nothing_is_told_of_a_moment_in_which_nobody_speaks(
    recognizer: Recognizer, speech: np.ndarray
) -> None:
    """Though each window around it holds the end of one sentence or the start of the next."""
    sound = np.concatenate([speech, _pause(2.0), speech])
    told = timeline(recognizer, (sound, SAMPLE_RATE), model="cnn")
    assert all(segment.spoken for segment in told.segments)
    silent = [cell for cell in told.cells() if not cell.spoken]
    assert [(cell.start_s, cell.end_s) for cell in silent] == [(3.0, 4.0), (4.0, 5.0)]
    first, second = told.stretches()[0], told.stretches()[-1]
    assert first.end_s <= 3.0 < 5.0 <= second.start_s


@pytest.mark.parametrize("after_s", [0.9, 3.0])
def test_what_is_spoken_at_an_end_is_told_though_a_window_s_middle_is_silent(
    recognizer: Recognizer, speech: np.ndarray, after_s: float
) -> None:
    """The first window speaks for all that is before its middle too, an only one for all."""
    word, rest = speech[: round(0.9 * SAMPLE_RATE)], speech[: round(after_s * SAMPLE_RATE)]
    sound = np.concatenate([word, _pause(1.2), rest])
    told = timeline(recognizer, (sound, SAMPLE_RATE), model="cnn")
    assert told.cells()[0].spoken
    assert told.cells()[-1].spoken
