"""One voice of each emotion under the other, to be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser.audio import SAMPLE_RATE, load
from ser.charts.confusion import any_named
from ser.charts.frame import STILL, layout
from ser.charts.voice import (
    chroma_axis,
    chroma_map,
    frequency_axis,
    mfcc_axis,
    mfcc_map,
    spectrogram,
    waveform,
)
from ser.errors import AudioError
from ser.reports import Example, example_words

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW_PX, _AXIS_PX = 116, 40
_GAP_PX = 30
"""Between rows, for the next one's title."""


@dataclass(frozen=True)
class Voice:
    """A clip to draw: its emotion, who speaks, and its samples [shape=(n,)] at 16 kHz."""

    emotion: str
    who: str
    samples: np.ndarray


def open_voice(example: Example) -> Voice:
    """Open a clip, and cut off its silence.

    Raises
    ------
    AudioError
        It is not there any more, or cannot be read.
    """
    from ser.features import trim

    try:
        samples = load(example.path).samples
    except AudioError as error:
        raise AudioError(f"{Path(example.path).name}: {error}") from error
    return Voice(example.emotion, example_words(example), trim(samples))


KINDS: dict[str, Callable[[np.ndarray, float], object]] = {
    "Waveform": waveform,
    "Mel spectrogram": spectrogram,
    "MFCC": mfcc_map,
    "Chroma": chroma_map,
}
"""What can be drawn of a voice, by its name for people."""


def voices_chart(voices: Sequence[Voice], kind: str) -> go.Figure:
    """Draw a row for each voice, all on one time axis.

    Parameters
    ----------
    voices : sequence of Voice
        One at least.
    kind : str
        One of :data:`KINDS`. Waveforms of one person share their scale, so that what is
        loud looks loud; in the other pictures each voice has its own.
    """
    from plotly.subplots import make_subplots

    height = _ROW_PX * len(voices) + _AXIS_PX
    figure = make_subplots(
        rows=len(voices),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=_GAP_PX / height if len(voices) > 1 else 0.0,
        subplot_titles=[f"{any_named(voice.emotion)}, {escape(voice.who)}" for voice in voices],
    )
    for row, voice in enumerate(voices, start=1):
        figure.add_trace(KINDS[kind](voice.samples, 0.0), row=row, col=1)
    figure.update_layout(**layout(height=height) | {"margin": {"l": 0, "r": 4, "t": 28, "b": 4}})
    figure.update_annotations(x=0, xanchor="left", font={"size": 14})
    longest_s = max(len(voice.samples) for voice in voices) / SAMPLE_RATE
    figure.update_xaxes(range=[0, longest_s], ticksuffix=" s", **STILL)
    for row, voice in enumerate(voices, start=1):
        figure.update_yaxes(**_axis(voice, voices, kind), tickfont={"size": 12}, row=row, col=1)
    return figure


def _axis(voice: Voice, voices: Sequence[Voice], kind: str) -> dict[str, object]:
    if kind == "Mel spectrogram":
        return frequency_axis() | {
            "tickvals": [100, 500, 2000],
            "ticktext": ["100", "500", "2 kHz"],
        }
    if kind == "MFCC":
        return mfcc_axis()
    if kind == "Chroma":
        return chroma_axis()
    loudest = max(float(np.abs(one.samples).max()) for one in voices if one.who == voice.who)
    return {**STILL, "visible": False, "range": [-loudest, loudest]}
