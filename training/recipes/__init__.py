"""The well-known designs of this field, each a small declaration on shared parts.

======== ==================================================================
recipe   what a recipe is
classic  RAVDESS's classic systems: network, support vectors, mixtures, forest
deep     a CNN on RAVDESS with TESS, a CNN with an LSTM on TESS
networks what these two train, in scikit-learn's manner
ravtess  RAVDESS and TESS as one collection
own      the app's own two models
data     clips and features of a recipe, kept in a cache
scoring  the two protocols: as claims were made, and on unheard voices
results  ``reports/recipes.json`` and the table made of it
======== ==================================================================
"""

from training.recipes.classic import CLASSIC
from training.recipes.deep import DEEP
from training.recipes.own import OWN, OwnModel
from training.recipes.recipe import Recipe

RECIPES: dict[str, Recipe | OwnModel] = {recipe.name: recipe for recipe in (*CLASSIC, *DEEP, *OWN)}
"""Every recipe by its name."""

__all__ = ["RECIPES", "OwnModel", "Recipe"]
