"""Bundles to choose from: those that were trained at home, beside the one that is shipped.

========================= ==================================================================
``SER_BUNDLE=FOLDER``     the page begins with the bundle in this folder
``SER_BUNDLES=FOLDER``    every visitor of the page may choose one of the bundles in this folder
``SER_BUNDLES=``          nobody may choose
========================= ==================================================================

Without ``SER_BUNDLES``, who sits at the computer that runs the page may open any bundle, and
nobody else.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ser.errors import BundleError
from ser.prediction import TITLES

_NAMED = 6
_LONGEST_NAME = 40


@dataclass(frozen=True)
class KnownBundle:
    """A bundle that was opened, checked and found whole.

    Attributes
    ----------
    root : Path
        Folder with ``models/`` and ``artifacts/``.
    trained_on : str
        Says on what, for example ``"1 150 clips of 12 speakers (EmoDB, mine)"``.
    system : str
        Of a system of :mod:`training.recipes`, what it is and tells apart; "" of ours.
    """

    root: Path
    trained_on: str
    system: str = ""


def first_bundle() -> Path:
    """Tell which bundle the program begins with: ``SER_BUNDLE``, or the shipped one."""
    from ser.bundle import SHIPPED

    return Path(os.environ.get("SER_BUNDLE") or SHIPPED)


def bundles_folder() -> Path:
    """Tell where bundles to choose from lie: ``SER_BUNDLES``, or ``bundles`` beside the program."""
    from ser.bundle import SHIPPED

    return Path(os.environ.get("SER_BUNDLES") or SHIPPED / "bundles")


def may_open(*, at_home: bool) -> Literal["any", "listed", "nothing"]:
    """Tell which bundles a visitor of the page may open.

    Parameters
    ----------
    at_home : bool
        The visitor sits at the computer that runs the page.
    """
    offered = os.environ.get("SER_BUNDLES")
    if offered is None:
        return "any" if at_home else "nothing"
    return "listed" if offered else "nothing"


def find_bundles() -> list[Path]:
    """List the folders in :func:`bundles_folder` that hold a manifest, by name."""
    names = ("manifest.json", "recipe.json")
    found = [path for name in names for path in bundles_folder().glob(f"*/artifacts/{name}")]
    return sorted({path.parent.parent for path in found})


def models_in(root: Path) -> dict[str, str]:
    """Give what each model in a folder is called in answers, and by people; the usual one first.

    Where a folder cannot be read, the names of the usual two.
    """
    from ser.recipe_bundle import holds_recipe, read_manifest

    if holds_recipe(root):
        try:
            manifest = read_manifest(root)
        except BundleError:
            return TITLES
        name = str(manifest["recipe"])
        return {name: _plain(str(manifest.get("title", name)))}
    return TITLES


def can_learn_voices(root: Path) -> bool:
    """Tell whether a bundle of ours can allow for a voice.

    It can if there was a benchmark when it was trained: how far a voice's own sound is
    believed is fitted on what that holds. One that cannot be read is taken for one that can.
    """
    try:
        manifest = json.loads((root / "artifacts/manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    return not isinstance(manifest, dict) or "voice_trust" in manifest


def saved_ns(root: Path) -> int:
    """Tell when what lies in a folder was saved, in nanoseconds since 1970; 0 where it is not.

    A folder that holds both kinds is opened as a recipe's system.
    """
    for name in ("recipe.json", "manifest.json"):
        try:
            return (root / "artifacts" / name).stat().st_mtime_ns
        except OSError:
            continue
    return 0


def look_at(root: str | Path) -> KnownBundle:
    """Open a bundle, check that its files are whole, and say what it was trained on.

    Raises
    ------
    BundleError
        It is no folder, holds no bundle, or one that cannot be used here.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise BundleError(
            f"{root} is no folder on the computer that runs this page: give one that holds "
            "models/ and artifacts/."
        )
    try:
        return _opened(root)
    except OSError as error:
        raise BundleError(f"The files in {root} may not be read by this program.") from error
    except (KeyError, TypeError, ValueError) as error:  # whole, but made by something else
        raise BundleError(
            f"The files in {root / 'artifacts'} are not what training saves: train the models anew."
        ) from error


def _opened(root: Path) -> KnownBundle:
    """Open a bundle of either kind."""
    from ser.bundle import open_bundle
    from ser.recipe_bundle import holds_recipe, open_recipe

    if not holds_recipe(root):
        return KnownBundle(root.resolve(), trained_on(open_bundle(root).manifest))
    recipe = open_recipe(root)
    (title,) = models_in(root).values()
    words = [_plain(word) for word in recipe.words]
    system = f"{title}: it knows {', '.join(words[:-1])} and {words[-1]}"
    return KnownBundle(root.resolve(), trained_on(recipe.manifest), system)


def trained_on(manifest: dict[str, Any]) -> str:
    """Say what a bundle was trained on, from its manifest."""
    clips, speakers = manifest.get("clips"), manifest.get("speakers")
    if not isinstance(clips, dict) or not clips or not isinstance(speakers, int):
        return "recordings that it does not name"
    from ser.corpora import known_corpora

    titles = {corpus.name: corpus.title for corpus in known_corpora()}
    names = [titles.get(name) or _plain(name) for name in clips]
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    count = f"{sum(value for value in clips.values() if isinstance(value, int)):,}"
    told = ", ".join([*names[:_NAMED], *more])
    return f"{count.replace(',', ' ')} clips of {speakers} speakers ({told})"


def _plain(name: str) -> str:
    """Keep of a name what can do no harm in a sentence: a manifest may be anybody's."""
    return re.sub(r"[^\w.-]+", " ", name).strip()[:_LONGEST_NAME]
