"""The page: `streamlit run app.py`.

It presents and nothing else: what is heard, measured, worded and drawn comes
from `ser`. Streamlit runs this file anew at every click, so whatever takes time
is kept: the models for the server, a sound and its answers for the visit.
"""

from __future__ import annotations

import io
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from ser import AudioError, BundleError, Prediction, Recognizer, SerError, wording
from ser.audio import MIN_DURATION_S, SAMPLE_RATE, Sound, load

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go

MODELS = {"hybrid": "Hybrid", "cnn": "CNN"}
SIDE_BY_SIDE = "Side by side"
UPLOAD, RECORD, SAMPLE = "Upload a file", "Record", "Try a sample"
VOICES = {"plain": "Plain", "subdued": "Low and slow", "lively": "High and quick"}
FORMATS = ["wav", "flac", "ogg", "opus", "mp3"]
MAX_UPLOAD_MB = 50
# A file of our own: browsers fetch Streamlit's named icons from somebody else's server.
ICON = Path(__file__).parent / "docs" / "icon.svg"


def main() -> None:
    """Lay out the page from top to bottom."""
    st.set_page_config(page_title="Speech emotion", page_icon=str(ICON))
    # Streamlit's grey for the writing in charts is too faint on white to read with ease.
    st.html("<style>.js-plotly-plot text { fill: currentColor !important; }</style>")
    st.title("What does this voice sound like?", anchor=False)
    st.write("Give it a few seconds of speech and see which of seven emotions it comes closest to.")
    show_notice()
    content = choose_sound()
    if content is None:
        # The page stands; now there is time to fetch the models before they are asked.
        models_on_their_way()
        return
    try:
        show_result(content)
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
            "Two models guess an emotion **from the sound of the voice**, not from the words. "
            "Your sound stays on the computer that runs this page and **is not kept**. "
            "A guess is not what a person feels: **never use it to judge people, "
            "least of all at work or in school**."
        )
        with st.expander("More about this", type="compact"):
            st.markdown(
                "- **What it hears:** pitch, loudness, rhythm and timbre. The models learned from "
                "actors who played emotions, so everyday voices, other languages and noisy rooms "
                "are harder for them.\n"
                "- **What becomes of your sound:** it is analysed on that computer, forgotten "
                "within minutes after you close the page, never saved and sent to nobody else.\n"
                "- **What the law says:** in the EU, inferring emotions of people at work or in "
                "education is forbidden, save for medical or safety reasons (AI Act, Regulation "
                "(EU) 2024/1689, Article 5(1)(f)), and people whose voice is analysed must be "
                "told (Article 50(3)). A voice is personal data: ask before you use somebody "
                "else's."
            )


def choose_sound() -> bytes | None:
    """Offer three ways to give a sound; the open tab decides which one counts."""
    upload, record, sample = st.tabs([UPLOAD, RECORD, SAMPLE], key="source", on_change="rerun")
    with upload:
        file = st.file_uploader(
            f"A recording of one voice (WAV, FLAC, OGG, Opus or MP3, at most {MAX_UPLOAD_MB} MB)",
            type=FORMATS,
            max_upload_size=MAX_UPLOAD_MB,
            key="upload",
        )
    with record:
        recording = st.audio_input(
            "Press the microphone, speak for a few seconds, press again",
            sample_rate=SAMPLE_RATE,
            key="recording",
        )
        explain_microphone()
    if sample.open:
        with sample:
            return choose_voice()
    chosen = recording if record.open else file
    return chosen.getvalue() if chosen else None


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


def choose_voice() -> bytes:
    """Offer voices that nobody has spoken."""
    name = st.segmented_control(
        "A voice made up from numbers; no person has spoken",
        list(VOICES),
        format_func=VOICES.__getitem__,
        default="plain",
        required=True,
        key="voice",
    )
    return made_up_voice(str(name))


def show_result(content: bytes) -> None:
    """Play the sound, give the answer in words and bars, and draw the voice."""
    try:
        with st.spinner("Reading the sound …"):
            audible = playable(content)
    except AudioError as error:
        st.error(str(error))
        return
    st.audio(audible, alt="The sound as the models hear it")
    if show_answer(content):
        show_picture(content)


