"""How a longer recording changes: computed beside the page, which stays alive meanwhile."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

import streamlit as st

from page.background import Background, show_progress
from page.kept import Given, answering, model_names, models, playable, read
from page.my_voice import forget_voice
from page.visitor import told
from ser import ProfileError, SerError, VoiceProfile, wording
from ser.audio import SAMPLE_RATE
from ser.timeline import Segment, Timeline, timeline

LONGER_THAN_S = 5.0
"""What is shorter has one answer and nothing else."""

KEPT = 4


def show_over_time(
    given: Given, model: str, profile: VoiceProfile | None, *, at_once: bool = False
) -> Timeline | None:
    """Offer to hear a longer recording piece by piece, and show what came of it.

    Parameters
    ----------
    given : Given
    model : str
    profile : VoiceProfile or None
    at_once : bool
        Begin without being asked.

    Returns
    -------
    Timeline or None
        None until there is one.
    """
    if read(given).duration_s <= LONGER_THAN_S:
        return None
    if not at_once:
        st.header("Over time", anchor=False)
    kept: dict[tuple[str, ...], Background[Timeline]] = st.session_state.setdefault("timelines", {})
    key = (given.key, repr(answering()), model, profile.to_json() if profile else "")
    try:
        if at_once and key not in kept:
            begin(kept, key, given, model, profile)
        return show_listening(given, kept, key, model, profile, at_once=at_once)
    except ProfileError:  # models were trained anew where these lay
        kept.pop(key, None)
        forget_voice(unfit=True)
        st.rerun()
    except SerError as error:
        kept.pop(key, None)
        st.error(told(error, answering().root))
        return None
    except Exception:
        kept.pop(key, None)  # so that it can be tried again
        raise


def show_listening(
    given: Given,
    kept: dict[tuple[str, ...], Background[Timeline]],
    key: tuple[str, ...],
    model: str,
    profile: VoiceProfile | None,
    *,
    at_once: bool,
) -> Timeline | None:
    """Offer to listen, show how far that is, or show what came of it.

    Raises
    ------
    SerError
        The recording cannot be heard so.
    """
    listening = kept.get(key)
    if listening is None:
        st.write("A voice changes. Hear this recording piece by piece, three seconds at a time.")
        # A callback, so that the button is gone while what it began is on its way.
        st.button(
            "Show how it changes",
            key="over-time",
            on_click=begin,
            args=(kept, key, given, model, profile),
        )
        return None
    if not listening.done():
        show_progress(listening)
        return None
    result = listening.result()
    if not (result.complete or listening.was_cancelled):  # nobody looked for a while
        begin(kept, key, given, model, profile)
        st.rerun()
    if at_once:
        st.header(wording.overall(result), anchor=False)
    show_timeline(given, result)
    if not result.complete:
        st.button("Hear all of it", key="again", on_click=forget, args=(kept, key))
    return result


def begin(
    kept: dict[tuple[str, ...], Background[Timeline]],
    key: tuple[str, ...],
    given: Given,
    model: str,
    profile: VoiceProfile | None,
) -> None:
    """Begin to listen; what else still runs is stopped and forgotten, and the oldest makes room."""
    for unfinished in [other for other, work in kept.items() if not work.done()]:
        kept.pop(unfinished).cancel()
    while len(kept) >= KEPT:
        del kept[next(iter(kept))]
    sound = (read(given).samples, SAMPLE_RATE)
    kept[key] = Background(partial(timeline, models(), sound, model=model, profile=profile))


def forget(kept: dict[tuple[str, ...], Background[Timeline]], key: tuple[str, ...]) -> None:
    """Drop one timeline, so that it can be made anew."""
    kept.pop(key, None)


def show_timeline(given: Given, result: Timeline) -> None:
    """Draw the course of a voice, list its stretches, and play the one that is chosen."""
    from ser.charts import CHART_CONFIG, timeline_chart

    if not result.complete:
        heard, whole = wording.clock(result.heard_s), wording.clock(result.duration_s)
        st.info(f"You stopped this: {heard} of {whole} were heard.")
    stretches = result.stretches()
    if not stretches:
        whole = "any part of it" if result.complete else "what was heard of it"
        st.write(f"Nobody was heard to speak in {whole}.")
        return
    st.plotly_chart(
        timeline_chart(result),
        config=CHART_CONFIG,
        key="timeline",
        alt=f"Probability of each emotion over time: {wording.course(result)}.",
    )
    st.caption(
        f"By the {model_names()[result.model]} model. Each moment is heard within the three "
        "seconds around it; nothing is drawn where nobody speaks."
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
        rows,
        hide_index=True,
        # A choice is of a line: another list of lines wants another choice.
        key="stretches-" + sha256(repr(rows).encode()).hexdigest(),
        on_select="rerun",
        selection_mode="single-row",
        # What is said of the voice needs the room that a phone has.
        column_config={name: st.column_config.TextColumn(width=60) for name in ("From", "To")},
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
        playable(given),
        start_time=part.start_s,
        end_time=part.end_s,
        alt=f"The stretch from {label}",
    )
