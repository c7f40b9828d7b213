"""How sure each emotion is named: clips by confidence, right above a line and wrong below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser.charts.dots import share_axis
from ser.charts.frame import STILL, layout, named
from ser.palette import EMOTION_COLOURS, SERIES_COLOURS
from ser.reports import Confidence, number, percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW_PX, _AXIS_PX = 84, 54
_TITLE, _TOP, _BARS = -0.36, -0.2, 0.62
"""Where in its row the title stands, and where bars may reach from, and over how much."""


def confidence_chart(entries: Sequence[Confidence]) -> go.Figure:
    """Draw a histogram for each emotion, each on a scale of its own.

    Upwards in the emotion's colour stand the answers that were right, downwards and
    hatched those that were wrong.

    Parameters
    ----------
    entries : sequence of Confidence
        Of one model, an emotion each.
    """
    import plotly.graph_objects as go

    figure = go.Figure([bars for row, entry in enumerate(entries) for bars in _bars(entry, row)])
    figure.update_layout(
        **layout(height=_ROW_PX * len(entries) + _AXIS_PX) | {"barmode": "overlay"},
        annotations=[note for row, entry in enumerate(entries) for note in _texts(entry, row)],
        shapes=[_line(row + _line_y(entry)) for row, entry in enumerate(entries)],
    )
    figure.update_xaxes(
        range=[0, 1],
        title={"text": "how sure it says it is", "font": {"size": 14}},
        **share_axis(),
    )
    figure.update_yaxes(range=[len(entries) - 0.45, -0.5], visible=False, **STILL)
    return figure


def _scale(entry: Confidence) -> float:
    """Height of a clip: the highest pile and the deepest share what bars may reach over."""
    return _BARS / max(max(entry.right) + max(entry.wrong), 1)


def _line_y(entry: Confidence) -> float:
    """Where in its row the line lies that right and wrong stand on."""
    return _TOP + _scale(entry) * max(entry.right)


def _bars(entry: Confidence, row: int) -> list[go.Bar]:
    """Draw right answers upwards and wrong ones downwards; rows count downwards."""
    import plotly.graph_objects as go

    scale, line, width = _scale(entry), row + _line_y(entry), 1 / len(entry.right)
    right, wrong = EMOTION_COLOURS[entry.emotion], SERIES_COLOURS["chance"]
    return [
        go.Bar(
            x=[(i + 0.5) * width for i in range(len(counts))],
            y=[step * count for count in counts],
            base=[line] * len(counts),
            width=0.86 * width,
            marker={
                "color": colour,
                "pattern": {"shape": shape, "fillmode": "replace", "size": 5},
            },
            hoverinfo="skip",
        )
        for counts, step, colour, shape in (
            (entry.right, -scale, right, ""),
            (entry.wrong, scale, wrong, "/"),
        )
    ]


def _line(y: float) -> dict[str, object]:
    colour = SERIES_COLOURS["chance"]
    return {
        "type": "line", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": {"color": colour, "width": 1},
    }  # fmt: skip


def _texts(entry: Confidence, row: int) -> list[dict[str, object]]:
    """Name the emotion, and say how many of its answers are right."""
    common = {
        "xref": "paper", "y": row + _TITLE, "showarrow": False, "font": {"size": 14},
    }  # fmt: skip
    n = sum(entry.right) + sum(entry.wrong)
    told = "never answered"
    if entry.share_right is not None:
        told = f"<b>{percent(entry.share_right)}</b> of {number(n)} right"
    return [
        {**common, "x": 0, "xanchor": "left", "text": named(entry.emotion)},
        {**common, "x": 1, "xanchor": "right", "text": told},
    ]
