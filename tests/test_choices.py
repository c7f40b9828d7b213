"""Choices outlive runs that do not draw them, and runs that are cut short before they do."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def two_pages() -> None:
    import streamlit as st

    from page.choices import begin_run, choose, end_run, switch

    begin_run()
    if st.session_state.get("cut short"):
        st.stop()
    if not st.session_state.get("elsewhere"):
        st.text(choose("colour", "Colour", ["red", "green", "blue"]))
        st.text(str(switch("loud", "Loud", first=True)))
    if st.session_state.get("cut late"):
        st.stop()
    end_run()


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(two_pages, default_timeout=60).run()


def chosen(page: AppTest) -> list[str]:
    """What was answered, once that is seen to be what is marked."""
    (control,), (toggle,) = page.segmented_control, page.toggle
    assert [control.value, str(toggle.value)] == [text.value for text in page.text]
    return [text.value for text in page.text]


def test_the_first_option_is_chosen_until_somebody_chooses(page: AppTest) -> None:
    assert chosen(page) == ["red", "True"]
    page.segmented_control[0].set_value("blue").run()
    page.toggle[0].set_value(False).run()
    assert chosen(page.run()) == ["blue", "False"]


def test_what_was_away_comes_back_as_another_widget_with_the_same_choice(page: AppTest) -> None:
    """A browser sets the old one up anew with nothing chosen."""
    page.segmented_control[0].set_value("green").run()
    page.toggle[0].set_value(False).run()
    for _ in range(2):
        before = page.segmented_control[0].key, page.toggle[0].key
        page.session_state["elsewhere"] = True
        assert not page.run().text
        page.session_state["elsewhere"] = False
        assert chosen(page.run()) == ["green", "False"]
        after = page.segmented_control[0].key, page.toggle[0].key
        assert not set(before) & set(after)
    page.segmented_control[0].set_value("blue").run()
    assert chosen(page)[0] == "blue"


@pytest.mark.parametrize("where", ["cut short", "cut late"])
def test_a_click_in_a_run_that_was_cut_short_is_kept(page: AppTest, where: str) -> None:
    """Before the question it never came to the widget; after it, the run did not end.

    Then, at once, another file: the browser dropped the widget, so it must be another.
    """
    key = page.segmented_control[0].key
    page.session_state[where] = True
    page.segmented_control[0].set_value("blue").run()
    page.session_state[where] = False
    page.session_state["elsewhere"] = True
    page.run()
    page.session_state["elsewhere"] = False
    assert chosen(page.run())[0] == "blue"
    assert page.segmented_control[0].key != key
