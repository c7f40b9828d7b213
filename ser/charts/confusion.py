"""What is mistaken for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser.charts.frame import STILL, layout, named
from ser.palette import EMOTION_COLOURS, EMOTION_ICONS
from ser.reports import Row

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Light enough under the page's own text in both themes, in which the figures are set.
_SHADES = [[0.0, "rgba(47, 127, 193, 0.0)"], [1.0, "rgba(47, 127, 193, 0.62)"]]
_CELL_PX = 40

_INNER = {"calm": "○", "boredom": "□"}
"""Signs of the two emotions that only some corpora have."""


def confusion_chart(row: Row) -> go.Figure:
    """Draw each acted emotion as a row of what it was taken for, in per cent of its clips."""
    import plotly.graph_objects as go

    shares = row_shares(row)
    labels = list(row.labels)
    figure = go.Figure(
        go.Heatmap(
            x=labels,
            y=labels,
            z=shares,
            zmin=0,
            zmax=1,
            colorscale=_SHADES,
            showscale=False,
            text=[
                ["" if share is None else f"{100 * share:.0f}" for share in line] for line in shares
            ],
            texttemplate="%{text}",
            textfont={"size": 14},
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    figure.update_layout(**layout(height=_CELL_PX * len(labels) + 80))
    figure.update_xaxes(
        side="top",
        tickvals=labels,
        ticktext=[any_named(label) for label in labels],
        tickfont={"size": 13},
        tickangle=-45,
        **STILL,
    )
    figure.update_yaxes(
        autorange="reversed",
        tickvals=labels,
        ticktext=[any_named(label) for label in labels],
        tickfont={"size": 14},
        ticklabelstandoff=6,
        **STILL,
    )
    return figure


def row_shares(row: Row) -> list[list[float | None]]:
    """Divide each row of a confusion by its clips; None where there are none."""
    return [
        [count / sum(counts) if sum(counts) else None for count in counts]
        for counts in row.confusion
    ]


def mistakes(row: Row, *, at_most: int = 3) -> list[tuple[str, str, float]]:
    """List the commonest mistakes: what was acted, what it was taken for, how often."""
    found = [
        (truth, answer, share)
        for truth, shares in zip(row.labels, row_shares(row), strict=True)
        for answer, share in zip(row.labels, shares, strict=True)
        if truth != answer and share
    ]
    return sorted(found, key=lambda item: -item[2])[:at_most]


def _figure(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f}"


def any_named(label: str) -> str:
    """Write an emotion with a sign, those that only some corpora have too."""
    return named(label) if label in EMOTION_COLOURS else f"{label} {_sign(label)}"


def _sign(label: str) -> str:
    colour = EMOTION_COLOURS.get(label, EMOTION_COLOURS["neutral"])
    sign = EMOTION_ICONS.get(label) or _INNER.get(label, label[:2])
    return f'<span style="color:{colour}">{sign}</span>'
