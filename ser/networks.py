"""A bundle's networks at work: each is opened when it is first asked, and serves many threads.

Once opened, a network must answer a known sound as it did when it was made: a file may load
in another version of a library and answer nonsense.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ser.bundle import known_sound
from ser.features import Features, extract
from ser.known_voices import KnownVoices
from ser.labels import to_public
from ser.network import Network, softmax
from ser.profile import log_probabilities
from ser.stretch import spoken_phrases

if TYPE_CHECKING:
    from ser.audio import Sound
    from ser.bundle import Bundle
    from ser.profile import VoiceProfile


class Networks:
    """The networks of one bundle.

    Each method raises :class:`ser.errors.BundleError` where a network cannot be opened, or
    answers otherwise than when it was made.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._opened: dict[str, Network] = {}
        self._known_voices: KnownVoices | None = None
        self._lock = Lock()

    def open(self, model: str) -> Network:
        """Open the network of a model, once."""
        with self._lock:
            if model not in self._opened:
                network = Network(self._bundle.model_path(model))
                answer = softmax(self._values(network, extract(known_sound()), model))
                self._bundle.check_known_answer(model, to_public(answer))
                self._opened[model] = network
            return self._opened[model]

    def listen(
        self, sound: Sound, models: Sequence[str]
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Listen to a sound that holds speech, phrase by phrase (:mod:`ser.stretch`).

        Returns
        -------
        dict of str to np.ndarray [shape=(9,)]
            By model, log-probabilities of the inner labels: the mean over the phrases, by
            their length.
        np.ndarray [shape=(features,)]
            The standardised functionals, likewise.
        """
        parts = [part.sound for part in spoken_phrases(sound, self._bundle.gate)]
        shares = np.array([part.duration_s for part in parts])
        shares = shares / shares.sum()
        values, functionals = zip(*(self._listen(part, models) for part in parts), strict=True)
        by_model = {model: shares @ np.stack([each[model] for each in values]) for model in models}
        return by_model, shares @ np.stack(functionals)

    def allow_for(
        self, profile: VoiceProfile, values: np.ndarray, functionals: np.ndarray, *, model: str
    ) -> np.ndarray:
        """Allow for an enrolled voice.

        Parameters
        ----------
        profile : VoiceProfile
            That fits the model; see :func:`ser.profile.check_profile`.
        values : np.ndarray [shape=(..., 9)]
            The model's log-probabilities of the inner labels.
        functionals : np.ndarray [shape=(..., features)]
            Standardised.
        model : str

        Returns
        -------
        np.ndarray [shape=(..., 9)]
        """
        if not self._bundle.hears_known_voices(model):
            return values - profile.offset(model)
        relative = functionals - np.array(profile.functionals)
        logits = self._bundle.temperature(model) * values
        return self._voices().log_probabilities(logits, relative)

    def _listen(
        self, sound: Sound, models: Sequence[str]
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Listen to one phrase; shapes as of :meth:`listen`."""
        features = extract(sound)
        values = {model: self._values(self.open(model), features, model) for model in models}
        return values, self._bundle.scaling.functionals(features.functionals)

    def _values(self, network: Network, features: Features, model: str) -> np.ndarray:
        """Log-probabilities of the inner labels [shape=(9,)]."""
        logits = network.logits(features, self._bundle.scaling)
        return log_probabilities(logits, temperature=self._bundle.temperature(model))

    def _voices(self) -> KnownVoices:
        with self._lock:
            if self._known_voices is None:
                self._known_voices = KnownVoices(self._bundle)
            return self._known_voices
