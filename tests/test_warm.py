"""Streamlit's tidying after each click leaves loaded models alone."""

from __future__ import annotations

import gc
import sys
from types import ModuleType, SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner import script_runner

from page.warm import stay_warm


def test_tidying_neither_clears_the_models_nor_looks_through_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cleared: list[str] = []
    keras = ModuleType("keras")
    vars(keras)["backend"] = SimpleNamespace(clear_session=lambda: cleared.append("session"))
    monkeypatch.setitem(sys.modules, "keras", keras)
    script_runner._clean_problem_modules()
    assert cleared == ["session"], "this Streamlit clears nothing: page/warm.py may go"
    gc.unfreeze()
    stay_warm()
    try:
        script_runner._clean_problem_modules()
        assert cleared == ["session"]
        frozen = gc.get_freeze_count()
        assert frozen > 0
        later = [[number] for number in range(1_000)]
        stay_warm()
        assert gc.get_freeze_count() <= frozen, "what came later must not stay for good"
        assert len(later) == 1_000
    finally:
        gc.unfreeze()
