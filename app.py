"""The page: `streamlit run app.py`.

Its parts are the modules in `page`. They present and nothing else: what is heard,
measured, worded and drawn comes from `ser`. Streamlit runs this file anew at every
click, so whatever takes time is kept: see `page/kept.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from page import analyse, cleaning, how_good, many_files, my_voice, train_your_own, why

# A file of our own: browsers fetch Streamlit's named icons from somebody else's server.
ICON = Path(__file__).parent / "docs" / "icon.svg"

# Streamlit's grey for the writing in charts is too faint on white to read with ease.
STYLE = "<style>.js-plotly-plot text { fill: currentColor !important; }</style>"

# A string of its own here would be written on the page.
CHOICES = (
    cleaning.CHOICE_KEY,
    my_voice.USE_KEY,
    why.SEX_KEY,
    "model",
    "one-model",
    "source",
    "voice",
)


def main() -> None:
    """Show the chosen page under the links to all of them."""
    st.set_page_config(page_title="Speech emotion", page_icon=str(ICON))
    st.html(STYLE)
    keep_choices()
    pages = [
        st.Page(analyse.show, title="Analyse", url_path="analyse", default=True),
        st.Page(many_files.show, title="Many files", url_path="many-files"),
        st.Page(how_good.show, title="How good is it?", url_path="how-good"),
        st.Page(train_your_own.show, title="Train your own", url_path="train"),
    ]
    chosen = st.navigation(pages, position="hidden")
    show_links(pages)
    chosen.run()


def show_links(pages: Iterable[st.Page]) -> None:
    """Name all pages in a row: Streamlit's own links hide in a drawer on a phone."""
    with st.container(horizontal=True):
        for page in pages:
            st.page_link(page)


def keep_choices() -> None:
    """Let choices outlive a look at another page: Streamlit drops what it does not draw.

    They are set only where they were dropped: setting what is there would undo a click
    that comes while the page is still being drawn.
    """
    kept = st.session_state.setdefault("choices", {})
    for key in CHOICES:
        if key in st.session_state:
            kept[key] = st.session_state[key]
        elif key in kept:
            st.session_state[key] = kept[key]


main()
