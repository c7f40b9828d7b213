"""``python -m ser``: the command line (see :mod:`ser.cli`)."""

from __future__ import annotations

from ser.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
