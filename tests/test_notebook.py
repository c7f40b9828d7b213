"""The notebook in docs/ runs from a fresh copy, says something, and leaves nothing behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from ser import LABELS

ROOT = Path(__file__).parent.parent
NOTEBOOK = Path("docs/from_sound_to_emotion.ipynb")
PARTS = ("artifacts", "models", "ser", "training")
"""All that the notebook may need of the tree."""


def _read() -> NotebookNode:
    notebook: NotebookNode = nbformat.read(ROOT / NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _printed(notebook: NotebookNode, cell_id: str) -> str:
    """Give what a cell printed."""
    outputs = next(cell for cell in notebook.cells if cell.id == cell_id).outputs
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep Jupyter's own files out of the home folder; answer the folder for temporary ones."""
    for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "TMPDIR"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return tmp_path / "TMPDIR"


def _run(notebook: NotebookNode, folder: Path) -> None:
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources=place).execute()


def _files(folder: Path) -> set[Path]:
    return {p for p in folder.rglob("*") if p.is_file() and p.parent.name != "__pycache__"}


def test_it_runs_from_a_fresh_copy_and_leaves_nothing(tmp_path: Path, quiet: Path) -> None:
    copy = tmp_path / "a copy"
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "docs").mkdir()
    before = _files(copy)
    notebook = _read()
    _run(notebook, copy / "docs")
    assert any(f"It sounds {label} " in _printed(notebook, "predict") for label in LABELS)
    assert "hung the most on what is heard" in _printed(notebook, "explain")
    chart = next(cell for cell in notebook.cells if cell.id == "chart").outputs
    assert "application/vnd.plotly.v1+json" in chart[0].data
    assert "Wrote 12 clips" in _printed(notebook, "run")
    shares = [line.split() for line in _printed(notebook, "mine").splitlines()]
    assert [label for label, _ in shares] == list(LABELS)
    assert sum(float(share.rstrip("%")) for _, share in shares) == pytest.approx(100, abs=0.5)
    assert _files(copy) == before
    assert not [path for path in quiet.iterdir() if not path.name.startswith("joblib")]


def test_it_finds_the_code_from_the_root_too(quiet: Path) -> None:
    notebook = _read()
    first = _code(notebook)[0]
    first.source += "\nprint(root)"
    notebook.cells = [first]
    _run(notebook, ROOT)
    assert Path(first.outputs[0].text.strip()) == ROOT


def test_it_is_kept_without_outputs() -> None:
    notebook = _read()
    nbformat.validate(notebook)
    assert [(cell.outputs, cell.execution_count) for cell in _code(notebook)] == [
        ([], None) for _ in _code(notebook)
    ]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert not any(cell.metadata for cell in notebook.cells)
