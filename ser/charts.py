"""The charts of the page: probabilities, how they change, and the picture of the voice.

Figures carry no background and no font colour of their own, so that they take
on the page's theme. Neither do they zoom or drag: on a phone a finger that
scrolls the page must not end up inside a chart.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ser.audio import SAMPLE_RATE, Sound
from ser.palette import (
    EMOTION_COLOURS,
    PITCH_COLOUR,
    PITCH_OUTLINE,
    SPECTROGRAM_COLOURS,
    WAVEFORM_COLOUR,
)
from ser.wording import clock, hard_to_say, percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.features import Contour
    from ser.prediction import Prediction
    from ser.timeline import Segment, Timeline

CHART_CONFIG = {"displayModeBar": False, "responsive": True}
"""What plotly's own interface may show: nothing."""

_MAX_COLUMNS = 800
"""More columns than a page is wide only make it slow."""

_RANGE_DB = 65.0
"""How far below the loudest spot the spectrogram still shows something."""

_SHOWN_HZ = (75.0, 8_000.0)
"""From the lowest pitch that is looked for to half the sampling rate."""

_TICKS_HZ = {
    100: "100 Hz",
    200: "200 Hz",
    500: "500 Hz",
    1000: "1 kHz",
    2000: "2 kHz",
    4000: "4 kHz",
}

_TRACK_COLOUR = "rgba(128, 140, 150, 0.13)"

_STILL = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}


def probability_chart(prediction: Prediction) -> go.Figure:
    """Draw one horizontal bar an emotion, each in its own fixed colour.

    The order is that of the labels, not of the figures: the eye then finds an
    emotion in the same place every time.
    """
    import plotly.graph_objects as go

    labels = list(prediction.probabilities)
    values = list(prediction.probabilities.values())
    names = [_bold_if(label == prediction.label, label) for label in labels]
    figures = [
        _bold_if(k == prediction.label, percent(p)) for k, p in prediction.probabilities.items()
    ]
    # A faint full-length bar behind each shows how far 100 % would reach.
    tracks = go.Bar(x=[1.0] * len(labels), y=labels, orientation="h", marker_color=_TRACK_COLOUR)
    bars = go.Bar(
        x=values,
        y=labels,
        yaxis="y2",
        orientation="h",
        marker_color=[EMOTION_COLOURS[label] for label in labels],
    )
    figure = go.Figure([tracks, bars])
    figure.update_traces(hoverinfo="skip")
    figure.update_layout(
        **_layout(height=36 * len(labels) + 8),
        bargap=0.35,
        yaxis=_beside(labels, names),
        # The figures stand on an axis of their own, which makes room for them.
        yaxis2={**_beside(labels, figures), "overlaying": "y", "side": "right"},
    )
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    return figure


def _beside(labels: list[str], texts: list[str]) -> dict[str, object]:
    """Axis of the bars, from top to bottom, with a text beside each."""
    return {
        "autorange": "reversed",
        "tickvals": labels,
        "ticktext": texts,
        "tickfont": {"size": 15},
        "ticklabelstandoff": 8,
        **_STILL,
    }


def _bold_if(condition: bool, text: str) -> str:
    """Write a text in plotly's HTML, where "< 1 %" would begin a tag."""
    return f"<b>{escape(text)}</b>" if condition else escape(text)


def voice_picture(sound: Sound) -> go.Figure:
    """Draw waveform and log-mel spectrogram with the pitch over it, on one time axis.

    Frequencies lie on a logarithmic axis: an octave is as high wherever it is, so
    the melody of a low voice looks like that of a high one, and the pitch lies
    on the lowest harmonic of the spectrogram.
    """
    from plotly.subplots import make_subplots

    from ser.features import pitch_contour

    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.22, 0.78], vertical_spacing=0.04
    )
    figure.add_trace(_waveform(sound.samples), row=1, col=1)
    figure.add_trace(_spectrogram(sound.samples), row=2, col=1)
    figure.add_traces(_pitch(pitch_contour(sound.samples)), rows=2, cols=1)
    figure.update_layout(**_layout(height=420))
    figure.update_xaxes(range=[0, sound.duration_s], ticksuffix=" s", **_STILL)
    figure.update_yaxes(visible=False, **_STILL, row=1, col=1)
    figure.update_yaxes(
        type="log",
        range=np.log10(_SHOWN_HZ),
        tickvals=list(_TICKS_HZ),
        ticktext=list(_TICKS_HZ.values()),
        ticklabelstandoff=4,
        **_STILL,
        row=2,
        col=1,
    )
    return figure


