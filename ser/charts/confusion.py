"""What is mistaken for what."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ser.charts.frame import named
from ser.charts.shaded_table import shaded_table
from ser.palette import EMOTION_COLOURS, EMOTION_ICONS
from ser.reports import Row, percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

_INNER = {"calm": "○", "boredom": "□"}
"""Signs of the two emotions that only some corpora have."""


def confusion_chart(row: Row) -> go.Figure:
    """Draw each acted emotion as a row of what it was taken for, in per cent of its clips."""
    shares = row_shares(row)
    labels = list(row.labels)
    names = {label: any_named(label) for label in labels}
    texts = [["" if share is None else _figure(share) for share in line] for line in shares]
    return shaded_table(shares, texts, columns=names, rows=names)


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


def _figure(share: float) -> str:
    """Write a share without its sign, which would not fit; never a false 0 or 100."""
    return escape(percent(share).removesuffix("%").replace("\N{NO-BREAK SPACE}", ""))


def any_named(label: str) -> str:
    """Write an emotion with a sign, those that only some corpora have too."""
    return named(label) if label in EMOTION_COLOURS else f"{label} {_sign(label)}"


def _sign(label: str) -> str:
    colour = EMOTION_COLOURS.get(label, EMOTION_COLOURS["neutral"])
    sign = EMOTION_ICONS.get(label) or _INNER.get(label, label[:2])
    return f'<span style="color:{colour}">{sign}</span>'