def show_answer(content: bytes) -> bool:
    """Give the answer of the chosen model, or of both beside each other.

    Answer whether there may be a voice to draw.
    """
    try:
        with st.spinner("Listening. The first time after a start takes some seconds …"):
            predictions = predict(content)
    except BundleError as error:
        st.error(f"There is no answer, because the models cannot be used. {error}")
        return read(content).duration_s >= MIN_DURATION_S
    except SerError as error:
        st.error(str(error))
        return False
    refused = next((p for p in predictions.values() if p.label is None), None)
    if refused is not None:
        st.header(wording.answer(refused), anchor=False)
        st.write(wording.sureness(refused))
        return False
    place = st.container()
    choice = st.segmented_control(
        "Answer by",
        [*MODELS, SIDE_BY_SIDE],
        format_func=lambda model: MODELS.get(model, model),
        default="hybrid",
        required=True,
        key="model",
        help="**Hybrid** looks at the spectrogram and measures the voice: pitch, loudness, "
        "roughness, resonances. **CNN** looks at the spectrogram alone.",
    )
    shown = list(MODELS) if choice == SIDE_BY_SIDE else [str(choice)]
    for column, model in zip(place.columns(len(shown), gap="medium"), shown, strict=True):
        with column:
            show_prediction(predictions[model], named=len(shown) > 1)
    return True


def show_prediction(prediction: Prediction, *, named: bool) -> None:
    """Write one model's answer, with its name where there are two, and draw its bars."""
    from ser.charts import CHART_CONFIG, probability_chart

    if named:
        # One line each, however narrow the column: so the bars stay level.
        st.header(wording.answer(prediction), anchor=False)
        st.markdown(f"**{MODELS[prediction.model]}.** {wording.sureness(prediction)}")
    else:
        st.header(wording.headline(prediction), anchor=False)
    st.plotly_chart(
        probability_chart(prediction),
        config=CHART_CONFIG,
        key=f"bars-{prediction.model}",
        alt=f"Probability of each emotion: {wording.ranking(prediction)}.",
    )


def show_picture(content: bytes) -> None:
    """Draw waveform, spectrogram and pitch, and say how to read them."""
    from ser.charts import CHART_CONFIG

    st.header("The voice in a picture", anchor=False)
    with st.spinner("Drawing the voice …"):
        picture = draw(content)
    st.plotly_chart(
        picture,
        config=CHART_CONFIG,
        key="picture",
        alt="Waveform and spectrogram of the sound, with the pitch drawn over the spectrogram.",
    )
    st.caption(
        "Above, how loud the voice is from moment to moment. Below, which frequencies it holds: "
        "the lighter, the stronger. The white line is the pitch, the melody of the voice."
    )


@st.cache_resource(show_spinner=False)
def models_on_their_way() -> Future[Recognizer]:
    """Begin to load the models, once for the server, without waiting for them."""
    return ThreadPoolExecutor(1, thread_name_prefix="models").submit(load_models)


def load_models() -> Recognizer:
    """Load the models and let each answer once: only then is everything in memory."""
    from ser.synthesis import sample_voice

    recognizer = Recognizer.load()
    for model in MODELS:
        recognizer.predict((sample_voice(), SAMPLE_RATE), model=model)
    return recognizer


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def read(content: bytes) -> Sound:
    """Decode a file's bytes."""
    return load(content, empty_too=True)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def playable(content: bytes) -> bytes:
    """Turn any format into one that every browser plays."""
    return as_wav(read(content).samples)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def predict(content: bytes) -> dict[str, Prediction]:
    """Ask both models, so that switching between them costs nothing."""
    try:
        recognizer = models_on_their_way().result()
    except Exception:
        models_on_their_way.clear()  # so that mended models are found without a restart
        raise
    sound = read(content)
    return {
        model: recognizer.predict((sound.samples, SAMPLE_RATE), model=model) for model in MODELS
    }


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def draw(content: bytes) -> go.Figure:
    """Draw the picture of a voice."""
    from ser.charts import voice_picture

    return voice_picture(read(content))


@st.cache_resource(show_spinner=False)
def made_up_voice(name: str) -> bytes:
    """Synthesise one of the sample voices, as a WAV file."""
    from ser.synthesis import sample_voice

    return as_wav(sample_voice(name))


def as_wav(samples: np.ndarray) -> bytes:
    """Write samples as a WAV file."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


main()
