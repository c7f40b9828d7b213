"""How good the models are, as the files in ``reports/`` tell it.

::

    reports/benchmark.json    unheard speakers, by python -m training.evaluate
    reports/gate.json         speech and other sounds, by python -m training.gate
    reports/robustness.json   noise and telephones, by python -m training.robustness
    reports/data.json         recordings by corpus and emotion, by python -m training.train
    reports/recipes.json      well-known designs, by python -m training.recipes run NAME
    reports/peers.json        other systems and people, written by hand, with sources
    runs/pictures/            one's own recordings, by python -m training.pictures
    MODEL_CARD.md             what the models are for, and what not
    artifacts/manifest.json   what the shipped models were trained on

A file that is missing, or that is not what it should be, is a
:class:`ser.errors.ReportError` that says how to make it.
"""

from ser.reports.figures import (
    PEOPLE,
    POOLED,
    Answered,
    Benchmark,
    Bin,
    Confidence,
    Counted,
    Data,
    Example,
    Gate,
    Loss,
    Peer,
    Protocol,
    Row,
    Score,
    Share,
    Shipped,
    Sureness,
    System,
    Trained,
    corpus_title,
)
from ser.reports.reading import (
    read_benchmark,
    read_card,
    read_data,
    read_gate,
    read_own_data,
    read_own_voices,
    read_peers,
    read_robustness,
    read_systems,
    read_trained,
)
from ser.reports.telling import (
    balance_words,
    calibration_words,
    confidence_words,
    example_words,
    gate_words,
    how_measured,
    number,
    out_of_ten,
    percent,
    plain_answer,
    protocol_name,
    robustness_words,
    row_words,
    shipped_words,
    systems_words,
    trained_words,
)

__all__ = [
    "PEOPLE",
    "POOLED",
    "Answered",
    "Benchmark",
    "Bin",
    "Confidence",
    "Counted",
    "Data",
    "Example",
    "Gate",
    "Loss",
    "Peer",
    "Protocol",
    "Row",
    "Score",
    "Share",
    "Shipped",
    "Sureness",
    "System",
    "Trained",
    "balance_words",
    "calibration_words",
    "confidence_words",
    "corpus_title",
    "example_words",
    "gate_words",
    "how_measured",
    "number",
    "out_of_ten",
    "percent",
    "plain_answer",
    "protocol_name",
    "read_benchmark",
    "read_card",
    "read_data",
    "read_gate",
    "read_own_data",
    "read_own_voices",
    "read_peers",
    "read_robustness",
    "read_systems",
    "read_trained",
    "robustness_words",
    "row_words",
    "shipped_words",
    "systems_words",
    "trained_words",
]
