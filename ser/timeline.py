"""How a voice changes over minutes: one answer for each window that slides along.

A recording of minutes has no one emotion. It is decoded once and then heard
window by window, so that ten minutes need little more memory than their samples,
and windows without speech are told apart by the gate as any recording is.

Windows overlap. Where one stretch must end and the next begin, each window speaks
for the time around its middle only, up to halfway to its neighbour's middle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from ser.prediction import Prediction

if TYPE_CHECKING:
    import numpy as np

    from ser.audio import Source
    from ser.profile import VoiceProfile
    from ser.recognizer import Recognizer

WINDOW_S = 3.0
"""About as long as the sentences that the models learnt from."""

STEP_S = 1.0

_LEAST_SHARE = 0.1
"""Where less of a moment is spoken, it is a pause."""

PIECE_BY_PIECE_FROM_S = 60.0
"""What is longer has no one answer: nobody sounds the same for a minute."""


@dataclass(frozen=True)
class Segment:
    """A part of a recording, and what it sounds like.

    Attributes
    ----------
    start_s, end_s : float
        Seconds from the recording's beginning.
    prediction : Prediction
        Without a label where nobody speaks.
    pauses : bool
        Whether somebody speaks in a window, but not in the moment that it speaks for.
    """

    start_s: float
    end_s: float
    prediction: Prediction
    pauses: bool = False

    @property
    def spoken(self) -> bool:
        """Tell whether somebody speaks."""
        return self.prediction.label is not None

    def to_dict(self) -> dict[str, Any]:
        """Give the same as plain types, ready for JSON."""
        times = {"start_s": round(self.start_s, 3), "end_s": round(self.end_s, 3)}
        return times | self.prediction.to_dict()


@dataclass(frozen=True)
class Timeline:
    """What a recording sounds like from moment to moment, according to one model.

    Attributes
    ----------
    segments : tuple of Segment
        The windows in order, overlapping. Those without speech are among them, with
        the status ``"no_speech"`` or ``"too_short"`` and no label.
    duration_s : float
        Length of the whole recording in seconds.
    model : str
        ``"hybrid"``, ``"cnn"`` or the name of a recipe.
    complete : bool
        False where it was cancelled: the segments then end before the recording.
    """

    segments: tuple[Segment, ...]
    duration_s: float
    model: str
    complete: bool = True

    @property
    def heard_s(self) -> float:
        """Seconds from the beginning to the end of the last window."""
        return self.segments[-1].end_s if self.segments else 0.0

    def cells(self) -> tuple[Segment, ...]:
        """Cut the windows so that they lie side by side.

        Returns
        -------
        tuple of Segment
            As many as :attr:`segments`, each ending where the next begins: halfway
            between the middles of their windows. Nobody speaks in one whose window pauses.
        """
        edges = _edges([(segment.start_s, segment.end_s) for segment in self.segments])
        return tuple(
            Segment(start_s, end_s, _silence(segment) if segment.pauses else segment.prediction)
            for segment, (start_s, end_s) in zip(self.segments, pairwise(edges), strict=True)
        )

    def stretches(self) -> tuple[Segment, ...]:
        """Join neighbours that sound alike; leave out where nobody speaks.

        Returns
        -------
        tuple of Segment
            In order and without overlap. Probabilities are means over the windows
            joined. Neighbours in doubt are joined whatever their labels, and stay
            ``"uncertain"``.
        """
        groups = groupby(self.cells(), key=lambda cell: _kind(cell.prediction))
        return tuple(_joined(list(cells)) for kind, cells in groups if kind is not None)

    def to_dict(self) -> dict[str, Any]:
        """Give the same as plain types, ready for JSON, with the stretches beside the windows."""
        return {
            "model": self.model,
            "duration_s": self.duration_s,
            "complete": self.complete,
            "stretches": [stretch.to_dict() for stretch in self.stretches()],
            "windows": [segment.to_dict() for segment in self.segments],
        }


def timeline(
    recognizer: Recognizer,
    source: Source,
    *,
    model: str | None = None,
    window_s: float = WINDOW_S,
    step_s: float = STEP_S,
    profile: VoiceProfile | None = None,
    progress: Callable[[float], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Timeline:
    """Tell what a recording sounds like from moment to moment.

    Parameters
    ----------
    recognizer : Recognizer
    source : path, bytes, binary file object, or (samples, sample_rate)
        See :func:`ser.audio.load`. A recording shorter than a window gets one window.
    model : str, optional
        By default the first of :attr:`ser.Recognizer.models`.
    window_s : float
        Length of a window in seconds, 0.5 or more.
    step_s : float
        From the beginning of a window to that of the next, in seconds. The last
        step is shorter where need be: the last window ends with the recording.
    profile : VoiceProfile, optional
        Of the person who speaks; see :meth:`ser.Recognizer.enrol`.
    progress : callable, optional
        Called after each window with the share that is done, in (0, 1].
    cancelled : callable, optional
        Asked before each window. Once it answers True no more are heard, and what
        there is comes back with ``complete=False``.

    Raises
    ------
    AudioError, BundleError, ProfileError
        As :meth:`ser.Recognizer.predict`.
    ValueError
        There is no such model, or the windows would leave gaps.
    """
    from ser.audio import SAMPLE_RATE, load

    if not (window_s >= 0.5 and 0 < step_s <= window_s):
        raise ValueError(
            f"Windows of {window_s} s every {step_s} s do not work: windows last 0.5 s or more, "
            "and the step is above 0 and at most as long."
        )
    model = model or recognizer.models[0]
    sound = load(source, empty_too=True)
    width, step = round(window_s * SAMPLE_RATE), max(round(step_s * SAMPLE_RATE), 1)
    starts = _starts(len(sound.samples), width, step)
    windows = [(start, min(start + width, len(sound.samples))) for start in starts]
    segments: list[Segment] = []
    for (start, end), moment in zip(windows, pairwise(_edges(windows)), strict=True):
        if cancelled is not None and cancelled():
            break
        window = sound.samples[start:end]
        prediction = recognizer.predict((window, SAMPLE_RATE), model=model, profile=profile)
        first, last = (edge - start for edge in moment)
        pauses = prediction.label is not None and not _speaks(window, first, last)
        segments.append(Segment(start / SAMPLE_RATE, end / SAMPLE_RATE, prediction, pauses))
        if progress is not None:
            progress(len(segments) / len(starts))
    complete = len(segments) == len(starts)
    return Timeline(tuple(segments), sound.duration_s, model, complete)


def _starts(count: int, width: int, step: int) -> list[int]:
    """List where windows begin, in samples; the last ends with the recording."""
    spare = max(count - width, 0)
    return [*range(0, spare, step), spare]


def _edges(windows: Sequence[tuple[float, float]]) -> list[float]:
    """List where the moments begin and end that overlapping windows speak for."""
    middles = [(start + end) / 2 for start, end in windows]
    cuts = [(one + next_one) / 2 for one, next_one in pairwise(middles)]
    return [0.0, *cuts, windows[-1][1]] if windows else []


def _speaks(window: np.ndarray, first: float, last: float) -> bool:
    """Tell whether somebody speaks between two samples of a window."""
    from ser.features import voice_runs

    spoken = sum(max(min(end, last) - max(start, first), 0) for start, end in voice_runs(window))
    return spoken >= _LEAST_SHARE * (last - first)


def _silence(segment: Segment) -> Prediction:
    """Answer for a moment in which nobody speaks."""
    model = segment.prediction.model
    return Prediction(None, 0.0, {}, model, segment.prediction.duration_s, "no_speech")


def _kind(prediction: Prediction) -> str | None:
    """Name what neighbours must have in common to be joined; None where nobody speaks."""
    if prediction.label is None or prediction.status == "ok":
        return prediction.label
    return prediction.status


def _joined(cells: list[Segment]) -> Segment:
    """Make one stretch of neighbours that sound alike."""
    predictions = [cell.prediction for cell in cells]
    means = {
        label: sum(each.probabilities[label] for each in predictions) / len(predictions)
        for label in predictions[0].probabilities
    }
    label, second = sorted(means, key=means.__getitem__, reverse=True)[:2]
    start_s, end_s = cells[0].start_s, cells[-1].end_s
    joined = replace(
        predictions[0],
        label=label,
        confidence=means[label],
        probabilities=means,
        duration_s=end_s - start_s,
        second=second,
    )
    return Segment(start_s, end_s, joined)
