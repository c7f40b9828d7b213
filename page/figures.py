"""Files with figures, and the charts of them: read and drawn once, shown many times."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from ser import reports
from ser.errors import ReportError
from ser.prediction import TITLES

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.reports import Data

T = TypeVar("T")


def known(read: Callable[..., T], root: Path, name: str, *more: str) -> T | None:
    """Give what ``read(root, *more)`` finds in the file ``name``, or say why there is nothing."""
    try:
        return _kept(_name(read), str(root), _changed_ns(root / name), more, read)
    except ReportError as error:
        st.info(str(error))
        return None


def plot(draw: Callable[..., go.Figure], *given: object, key: str, alt: str) -> None:
    """Draw a chart of what is given; ``alt`` is what a screen reader says."""
    from ser.charts import CHART_CONFIG

    figure = _drawn(_name(draw), repr(given), draw, given)
    st.plotly_chart(figure, config=CHART_CONFIG, key=key, alt=alt)


def show_balance(data: Data, *, key: str) -> None:
    """Show how recordings are spread over corpora and emotions."""
    from ser.charts.balance import balance_chart

    words = reports.balance_words(data)
    st.write(words)
    plot(balance_chart, data, key=key, alt=f"Recordings by emotion and corpus. {words}")


def choose_model(key: str) -> str:
    """Offer both models."""
    return str(
        st.segmented_control(
            "Model",
            list(TITLES),
            format_func=TITLES.__getitem__,
            default=next(iter(TITLES)),
            required=True,
            key=key,
        )
    )


def _name(function: Callable[..., object]) -> str:
    """Tell a function from others of the same name elsewhere."""
    return f"{function.__module__}.{function.__qualname__}"


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=32, show_spinner=False)
def _kept(
    name: str, root: str, changed_ns: int, more: tuple[str, ...], _read: Callable[..., T]
) -> T:
    """Read a file once for each state it is in."""
    return _read(Path(root), *more)


@st.cache_resource(max_entries=64, show_spinner=False)
def _drawn(
    name: str, told: str, _draw: Callable[..., go.Figure], _given: tuple[object, ...]
) -> go.Figure:
    """Draw a chart once for each set of figures, which their text tells apart."""
    return _draw(*_given)
