"""What the recogniser answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

TITLES = {"hybrid": "Hybrid", "cnn": "CNN"}
"""What people call the models that a bundle holds, the usual one first."""

MODELS = tuple(TITLES)

Status = Literal["ok", "uncertain", "no_speech", "too_short"]
"""What kind of answer this is: see :class:`Prediction`."""


@dataclass(frozen=True)
class Prediction:
    """Which emotion one recording sounds like, according to one model.

    Attributes
    ----------
    label : str or None
        The most probable of :data:`ser.labels.LABELS`; None where no speech, or too
        little of it, was heard.
    confidence : float
        The probability of ``label``, in [0, 1]; 0 where there is none.
    probabilities : dict[str, float]
        Label to probability, in the order of :data:`ser.labels.LABELS`; sums to 1.
        Empty where there is no label.
    model : str
        ``"hybrid"``, ``"cnn"`` or the name of a recipe.
    duration_s : float
        Length of the recording in seconds, silence included.
    status : str
        ``"ok"``; ``"uncertain"`` where the confidence is too low to build on;
        ``"no_speech"`` where nobody is heard to speak; ``"too_short"`` where there is
        less than 0.4 s of speech.
    second : str or None
        The second most probable label; None where there is no label.
    voice_known : bool
        Whether the answer allows for the voice: by its profile, or by what all clips of
        it share.
    """

    label: str | None
    confidence: float
    probabilities: dict[str, float]
    model: str
    duration_s: float
    status: Status = "ok"
    second: str | None = None
    voice_known: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give the same as plain types, ready for JSON."""
        return asdict(self)
