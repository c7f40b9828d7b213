"""The page: `streamlit run app.py`.

Its parts are the modules in `page`. They present and nothing else: what is heard,
measured, worded and drawn comes from `ser`. Streamlit runs this file anew at every
click, so whatever takes time is kept: see `page/kept.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from page import analyse, how_good, many_files, train_your_own
from page.choices import begin_run, end_run

# A file of our own: browsers fetch Streamlit's named icons from somebody else's server.
ICON = Path(__file__).parent / "docs" / "icon.svg"

# Streamlit's grey for the writing in charts is too faint on white to read with ease.
STYLE = "<style>.js-plotly-plot text { fill: currentColor !important; }</style>"


def main() -> None:
    """Show the chosen page under the links to all of them."""
    st.set_page_config(page_title="Speech emotion", page_icon=str(ICON))
    st.html(STYLE)
    begin_run()
    keep_open_tab()
    pages = [
        st.Page(analyse.show, title="Analyse", url_path="analyse", default=True),
        st.Page(many_files.show, title="Many files", url_path="many-files"),
        st.Page(how_good.show, title="How good is it?", url_path="how-good"),
        st.Page(train_your_own.show, title="Train your own", url_path="train"),
    ]
    chosen = st.navigation(pages, position="hidden")
    show_links(pages)
    chosen.run()
    end_run()


def show_links(pages: Iterable[st.Page]) -> None:
    """Name all pages in a row: Streamlit's own links hide in a drawer on a phone."""
    with st.container(horizontal=True):
        for page in pages:
            st.page_link(page)


def keep_open_tab() -> None:
    """Let the way to give a sound outlive a look at another page: Streamlit drops it there.

    It is set only where it was dropped: setting what is there would undo a click that comes
    while the page is still being drawn.
    """
    if st.session_state.get("source") is not None:
        st.session_state["kept-source"] = st.session_state["source"]
    elif "kept-source" in st.session_state:
        st.session_state["source"] = st.session_state["kept-source"]


main()
