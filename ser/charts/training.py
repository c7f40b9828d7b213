"""How a training goes: the share of right answers and the loss, by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser.charts.frame import STILL, layout
from ser.palette import WAVEFORM_COLOUR
from ser.wording import percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.training_log import TrainingLog

_GRID = "rgba(128, 140, 150, 0.22)"
_FEW_EPOCHS = 12
"""So few are drawn as dots, too: one alone is no line."""


def training_chart(log: TrainingLog) -> go.Figure:
    """Draw right answers above, loss below, on one axis of epochs that has room for all of them.

    Each curve has its own axis and its own title with the latest figure, so that
    neither colour nor a legend is needed.
    """
    from plotly.subplots import make_subplots

    latest = (percent(log.accuracy[-1]), f"{log.loss[-1]:.2f}") if log.epochs else ("", "")
    titles = (f"<b>Right answers</b> {latest[0]}", f"<b>Loss</b> {latest[1]}")
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.2, subplot_titles=titles
    )
    figure.add_trace(_curve(log, log.accuracy, "%{y:.0%}"), row=1, col=1)
    figure.add_trace(_curve(log, log.loss, "%{y:.2f}"), row=2, col=1)
    figure.update_layout(**layout(height=360) | {"margin": {"l": 0, "r": 8, "t": 30, "b": 4}})
    figure.update_annotations(x=0, xanchor="left", font={"size": 15})
    last = max(log.wanted or 0, log.done, 2)
    figure.update_xaxes(range=[1 - last / 60, last + last / 60], **STILL)
    figure.update_xaxes(tickvals=_ticks(last), title="Epoch", row=2, col=1)
    figure.update_yaxes(**STILL | {"showgrid": True}, gridcolor=_GRID, ticklabelstandoff=4)
    shares = [0, 0.25, 0.5, 0.75, 1]
    figure.update_yaxes(
        range=[0, 1],
        tickvals=shares,
        ticktext=[f"{share:.0%}".replace("%", " %") for share in shares],
        row=1,
        col=1,
    )
    figure.update_yaxes(rangemode="tozero", nticks=5, row=2, col=1)
    return figure


def _curve(log: TrainingLog, values: tuple[float, ...], figure: str) -> go.Scatter:
    import plotly.graph_objects as go

    return go.Scatter(
        x=log.epochs,
        y=values,
        mode="lines+markers" if len(log.epochs) <= _FEW_EPOCHS else "lines",
        line={"width": 2.5, "color": WAVEFORM_COLOUR},
        hovertemplate=f"Epoch %{{x}}: {figure}<extra></extra>",
    )


def _ticks(last: int) -> list[int]:
    """Round numbers of epochs, few enough for a phone; the last one is always named."""
    step = next((step for step in (1, 2, 5, 10, 20, 50, 100) if last / step <= 6), last)
    return [
        1,
        *(tick for tick in range(step, last, step) if tick > 1 and last - tick > step / 2),
        last,
    ]
