"""Who looks at the page, and what those from elsewhere are not told."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from ser import SerError

HERE = {"localhost", "127.0.0.1", "::1"}
PROXIES = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")


def at_home() -> bool:
    """Tell whether the visitor sits at the computer that runs the page.

    All signs are wanted: a visitor's browser tells the address, and behind a proxy every
    visitor comes from this computer. One that does not say for whom it asks cannot be
    told from home, so whoever serves others says so by ``SER_BUNDLES`` (:mod:`ser.bundles`).
    """
    if "SER_BUNDLES" in os.environ:
        return False
    forwarded = any(name in st.context.headers for name in PROXIES)
    host = urlsplit(st.context.url or "").hostname
    return host in HERE and st.context.ip_address is None and not forwarded


def told(error: SerError, root: str | Path) -> str:
    """Give what is wrong with models; where their folder lies is told at home alone."""
    return str(error) if at_home() else str(error).replace(f"{Path(root).parent}{os.sep}", "")
