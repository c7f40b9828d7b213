"""The probabilities of one answer as bars."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ser.charts.frame import STILL, bold_if, layout, named
from ser.palette import EMOTION_COLOURS
from ser.wording import percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.prediction import Prediction

_TRACK_COLOUR = "rgba(128, 140, 150, 0.13)"


def probability_chart(prediction: Prediction) -> go.Figure:
    """Draw one horizontal bar an emotion, each in its own fixed colour.

    The order is that of the labels, not of the figures: the eye then finds an
    emotion in the same place every time.
    """
    import plotly.graph_objects as go

    labels = list(prediction.probabilities)
    values = list(prediction.probabilities.values())
    names = [bold_if(label == prediction.label, named(label)) for label in labels]
    figures = [
        # "< 1 %" would begin a tag.
        bold_if(label == prediction.label, escape(percent(share)))
        for label, share in prediction.probabilities.items()
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
        **layout(height=36 * len(labels) + 8),
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
        **STILL,
    }
