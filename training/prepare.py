"""Find the corpora, write ``cleaned_data.csv``, and say what was used and what not.

    python -m training.prepare --data DIR
    python -m training.prepare --data DIR --own my_recordings --own more/labels.csv

``DIR`` may also stand in the environment variable ``SER_DATA``. It holds any of the
known corpora, under any folder names. ``--own`` takes a folder with one folder for
each emotion, or a CSV file with the columns path, emotion and speaker.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from training.command import exit_status
from training.corpora import (
    CORPORA,
    Clip,
    CorpusError,
    Found,
    LeftOut,
    Search,
    find_corpora,
    find_own,
    read_table,
    write_table,
)

__all__ = ["describe", "find_all", "main", "read_table", "write_table"]

NAMED = 3
"""File names shown for each reason; the rest is counted."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # no file name may break the table
        sys.stdout.reconfigure(errors="backslashreplace")
    return exit_status(lambda: _prepare(options), again="The same command begins again.")


def _prepare(options: argparse.Namespace) -> None:
    search = find_all(options.data, own=options.own)
    clips = [clip for found in search.found for clip in found.clips]
    print(describe(search))
    if not clips:
        raise CorpusError(_nothing_found(options.data, options.own))
    gone = _clips_in(options.out) - {clip.path for clip in clips}
    write_table(clips, options.out)
    print(f"\nWrote {len(clips)} clips to {options.out}")
    if gone:
        print(f"{len(gone)} that were in it before, {min(gone)} among them, are in it no more.")


def _clips_in(table: Path) -> set[Path]:
    """List the clips of a table; none where there is none that can be read."""
    try:
        return {clip.path for clip in read_table(table)}
    except CorpusError:
        return set()


def find_all(data: Path | str | None, *, own: Sequence[Path | str] = ()) -> Search:
    """Find the published corpora below `data`, and read each of one's own sources.

    Raises
    ------
    CorpusError
        If neither is given, or one of them does not exist.
    """
    if not data and not own:
        raise CorpusError(
            "No recordings were named: give --data DIR, or set SER_DATA to the folder that "
            "holds the corpora, or give --own PATH with recordings of your own."
        )
    search = find_corpora(data) if data else Search((), ())
    # Own folders may share a name with each other or with a corpus; their voices may not.
    taken = {corpus.name for corpus in CORPORA}
    listed = {_file(clip) for found in search.found for clip in found.clips}
    mine = []
    for source in own:
        found = find_own(source)
        if found.name in taken:
            found = find_own(source, name=_unused(found.name, taken))
        taken.add(found.name)
        mine.append(_without_listed(found, listed))
    return Search((*search.found, *mine), search.others)


def _without_listed(found: Found, listed: set[str]) -> Found:
    """Leave out recordings that were listed before, by whatever name; the others are from now on.

    As those of another speaker they would be both trained on and tested.
    """
    kept, twice = [], []
    for clip in found.clips:
        if _file(clip) in listed:
            twice.append(LeftOut(clip.path, "listed twice"))
        else:
            kept.append(clip)
            listed.add(_file(clip))
    return replace(found, clips=tuple(kept), left_out=(*found.left_out, *twice))


def _file(clip: Clip) -> str:
    return os.path.realpath(clip.path)


def describe(search: Search) -> str:
    """Draw the table: each corpus with files found, used, left out, and why."""
    rows = [("corpus", "found", "used", "left out", "why")]
    for found in search.found:
        counts = (str(found.total), str(len(found.clips)), str(len(found.left_out)))
        why = _reasons(found)
        rows.append((found.title, *counts, why[0] if why else ""))
        rows.extend(("", "", "", "", line) for line in why[1:])
    clips = [clip for found in search.found for clip in found.clips]
    total = sum(found.total for found in search.found)
    rows.append(("together", str(total), str(len(clips)), str(total - len(clips)), ""))
    width = max(len(row[0]) for row in rows)
    lines = [f"{a:<{width}} {b:>7} {c:>7} {d:>9}  {e}".rstrip() for a, b, c, d, e in rows]
    lines += ["", _summary(clips)]
    if search.others:
        names = _names(search.others)
        lines.append(f"Sounds that belong to no corpus, passed over: {names}")
    return "\n".join(lines)


def _reasons(found: Found) -> list[str]:
    """Say for each reason how many files it left out, and name some."""
    by_reason: dict[str, list[LeftOut]] = defaultdict(list)
    for file in found.left_out:
        by_reason[file.reason].append(file)
    lines = [
        f"{reason} ({len(files)}): {_names([file.path for file in files])}"
        for reason, files in sorted(by_reason.items(), key=lambda item: -len(item[1]))
    ]
    if found.missing:
        lines.append(f"{found.missing} clips of the complete release are not there")
    return lines


def _names(paths: Sequence[Path]) -> str:
    shown = ", ".join(path.name for path in paths[:NAMED])
    return shown if len(paths) <= NAMED else f"{shown} and {len(paths) - NAMED} more"


def _summary(clips: Sequence[Clip]) -> str:
    hours = sum(clip.duration_s for clip in clips) / 3600
    speakers = len({clip.speaker for clip in clips})
    return f"{hours:.2f} hours of {speakers} speakers"


def _nothing_found(data: Path | str | None, own: Sequence[Path | str]) -> str:
    looked_in = " and ".join(str(place) for place in (data, *own) if place)
    examples = "; ".join(f"{corpus.title} as {corpus.example}" for corpus in CORPORA)
    return (
        f"Nothing to train on was found in {looked_in}. Looked for {examples} "
        "(any sound format, at any depth), and in --own for a folder for each emotion or a CSV."
    )


def _unused(name: str, taken: set[str]) -> str:
    candidates = (f"own-{name}", *(f"own-{name}-{number}" for number in range(2, 1000)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.prepare",
        description="Find the corpora and write the table of clips to train on.",
    )
    parser.add_argument(
        "--data",
        default=os.environ.get("SER_DATA"),
        metavar="DIR",
        help="folder that holds the corpora (default: the environment variable SER_DATA)",
    )
    parser.add_argument(
        "--own",
        action="append",
        default=[],
        metavar="PATH",
        help="own recordings: a folder for each emotion, or a CSV (may be given repeatedly)",
    )
    parser.add_argument(
        "--out", default="cleaned_data.csv", metavar="CSV", help="default: %(default)s"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
