"""Answers in words. They say what a voice sounds like, never what a person feels."""

from __future__ import annotations

from ser.prediction import Prediction

QUITE_SURE = 0.80
FAIRLY_SURE = 0.55
NOT_VERY_SURE = 0.35
"""Confidence from which an answer is called so; under the last it is hard to say."""

# Two of the labels are nouns.
_SOUNDS = {"fear": "like fear", "disgust": "like disgust"}


def headline(prediction: Prediction) -> str:
    """Say the answer and how sure the model is: "Sounds sad. Fairly sure."."""
    first = f"Sounds {sounds(prediction.label)}."
    if prediction.confidence >= QUITE_SURE:
        return f"{first} Quite sure."
    if prediction.confidence >= FAIRLY_SURE:
        return f"{first} Fairly sure."
    second = runner_up(prediction)
    if prediction.confidence >= NOT_VERY_SURE:
        return f"{first} Not very sure: perhaps {second}."
    return f"Hard to say: between {prediction.label} and {second}."


def sounds(label: str) -> str:
    """Put a label after "sounds": "sad", "like fear"."""
    return _SOUNDS.get(label, label)


def runner_up(prediction: Prediction) -> str:
    """Name the second most probable label."""
    others = {k: p for k, p in prediction.probabilities.items() if k != prediction.label}
    return max(others, key=others.__getitem__)


def percent(probability: float) -> str:
    """Write a probability for people: "63 %", "< 1 %"; never a false 0 or 100."""
    if probability < 0.01:
        return "< 1 %"
    return "> 99 %" if probability > 0.99 else f"{probability * 100:.0f} %"


def ranking(prediction: Prediction) -> str:
    """List all labels from the most to the least probable, with their figures."""
    order = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{label} {percent(p)}" for label, p in order)
