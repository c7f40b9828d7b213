"""The charts: what they say is true, and everybody can see it."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from ser.audio import SAMPLE_RATE, Sound
from ser.charts import probability_chart, timeline_chart, voice_picture
from ser.labels import LABELS
from ser.palette import (
    EMOTION_COLOURS,
    EMOTION_ICONS,
    PITCH_COLOUR,
    PITCH_OUTLINE,
    SPECTROGRAM_COLOURS,
    WAVEFORM_COLOUR,
)
from ser.prediction import Prediction
from ser.synthesis import Voice, vowel
from ser.timeline import Segment, Timeline

THEME = tomllib.loads((Path(__file__).parent.parent / ".streamlit/config.toml").read_text())[
    "theme"
]

# Machado, Oliveira and Fernandes (2009): what a person sees who lacks one kind of cone.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
WHITE = XYZ.sum(axis=1)


def linear(colour: str) -> np.ndarray:
    """Linear red, green and blue in [0, 1] of "#rrggbb"."""
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB."""
    f = np.cbrt(XYZ @ np.clip(rgb, 0, 1) / WHITE)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""
    dark, light = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def faded(colour: str, background: str, share: float) -> str:
    """What a half-transparent colour looks like on a background."""
    pairs = [(int(colour[i : i + 2], 16), int(background[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bars_and_waveform_stand_out_from_the_page(theme: str) -> None:
    background = THEME[theme]["backgroundColor"]
    for colour in [*EMOTION_COLOURS.values(), WAVEFORM_COLOUR]:
        assert contrast(colour, background) >= 3, colour


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_small_print_can_be_read(theme: str) -> None:
    # Streamlit shows captions at 60 % of the text colour.
    background = THEME[theme]["backgroundColor"]
    assert contrast(faded(THEME[theme]["textColor"], background, 0.6), background) >= 4.5
    assert contrast(THEME[theme]["primaryColor"], background) >= 4.5


@pytest.mark.parametrize("vision", VISION)
def test_no_two_emotions_look_alike_to_anybody(vision: str) -> None:
    seen = {name: lab(VISION[vision] @ linear(c)) for name, c in EMOTION_COLOURS.items()}
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 15, (one, other)


def test_spectrogram_grows_lighter_all_the_way_and_shows_the_pitch_everywhere() -> None:
    colours = [str(colour) for _, colour in SPECTROGRAM_COLOURS]
    lightness = [lab(linear(colour))[0] for colour in colours]
    assert lightness == sorted(lightness)
    for colour in colours:
        assert max(contrast(colour, PITCH_COLOUR), contrast(colour, PITCH_OUTLINE)) >= 3


@pytest.fixture
def prediction() -> Prediction:
    shares = (0.055, 0.0, 0.622, 0.0, 0.217, 0.1, 0.006)
    return Prediction("sad", 0.622, dict(zip(LABELS, shares, strict=True)), "hybrid", 3.0)


def test_bars_show_each_emotion_in_its_colour_with_its_figure(prediction: Prediction) -> None:
    figure = probability_chart(prediction)
    _, bars = figure.data
    assert tuple(bars.y) == LABELS
    assert tuple(bars.x) == tuple(prediction.probabilities.values())
    assert list(bars.marker.color) == [EMOTION_COLOURS[label] for label in LABELS]
    assert figure.layout.yaxis.ticktext[2].startswith("<b>sad ")
    assert figure.layout.yaxis2.ticktext[2:4] == ("<b>62 %</b>", "&lt; 1 %")


def test_figures_beside_the_bars_go_the_same_way_as_the_names(prediction: Prediction) -> None:
    layout = probability_chart(prediction).layout
    assert layout.yaxis.autorange == layout.yaxis2.autorange == "reversed"
    assert layout.yaxis.tickvals == layout.yaxis2.tickvals == LABELS


def traces(figure: go.Figure) -> tuple[go.Scatter, go.Heatmap, go.Scatter]:
    waveform, spectrogram, _, pitch, _ = figure.data
    return waveform, spectrogram, pitch


def test_pitch_lies_on_the_lowest_harmonic() -> None:
    # A voice whose harmonics are far enough apart for single mel bands.
    sound = Sound(vowel(Voice(f0_hz=(320.0,)), duration_s=1.0))
    _, spectrogram, pitch = traces(voice_picture(sound))
    assert np.nanmedian(pitch.y) == pytest.approx(320, rel=0.02)
    band = np.argmin(np.abs(np.asarray(spectrogram.y) - 320))
    spectrum = np.median(np.asarray(spectrogram.z), axis=1)
    assert spectrum[band] == spectrum[: band + 4].max()


def test_waveform_spectrogram_and_pitch_share_one_time_axis() -> None:
    silence, tone = np.zeros(SAMPLE_RATE), vowel(Voice(f0_hz=(200.0,)), duration_s=1.0)
    figure = voice_picture(Sound(np.concatenate([silence, tone, silence]).astype(np.float32)))
    waveform, spectrogram, pitch = traces(figure)
    loud_s = np.asarray(waveform.x)[np.abs(waveform.y) > 0.1 * np.abs(waveform.y).max()]
    strong_s = np.asarray(spectrogram.x)[np.asarray(spectrogram.z).max(axis=0) > 0]
    voiced_s = np.asarray(pitch.x)[np.isfinite(pitch.y)]
    intensity = figure.data[-1]
    heard_s = np.asarray(intensity.x)[np.asarray(intensity.y) > -20]
    for seconds in (loud_s, strong_s, voiced_s, heard_s):
        assert [seconds.min(), seconds.max()] == pytest.approx([1, 2], abs=0.1)
    assert figure.layout.xaxis.matches == figure.layout.xaxis2.matches == "x3"
    assert figure.layout.xaxis3.range == (0, 3)


def test_picture_of_a_stretch_shows_it_at_its_time(speech: np.ndarray) -> None:
    whole, part = voice_picture(Sound(speech)), voice_picture(Sound(speech), start_s=0.5, end_s=1.5)
    assert part.layout.xaxis3.range == (0.5, 1.5)
    for trace in part.data:
        assert np.min(trace.x) >= 0.5
        assert np.max(trace.x) <= 1.52
    inside = (traces(whole)[2].x >= 0.6) & (traces(whole)[2].x <= 1.4)
    assert np.nanmedian(traces(part)[2].y) == pytest.approx(
        np.nanmedian(np.asarray(traces(whole)[2].y)[inside]), rel=0.05
    )


def test_picture_of_minutes_is_as_light_as_one_of_seconds(speech: np.ndarray) -> None:
    minutes = voice_picture(Sound(np.tile(speech, 40)))
    assert len(minutes.to_json()) < 400_000
    waveform, _, _ = traces(minutes)
    assert np.max(waveform.y) == pytest.approx(speech.max())


def test_shortest_sound_has_a_picture(speech: np.ndarray) -> None:
    figure = voice_picture(Sound(speech[8_000:9_600]))
    assert figure.layout.xaxis3.range == (0, 0.1)


def course(*labels: str | None) -> Timeline:
    """One window of 3 s a second, the first at 0 s."""

    def heard(label: str | None) -> Prediction:
        if label is None:
            return Prediction(None, 0.0, {}, "cnn", 3.0, "no_speech")
        shares = dict.fromkeys(LABELS, 0.05) | {label: 0.7}
        return Prediction(label, 0.7, shares, "cnn", 3.0, "ok", "fear")

    segments = tuple(Segment(i, i + 3, heard(label)) for i, label in enumerate(labels))
    return Timeline(segments, len(labels) + 2.0, "cnn")


def heights(figure: go.Figure, time_s: float) -> dict[str, float]:
    return {area.legendgroup: float(np.interp(time_s, area.x, area.y)) for area in figure.data}


def test_timeline_stacks_all_emotions_in_their_colours_and_falls_to_nothing_in_gaps() -> None:
    figure = timeline_chart(course(*["sad"] * 10, *[None] * 6, *["angry"] * 10))
    assert [area.legendgroup for area in figure.data] == list(LABELS)
    for area in figure.data:
        assert EMOTION_ICONS[area.legendgroup] in area.name, "colour alone says nothing"
    assert [area.fillcolor for area in figure.data] == list(EMOTION_COLOURS.values())
    for time_s in (0.5, 5.0, 20.0, 27.5):
        assert sum(heights(figure, time_s).values()) == pytest.approx(1, abs=0.001)
    assert heights(figure, 5)["sad"] == pytest.approx(0.7)
    assert heights(figure, 20)["angry"] == pytest.approx(0.7)
    assert sum(heights(figure, 14.0).values()) == 0
    assert [note.text for note in figure.layout.annotations] == ["sad", "angry"]
    for area in figure.data:
        assert np.all(np.diff(area.x) > 0), "stacked areas want each moment once"


def test_timeline_has_few_enough_times_for_a_phone() -> None:
    for minutes in (0.1, 1, 10, 20):
        windows = course(*["sad"] * int(60 * minutes))
        axis = timeline_chart(windows).layout.xaxis
        assert 2 <= len(axis.tickvals) <= 8
        assert axis.range == (0, windows.duration_s)
    assert "10:00" in timeline_chart(course(*["sad"] * 600)).layout.xaxis.ticktext


def test_timeline_without_speech_can_be_drawn() -> None:
    assert not timeline_chart(course(None, None)).layout.annotations
