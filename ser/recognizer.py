"""The recogniser: from a sound to the emotion it sounds like."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ser.errors import BundleError
from ser.labels import LABELS, to_public
from ser.prediction import Prediction

if TYPE_CHECKING:
    import numpy as np

    from ser.audio import Sound, Source
    from ser.bundle import Bundle
    from ser.network import Network

KNOWN_TOLERANCE = 0.05
"""How far a probability of the known sound may be from what it was when the models were made."""


class Recognizer:
    """Hears which emotion a voice carries.

    >>> recognizer = Recognizer.load()  # doctest: +SKIP
    >>> recognizer.predict("voice.wav").label  # doctest: +SKIP
    'sad'

    One recogniser serves many threads. Each of its two networks is opened when
    it is first asked, and must then answer a known sound as it did when it was
    made: a file may load in another version of a library and answer nonsense.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._networks: dict[str, Network] = {}
        self._lock = Lock()

    @classmethod
    def load(cls, bundle: str | Path | None = None) -> Recognizer:
        """Open a bundle of models.

        Parameters
        ----------
        bundle : path, optional
            Folder with ``models/`` and ``artifacts/``; by default the models
            that come with this repository.

        Raises
        ------
        BundleError
            The models are missing, damaged, or made for other features.
        """
        from ser.bundle import SHIPPED, open_bundle

        return cls(open_bundle(SHIPPED if bundle is None else bundle))

    def predict(self, source: Source, *, model: str = "hybrid") -> Prediction:
        """Tell which emotion a recording sounds like.

        Parameters
        ----------
        source : path, bytes, binary file object, or (samples, sample_rate)
            See :func:`ser.audio.load`.
        model : {"hybrid", "cnn"}

        Raises
        ------
        AudioError
            The recording cannot be used; the text says why.
        BundleError
            The model cannot be opened, or answers otherwise than when it was made.
        ValueError
            There is no such model.
        """
        from ser.audio import load

        network = self._network(model)
        sound = load(source)
        return _prediction(self._probabilities(network, sound, model), sound, model)

    def _probabilities(self, network: Network, sound: Sound, model: str) -> np.ndarray:
        from ser.features import extract
        from ser.network import softmax

        logits = network.logits(extract(sound), self._bundle.scaling)
        return to_public(softmax(logits, temperature=self._bundle.temperature(model)))

    def _network(self, model: str) -> Network:
        from ser.bundle import MODELS
        from ser.network import Network

        if model not in MODELS:
            raise ValueError(f"There is no model {model!r}; there are {', '.join(MODELS)}.")
        with self._lock:
            if model not in self._networks:
                network = Network(self._bundle.model_path(model))
                self._check_known_sound(network, model)
                self._networks[model] = network
            return self._networks[model]

    def _check_known_sound(self, network: Network, model: str) -> None:
        answer = self._probabilities(network, known_sound(), model)
        if abs(answer - self._bundle.known_answer(model)).max() > KNOWN_TOLERANCE:
            raise BundleError(
                f"The {model} model answers a known sound otherwise than when it was made: a "
                "library has changed under it. Install the versions in requirements.txt."
            )


def known_sound() -> Sound:
    """Synthesise the sound that every bundle must answer as it did when it was made."""
    from ser.audio import SAMPLE_RATE, load
    from ser.synthesis import sample_voice

    return load((sample_voice("lively"), SAMPLE_RATE))


def _prediction(probabilities: np.ndarray, sound: Sound, model: str) -> Prediction:
    values = dict(zip(LABELS, (float(p) for p in probabilities), strict=True))
    label = max(values, key=values.__getitem__)
    return Prediction(
        label=label,
        confidence=values[label],
        probabilities=values,
        model=model,
        duration_s=sound.duration_s,
    )
