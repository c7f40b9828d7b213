"""Rows of dots on one axis of shares: a title above each row, so that phones have room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ser.charts.frame import STILL, layout
from ser.palette import SERIES_COLOURS, SERIES_SYMBOLS

if TYPE_CHECKING:
    import plotly.graph_objects as go

GRID = "rgba(128, 140, 150, 0.28)"

_ROW_PX = 50
_MARK_Y, _STEP_Y, _TITLE_Y = 0.16, 0.15, 0.28
_AXIS_PX, _LEGEND_PX = 30, 66


@dataclass(frozen=True)
class Mark:
    """A dot of a series at a share in [0, 1], with its interval where there is one."""

    series: str
    share: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Line:
    """One row: what it is about, its dots, and a figure that stands at its right end."""

    title: str
    marks: tuple[Mark, ...]
    figure: str = ""


def dot_chart(
    lines: Sequence[Line], series: dict[str, str], *, reach: tuple[float, float] = (0.0, 1.0)
) -> go.Figure:
    """Draw rows of dots, the first on top.

    Parameters
    ----------
    lines : sequence of Line
    series : dict of str to str
        Series that may occur, and their names in the legend; those with intervals are
        set apart from each other within a row.
    reach : tuple of two float
        Ends of the axis.
    """
    import plotly.graph_objects as go

    apart = [
        name
        for name in series
        if any(mark.interval for line in lines for mark in line.marks if mark.series == name)
    ]
    figure = go.Figure([_trace(lines, name, series[name], _offset(name, apart)) for name in series])
    figure.data = [trace for trace in figure.data if len(trace.x)]
    height = _ROW_PX * len(lines) + _AXIS_PX + _LEGEND_PX
    figure.update_layout(
        **layout(height=height) | {"showlegend": True},
        legend=legend_below(height),
        annotations=[note for row, line in enumerate(lines) for note in _texts(line, row)],
    )
    figure.update_xaxes(range=list(reach), **share_axis(reach))
    figure.update_yaxes(range=[len(lines) - 0.5, -0.5], visible=False, **STILL)
    return figure


def legend_below(height: int) -> dict[str, object]:
    """Lay a legend that nothing happens to under a chart of this height in pixels."""
    return {
        "orientation": "h",
        "x": 0,
        "yref": "container",
        "y": 4 / height,
        "yanchor": "bottom",
        "itemclick": False,
        "itemdoubleclick": False,
        "font": {"size": 14},
    }


def share_axis(reach: tuple[float, float] = (0.0, 1.0)) -> dict[str, object]:
    """Give an axis of shares with a line at every quarter."""
    ticks = [tick / 4 for tick in range(5) if reach[0] <= tick / 4 <= reach[1]]
    return {
        **STILL,
        "tickvals": ticks,
        "ticktext": [f"{100 * tick:.0f} %" for tick in ticks],
        "tickfont": {"size": 13},
        "showgrid": True,
        "gridcolor": GRID,
        "gridwidth": 1,
    }


def _offset(name: str, apart: list[str]) -> float:
    if name not in apart:
        return 0.0
    return _STEP_Y * (apart.index(name) - (len(apart) - 1) / 2)


def _trace(lines: Sequence[Line], name: str, title: str, offset: float) -> go.Scatter:
    import plotly.graph_objects as go

    # Rows count downwards, as the axis does.
    marks = [
        (mark, row + _MARK_Y + offset)
        for row, line in enumerate(lines)
        for mark in line.marks
        if mark.series == name
    ]
    spans = [mark.interval or (mark.share, mark.share) for mark, _ in marks]
    return go.Scatter(
        x=[mark.share for mark, _ in marks],
        y=[y for _, y in marks],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - mark.share for (mark, _), (_, high) in zip(marks, spans, strict=True)],
            "arrayminus": [
                mark.share - low for (mark, _), (low, _) in zip(marks, spans, strict=True)
            ],
            "thickness": 2,
            "width": 0,
        },
        name=title,
        mode="markers",
        marker={
            "color": SERIES_COLOURS[name],
            "symbol": SERIES_SYMBOLS[name],
            "size": 12,
            "line": {"width": 2, "color": SERIES_COLOURS[name]},
        },
        cliponaxis=False,
        hoverinfo="skip",
    )


def _texts(line: Line, row: int) -> list[dict[str, object]]:
    """Title and figure above the dots."""
    common = {
        "xref": "paper",
        "y": row - _TITLE_Y,
        "showarrow": False,
        "font": {"size": 14},
    }
    title = {**common, "x": 0, "xanchor": "left", "text": escape(line.title)}
    figure = {**common, "x": 1, "xanchor": "right", "text": f"<b>{escape(line.figure)}</b>"}
    return [title, figure] if line.figure else [title]
