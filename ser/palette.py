"""The colours of the charts, fixed and the same in light and dark.

The seven were searched for under three conditions: a contrast of 3:1 or more
against a white and against a near-black page, neighbours that stay apart in
normal vision and in simulated protanopia, deuteranopia and tritanopia (Machado
et al., 2009), and hues near the ones people expect. No chart relies on them
alone: every bar bears its label and its figure.
"""

EMOTION_COLOURS = {
    "neutral": "#8a8a8a",
    "happy": "#c28a00",
    "sad": "#5a6489",
    "angry": "#c02c21",
    "fear": "#5f63ff",
    "disgust": "#318157",
    "surprised": "#18a2bc",
}
"""Label to colour, in the order of :data:`ser.labels.LABELS`."""

EMOTION_ICONS = {
    "neutral": "●",
    "happy": "▲",
    "sad": "▼",
    "angry": "■",
    "fear": "◆",
    "disgust": "✖",
    "surprised": "★",
}
"""Label to a sign that every font has, so that no chart needs its colours to be read."""

WAVEFORM_COLOUR = "#5585ad"

PITCH_COLOUR = "#ffffff"
PITCH_OUTLINE = "#10131f"
"""The pitch is a light line with a dark rim, to be seen on any part of the spectrogram."""

SPECTROGRAM_COLOURS = [
    [0.0, "#10131f"],
    [0.35, "#263a63"],
    [0.65, "#3f7f99"],
    [0.85, "#8fc3a8"],
    [1.0, "#f6edb3"],
]
"""Quiet to loud: grows steadily lighter, so that it reads without colour too."""

DIMMED_COLOURS = [[0.0, "#10131f"], [0.4, "#272b36"], [1.0, "#6d7484"]]
"""The spectrogram where something lies over it."""

TELLING_COLOUR = "#ff9d2e"
"""What an answer hung on: lighter than all that is dimmed."""

SERIES_COLOURS = {
    "hybrid": "#2f7fc1",
    "cnn": "#9a5fb5",
    "people": "#a8642a",
    "other": "#7b858d",
    "dependent": "#7b858d",
    "unheard": "#2f7fc1",
    "claim": "#a8642a",
    "chance": "#7b858d",
    "female": "#9a5fb5",
    "male": "#2f7fc1",
    "speaker": "#2f7fc1",
    "training": WAVEFORM_COLOUR,
    "validation": "#a8642a",
    "test": "#9a5fb5",
}
"""What is compared about the models to its colour; emotions have theirs above."""

SERIES_SYMBOLS = {
    "hybrid": "circle",
    "cnn": "circle-open",
    "people": "diamond",
    "other": "x-thin",
    "dependent": "square-open",
    "unheard": "circle",
    "claim": "x-thin",
    "chance": "line-ns",
    "female": "circle",
    "male": "square-open",
    "speaker": "line-ns",
    "training": "circle",
    "validation": "diamond-open",
    "test": "square-open",
}
"""The same to plotly's sign, so that no chart needs its colours to be read."""

SERIES_DASHES = {"training": "solid", "validation": "dash", "test": "dot"}
"""The same to plotly's way to draw a line."""
