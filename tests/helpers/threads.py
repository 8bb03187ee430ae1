"""Threads: a number of them for a while, and small images cut into bands as large ones are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

import imgproc
from imgproc._core import threads
from imgproc._core.threads import run_all


@contextlib.contextmanager
def threads_of(number: int | None = None) -> Iterator[None]:
    """Leave the number of threads as it was, which may be the default's; between, have `number` of them."""
    before = threads._num_threads
    try:
        if number is not None:
            imgproc.set_num_threads(number)
        yield
    finally:
        threads._num_threads = before


def cut_small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the test's end every image is work for several threads."""
    monkeypatch.setattr(threads, "SERIAL_BELOW", 1)
