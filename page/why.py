"""Why: what the answer hung on, and how this voice lies beside others. Made when it is opened."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import streamlit as st

from page.choices import choose, held
from page.kept import (
    Answering,
    Given,
    answering,
    are_ours,
    kept_for_visit,
    model_names,
    models_of,
    read,
)
from ser import Prediction, SerError, VoiceProfile, wording
from ser.audio import SAMPLE_RATE
from ser.prosody_reference import SEXES, Compared, ProsodyReference
from ser.stretch import longest, phrases

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.saliency import Saliency


def show_why(given: Given, prediction: Prediction, profile: VoiceProfile | None = None) -> None:
    """Offer to look behind an answer of our networks; other systems cannot say."""
    if not are_ours():
        return
    with st.expander("Why?", type="compact", key="why", on_change="rerun") as why:
        if not why.open or prediction.label is None:
            return
        st.fragment(show_reasons)(given, prediction, profile)


def show_reasons(given: Given, prediction: Prediction, profile: VoiceProfile | None) -> None:
    """Show what the answer hung on, and the prosody; one that fails does not hide the other."""
    try:
        with st.spinner("Covering the sound piece by piece …"):
            saliency, figure = look_into(
                answering(), given, prediction.model, prediction.label, profile
            )
    except SerError as error:
        st.error(str(error))
    else:
        show_saliency(saliency, figure, read(given).duration_s)
    show_prosody(given, prediction)


@kept_for_visit(8)
def look_into(
    which: Answering, given: Given, model: str, label: str | None, profile: VoiceProfile | None
) -> tuple[Saliency, go.Figure]:
    """Find what one model's answer hung on, and draw it."""
    from ser.charts import saliency_chart

    sound = read(given)
    saliency = models_of(which).explain(
        (sound.samples, SAMPLE_RATE), model=model, label=label, profile=profile
    )
    return saliency, saliency_chart(sound, saliency)


def show_saliency(saliency: Saliency, figure: go.Figure, duration_s: float) -> None:
    """Show what the answer hung on, and say how to read it and how not."""
    from ser.charts import CHART_CONFIG

    st.subheader(f"What spoke for “{saliency.label}”", anchor=False)
    if saliency.end_s - saliency.start_s < duration_s:
        st.write(
            "This recording holds several phrases, so only the longest was looked into, as a "
            f"recording of its own: {wording.clock(saliency.start_s)} to "
            f"{wording.clock(saliency.end_s)}. Its probability may differ from that of the whole."
        )
    st.write(wording.hung_on(saliency))
    st.plotly_chart(
        figure,
        config=CHART_CONFIG,
        key="saliency",
        alt=f"Spectrogram with what the answer hung on laid over it. {wording.hung_on(saliency)}",
    )
    st.caption(
        "The brighter the orange, the more the answer hung on that moment and those "
        "frequencies; above, all frequencies together. "
        "It was made by covering one piece after another and asking the "
        f"{model_names()[saliency.model]} model anew. It shows what the model's "
        "answer hung on, **not why a person sounds so**. Pieces work together: what is said twice "
        "hardly shows, for covering one of the two "
        "changes little." + not_seen(saliency)
    )


def not_seen(saliency: Saliency) -> str:
    """Say what else a model hears, if it does, and how much that weighs."""
    if saliency.seen_share == 1:
        return ""
    return (
        " The Hybrid also hears measurements of the whole voice and what a speech encoder makes "
        "of it, which cannot be covered and have "
        f"{wording.percent(1 - saliency.seen_share)} of the weight; only the rest is seen here."
    )


@kept_for_visit(8)
def compare(given: Given, sex: str, label: str | None) -> list[tuple[Compared, go.Figure]]:
    """Measure the longest phrase of a voice, and draw it beside the corpora's."""
    from ser.charts import prosody_chart

    compared = ProsodyReference.load().compare(longest(phrases(read(given))).sound, sex)
    return [(one, prosody_chart(one, answer=label)) for one in compared]


@kept_for_visit(8)
def nearest_sex(given: Given, label: str) -> str:
    """Tell by the pitch whose voices this one is compared with at first."""
    return ProsodyReference.load().nearest(longest(phrases(read(given))).sound, label)


def show_prosody(given: Given, prediction: Prediction) -> None:
    """Draw how this voice lies beside those the models learned from; leave it out without them."""
    try:
        nearest = nearest_sex(given, str(prediction.label))
        of_this_voice = f"why-sex-{given.key}"
        sex = held(of_this_voice, nearest)
        measures = compare(given, sex, prediction.label)
    except SerError as error:
        logging.warning("Voices cannot be compared. %s", error)
        return
    st.subheader("This voice beside others", anchor=False)
    st.write(
        "The line across all bars is this voice. The thick bars hold the middle half of the "
        f"{'actresses' if sex == 'women' else 'actors'} the models learned from, the thin ones "
        "nine tenths. Emotions overlap widely: no single measure tells them apart."
    )
    choose(
        of_this_voice,
        "Compare with the voices of",
        list(SEXES),
        first=nearest,
        format_func=str.capitalize,
    )
    for start in range(0, len(measures), 2):
        pair = measures[start : start + 2]
        for column, (compared, figure) in zip(st.columns(2), pair, strict=False):
            with column:
                show_measure(compared, figure)
    st.caption(
        "How loud a voice is cannot be compared, since every microphone stands elsewhere; how much "
        "its loudness varies can. Roughness and pauses also depend on the room and its noise."
    )


def show_measure(compared: Compared, figure: go.Figure) -> None:
    """Name one measure, give its value and show where it lies."""
    from ser.charts import CHART_CONFIG

    measure = compared.measure
    st.markdown(
        f"**{measure.name}: {wording.measured(compared)}**  \n:small[{measure.meaning}]",
    )
    st.plotly_chart(
        figure,
        config=CHART_CONFIG,
        key=f"prosody-{measure.key}",
        alt=f"{measure.name} of this voice beside others, by emotion. {wording.beside(compared)}",
    )
