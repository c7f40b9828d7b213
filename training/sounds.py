"""Sort recorded sounds out of software packages into folders by kind, for the speech gate.

    apt-get download $(python -m training.sounds --debian)
    pip download --no-deps immich_memories_music
    python -m training.sounds *.deb immich_memories_music-*.whl --to data/sounds

``data/sounds/learnt`` then holds what the gate learns from beside what others have
recorded; ``unseen`` and ``unseen_speech`` come from other packages, and are only judged
(``python -m training.gate --unseen data/sounds/unseen ...``). Which files of which
package are of which kind stands in ``sounds.json``; the names are those of Debian 12.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from training.dataset import TrainingError

KINDS_FILE = Path(__file__).parent / "fetching" / "sounds.json"


@dataclass(frozen=True)
class Kind:
    """Sounds of one kind in one package; an entry of ``sounds.json``.

    Attributes
    ----------
    kind : str
        Name of the folder they go to.
    package : str
        As Debian or PyPI names it.
    keep, drop : str
        Regular expressions: a path must have the one and not the other.
    inside : str
        Regular expression for an archive in the package, which holds the files.
    part : str
        ``"learnt"``, ``"unseen"`` or ``"unseen_speech"``.
    most : int
        If there are more, every second, third or so, until no more than these are left.
    """

    kind: str
    package: str
    keep: str
    drop: str = r"(?!)"
    inside: str = ""
    part: str = "learnt"
    most: int = 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    kinds = read_kinds()
    if options.debian:
        print("\n".join(sorted({kind.package for kind in kinds if "_" not in kind.package})))
        return 0
    if not options.packages:
        parser.error("name the packages' files, or ask with --debian which to fetch")
    try:
        for package in options.packages:
            for kind, count in sort_out(package, kinds, options.to).items():
                print(f"{kind}: {count} sounds", flush=True)
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def read_kinds(path: Path = KINDS_FILE) -> list[Kind]:
    """Read which files of which package are of which kind."""
    return [Kind(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def sort_out(package: Path, kinds: Sequence[Kind], folder: Path) -> dict[str, int]:
    """Copy a package's sounds into ``folder/PART/KIND``, and count them by kind.

    What stands in a kind's folder from before is replaced.

    Raises
    ------
    TrainingError
        The package is not one of those, cannot be unpacked, or lacks a kind of sound.
    """
    own = [kind for kind in kinds if re.match(rf"{re.escape(kind.package)}[_-]\d", package.name)]
    if not own:
        raise TrainingError(f"{package.name} is none of the packages that sounds are taken from.")
    with tempfile.TemporaryDirectory() as unpacked:
        try:
            _unpack(package, Path(unpacked))
            return {kind.kind: _copy(kind, Path(unpacked), folder) for kind in own}
        except (OSError, subprocess.CalledProcessError, zipfile.BadZipFile) as error:
            raise TrainingError(
                f"{package} cannot be unpacked: fetch it again, and see that dpkg-deb is there."
            ) from error


def _unpack(package: Path, folder: Path) -> None:
    """Unpack a Debian package or a wheel."""
    if package.suffix == ".deb":
        command = ["dpkg-deb", "--extract", str(package), str(folder)]
        subprocess.run(command, check=True, capture_output=True)
    else:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)


def _copy(kind: Kind, unpacked: Path, folder: Path) -> int:
    with ExitStack() as opened:
        sounds = sorted(_sounds(kind, unpacked, opened), key=lambda sound: sound[0])
        if not sounds:
            raise TrainingError(
                f"{kind.package} has no {kind.kind} where they were: it is another release."
            )
        sounds = sounds[:: -(-len(sounds) // kind.most)]
        target = folder / kind.part / kind.kind
        if target.exists():
            shutil.rmtree(target)
        target.mkdir(parents=True)
        for number, (path, content) in enumerate(sounds):
            name = PurePosixPath(path).name.replace(" ", "_")
            (target / f"{number:03d}-{name}").write_bytes(content())
        return len(sounds)


def _sounds(
    kind: Kind, unpacked: Path, opened: ExitStack
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Find what is of a kind: its path, and what reads it while its archive is open."""
    for path in unpacked.rglob("*"):
        if not path.is_file():
            continue
        name = path.relative_to(unpacked).as_posix()
        if not kind.inside:
            if _wanted(kind, name):
                yield name, path.read_bytes
        elif re.search(kind.inside, name):
            archive = opened.enter_context(zipfile.ZipFile(path))
            for inner in filter(partial(_wanted, kind), archive.namelist()):
                yield inner, partial(archive.read, inner)


def _wanted(kind: Kind, path: str) -> bool:
    return bool(re.search(kind.keep, path)) and not re.search(kind.drop, path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.sounds",
        description="Sort recorded sounds out of software packages, by kind.",
    )
    parser.add_argument("packages", type=Path, nargs="*", help="Debian packages and wheels")
    parser.add_argument("--to", type=Path, default=Path("data/sounds"))
    parser.add_argument("--debian", action="store_true", help="name the Debian packages, no more")
    return parser


if __name__ == "__main__":
    sys.exit(main())
