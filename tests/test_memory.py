"""Trainings keep the memory they free."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

TURNS = 20
BLOCK = 64 * 2**20  # bytes; more than glibc ever keeps by itself

TAKE_AND_FREE = f"""
import resource
from training.command import exit_status

def work():
    for _ in range({TURNS}):
        bytearray({BLOCK})  # cleared, so every page is touched

before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
exit_status(work)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's habit alone")
def test_a_long_command_does_not_fetch_the_same_memory_again_and_again() -> None:
    told = subprocess.run(
        [sys.executable, "-c", TAKE_AND_FREE], check=True, capture_output=True, text=True
    )
    fetched = int(told.stdout)
    assert fetched < 3 * BLOCK  # given back after each turn, it would be all of them
