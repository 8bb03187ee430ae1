"""A key gives the same parameters where the C library and NumPy have other instructions."""

from __future__ import annotations

import pytest
from helpers.same_bits import TUNABLES, elsewhere, vectors

PARTS = ["20,000 matrices", "2,000 draws"]
"""What needs next to no kernels; ``python tests/helpers/same_bits.py`` compares chains and functions, too."""


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    return elsewhere({}, PARTS)


@pytest.mark.parametrize(
    "environment",
    [{"GLIBC_TUNABLES": TUNABLES}, {"NPY_DISABLE_CPU_FEATURES": vectors()}],
    ids=["C library without fused multiply-add", "NumPy without its vectors"],
)
def test_parameters_are_the_same_to_the_last_bit(here: dict[str, str], environment: dict[str, str]) -> None:
    assert elsewhere(environment, PARTS) == here
