"""Whose models answer: the line that says so, other models to choose, and the way back."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from page import visitor
from page.kept import CHOSEN_KEY, models_of, version_of
from page.my_voice import forget_unfit_voice
from ser import SerError
from ser.bundle import SHIPPED
from ser.bundles import (
    KnownBundle,
    find_bundles,
    first_bundle,
    look_at,
    may_open,
)

OTHER = "Another folder"


def show_whose_models() -> None:
    """Say whose answers these are, with a way back; nothing where it is the usual models."""
    who = other_models()
    if who is None:
        return
    with st.container(border=True):
        # Where folders lie is nobody's business who comes from elsewhere.
        name = str(who.root) if visitor.at_home() else who.root.name
        st.markdown(f"Answers by the models in {as_code(name)}, trained on {who.trained_on}.")
        if who.system:
            st.markdown(
                f"{who.system}. How far its percentages can be believed was not measured, and it "
                "cannot say why it answers so."
            )
        if CHOSEN_KEY in st.session_state:
            st.button(way_back(), key="back-to-first", on_click=go_back)


def other_models() -> KnownBundle | None:
    """Tell which models answer, if not the shipped ones."""
    chosen: KnownBundle | None = st.session_state.get(CHOSEN_KEY)
    if chosen is not None:
        return chosen
    first = first_bundle()
    return None if first == SHIPPED else describe(str(first), version_of(first).saved_ns)


@st.cache_data(max_entries=3, show_spinner=False)
def describe(root: str, saved_ns: int) -> KnownBundle:
    """Say what the models that the program began with were trained on."""
    try:
        return look_at(root)
    except SerError:  # whoever asks these models for an answer is told why
        return KnownBundle(Path(root), "recordings that cannot be told")


def way_back() -> str:
    """Name the models that the program began with."""
    return "Back to the shipped models" if first_bundle() == SHIPPED else "Back to the first models"


def go_back() -> None:
    """Let the models answer again that the program began with."""
    st.session_state.pop(CHOSEN_KEY, None)
    forget_unfit_voice()


def choose_models_to_use() -> None:
    """Say whose models answer in this visit, and offer others where the visitor may choose."""
    if other_models() is None:
        st.write("Answers come from the models that this program was shipped with.")
    else:
        show_whose_models()
    allowed = may_open(at_home=visitor.at_home())
    if allowed == "nothing":
        st.info(
            "Other models can be chosen only on the computer that runs this page, when it is "
            "opened as localhost. Whoever runs it can offer a folder of models to everybody: "
            "SER_BUNDLES=FOLDER streamlit run app.py"
        )
        return
    by_path = allowed == "any"
    if not (by_path or find_bundles()):
        st.write("There are no other models to choose from yet.")
        return
    root = choose_folder(by_path=by_path)
    st.caption(
        "Open only models that you or people you trust have trained. Their files are checked and "
        "hold no code, but a file that was made to do harm might find a way. Your choice counts "
        "for this visit, on all pages."
    )
    if not st.button("Use these models", key="use-models"):
        return
    if root is None:
        st.warning("Give the folder first, for example bundles/mine.")
    else:
        use(root)


def choose_folder(*, by_path: bool) -> Path | None:
    """Offer the models that were found, and a field for a folder to those who may type one."""
    found = find_bundles()
    options = [*(path.name for path in found), *([OTHER] if by_path else [])]
    choice: str | None = OTHER
    if found:
        choice = st.selectbox("Models", options, key="found-models")
    if choice == OTHER and by_path:
        typed = st.text_input(
            "A folder with models/ and artifacts/ in it",
            key="models-folder",
            placeholder="bundles/mine",
        ).strip()
        return Path(typed) if typed else None
    return next((path for path in found if path.name == choice), None)


def use(root: Path) -> None:
    """Let other models answer in this visit, if they can; the page is drawn anew."""
    try:
        with st.spinner("Opening the models. That takes some seconds …"):
            known = look_at(root)
            models_of(version_of(known.root))
    except SerError as error:
        st.error(f"These models cannot be used. {visitor.told(error, root)}")
        return
    except Exception:
        logging.exception("The models in %s could not be used.", root)
        st.error("These models cannot be used; the server's log says why.")
        return
    st.session_state[CHOSEN_KEY] = known
    forget_unfit_voice()
    st.rerun()


def as_code(path: str) -> str:
    """Set the name of a file so that none of its letters is taken for Markdown."""
    return f"`{path.replace('`', chr(39))}`"
