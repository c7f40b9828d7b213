"""Work that takes long: done beside the page, which stays alive and shows how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Event, Thread
from typing import Generic, Protocol, TypeVar

import streamlit as st

LOOK_EVERY_S = 0.5
DRAW_ANEW_EVERY_S = 2.5
LEFT_AFTER_S = 120.0
"""Nobody has looked for so long: the page was closed. Browsers wake hidden ones every minute."""

Result = TypeVar("Result")
Made = TypeVar("Made", covariant=True)


class Work(Protocol[Made]):
    """What can be done in the background: it tells how far it is, and asks whether to go on."""

    def __call__(
        self, *, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> Made:
        """Do it, and give what came of it."""


def in_background(work: Callable[[], Result], *, name: str) -> Future[Result]:
    """Do something in a thread of its own, for which nobody waits when the program ends."""
    result: Future[Result] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # whatever it is, whoever asks for the result gets it
            result.set_exception(error)

    Thread(target=run, name=name, daemon=True).start()
    return result


class Background(Generic[Result]):
    """Work on its way, in a thread of its own.

    Attributes
    ----------
    share : float
        How much is done, in [0, 1].
    """

    def __init__(self, work: Work[Result]) -> None:
        self.share = 0.0
        self._stop = Event()
        self._seen = time.monotonic()
        self._result = in_background(
            partial(work, progress=self._go_on, cancelled=self._given_up), name="background"
        )

    def _go_on(self, share: float) -> None:
        self.share = share

    def _given_up(self) -> bool:
        return self._stop.is_set() or time.monotonic() - self._seen > LEFT_AFTER_S

    def cancel(self) -> None:
        """Do no more after the present piece."""
        self._stop.set()

    @property
    def was_cancelled(self) -> bool:
        """Tell whether somebody stopped it; who only left the page did not."""
        return self._stop.is_set()

    def done(self) -> bool:
        """Tell whether there is a result; who asks counts as somebody who waits for it."""
        self._seen = time.monotonic()
        return self._result.done()

    def result(self) -> Result:
        """Give what came of it, or raise what went wrong."""
        return self._result.result()


def show_progress(
    work: Background[Result],
    describe: Callable[[float], str] = "Listening … {:.0%}".format,
    *,
    drawn_share: float | None = None,
) -> None:
    """Show how far it is, and a way to stop; the page is drawn anew once it is done.

    Parameters
    ----------
    work : Background
    describe : callable, optional
        Put a share in [0, 1] into words.
    drawn_share : float, optional
        What the page shows already: it is drawn anew now and then when more is done.
    """
    due_s = time.monotonic() + DRAW_ANEW_EVERY_S
    st.fragment(_show_progress, run_every=LOOK_EVERY_S)(work, describe, drawn_share, due_s)


def _show_progress(
    work: Background[Result],
    describe: Callable[[float], str],
    drawn_share: float | None,
    due_s: float,
) -> None:
    news = drawn_share is not None and work.share > drawn_share and time.monotonic() >= due_s
    if work.done() or news:
        st.rerun()
    st.progress(work.share, text=describe(work.share))
    st.button("Cancel", key="cancel", on_click=work.cancel)
