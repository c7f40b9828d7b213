"""A recording of minutes: windows, gaps, stretches, progress, stopping."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from ser import Recognizer, VoiceProfile
from ser.audio import SAMPLE_RATE, Source
from ser.bundle import SHIPPED, open_bundle
from ser.labels import LABELS
from ser.prediction import Prediction, Status
from ser.timeline import Segment, Timeline, timeline


def answer(label: str | None, share: float = 0.7, *, status: Status = "ok") -> Prediction:
    if label is None:
        return Prediction(None, 0.0, {}, "cnn", 3.0, "no_speech")
    shares = dict.fromkeys(LABELS, (1 - share) / 6) | {label: share}
    second = next(other for other in LABELS if other != label)
    return Prediction(label, share, shares, "cnn", 3.0, status, second)


class Ear(Recognizer):
    """Hears anger where samples are above 0, sadness below, and nobody at 0."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.profiles: list[VoiceProfile | None] = []

    def predict(
        self, source: Source, *, model: str | None = None, profile: VoiceProfile | None = None
    ) -> Prediction:
        assert isinstance(source, tuple)
        self.lengths.append(len(source[0]))
        self.profiles.append(profile)
        level = float(np.mean(source[0])) if len(source[0]) else 0.0
        return answer("angry" if level > 0.05 else "sad" if level < -0.05 else None)


def steps(*levels: float, each_s: float = 6.0) -> tuple[np.ndarray, int]:
    return np.repeat(np.array(levels, dtype=np.float32), round(each_s * SAMPLE_RATE)), SAMPLE_RATE


def made(*predictions: Prediction, window_s: float = 3.0) -> Timeline:
    segments = tuple(Segment(i, i + window_s, each) for i, each in enumerate(predictions))
    return Timeline(segments, segments[-1].end_s, "cnn")


@pytest.mark.parametrize("duration_s", [0.0, 0.3, 3.0, 3.2, 7.0, 61.7])
def test_windows_reach_from_the_beginning_to_the_end(duration_s: float) -> None:
    ear = Ear()
    heard = timeline(ear, steps(0.5, each_s=duration_s), model="cnn")
    assert heard.segments[0].start_s == 0
    assert heard.segments[-1].end_s == pytest.approx(duration_s)
    starts = np.array([segment.start_s for segment in heard.segments])
    assert np.all((np.diff(starts) > 0) & (np.diff(starts) <= 1))
    assert set(ear.lengths) == {round(min(duration_s, 3.0) * SAMPLE_RATE)}
    assert heard.complete


def test_stretches_lie_where_voices_are_and_leave_silence_out() -> None:
    heard = timeline(Ear(), steps(0.5, 0.0, -0.5), model="cnn")
    angry, sad = heard.stretches()
    assert (angry.prediction.label, sad.prediction.label) == ("angry", "sad")
    assert angry.start_s == 0
    assert sad.end_s == 18
    # Windows that are mostly silent still hold some voice: half a window of doubt.
    assert angry.end_s == pytest.approx(6, abs=1.6)
    assert sad.start_s == pytest.approx(12, abs=1.6)
    assert [s.prediction.status for s in heard.segments].count("no_speech") >= 3


def test_cells_cover_everything_once() -> None:
    cells = timeline(Ear(), steps(0.5, 0.0, -0.5, each_s=2.3), model="cnn").cells()
    assert cells[0].start_s == 0
    assert cells[-1].end_s == pytest.approx(6.9)
    for one, following in pairwise(cells):
        assert one.end_s == following.start_s
        assert one.end_s > one.start_s


def test_a_stretch_bears_the_mean_of_its_windows() -> None:
    (part,) = made(answer("fear", 0.9), answer("fear", 0.5)).stretches()
    assert part.prediction.confidence == pytest.approx(0.7)
    assert sum(part.prediction.probabilities.values()) == pytest.approx(1)
    assert part.prediction.duration_s == part.end_s - part.start_s == 4


def test_doubt_stays_doubt_and_is_not_shattered() -> None:
    doubt = [answer(label, 0.4, status="uncertain") for label in ("sad", "fear", "fear")]
    parts = made(answer("sad"), *doubt, answer("fear")).stretches()
    assert [part.prediction.status for part in parts] == ["ok", "uncertain", "ok"]
    assert (parts[1].prediction.label, parts[1].prediction.second) == ("fear", "sad")


def test_progress_rises_to_one_and_the_profile_reaches_every_window() -> None:
    shares: list[float] = []
    ear, profile = Ear(), VoiceProfile("f", 9.6, {})
    timeline(ear, steps(0.5), profile=profile, progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]
    assert ear.profiles == [profile] * 4


@pytest.mark.parametrize("after", [0, 2])
def test_stopping_keeps_what_was_heard_and_says_so(after: int) -> None:
    ear = Ear()
    heard = timeline(ear, steps(0.5), cancelled=lambda: len(ear.lengths) >= after)
    assert not heard.complete
    assert len(heard.segments) == len(ear.lengths) == after
    assert heard.duration_s == 6
    assert heard.heard_s == (4 if after else 0)
    assert len(heard.stretches()) == bool(after)


@pytest.mark.parametrize(("window_s", "step_s"), [(3, 0), (3, 4), (0.1, 0.1), (float("nan"), 1)])
def test_windows_that_would_leave_gaps_are_refused(window_s: float, step_s: float) -> None:
    with pytest.raises(ValueError, match="do not work"):
        timeline(Ear(), steps(0.5), window_s=window_s, step_s=step_s)


def test_ten_minutes_take_little_more_memory_than_their_samples() -> None:
    given = steps(0.5, 0.0, each_s=300)
    tracemalloc.start()
    heard = timeline(Ear(), given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert heard.duration_s == 600
    assert len(heard.segments) == 598
    assert peak < 3 * given[0].nbytes


def test_the_gate_leaves_silence_and_noise_out(speech: np.ndarray) -> None:
    gate = open_bundle(SHIPPED).gate

    class Gated(Ear):
        def predict(
            self, source: Source, *, model: str | None = None, profile: VoiceProfile | None = None
        ) -> Prediction:
            from ser.audio import load

            spoken = gate.check(load(source, empty_too=True)).status == "ok"
            return answer("sad" if spoken else None)

    noise = np.random.default_rng(0).normal(0, 0.01, 6 * SAMPLE_RATE).astype(np.float32)
    heard = timeline(Gated(), (np.concatenate([speech, noise, speech]), SAMPLE_RATE))
    first, last = heard.stretches()
    assert first.end_s < 6 < last.start_s
