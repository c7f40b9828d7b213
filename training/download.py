"""Fetch the corpora that have an open link; say where to click for the others.

    python -m training.download                     list them, with licence and size
    python -m training.download ravdess emodb       fetch these
    python -m training.download all --to DIR        fetch what can be fetched

Each corpus NAME ends up in ``DIR/NAME``; DIR is the environment variable ``SER_DATA``,
or else ``data``. Run the same command again after any interruption: what is there is
kept, verified, and not fetched twice. What is known about each corpus stands in
``sources.json``.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.errors import SerError
from training.fetching.archives import unpack
from training.fetching.transfer import DownloadError, fetch

SOURCES_FILE = Path(__file__).parent / "fetching" / "sources.json"

SOUND_SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff"}

STAND_IN_BYTES = 200
"""Git LFS leaves some 130 bytes of text under a sound's name; no sound file is so small."""


@dataclass(frozen=True)
class Source:
    """Where a corpus comes from; one entry of ``sources.json``.

    Attributes
    ----------
    name, title : str
        What people type, and what they read.
    licence, page : str
        Its terms, and the publisher's page.
    recordings : int
        How many sound files the complete release holds.
    about : str
        Who speaks what, in a few words; the page shows it.
    megabytes : int, optional
        About how much has to be fetched (10^6 bytes).
    archive : str, optional
        File name of the archive in which it comes.
    url, md5, bytes : optional
        The open link with checksum and exact length; without one, `steps` say
        how a person gets it.
    steps : tuple[str, ...]
        What to do by hand, a line each; may name ``{folder}`` and ``{archive}``.
    """

    name: str
    title: str
    licence: str
    page: str
    recordings: int
    about: str = ""
    megabytes: int | None = None
    archive: str | None = None
    url: str | None = None
    md5: str = ""
    bytes: int | None = None
    steps: tuple[str, ...] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # no folder's name may end the command
        sys.stdout.reconfigure(errors="backslashreplace")
    sources = read_sources()
    if not options.names:
        print(overview(sources))
        return 0
    data_dir = Path(options.to).expanduser()
    names = _chosen(options.names, sources)
    try:
        outcomes = [_attempt(name, sources, data_dir) for name in names]
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on from here.", file=sys.stderr)
        return 130
    if any(outcomes):
        print(f'With all that you want in place: python -m training.prepare --data "{data_dir}"')
    return 0 if all(outcomes) else 1


def read_sources(path: Path = SOURCES_FILE) -> dict[str, Source]:
    """Read the table of corpora, by name."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    sources = [Source(**{**entry, "steps": tuple(entry.get("steps", ()))}) for entry in entries]
    return {source.name: source for source in sources}


def overview(sources: dict[str, Source]) -> str:
    """Draw the list of all corpora with licence, size and page."""
    rows = [("name", "recordings", "size", "licence", "how", "page")]
    for source in sources.values():
        size = f"{source.megabytes} MB" if source.megabytes else "?"
        how = "fetched" if source.url else "by hand"
        rows.append((source.name, str(source.recordings), size, source.licence, how, source.page))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        f"{name:<{widths[0]}}  {count:>{widths[1]}}  {size:>{widths[2]}}  "
        f"{licence:<{widths[3]}}  {how:<{widths[4]}}  {page}"
        for name, count, size, licence, how, page in rows
    ]
    lines += ["", "Fetch some: python -m training.download NAME... [--to DIR], or all of them: all"]
    return "\n".join(lines)


def obtain(source: Source, data_dir: Path) -> str:
    """Bring a corpus into ``data_dir / source.name``, or say how to.

    Parameters
    ----------
    source : Source
        Which corpus.
    data_dir : Path
        Where corpora and archives lie; made if needed.

    Returns
    -------
    str
        What is there now, or the steps to take by hand; for people.

    Raises
    ------
    DownloadError
        If it cannot be fetched, is not what was expected, or is incomplete on disk.
    ArchiveError
        If the archive is damaged or not safe to unpack.
    OSError
        If the disk is full or may not be written to.
    """
    folder = data_dir / source.name
    here = recordings_in(folder)
    if here >= source.recordings:
        return f"{source.name}: nothing to do, all {here} recordings are in {folder}"
    archive = data_dir / source.archive if source.archive else None
    if source.url is None and (archive is None or not archive.is_file()):
        return instructions(source, data_dir)
    if folder.exists() and any(folder.iterdir()):
        raise DownloadError(
            f"{folder} holds only {here} of {source.recordings} recordings: move that folder "
            "away and run the same command again (an archive that is there is kept)."
        )
    assert archive is not None  # every entry with a link names its archive
    if source.url:
        print(f"{source.name}: {source.title}, licence {source.licence}, {source.url}")
        fetch(source.url, archive, md5=source.md5, size=source.bytes)
    unpack(archive, folder)
    here = recordings_in(folder)
    return (
        f"{source.name}: {here} of {source.recordings} recordings are now in {folder}; "
        f"{archive} is no longer needed"
    )


def instructions(source: Source, data_dir: Path) -> str:
    """Say how a person gets a corpus that cannot be fetched, and where to put it."""
    folder, archive = data_dir / source.name, data_dir / (source.archive or "")
    lines = [f"{source.name}: {source.title} has to be fetched by hand (licence: {source.licence})"]
    for number, step in enumerate(source.steps, 1):
        lines.append(f"  {number}. {step.format(folder=folder, archive=archive)}")
    lines.append(
        f"  The {source.recordings} recordings belong in {folder}, in any subfolders; "
        f"{recordings_in(folder)} are there now."
    )
    return "\n".join(lines)


def recordings_in(folder: Path) -> int:
    """Count the sound files below a folder; Git LFS's stand-ins for sounds are none."""
    return sum(
        path.suffix.lower() in SOUND_SUFFIXES
        and not path.name.startswith("._")  # twins that macOS leaves in archives
        and path.stat().st_size > STAND_IN_BYTES
        for path in folder.rglob("*")
        if path.is_file()
    )


def _attempt(name: str, sources: dict[str, Source], data_dir: Path) -> bool:
    """Obtain one corpus; print what came of it; answer whether it went well."""
    try:
        if name not in sources:
            raise DownloadError(f"there is no such corpus, only {', '.join(sources)}, or all.")
        print(obtain(sources[name], data_dir), flush=True)
    except SerError as error:
        page = f" See {sources[name].page}" if name in sources else ""
        print(f"error: {name}: {error}{page}", file=sys.stderr)
        return False
    except OSError as error:
        print(f"error: {name}: {data_dir} cannot be written to: {error}", file=sys.stderr)
        return False
    return True


def _chosen(names: Sequence[str], sources: dict[str, Source]) -> list[str]:
    """Spell names as the table does, each once, and replace "all" by all of them."""
    lowered = [name.lower().replace("-", "_") for name in names]
    spread = [one for name in lowered for one in (sources if name == "all" else [name])]
    return list(dict.fromkeys(spread))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.download",
        description="Fetch emotional speech corpora that have an open link, and say how to "
        "get the others. Without a name, list them.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a corpus, or all")
    parser.add_argument(
        "--to",
        default=os.environ.get("SER_DATA") or "data",
        metavar="DIR",
        help="folder for the corpora (default: SER_DATA if set, else ./data; here %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
