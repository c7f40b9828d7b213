"""How far the percentages can be believed, and what is gained by answering only when sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ser.charts.benchmark import SERIES
from ser.charts.dots import legend_below, share_axis
from ser.charts.frame import layout
from ser.palette import SERIES_COLOURS, SERIES_SYMBOLS
from ser.reports import Sureness

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HEIGHT = 400
_FEWEST = 10
"""Clips in a bin, below which its share says nothing."""


def calibration_chart(entries: Sequence[Sureness]) -> go.Figure:
    """Draw for each model how often it is right where it says a percentage."""
    import plotly.graph_objects as go

    even = go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"dash": "dash", "width": 2, "color": SERIES_COLOURS["chance"]},
        name="as often as it says",
        hoverinfo="skip",
    )
    figure = go.Figure([even, *(_reliability(entry) for entry in entries)])
    return _framed(figure, "how sure it says it is", "how often it is right")


def coverage_chart(entries: Sequence[Sureness]) -> go.Figure:
    """Draw for each model how often it is right if only the surest clips are answered.

    A star marks where "not sure" begins.
    """
    import plotly.graph_objects as go

    curves = [_curve(entry, entry.coverage, entry.accuracy_at_coverage) for entry in entries]
    levels = [(entry.model, not_sure_level(entry)) for entry in entries]
    stars = [
        go.Scatter(
            x=[level[0]],
            y=[level[1]],
            mode="markers",
            marker={"symbol": "star", "size": 17, "color": SERIES_COLOURS[model]},
            name=f"“hard to say” begins, {SERIES[model]}",
            hoverinfo="skip",
        )
        for model, level in levels
        if level is not None
    ]
    figure = go.Figure([*curves, *stars])
    return _framed(figure, "share that is answered, surest first", "right among these")


def not_sure_level(entry: Sureness) -> tuple[float, float] | None:
    """Find what share is answered at the "not sure" level, and how much of it is right.

    Where no other speakers were at hand to choose the level on, it lies where the
    curve falls below what the level aims at: the shipped one is fitted like that.
    """
    if entry.answered is not None and entry.right is not None:
        return entry.answered, entry.right
    enough = [
        share
        for share, right in zip(entry.coverage, entry.accuracy_at_coverage, strict=True)
        if entry.aim is not None and right >= entry.aim
    ]
    if not enough:
        return None
    last = max(enough)
    return last, entry.accuracy_at_coverage[entry.coverage.index(last)]


def _reliability(entry: Sureness) -> go.Scatter:
    bins = [each for each in entry.bins if each.n >= _FEWEST]
    curve = _curve(
        entry, tuple(each.confidence for each in bins), tuple(each.accuracy for each in bins)
    )
    clips = np.array([each.n for each in bins])
    # The area of a dot is its clips', down to what can still be seen.
    curve.mode = "lines+markers"
    curve.marker = {
        "symbol": SERIES_SYMBOLS[entry.model],
        "color": SERIES_COLOURS[entry.model],
        "size": np.maximum(20 * np.sqrt(clips / clips.max()), 6) if len(clips) else 6,
        "line": {"width": 2, "color": SERIES_COLOURS[entry.model]},
    }
    return curve


def _curve(entry: Sureness, x: Sequence[float], y: Sequence[float]) -> go.Scatter:
    import plotly.graph_objects as go

    return go.Scatter(
        x=list(x),
        y=list(y),
        mode="lines",
        line={
            "width": 3,
            "color": SERIES_COLOURS[entry.model],
            "dash": "solid" if entry.model == "hybrid" else "dot",
        },
        name=SERIES[entry.model],
        cliponaxis=False,
        hoverinfo="skip",
    )


def _framed(figure: go.Figure, across: str, upwards: str) -> go.Figure:
    """Set axes of shares, with the upward one's title over it, where it takes no width."""
    title = {
        "text": upwards,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 14},
    }
    figure.update_layout(
        **layout(height=_HEIGHT)
        | {"showlegend": True, "margin": {"l": 0, "r": 12, "t": 26, "b": 4}},
        legend=legend_below(_HEIGHT),
        annotations=[title],
    )
    figure.update_xaxes(
        range=[0, 1.01], title={"text": across, "font": {"size": 14}}, **share_axis()
    )
    figure.update_yaxes(range=[0, 1.02], ticklabelstandoff=4, **share_axis())
    return figure
