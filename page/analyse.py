"""Analyse: give a sound, read what it sounds like, and see why."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import streamlit as st

from page.answer import choose_model, show_answer
from page.choices import choose
from page.cleaning import say_what_is_heard, show_cleaning, to_be_heard
from page.kept import (
    Given,
    is_too_loud,
    made_up_voice,
    models_on_their_way,
    playable,
    read,
)
from page.my_voice import show_my_voice
from page.over_time import show_over_time
from page.own_models import as_code, show_whose_models
from page.picture import show_picture
from page.take_away import show_downloads
from page.why import show_why
from ser import AudioError, Prediction, VoiceProfile, wording
from ser.audio import MAX_DURATION_S, SAMPLE_RATE
from ser.timeline import PIECE_BY_PIECE_FROM_S, Timeline

UPLOAD, RECORD, SAMPLE = "Upload a file", "Record", "Try a sample"
VOICES = {"lively": "High and quick", "plain": "Plain", "subdued": "Low and slow"}
FORMATS = ["wav", "flac", "ogg", "opus", "mp3"]
MAX_UPLOAD_MB = 50


def show() -> None:
    """Lay out the page from top to bottom."""
    st.title("What does this voice sound like?", anchor=False)
    st.write("Give it a few seconds of speech and see which of seven emotions it comes closest to.")
    show_notice()
    given = choose_sound()
    profile = show_my_voice(FORMATS)
    if given is None:
        # The page stands; now there is time to fetch the models before they are asked.
        models_on_their_way()
        return
    try:
        show_result(given, profile)
    except Exception:
        logging.exception("A sound could not be analysed.")
        st.error(
            "Something in this program failed on this sound; the server's log says what. "
            "Another sound should still work."
        )


def show_notice() -> None:
    """Say what is inferred, from what, what becomes of the sound, and what it is not for."""
    with st.container(border=True):
        st.markdown(
            "Models guess an emotion **from the sound of the voice**, not from the words. "
            "Your sound stays on the computer that runs this page and **is not kept**. "
            "A guess is not what a person feels: **never use it to judge people, "
            "least of all at work or in school**."
        )
        with st.expander("More about this", type="compact"):
            st.markdown(
                "- **What it hears:** pitch, loudness, rhythm and timbre. The models learned from "
                "actors who played emotions, so everyday voices, other languages and noisy rooms "
                "are harder for them, and their percentages too high there: “How good is it?” "
                "tells by how much.\n"
                "- **What becomes of your sound:** it is analysed on that computer, forgotten "
                "within minutes after you close the page, never saved and sent to nobody else.\n"
                "- **What the law says:** in the EU, inferring emotions of people at work or in "
                "education is forbidden, save for medical or safety reasons (AI Act, Regulation "
                "(EU) 2024/1689, Article 5(1)(f)), and people whose voice is analysed must be "
                "told (Article 50(3)). A voice is personal data: ask before you use somebody "
                "else's."
            )


def choose_sound() -> Given | None:
    """Offer three ways to give a sound; the open tab decides which one counts."""
    upload, record, sample = st.tabs([UPLOAD, RECORD, SAMPLE], key="source", on_change="rerun")
    with upload:
        file = st.file_uploader(
            "A recording of one voice (WAV, FLAC, OGG, Opus or MP3, at most "
            f"{MAX_UPLOAD_MB} MB and {MAX_DURATION_S / 60:.0f} minutes)",
            type=FORMATS,
            max_upload_size=MAX_UPLOAD_MB,
            key="upload",
            on_change=keep,
            args=("upload",),
        )
        show_still_there("upload", file is None)
    with record:
        recording = st.audio_input(
            "Press the microphone, speak for a few seconds, press again",
            sample_rate=SAMPLE_RATE,
            key="recording",
            on_change=keep,
            args=("recording",),
        )
        show_still_there("recording", recording is None)
        explain_microphone()
    if sample.open:
        with sample:
            return choose_voice()
    kept: Given | None = st.session_state.get("kept-recording" if record.open else "kept-upload")
    return kept


def keep(key: str) -> None:
    """Hold what was given, or let go of it: it shall be there after a look at another page."""
    file = st.session_state[key]
    st.session_state[f"kept-{key}"] = Given(file.getvalue(), file.name) if file else None


def show_still_there(key: str, empty: bool) -> None:
    """Say which sound is kept though its place is empty, and offer to drop it."""
    kept: Given | None = st.session_state.get(f"kept-{key}")
    if kept is None or not empty:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Still here: {as_code(kept.name)}")
        st.button("Remove", key=f"drop-{key}", on_click=drop, args=(key,))


def drop(key: str) -> None:
    """Forget a kept sound."""
    st.session_state[f"kept-{key}"] = None


def explain_microphone() -> None:
    """Say whose voice to record, and where browsers give no microphone."""
    url = urlsplit(st.context.url or "")
    if url.scheme == "http" and url.hostname not in {"localhost", "127.0.0.1", "::1"}:
        st.warning(
            "This page was opened over plain http, and browsers give a microphone only to "
            "https:// or to localhost. Open it in one of these ways, or upload a file."
        )
    else:
        st.caption(
            "Record yourself, or somebody who has agreed. Browsers give a microphone only to "
            "pages opened by https:// or on localhost."
        )


def choose_voice() -> Given:
    """Offer voices that nobody has spoken."""
    name = choose(
        "voice",
        "A voice made up from numbers; no person has spoken",
        list(VOICES),
        format_func=VOICES.__getitem__,
    )
    return Given(made_up_voice(name), f"sample-{name}.wav")


def show_result(given: Given, profile: VoiceProfile | None) -> None:
    """Play the sound, give the answer in words and bars, draw the voice, and offer it all."""
    try:
        with st.spinner("Reading the sound …"):
            is_long = read(given).duration_s > PIECE_BY_PIECE_FROM_S
            heard = given if is_long else to_be_heard(given)
            audible = playable(heard)
    except AudioError as error:
        st.error(str(error))
        return
    st.audio(audible, alt="The sound as the models hear it")
    if is_long:
        show_long_result(given, profile)
    else:
        show_short_result(given, heard, profile)


def show_long_result(given: Given, profile: VoiceProfile | None) -> None:
    """Hear a recording of minutes piece by piece, and sum it up."""
    length = wording.clock(read(given).duration_s)
    st.write(f"This recording is {length} long, so it is heard piece by piece.")
    show_whose_models()
    model = choose_model()
    show_overdriven(given)
    over_time = show_over_time(given, model, profile, at_once=True)
    if over_time is not None and profile is not None:
        show_whose_voice()
    show_picture(given)
    if over_time is not None:
        show_downloads(given, {}, over_time)


def show_whose_voice() -> None:
    """Remind of a known voice: another's would be misjudged by it."""
    st.caption("The answer allows for your voice. Another voice? Switch that off above.")


def show_overdriven(given: Given) -> None:
    """Warn of a recording whose peaks are cut off."""
    if is_too_loud(given):
        st.warning(wording.OVERDRIVEN)


def show_short_result(given: Given, heard: Given, profile: VoiceProfile | None) -> None:
    """Give the one answer, say why, draw the voice, and offer to clean it and to take it away."""
    say_what_is_heard(given, heard)
    above = st.container()
    predictions = show_answer(heard, profile)
    if predictions:  # a beep is no voice that is too loud
        with above:
            show_overdriven(given)
    over_time = None
    if predictions is not None:
        over_time = show_what_is_behind(heard, predictions, profile)
    show_cleaning(given)
    if predictions:
        show_downloads(heard, predictions, over_time)


def show_what_is_behind(
    heard: Given, predictions: dict[str, Prediction], profile: VoiceProfile | None
) -> Timeline | None:
    """Say why the answer is what it is and how it changes, and draw the voice."""
    if profile is not None:
        show_whose_voice()
    over_time = None
    if predictions:
        show_why(heard, next(iter(predictions.values())), profile)
        over_time = show_over_time(heard, next(iter(predictions)), profile)
    show_picture(heard)
    return over_time
