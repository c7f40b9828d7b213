"""How the probabilities change over a longer recording."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ser.charts.frame import STILL, layout, named
from ser.palette import EMOTION_COLOURS
from ser.wording import clock, hard_to_say

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.timeline import Segment, Timeline


def timeline_chart(timeline: Timeline) -> go.Figure:
    """Draw the probabilities over time, stacked, with gaps where nobody speaks.

    Long stretches bear the name of their emotion, so that colour is not needed to
    read them.
    """
    import plotly.graph_objects as go

    runs = _spoken_runs(timeline)
    figure = go.Figure([_area(runs, label) for label in EMOTION_COLOURS])
    figure.update_layout(
        **layout(height=330) | {"showlegend": True},
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
        **STILL,
    )
    figure.update_yaxes(
        range=[0, 1.12],
        tickvals=[0, 0.5, 1],
        ticktext=["0 %", "50 %", "100 %"],
        ticklabelstandoff=4,
        **STILL,
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
        name=named(label),
        legendgroup=label,
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
