"""How a longer recording changes: computed beside the page, which stays alive meanwhile."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import streamlit as st

from page.kept import MODELS, Given, models, playable, read
from ser import Recognizer, SerError, VoiceProfile, wording
from ser.audio import SAMPLE_RATE
from ser.timeline import Segment, Timeline, timeline

LONGER_THAN_S = 5.0
"""What is shorter has one answer."""

LOOK_EVERY_S = 0.5
LEFT_AFTER_S = 120.0
"""Nobody has looked for so long: the page was closed. Browsers wake hidden ones every minute."""

KEPT = 4


class Listening:
    """A timeline on its way, in a thread of its own."""

    def __init__(
        self, recognizer: Recognizer, content: bytes, model: str, profile: VoiceProfile | None
    ) -> None:
        self.share = 0.0
        self._stop = Event()
        self._seen = time.monotonic()
        samples = read(content).samples
        thread = ThreadPoolExecutor(1, thread_name_prefix="timeline")
        self._result = thread.submit(
            timeline,
            recognizer,
            (samples, SAMPLE_RATE),
            model=model,
            profile=profile,
            progress=self._go_on,
            cancelled=self._given_up,
        )
        thread.shutdown(wait=False)

    def _go_on(self, share: float) -> None:
        self.share = share

    def _given_up(self) -> bool:
        return self._stop.is_set() or time.monotonic() - self._seen > LEFT_AFTER_S

    def cancel(self) -> None:
        """Hear no more windows after the present one."""
        self._stop.set()

    def done(self) -> bool:
        """Tell whether there is a result; who asks counts as somebody who waits for it."""
        self._seen = time.monotonic()
        return self._result.done()

    def result(self) -> Timeline:
        """Give the timeline, or raise what went wrong."""
        return self._result.result()


def show_over_time(given: Given, model: str, profile: VoiceProfile | None) -> Timeline | None:
    """Offer to hear a longer recording piece by piece, and show what came of it.

    Returns
    -------
    Timeline or None
        None until there is one.
    """
    if read(given.content).duration_s <= LONGER_THAN_S:
        return None
    st.header("Over time", anchor=False)
    kept: dict[tuple[str, ...], Listening] = st.session_state.setdefault("timelines", {})
    key = (given.key, model, profile.to_json() if profile else "")
    listening = kept.get(key)
    if listening is None:
        st.write("A voice changes. Hear this recording piece by piece, three seconds at a time.")
        # A callback, so that the button is gone while what it began is on its way.
        st.button(
            "Show how it changes",
            key="over-time",
            on_click=begin,
            args=(kept, key, given.content, model, profile),
        )
        return None
    if not listening.done():
        st.fragment(show_progress, run_every=LOOK_EVERY_S)(listening)
        return None
    try:
        result = listening.result()
    except SerError as error:
        del kept[key]
        st.error(str(error))
        return None
    show_timeline(given, result)
    if not result.complete:
        st.button("Hear all of it", key="again", on_click=forget, args=(kept, key))
    return result


def begin(
    kept: dict[tuple[str, ...], Listening],
    key: tuple[str, ...],
    content: bytes,
    model: str,
    profile: VoiceProfile | None,
) -> None:
    """Begin to listen; what another sound still runs stops, and the oldest makes room."""
    for other in kept.values():
        other.cancel()
    while len(kept) >= KEPT:
        del kept[next(iter(kept))]
    kept[key] = Listening(models(), content, model, profile)


def forget(kept: dict[tuple[str, ...], Listening], key: tuple[str, ...]) -> None:
    """Drop one timeline, so that it can be made anew."""
    kept.pop(key, None)


def show_progress(listening: Listening) -> None:
    """Show how far it is, and a way to stop; the page is drawn anew once it is done."""
    if listening.done():
        st.rerun()
    st.progress(listening.share, text=f"Listening … {listening.share:.0%}")
    st.button("Cancel", key="cancel", on_click=listening.cancel)


def show_timeline(given: Given, result: Timeline) -> None:
    """Draw the course of a voice, list its stretches, and play the one that is chosen."""
    from ser.charts import CHART_CONFIG, timeline_chart

    if not result.complete:
        heard, whole = wording.clock(result.heard_s), wording.clock(result.duration_s)
        st.info(f"You stopped this: {heard} of {whole} were heard.")
    stretches = result.stretches()
    if not stretches:
        st.write("Nobody was heard to speak in any part of it.")
        return
    st.plotly_chart(
        timeline_chart(result),
        config=CHART_CONFIG,
        key="timeline",
        alt=f"Probability of each emotion over time: {wording.course(result)}.",
    )
    st.caption(
        f"By the {MODELS[result.model]} model. Each moment is heard within the three seconds "
        "around it; nothing is drawn where nobody speaks."
    )
    play(given, choose(stretches))


def choose(stretches: tuple[Segment, ...]) -> Segment | None:
    """List the stretches; whoever clicks one wants to hear it."""
    rows = [
        {
            "From": wording.clock(part.start_s),
            "To": wording.clock(part.end_s),
            "The voice": wording.caption(part.prediction),
        }
        for part in stretches
    ]
    event = st.dataframe(
        rows, hide_index=True, key="stretches", on_select="rerun", selection_mode="single-row"
    )
    chosen = [row for row in event.selection.rows if row < len(stretches)]
    return stretches[chosen[0]] if chosen else None


def play(given: Given, part: Segment | None) -> None:
    """Play one stretch."""
    if part is None:
        st.caption("Choose a row to hear it.")
        return
    label = f"{wording.clock(part.start_s)} to {wording.clock(part.end_s)}"
    st.audio(
        playable(given.content),
        start_time=part.start_s,
        end_time=part.end_s,
        alt=f"The stretch from {label}",
    )
