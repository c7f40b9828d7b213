"""How a training goes: the share of right answers and the loss, by epoch.

Where recordings are measured that are not learnt from, their curves lie beside those of
the training, dashed and dotted, with a legend.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from ser.charts.dots import GRID, legend_below
from ser.charts.frame import STILL, layout
from ser.palette import SERIES_COLOURS, SERIES_DASHES, SERIES_SYMBOLS
from ser.training_log import Curves, latest
from ser.wording import percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.training_log import TrainingLog

_LEARNT = "training"
_SHARE = "%{y:.0%}"
_HEIGHT, _LEGEND_PX = 360, 50
_FEW_EPOCHS = 12
"""So few are drawn as dots, too: one alone is no line."""


def training_chart(log: TrainingLog) -> go.Figure:
    """Draw right answers above, loss below, on one axis of epochs that has room for all of them.

    Right answers and loss have an axis each, with the latest figures of every curve in
    its title; several curves are told apart by how their lines are drawn.
    """
    from plotly.subplots import make_subplots

    curves = {_LEARNT: Curves(log.loss, log.accuracy), **log.unlearnt}
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.2,
        subplot_titles=(
            _title("Right answers", {name: own.accuracy for name, own in curves.items()}, percent),
            _title("Loss", {name: own.loss for name, own in curves.items()}, "{:.2f}".format),
        ),
    )
    for name, own in curves.items():
        figure.add_trace(_curve(log, name, own.accuracy, _SHARE), row=1, col=1)
        figure.add_trace(_curve(log, name, own.loss, "%{y:.2f}"), row=2, col=1)
    figure.update_layout(**layout(height=_HEIGHT) | {"margin": {"l": 0, "r": 8, "t": 30, "b": 4}})
    several = len(curves) > 1
    if several:
        _add_legend(figure)
    # Several figures in a title are long for a phone.
    figure.update_annotations(x=0, xanchor="left", font={"size": 13 if several else 15})
    _set_axes(figure, max(log.wanted or 0, log.done, 2))
    return figure


def _set_axes(figure: go.Figure, last: int) -> None:
    """Lay out epochs up to the last one, shares above and losses from 0 below."""
    figure.update_xaxes(range=[1 - last / 60, last + last / 60], **STILL)
    figure.update_xaxes(tickvals=_ticks(last), title="Epoch", row=2, col=1)
    figure.update_yaxes(**STILL | {"showgrid": True}, gridcolor=GRID, ticklabelstandoff=4)
    shares = [0, 0.25, 0.5, 0.75, 1]
    figure.update_yaxes(
        range=[0, 1],
        tickvals=shares,
        ticktext=[f"{share:.0%}".replace("%", " %") for share in shares],
        row=1,
        col=1,
    )
    figure.update_yaxes(rangemode="tozero", nticks=5, row=2, col=1)


def _title(what: str, values: dict[str, tuple[float, ...]], write: Callable[[float], str]) -> str:
    """Write what is drawn and the latest figures: "Loss 0.90, test 1.20"."""
    figures = {name: last for name, own in values.items() if math.isfinite(last := latest(own))}
    told = [
        write(figure) if name == _LEARNT else f"{name} {write(figure)}"
        for name, figure in figures.items()
    ]
    return f"<b>{what}</b> {', '.join(told)}"


def _curve(log: TrainingLog, name: str, values: tuple[float, ...], figure: str) -> go.Scatter:
    import plotly.graph_objects as go

    colour = SERIES_COLOURS[name]
    said = "" if name == _LEARNT else f", {name}"
    return go.Scatter(
        x=log.epochs,
        y=values,
        mode="lines+markers" if len(log.epochs) <= _FEW_EPOCHS else "lines",
        line={"width": 2.5, "color": colour, "dash": SERIES_DASHES[name]},
        marker={"symbol": SERIES_SYMBOLS[name], "size": 7, "color": colour},
        connectgaps=True,
        name=name,
        legendgroup=name,
        showlegend=figure == _SHARE,
        hovertemplate=f"Epoch %{{x}}{said}: {figure}<extra></extra>",
    )


def _add_legend(figure: go.Figure) -> None:
    """Lay a legend below, wide enough for dashes to be seen, and make room for it."""
    height = _HEIGHT + _LEGEND_PX
    legend = legend_below(height) | {"xref": "container", "itemwidth": 36, "font": {"size": 13}}
    figure.update_layout(showlegend=True, height=height, legend=legend)


def _ticks(last: int) -> list[int]:
    """Round numbers of epochs, few enough for a phone; the last one is always named."""
    step = next((step for step in (1, 2, 5, 10, 20, 50, 100) if last / step <= 6), last)
    return [
        1,
        *(tick for tick in range(step, last, step) if tick > 1 and last - tick > step / 2),
        last,
    ]
