"""Laws that every transform obeys without asking, on non-square images; `augment._inventory` is the inventory.

Most are those of `augment.testing`, which users run on transforms of their own.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, MIXES, build

import augment
from augment.testing import LAWS, given_in_scalars, is_plain

H, W = 96, 128
CASES = [pytest.param(name, params, id=f"{name}-{k}") for k, (name, params) in enumerate(EXAMPLES)]
STEPS_OF_8_BITS = {"AutoAugment", "RandAugment", "TrivialAugment"}
"""Policies that equalize as Pillow does, whose rule is one of 8 bits."""


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("name", "params"), CASES)
def test_law(name: str, params: dict[str, Any], law: str) -> None:
    if law == "16 bits" and (params.get("method") == "pil" or name in STEPS_OF_8_BITS):
        pytest.skip("Pillow's rule of equalization, also in these policies, is one of 8 bits")
    LAWS[law](build(name, params))


def make(name: str, params: dict[str, Any], **changes: Any) -> augment.Compose:
    return augment.Compose([build(name, {**params, **changes})], seed=11)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_recipes_in_yaml_and_what_repr_evaluates_to(name: str, params: dict[str, Any]) -> None:
    chain = make(name, params)
    if is_plain(build(name, params)):
        assert augment.Compose.from_yaml(chain.to_yaml()) == eval(repr(chain), vars(augment)) == chain


@pytest.mark.parametrize(
    ("name", "params"),
    [pytest.param(name, params, id=f"{name}-{k}") for k, (name, params) in enumerate((*EXAMPLES, *MIXES))],
)
def test_numpys_scalars_become_plain_numbers_and_flags(name: str, params: dict[str, Any]) -> None:
    transform = build(name, params)
    made = given_in_scalars(transform)
    assert repr(made) == repr(transform)
    if not is_plain(transform):
        return  # arrays have no repr that evaluates, and are not equal to each other
    assert made == transform
    assert eval(repr(made), vars(augment)) == transform
    chain = augment.Compose([made], clip=np.bool_(True), seed=np.int64(3), min_area=np.float32(2))
    assert eval(repr(chain), vars(augment)) == chain == augment.Compose.from_json(chain.to_json())
    assert json.loads(
        json.dumps(chain.draw(np.int64(3), (H, W, 3), donors=range(9), boxes=[], mask=np.zeros((H, W), bool)))
    )


@pytest.mark.parametrize(("name", "params"), CASES)
def test_lines_that_are_repeated_by_a_stride_of_nothing(name: str, params: dict[str, Any]) -> None:
    """As `numpy.broadcast_to` makes them; where a side is 1, OpenCV reads on behind them."""
    memory = np.linspace(0, 1, 96, dtype=np.float32)[::-1].copy().reshape(96, 1)
    for channels in (None, 3):
        line = memory[:1] if channels is None else np.repeat(memory, 3, axis=1)[:1, np.newaxis]
        repeated = np.broadcast_to(line, (96, *line.shape[1:]))
        given = {"mask": np.ones((96, 1), np.uint8), "boxes": [], "labels": [], "key": 3}
        try:
            expected = make(name, params)(image=repeated.copy(), **given)["image"]
        except ValueError:  # too narrow for it, or of other channels
            continue
        np.testing.assert_array_equal(make(name, params)(image=repeated, **given)["image"], expected)
