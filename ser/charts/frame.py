"""What all charts share: they take on the page's theme, and do not move under a finger.

Figures carry no background and no font colour of their own. Neither do they zoom or
drag, unless a chart says so: on a phone a finger that scrolls the page must not end
up inside a chart.
"""

from __future__ import annotations

from html import escape

from ser.palette import EMOTION_COLOURS, EMOTION_ICONS

CHART_CONFIG = {"displayModeBar": False, "responsive": True}
"""What plotly's own interface may show: nothing."""

STILL = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
"""An axis without lines that cannot be moved."""


def layout(*, height: int) -> dict[str, object]:
    """Lay out a figure of this height in pixels, as wide as its place on the page."""
    return {
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 4, "b": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "font": {"size": 15},
    }


def named(label: str) -> str:
    """Write an emotion with its icon in its colour, for plotly's HTML."""
    icon = f'<span style="color:{EMOTION_COLOURS[label]}">{EMOTION_ICONS[label]}</span>'
    return f"{escape(label)} {icon}"


def bold_if(condition: bool, markup: str) -> str:
    """Set a piece of plotly's HTML in bold, or leave it."""
    return f"<b>{markup}</b>" if condition else markup