def _waveform(samples: np.ndarray) -> go.Scatter:
    """Outline of the samples: the lowest and the highest of each column."""
    import plotly.graph_objects as go

    starts = _column_starts(len(samples))
    highest = np.maximum.reduceat(samples, starts)
    lowest = np.minimum.reduceat(samples, starts)
    times_s = starts / SAMPLE_RATE
    return go.Scatter(
        x=np.concatenate([times_s, times_s[::-1]]).astype(np.float32),
        y=np.concatenate([highest, lowest[::-1]]).astype(np.float32),
        fill="toself",
        fillcolor=WAVEFORM_COLOUR,
        line={"width": 0.5, "color": WAVEFORM_COLOUR},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def _spectrogram(samples: np.ndarray) -> go.Heatmap:
    import plotly.graph_objects as go

    from ser.features import HOP_S, log_mel, mel_frequencies

    decibels = log_mel(samples)
    starts = _column_starts(len(decibels))
    columns = np.maximum.reduceat(decibels, starts, axis=0)
    top = float(columns.max())
    return go.Heatmap(
        x=(starts * HOP_S).astype(np.float32),
        y=mel_frequencies(),
        # Whole decibels are finer than the eye, and a quarter of the bytes.
        z=np.round(columns.T).astype(np.int8),
        zmin=top - _RANGE_DB,
        zmax=top,
        colorscale=SPECTROGRAM_COLOURS,
        showscale=False,
        zsmooth="best",
        hoverinfo="skip",
    )


def _pitch(contour: Contour) -> list[go.Scatter]:
    """Pitch as a light line over a dark one, which is its rim."""
    import plotly.graph_objects as go

    step = -(-len(contour.times_s) // (4 * _MAX_COLUMNS)) or 1
    times_s = contour.times_s[::step].astype(np.float32)
    f0_hz = contour.f0_hz[::step].astype(np.float32)
    return [
        go.Scatter(
            x=times_s,
            y=f0_hz,
            mode="lines",
            line={"width": width, "color": colour},
            connectgaps=False,
            hoverinfo="skip",
            showlegend=False,
            name="pitch",
        )
        for width, colour in ((5, PITCH_OUTLINE), (2.2, PITCH_COLOUR))
    ]


def timeline_chart(timeline: Timeline) -> go.Figure:
    """Draw the probabilities over time, stacked, with gaps where nobody speaks.

    Long stretches bear the name of their emotion, so that colour is not needed to
    read them.
    """
    import plotly.graph_objects as go

    runs = _spoken_runs(timeline)
    figure = go.Figure([_area(runs, label) for label in EMOTION_COLOURS])
    figure.update_layout(
        **_layout(height=330) | {"showlegend": True},
        legend={
            "orientation": "h",
            "y": -0.14,
            "yanchor": "top",
            "traceorder": "normal",
            # A click that hides a layer would move the others: not what the eye expects.
            "itemclick": False,
            "itemdoubleclick": False,
        },
        annotations=[
            _name_above(part)
            for part in timeline.stretches()
            if part.end_s - part.start_s >= _NAMED_SHARE * timeline.duration_s
        ],
    )
    ticks_s = _clock_ticks_s(timeline.duration_s)
    figure.update_xaxes(
        range=[0, timeline.duration_s],
        tickvals=ticks_s,
        ticktext=[clock(tick) for tick in ticks_s],
        **_STILL,
    )
    figure.update_yaxes(
        range=[0, 1.12],
        tickvals=[0, 0.5, 1],
        ticktext=["0 %", "50 %", "100 %"],
        ticklabelstandoff=4,
        **_STILL,
    )
    return figure


_NAMED_SHARE = 0.2
"""Of the chart's width: on a phone the longest name just fits above that."""

_EDGE_S = 0.001


def _spoken_runs(timeline: Timeline) -> list[list[Segment]]:
    """Neighbouring cells in which somebody speaks, and between them the gaps."""
    groups = groupby(timeline.cells(), key=lambda cell: cell.spoken)
    return [list(cells) for spoken, cells in groups if spoken]


def _area(runs: list[list[Segment]], label: str) -> go.Scatter:
    """Draw one emotion's layer: from edge to edge of each run, and nothing between the runs."""
    import plotly.graph_objects as go

    times_s: list[float] = []
    shares: list[float] = []
    for run in runs:
        middles = [(cell.start_s + cell.end_s) / 2 for cell in run]
        inside = [cell.prediction.probabilities[label] for cell in run]
        start_s, end_s = run[0].start_s, run[-1].end_s
        # Stacked areas know no gaps; they fall to zero at once on either side of one.
        times_s += [start_s, start_s + _EDGE_S, *middles, end_s - _EDGE_S, end_s]
        shares += [0.0, inside[0], *inside, inside[-1], 0.0]
    return go.Scatter(
        x=np.round(times_s, 3),
        y=np.round(shares, 4),
        name=label,
        mode="lines",
        line={"width": 0},
        stackgroup="emotions",
        fillcolor=EMOTION_COLOURS[label],
        hoverinfo="skip",
    )


def _name_above(stretch: Segment) -> dict[str, object]:
    doubtful = hard_to_say(stretch.prediction)
    return {
        "x": (stretch.start_s + stretch.end_s) / 2,
        "y": 1.06,
        "text": escape("hard to say" if doubtful else str(stretch.prediction.label)),
        "showarrow": False,
        "font": {"size": 14},
    }


def _clock_ticks_s(duration_s: float) -> list[int]:
    """Round times, few enough to stand beside each other on a phone."""
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
    step = next((step for step in steps if duration_s / step <= 6), steps[-1])
    return list(range(0, int(duration_s) + 1, step))


def _column_starts(count: int) -> np.ndarray:
    """Cut `count` values into at most 800 columns; give the index where each starts."""
    return np.unique(np.linspace(0, count, _MAX_COLUMNS, endpoint=False).astype(int))


def _layout(*, height: int) -> dict[str, object]:
    return {
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 4, "b": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "font": {"size": 15},
    }
