"""What an answer hung on, and how a voice's prosody lies beside that of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ser.charts.frame import STILL, bold_if, layout, named
from ser.charts.voice import frequency_axis, spectrogram
from ser.palette import (
    DIMMED_COLOURS,
    EMOTION_COLOURS,
    PITCH_COLOUR,
    PITCH_OUTLINE,
    TELLING_COLOUR,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.audio import Sound
    from ser.prosody_reference import Compared
    from ser.saliency import Saliency

_CLEAR = "rgba(255, 157, 46, 0)"
_STRONG = "rgba(255, 157, 46, 0.92)"

_WIDE_PX, _NARROW_PX = 9, 2
_ROW_PX, _AROUND_PX = 17, 48
_BEYOND = 0.35
"""Of the ranges' width: a voice further outside stands at the rim."""


def saliency_chart(sound: Sound, saliency: Saliency) -> go.Figure:
    """Draw what an answer hung on over the dimmed spectrogram, and above it when it was.

    What spoke against the label is left out: the picture is of the answer's reasons.

    Parameters
    ----------
    sound : Sound
        The recording that was looked into, all of it.
    """
    from plotly.subplots import make_subplots

    from ser.audio import SAMPLE_RATE

    first, last = (round(at * SAMPLE_RATE) for at in (saliency.start_s, saliency.end_s))
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.2, 0.8], vertical_spacing=0.03
    )
    figure.add_trace(_moments(saliency), row=1, col=1)
    dimmed = spectrogram(sound.samples[first:last], saliency.start_s, colours=DIMMED_COLOURS)
    figure.add_trace(dimmed, row=2, col=1)
    figure.add_trace(_telling(saliency), row=2, col=1)
    figure.update_layout(**layout(height=360))
    figure.update_xaxes(range=[saliency.start_s, saliency.end_s], ticksuffix=" s", **STILL)
    figure.update_yaxes(visible=False, rangemode="tozero", **STILL, row=1, col=1)
    figure.update_yaxes(**frequency_axis(), row=2, col=1)
    return figure


def _moments(saliency: Saliency) -> go.Scatter:
    """How much the answer hung on each moment, all frequencies together."""
    import plotly.graph_objects as go

    return go.Scatter(
        x=np.round(saliency.times_s, 3),
        y=np.round(np.maximum(saliency.drop, 0).sum(axis=1), 4),
        mode="lines",
        line={"width": 2, "color": TELLING_COLOUR, "shape": "spline", "smoothing": 0.6},
        fill="tozeroy",
        hoverinfo="skip",
        name="moments",
    )


def _telling(saliency: Saliency) -> go.Heatmap:
    """Draw what each part costs when it is covered, clear where that is nothing."""
    import plotly.graph_objects as go

    drop = np.maximum(saliency.drop, 0)
    return go.Heatmap(
        x=np.round(saliency.times_s, 3),
        y=np.round(saliency.frequencies_hz, 1),
        z=np.round(drop.T, 4),
        zmin=0.0,
        zmax=max(float(drop.max()), 1e-6),
        colorscale=[[0.0, _CLEAR], [1.0, _STRONG]],
        showscale=False,
        zsmooth="best",
        hoverinfo="skip",
        name="telling",
    )


def prosody_chart(compared: Compared, *, answer: str | None = None) -> go.Figure:
    """Draw one measure: where the corpora's voices lie, by emotion, and where this one lies.

    Of each emotion the middle half is a thick bar, and 5 to
    95 % a thin one.

    Parameters
    ----------
    compared : Compared
    answer : str, optional
        The label to set in bold.
    """
    import plotly.graph_objects as go

    labels = list(compared.ranges)
    figure = go.Figure([trace for label in labels for trace in _bars(label, compared)])
    figure.update_traces(mode="lines", hoverinfo="skip")
    figure.update_layout(**layout(height=_ROW_PX * len(labels) + _AROUND_PX))
    low, high = _shown(compared)
    figure.update_xaxes(range=[low, high], nticks=5, side="bottom", **STILL)
    figure.update_xaxes(tickfont={"size": 12}, showgrid=True, gridcolor="rgba(128,140,150,0.2)")
    figure.update_yaxes(
        range=[len(labels) - 0.4, -0.6],
        tickvals=list(range(len(labels))),
        ticktext=[bold_if(label == answer, named(label)) for label in labels],
        tickfont={"size": 12},
        ticklabelstandoff=6,
        **STILL,
    )
    if compared.value is not None:
        figure.add_traces(_voice(float(np.clip(compared.value, low, high)), len(labels)))
    return figure


def _bars(label: str, compared: Compared) -> list[go.Scatter]:
    """Draw one emotion's ranges, the wider one thinner."""
    import plotly.graph_objects as go

    row = list(compared.ranges).index(label)
    p5, p25, _, p75, p95 = (float(f"{value:.4g}") for value in compared.ranges[label])
    return [
        go.Scatter(x=ends, y=[row, row], line={"width": width, "color": EMOTION_COLOURS[label]})
        for ends, width in (([p5, p95], _NARROW_PX), ([p25, p75], _WIDE_PX))
    ]


def _voice(value: float, rows: int) -> list[go.Scatter]:
    """Draw this voice as a light line over a dark one, like the pitch in its picture."""
    import plotly.graph_objects as go

    return [
        go.Scatter(
            x=[value, value],
            y=[-0.6, rows - 0.4],
            mode="lines",
            line={"width": width, "color": colour},
            hoverinfo="skip",
            name="this voice",
        )
        for width, colour in ((6, PITCH_OUTLINE), (2.5, PITCH_COLOUR))
    ]


def _shown(compared: Compared) -> tuple[float, float]:
    """Give the ends of the axis: all ranges, and the voice where it is not far outside."""
    low = min(values[0] for values in compared.ranges.values())
    high = max(values[-1] for values in compared.ranges.values())
    beyond = _BEYOND * (high - low)
    value = low if compared.value is None else compared.value
    margin = 0.03 * (high - low)
    left = max(min(low, value), low - beyond)
    right = min(max(high, value), high + beyond)
    return left - margin, right + margin
