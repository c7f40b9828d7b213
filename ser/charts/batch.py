"""What many files sound like, counted."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ser.charts.frame import STILL, layout, named
from ser.labels import LABELS
from ser.palette import EMOTION_COLOURS, EMOTION_ICONS
from ser.table import NO_SPEECH, NOT_SURE, TOO_LONG, TOO_SHORT, UNREADABLE

if TYPE_CHECKING:
    import plotly.graph_objects as go

KIND_ICONS = EMOTION_ICONS | {
    NOT_SURE: "?", NO_SPEECH: "○", TOO_SHORT: "…", TOO_LONG: "↔", UNREADABLE: "!",
}  # fmt: skip
"""By :data:`ser.table.KINDS`: a sign that every font has."""

_NO_EMOTION_COLOUR = "#8a8a8a"


def batch_chart(counts: dict[str, int]) -> go.Figure:
    """Draw how many files sound like each emotion, and how many have no answer.

    Parameters
    ----------
    counts : dict of str to int
        As :func:`ser.table.tally` gives them. All emotions are drawn, so that each is
        always in the same place; what has no answer only where there is some.
    """
    import plotly.graph_objects as go

    kinds = [*LABELS, *(kind for kind in counts if kind not in LABELS)]
    figures = [counts.get(kind, 0) for kind in kinds]
    bars = go.Bar(
        x=figures,
        y=kinds,
        orientation="h",
        marker={
            "color": [EMOTION_COLOURS.get(kind, _NO_EMOTION_COLOUR) for kind in kinds],
            # Hollow and hatched: no answer must not look like a neutral one.
            "pattern": {
                "shape": ["" if kind in LABELS else "/" for kind in kinds],
                "fillmode": "replace",
                "size": 6,
            },
        },
        text=figures,
        textposition="outside",
        textfont={"size": 15},
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure = go.Figure(bars)
    figure.update_layout(**layout(height=30 * len(kinds) + 8), bargap=0.3)
    figure.update_xaxes(range=[0, 1.12 * max(figures, default=0) or 1], visible=False, **_FIXED)
    figure.update_yaxes(
        autorange="reversed",
        tickvals=kinds,
        ticktext=[_titled(kind) for kind in kinds],
        tickfont={"size": 15},
        ticklabelstandoff=8,
        **STILL,
    )
    return figure


_FIXED = {"fixedrange": True}


def _titled(kind: str) -> str:
    return named(kind) if kind in LABELS else f"{escape(kind)} {KIND_ICONS[kind]}"
