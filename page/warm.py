"""What keeps the models quick though Streamlit tidies up after every click.

After each run of a page Streamlit collects all garbage, twice, and clears Keras's
session. With TensorFlow loaded there are half a million objects to look through,
while nothing else runs; and with the session goes what the networks were compiled
to, so that the next answer makes that anew. Together that cost more than an answer
does itself, and pages that look every half second at work in the background all
but stopped it.
"""

from __future__ import annotations

import gc
import sys


def stay_warm() -> None:
    """Let tidying leave the models alone; to be called once they have answered."""
    keras = sys.modules.get("keras")
    if keras is None:
        return
    # Nothing is built during a visit, so there is never a session to clear.
    vars(keras)["backend"].clear_session = _leave_it
    # Once: what visitors brought since then must not stay for good.
    if not gc.get_freeze_count():
        gc.freeze()


def _leave_it(free_memory: bool = True) -> None:
    """Stand where Keras would clear its session."""
