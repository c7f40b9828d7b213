"""Well-known designs: what is claimed, known voices, and voices never heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser.charts.dots import Line, Mark, dot_chart
from ser.charts.training import training_chart
from ser.reports import percent
from ser.training_log import SETS, Curves, TrainingLog

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.reports import System

SERIES = {
    "claim": "claimed",
    "dependent": "known voices (random split)",
    "unheard": "voices never heard, with 95 % interval",
}

_REACH = (0.0, 1.03)  # room for a sign at 100 %


def systems_chart(systems: tuple[System, ...]) -> go.Figure:
    """Draw a row for each system: the share named rightly, the claim beside both measurements."""
    return dot_chart([_line(system) for system in systems], SERIES, reach=_REACH)


def curves_chart(system: System) -> go.Figure:
    """Draw how the training of one system's network went."""
    return training_chart(as_log(system))


def as_log(system: System) -> TrainingLog:
    """Give the curves of a finished training the form of a log."""
    curves = system.curves
    return TrainingLog(
        run=system.name,
        network="network",
        epochs=tuple(range(1, len(curves["loss"]) + 1)),
        loss=curves["loss"],
        accuracy=curves["accuracy"],
        wanted=len(curves["loss"]),
        epoch_s=None,
        changed_s=0.0,
        unlearnt={
            name: Curves(curves[f"{start}loss"], curves[f"{start}accuracy"])
            for start, name in SETS.items()
            if f"{start}loss" in curves
        },
    )


def _line(system: System) -> Line:
    claimed = [] if system.claimed is None else [Mark("claim", system.claimed)]
    known = [] if system.random is None else [Mark("dependent", system.random.accuracy)]
    title = f"{system.title}, {len(system.emotions)} emotions"
    if system.unheard is None:
        return Line(title, (*claimed, *known))
    unheard = Mark("unheard", system.unheard.accuracy, system.unheard.interval)
    return Line(title, (*claimed, *known, unheard), percent(system.unheard.accuracy))
