"""Recordings that models can be trained on: what a person wants to know before fetching them.

The facts stand in one table, ``training/fetching/sources.json``; ``training.download``
reads there how each corpus is fetched.
"""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Corpus:
    """A published collection of acted speech.

    Attributes
    ----------
    name, title : str
        What commands call it, and what people do.
    about : str
        Who speaks what.
    licence, page : str
        Its terms, and the publisher's page.
    recordings : int
        How many sound files there are.
    megabytes : int or None
        About how much has to be fetched (10^6 bytes); None where nobody tells.
    by_hand : bool
        A person has to fetch it; the others have an open link.
    """

    name: str
    title: str
    about: str
    licence: str
    page: str
    recordings: int
    megabytes: int | None
    by_hand: bool


def known_corpora() -> tuple[Corpus, ...]:
    """List the corpora; empty where the program was installed without its training part."""
    from ser.bundle import SHIPPED

    path = SHIPPED / "training/fetching/sources.json"
    if not path.is_file():
        return ()
    return tuple(
        Corpus(
            name=entry["name"],
            title=entry["title"],
            about=entry["about"],
            licence=entry["licence"],
            page=entry["page"],
            recordings=entry["recordings"],
            megabytes=entry.get("megabytes"),
            by_hand="url" not in entry,
        )
        for entry in json.loads(path.read_text(encoding="utf-8"))
    )
