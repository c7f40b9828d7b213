"""What the recogniser answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Prediction:
    """Which emotion one recording sounds like, according to one model.

    Attributes
    ----------
    label : str
        The most probable of :data:`ser.labels.LABELS`.
    confidence : float
        The probability of ``label``, in [0, 1].
    probabilities : dict[str, float]
        Label to probability, in the order of :data:`ser.labels.LABELS`; sums to 1.
    model : str
        ``"hybrid"`` or ``"cnn"``.
    duration_s : float
        Length of the recording in seconds, silence included.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]
    model: str
    duration_s: float

    def to_dict(self) -> dict[str, Any]:
        """Give the same as plain types, ready for JSON."""
        return asdict(self)
