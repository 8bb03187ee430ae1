"""Commands and the functions behind them: a default stands in one place, the function's signature."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from helpers.commands import add_anchors, add_convert, add_inpaint, add_plan, add_run, add_scenes

import augment
import imgproc
from augment.pipeline import augment_folder, simulate_run

COMMANDS: dict[str, tuple[Callable[[Any], None], list[str], list[Callable[..., Any]], dict[str, str]]] = {
    "imgproc inpaint": (
        add_inpaint,
        ["inpaint", "in.png", "--mask", "m.png", "-o", "out.png"],
        [imgproc.inpaint, imgproc.inpaint_exemplar],
        {},
    ),
    "imgproc scenes complete": (
        add_scenes,
        ["scenes", "complete", "in.png", "--mask", "m.png", "--db", "db", "--out", "out"],
        [imgproc.complete_scene],
        {"scenes": "n_scenes", "results": "n_results"},
    ),
    "imgproc scenes build": (
        add_scenes,
        ["scenes", "build", "photos", "db"],
        [imgproc.SceneDatabase.build],
        {},
    ),
    "augment anchors": (
        add_anchors,
        ["anchors", "labels"],
        [augment.anchors_for],
        {"restarts": "n_init", "seed": "random_state", "format": "labels"},
    ),
    "augment convert": (add_convert, ["convert", "pipeline.json"], [augment.from_albumentations], {}),
    "augment plan": (add_plan, ["plan", "--images", "1", "--cores", "1"], [simulate_run], {}),
    "augment run": (add_run, ["run", "r.json", "in", "out"], [augment_folder], {}),
}
"""How each is added, the fewest arguments, what it calls, and options that are named otherwise."""

NOT_OF_THE_FUNCTION = {
    *("input", "mask", "labels", "output", "database", "folder", "db", "out", "progress", "images", "cores"),
    *("recipe", "allow"),
}
"""What every call gives."""


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults_are_those_of_the_functions(name: str) -> None:
    add, arguments, functions, renamed = COMMANDS[name]
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    chosen = vars(parser.parse_args(arguments))
    compared = []
    for option, value in chosen.items():
        for function in functions:
            parameter = inspect.signature(function).parameters.get(renamed.get(option, option))
            if parameter is None or option in NOT_OF_THE_FUNCTION:
                continue
            assert value == parameter.default, f"{option} of {name}"
            compared.append(option)
    assert len(compared) >= len(renamed) + 1
