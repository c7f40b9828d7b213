"""The picture of the voice: look closer at a stretch of it, and hear that stretch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from page.kept import Given, draw, kept_for_visit, playable, read
from ser import wording

if TYPE_CHECKING:
    import plotly.graph_objects as go

AT_FIRST_S = 30.0
"""What is longer is shown from its start, up to here."""

SHORTEST_S = 0.2
CLOSER_FROM_S = 0.5
"""In shorter sounds there is nothing to look closer at."""


def show_picture(given: Given) -> None:
    """Draw waveform, spectrogram, pitch and intensity, and say how to read them."""
    st.header("The voice in a picture", anchor=False)
    st.fragment(show_stretch)(given)


def show_stretch(given: Given) -> None:
    """Let people choose a stretch, draw it and offer to play it."""
    from ser.charts import CHART_CONFIG

    duration_s = read(given).duration_s
    start_s, end_s = choose_stretch(duration_s)
    with st.spinner("Drawing the voice …"):
        picture = draw(given, start_s, end_s)
    st.plotly_chart(
        picture,
        config=CHART_CONFIG,
        key="picture",
        alt="Waveform and spectrogram of the sound, with the pitch drawn over the spectrogram, "
        "and below them the intensity.",
    )
    if end_s - start_s < duration_s:
        said = f"from {wording.clock(start_s)} to {wording.clock(end_s)}"
        st.audio(playable(given), start_time=start_s, end_time=end_s, alt=f"The stretch {said}")
    st.caption(
        "Above, the sound itself. In the middle, which frequencies it holds: the lighter, the "
        "stronger; the white line is the pitch, the melody of the voice. Below, how loud it is "
        "from moment to moment, beside its loudest."
    )
    if st.toggle("Also show MFCC and chroma", key="timbre"):
        show_timbre(given, start_s, end_s)


def show_timbre(given: Given, start_s: float, end_s: float) -> None:
    """Draw MFCC and chroma of a stretch, and say what they are."""
    from ser.charts import CHART_CONFIG

    with st.spinner("Drawing the voice …"):
        picture = draw_timbre(given, start_s, end_s)
    st.plotly_chart(
        picture,
        config=CHART_CONFIG,
        key="timbre-picture",
        alt="MFCC of the sound from moment to moment, and below them its chroma.",
    )
    st.caption(
        "MFCC tell the shape of the spectrum in a few figures: 1 whether it leans towards low or "
        "high, the others ever finer detail; the lighter, the farther above its own mean. Chroma "
        "tells how strong each note of the scale is, in whatever octave."
    )


@kept_for_visit()
def draw_timbre(given: Given, start_s: float, end_s: float) -> go.Figure:
    """Draw MFCC and chroma of a stretch of a voice."""
    from ser.charts import timbre_picture

    return timbre_picture(read(given), start_s=start_s, end_s=end_s)


def choose_stretch(duration_s: float) -> tuple[float, float]:
    """Offer a slider for the stretch to look at; give its start and end in seconds."""
    if duration_s < CLOSER_FROM_S:
        return 0.0, duration_s
    start_s, end_s = st.slider(
        "Look closer: from … to … (seconds)",
        0.0,
        # Rounded down: the end of the slider must not lie behind that of the sound.
        whole_s := int(duration_s * 10) / 10,
        (0.0, min(whole_s, AT_FIRST_S)),
        step=0.1,
        format="%.1f",
        key=f"stretch-{duration_s}",
    )
    if end_s - start_s < SHORTEST_S:
        start_s = max(0.0, min(start_s, whole_s - SHORTEST_S))
        end_s = start_s + SHORTEST_S
    return start_s, duration_s if end_s == whole_s else end_s
