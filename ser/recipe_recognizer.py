"""A recogniser that asks a system of :mod:`training.recipes` instead of our two networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ser.errors import BundleError
from ser.recipe_bundle import open_recipe
from ser.recognizer import Recognizer

if TYPE_CHECKING:
    import numpy as np

    from ser.audio import Sound, Source
    from ser.bundle import Bundle
    from ser.profile import VoiceProfile
    from ser.saliency import Saliency


class RecipeRecognizer(Recognizer):
    """Hears with one system; emotions that it does not know get the probability 0.

    It learns no voices, is never "uncertain", for no threshold was fitted, and cannot say
    why.
    """

    def __init__(self, root: Path) -> None:
        """Open the system in a folder.

        Raises
        ------
        BundleError
            See :func:`ser.recipe_bundle.open_recipe`.
        """
        self._recipe = open_recipe(root)
        # Of a bundle it has what is asked for here: gate, manifest and sure_from.
        super().__init__(cast("Bundle", self._recipe))

    @property
    def models(self) -> tuple[str, ...]:
        """The recipe's name."""
        return (self._recipe.name,)

    def explain(
        self,
        source: Source,
        *,
        model: str | None = None,
        label: str | None = None,
        profile: VoiceProfile | None = None,
    ) -> Saliency:
        """Refuse: only our networks can be looked into.

        Raises
        ------
        BundleError
        """
        raise BundleError(f"{self._recipe.name} cannot say what its answers hang on.")

    def enrol(self, neutral: Source | list[Source]) -> VoiceProfile:
        """Refuse: nothing was fitted that voices could be compared with.

        Raises
        ------
        BundleError
        """
        raise BundleError(f"{self._recipe.name} cannot learn a voice.")

    def _check_shared(self, model: str) -> None:
        raise BundleError(f"{self._recipe.name} cannot allow for a voice that clips share.")

    def _make_ready(self, model: str) -> None:
        """Do nothing: it is open."""

    def _listen(
        self, sound: Sound, models: Sequence[str]
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        import numpy as np

        return {self._recipe.name: self._recipe.log_probabilities(sound)}, np.empty(0)
