"""The well-known designs of this field, each a small declaration on shared parts.

======== ==================================================================
recipe   what a recipe is
classic  RAVDESS's classic systems: network, support vectors, mixtures, forest
data     clips and features of a recipe, kept in a cache
scoring  the two protocols: as claims were made, and on unheard voices
results  ``reports/recipes.json`` and the table made of it
======== ==================================================================
"""

from training.recipes.classic import CLASSIC
from training.recipes.recipe import Recipe

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in CLASSIC}
"""Every recipe by its name."""

__all__ = ["RECIPES", "Recipe"]
