"""What the hybrid asks too where it knows the voice.

A network hears the functionals of a clip, what the speech encoder hears among them, less
the mean of those of the same voice's neutral speech. Its logits and the hybrid's are joined
as those of the hybrid's own two networks are: a weighted mean, over a temperature; both were
fitted on unheard speakers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ser.bundle import KNOWN_VOICE_FILE, known_sound
from ser.errors import BundleError
from ser.features import extract
from ser.labels import to_public
from ser.network import compiled, softmax
from ser.profile import log_probabilities

if TYPE_CHECKING:
    from ser.bundle import Bundle


@dataclass(frozen=True)
class Joining:
    """How the answers for a known voice are made of the hybrid's and of what is relative to it.

    Attributes
    ----------
    share : float
        Weight of the network that hears what is relative, in [0, 1].
    temperature : float
        What the weighted mean of logits is divided by.
    """

    share: float
    temperature: float

    def log_probabilities(self, hybrid: np.ndarray, relative: np.ndarray) -> np.ndarray:
        """Join logits [shape=(..., 9)] of both."""
        joined = (1 - self.share) * hybrid + self.share * relative
        return log_probabilities(joined, temperature=self.temperature)


class KnownVoices:
    """The network of a bundle that hears how a clip differs from its voice at rest."""

    def __init__(self, bundle: Bundle) -> None:
        """Load the network.

        Raises
        ------
        BundleError
            Keras cannot read the file, the manifest does not say how it is joined, or it
            answers a known sound otherwise than when it was made.
        """
        try:
            self._joining = Joining(**bundle.manifest["known_voice"])
        except (KeyError, TypeError) as error:
            raise BundleError(
                f"The models in {bundle.root} do not say how known voices are heard: fetch them "
                "again, or train them anew."
            ) from error
        self._call, _ = compiled(bundle.root / KNOWN_VOICE_FILE)
        sound = bundle.scaling.functionals(extract(known_sound()).functionals)
        bundle.check_known_answer("known_voice", to_public(softmax(self._logits(sound))))

    def log_probabilities(self, hybrid: np.ndarray, relative: np.ndarray) -> np.ndarray:
        """Answer for a known voice [shape=(..., 9)].

        Parameters
        ----------
        hybrid : np.ndarray [shape=(..., 9)]
            Logits of clips, or of changed copies of one.
        relative : np.ndarray [shape=(..., features)]
            The clips' standardised functionals less those of the voice at rest.
        """
        return self._joining.log_probabilities(hybrid, self._logits(relative))

    def _logits(self, relative: np.ndarray) -> np.ndarray:
        clips = relative.reshape(-1, relative.shape[-1]).astype(np.float32)
        logits: np.ndarray = self._call(clips).numpy()
        return logits.reshape(*relative.shape[:-1], -1)
