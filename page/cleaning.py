"""Clean the sound: before and after, to see and to hear; and the choice of what is heard."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from page.choices import held, switch
from page.kept import Given, as_wav, kept_for_visit, playable, read
from ser.audio import MIN_DURATION_S, is_silent

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEAR_CLEANED = "hear-cleaned"
TITLE = "Clean the sound"

GREYED = "What is greyed is cut off as silence: the models hear only what lies between the lines."


def to_be_heard(given: Given) -> Given:
    """Give the sound that the models shall hear: cleaned, where somebody has chosen that."""
    if not (held(HEAR_CLEANED, False) and can_be_cleaned(given)):
        return given
    return clean(given)


def can_be_cleaned(given: Given) -> bool:
    """Tell whether there is anything in a sound to clean."""
    sound = read(given)
    return sound.duration_s >= MIN_DURATION_S and not is_silent(sound.samples)


def say_what_is_heard(given: Given, heard: Given) -> None:
    """Say that it is the cleaned sound, where it is, and how to go back."""
    if heard is not given:
        st.caption(
            "This is the **cleaned** sound. The models hear it in place of the one you gave, and "
            f"all below is about it. To go back, switch that off in “{TITLE}” further down."
        )


def show_cleaning(given: Given) -> None:
    """Offer to let the models hear the cleaned sound; compare it with the one given if opened."""
    if not can_be_cleaned(given):
        return
    with st.expander(TITLE, type="compact", key="clean", on_change="rerun") as section:
        switch(HEAR_CLEANED, "Let the models hear the cleaned sound", first=False)
        st.caption(
            "Steady noise, such as a fan, hiss or hum, is turned down; other voices, music and "
            "clatter stay. That shows and plays what noise covers, but **expect no better "
            "answer**: on recordings that we tried, clean and noisy, more answers got worse than "
            "better, for cleaning also takes soft parts off the voice."
        )
        if section.open:
            show_before_and_after(given)


def show_before_and_after(given: Given) -> None:
    """Play both and draw both."""
    from ser.charts import CHART_CONFIG

    with st.spinner("Cleaning the sound …"):
        cleaned = clean(given)
        figure, said, is_cut = draw_cleaning(given, cleaned)
    sounds = {"As given": given, "Cleaned": cleaned}
    if is_cut:
        sounds["Cleaned, silence cut off"] = without_silence(cleaned)
    for column, (title, sound) in zip(st.columns(len(sounds)), sounds.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.audio(playable(sound), alt=f"The sound: {title.lower()}")
    st.plotly_chart(figure, config=CHART_CONFIG, key="cleaning", alt=said)
    st.caption(
        "Which frequencies the sound holds; the lighter, the stronger, in both alike. "
        + (GREYED if is_cut else "Nothing at either end is silent enough to be cut off.")
    )


def clean(given: Given) -> Given:
    """Clean a sound: what comes of it is just what the command line would hear."""
    return Given(_cleaned(given), f"{PurePath(given.name).stem}-cleaned.wav")


@kept_for_visit()
def _cleaned(given: Given) -> bytes:
    from ser.cleaning import denoise

    return as_wav(denoise(read(given)).samples, subtype="FLOAT")


@kept_for_visit()
def without_silence(cleaned: Given) -> Given:
    """Cut off what the models pass over at both ends."""
    from ser.cleaning import kept

    return Given(as_wav(kept(read(cleaned)).sound.samples, subtype="FLOAT"), cleaned.name)


@kept_for_visit()
def draw_cleaning(given: Given, cleaned: Given) -> tuple[go.Figure, str, bool]:
    """Draw a sound as given and cleaned, say what is to be seen, and whether silence is cut off."""
    from ser.charts import cleaning_chart
    from ser.cleaning import kept

    sounds = read(given), read(cleaned)
    voices = kept(sounds[0]), kept(sounds[1])
    before, after = (f"{voice.start_s:.1f} to {voice.end_s:.1f} s" for voice in voices)
    duration_s = sounds[0].duration_s
    said = (
        "Spectrograms of the sound as given and, below it, cleaned. Once silence is cut off, "
        f"{before} are left as given, {after} cleaned, of {duration_s:.1f} s."
    )
    is_cut = any(voice.sound.duration_s < duration_s for voice in voices)
    return cleaning_chart(sounds, voices), said, is_cut
