"""Faults of the official releases, kept as a table: ``defects.csv`` beside this file.

Its columns are the corpus, the file's name without suffix, and why it is left out.
Where identical samples bear two labels, both clips go; of two copies with the same
label, one stays.
"""

from __future__ import annotations

import csv
from pathlib import Path

_TABLE = Path(__file__).with_name("defects.csv")


def known_defects() -> dict[tuple[str, str], str]:
    """Read the table as reasons by corpus and case-folded file name."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return {
            (row["corpus"], row["file"].casefold()): row["reason"] for row in csv.DictReader(file)
        }
