"""Why, on the page: made when it is opened, once, and honest where it cannot be made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ser import BundleError, VoiceProfile
from ser.audio import SAMPLE_RATE, Sound
from ser.charts import saliency_chart
from ser.prosody_reference import MEASURES, ProsodyReference
from ser.saliency import Saliency
from tests.stand_in import Models, charts, wav

APP = Path(__file__).parent.parent / "app.py"
OPEN = "why"


def compare_with(page: AppTest, sex: str) -> None:
    (control,) = [c for c in page.segmented_control if c.label == "Compare with the voices of"]
    control.set_value(sex).run()


def found(model: str = "cnn", label: str = "sad", *, seconds: float = 3.0) -> Saliency:
    drop = np.full((4, 3), -0.1)
    drop[1, 2] = 0.8
    return Saliency(
        times_s=np.linspace(0.5, seconds - 0.5, 4),
        frequencies_hz=np.array([100.0, 400.0, 1_600.0]),
        drop=drop,
        label=label,
        probability=0.62,
        probability_without=0.1,
        model=model,
        seen_share=1.0 if model == "cnn" else 0.21,
        start_s=0.0,
        end_s=min(seconds, 10.0),
    )


@pytest.fixture
def asked(models: Models, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """What was asked to be explained."""
    asked: list[tuple[str, str | None]] = []

    def explain(
        source: tuple[np.ndarray, int],
        *,
        model: str,
        label: str | None,
        profile: VoiceProfile | None,
    ) -> Saliency:
        if models.fault:
            raise models.fault
        asked.append((model, label))
        return found(model, str(label), seconds=len(source[0]) / source[1])

    monkeypatch.setattr(models, "explain", explain, raising=False)
    return asked


@pytest.fixture
def page(asked: list[tuple[str, str | None]], speech_wav: Path) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    page.file_uploader[0].upload("voice.wav", speech_wav.read_bytes(), "audio/wav")
    return page.run()


def opened(page: AppTest) -> AppTest:
    page.session_state[OPEN] = True
    return page.run()


def subheadings(page: AppTest) -> list[str]:
    return [header.value for header in page.subheader]


def test_nothing_is_computed_until_it_is_opened_and_then_once(
    page: AppTest, asked: list[tuple[str, str | None]]
) -> None:
    assert not asked
    opened(page)
    assert subheadings(page) == ["What spoke for “sad”", "This voice beside others"]
    assert asked == [("hybrid", "sad")]
    page.run()
    compare_with(page, "men")
    assert asked == [("hybrid", "sad")]
    page.segmented_control(key="model").set_value("cnn").run()
    assert asked == [("hybrid", "sad"), ("cnn", "neutral")]
    assert subheadings(page)[0] == "What spoke for “neutral”"
    page.segmented_control(key="model").set_value("hybrid").run()
    assert len(asked) == 2
    assert not page.exception


def test_it_says_what_it_is_and_what_it_is_not(page: AppTest) -> None:
    opened(page)
    told = " ".join(text.value for text in [*page.markdown, *page.caption])
    assert "10 % instead of 62 %" in told
    assert "not why a person sounds so" in told
    assert "Hybrid also hears measurements" in told
    assert "have 79 % of the weight" in told
    page.segmented_control(key="model").set_value("cnn").run()
    assert "also hears measurements" not in " ".join(text.value for text in page.caption)


def test_each_chart_can_be_heard_and_follows_the_choice_of_voices(page: AppTest) -> None:
    opened(page)
    saliency, *prosody = charts(page)[1:-1]
    assert "at 1.2 s around 1.6 kHz" in saliency
    assert len(prosody) == len(MEASURES)
    assert prosody[0].startswith("Pitch height of this voice beside others, by emotion. ")
    assert "actors the models" in " ".join(text.value for text in page.markdown), "a low voice"
    compare_with(page, "women")
    assert charts(page)[2] != prosody[0]
    assert "actresses the models" in " ".join(text.value for text in page.markdown)


def test_a_long_recording_says_which_part_was_looked_into(
    page: AppTest, speech: np.ndarray
) -> None:
    page.file_uploader[0].upload("long.wav", wav(np.tile(speech, 5)), "audio/wav")
    opened(page.run())
    assert "0:00 to 0:10" in " ".join(text.value for text in page.markdown)


def test_without_reference_the_rest_stays(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> ProsodyReference:
        raise BundleError("artifacts/prosody_reference.json is missing.")

    monkeypatch.setattr(ProsodyReference, "load", missing)
    opened(page)
    assert subheadings(page) == ["What spoke for “sad”"]
    assert len(charts(page)) == 3
    assert not page.error


def test_a_model_that_fails_hides_only_its_own_part(page: AppTest, models: Models) -> None:
    models.fault = BundleError("The hybrid model has gone.")
    opened(page)
    assert page.error[0].value == "The hybrid model has gone."
    assert subheadings(page) == ["This voice beside others"]


def test_where_there_is_no_answer_nothing_is_explained(
    page: AppTest, models: Models, asked: list[tuple[str, str | None]]
) -> None:
    models.status = "no_speech"
    page.session_state[OPEN] = True
    page.file_uploader[0].upload("silence.wav", wav(np.zeros(16_000)), "audio/wav")
    page.run()
    assert not asked
    assert not page.subheader


def test_the_map_lies_where_the_spectrogram_lies(speech: np.ndarray) -> None:
    figure = saliency_chart(Sound(speech), found())
    moments, dimmed, telling = figure.data
    assert moments.x[np.argmax(moments.y)] == pytest.approx(found().times_s[1], abs=1e-3)
    assert max(dimmed.x) == pytest.approx(len(speech) / SAMPLE_RATE, abs=0.05)
    z = np.asarray(telling.z)
    assert z.shape == (3, 4), "frequencies upwards, times to the right"
    assert z[2, 1] == z.max() == telling.zmax
    assert z.min() == 0, "what spoke against the answer is left out"
    assert len(figure.to_json()) < 400_000


def test_a_map_of_nothing_can_be_drawn(speech: np.ndarray) -> None:
    nothing = Saliency(**{**vars(found()), "drop": np.zeros((4, 3)), "probability_without": 0.62})
    assert not np.asarray(saliency_chart(Sound(speech), nothing).data[-1].z).any()
