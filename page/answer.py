"""The answer in words and bars."""

from __future__ import annotations

import streamlit as st

from page.choices import choose
from page.kept import Given, answering, model_names, predict, read
from page.my_voice import forget_voice
from page.own_models import show_whose_models
from page.visitor import told
from ser import BundleError, Prediction, ProfileError, SerError, VoiceProfile, wording
from ser.audio import MIN_DURATION_S

SIDE_BY_SIDE = "Side by side"


def show_answer(given: Given, profile: VoiceProfile | None) -> dict[str, Prediction] | None:
    """Give the answer of the chosen model, or of both beside each other.

    Returns
    -------
    dict of str to Prediction, or None
        By model, the chosen one first. Empty where the models cannot be used though
        there may be a voice to draw; None where there is no answer to work with.
    """
    show_whose_models()
    try:
        with st.spinner("Listening. The first time after a start takes some seconds …"):
            predictions = predict(given, profile)
    except ProfileError:  # models were trained anew where these lay
        forget_voice(unfit=True)
        st.rerun()
    except BundleError as error:
        why = told(error, answering().root)
        st.error(f"There is no answer, because the models cannot be used. {why}")
        return {} if read(given).duration_s >= MIN_DURATION_S else None
    except SerError as error:
        st.error(str(error))
        return None
    refused = next((p for p in predictions.values() if p.label is None), None)
    if refused is not None:
        st.header(wording.answer(refused), anchor=False)
        st.write(wording.sureness(refused))
        return None
    place = st.container()
    shown = choose_models()
    for column, model in zip(place.columns(len(shown), gap="medium"), shown, strict=True):
        with column:
            show_prediction(predictions[model], named=len(shown) > 1)
    return {model: predictions[model] for model in [*shown, *(set(predictions) - set(shown))]}


def choose_models() -> list[str]:
    """Let people choose whose answer they see: one model's, or both beside each other."""
    models = list(model_names())
    if len(models) == 1:
        return models
    choice = offer_models([*models, SIDE_BY_SIDE], key="model")
    return models if choice == SIDE_BY_SIDE else [choice]


def choose_model() -> str:
    """Let people choose the one model that answers."""
    models = list(model_names())
    return models[0] if len(models) == 1 else offer_models(models, key="one-model")


def offer_models(options: list[str], *, key: str) -> str:
    """Set the models beside each other to choose from, with what each of them hears."""
    with st.expander("Ask another model", type="compact", key=f"ask-{key}"):
        choice = choose(
            key, "Answer by", options, format_func=lambda model: model_names().get(model, model)
        )
        st.caption(
            "**Hybrid** looks at the spectrogram, measures the voice (pitch, loudness, roughness, "
            "resonances) and hears it through a speech encoder. **CNN** looks at the spectrogram "
            "alone."
        )
    return choice


def show_prediction(prediction: Prediction, *, named: bool) -> None:
    """Write one model's answer, with its name where there are two, and draw its bars."""
    from ser.charts import CHART_CONFIG, probability_chart

    if named:
        # One line each, however narrow the column: so the bars stay level.
        st.header(wording.answer(prediction), anchor=False)
        st.markdown(f"**{model_names()[prediction.model]}.** {wording.sureness(prediction)}")
    else:
        st.header(wording.headline(prediction), anchor=False)
    advice = wording.advice(prediction)
    said = f"{wording.figures(prediction)} {'' if named else advice}"
    # A line that begins with ">" would be a quotation.
    st.write(said.replace(">", r"\>"))
    st.plotly_chart(
        probability_chart(prediction),
        config=CHART_CONFIG,
        key=f"bars-{prediction.model}",
        alt=f"Probability of each emotion: {wording.ranking(prediction)}.",
    )
    if named and advice:
        st.write(advice)
