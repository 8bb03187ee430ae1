"""The start of a run: an output that is empty, or that of the same run, and never one that touches the input."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

from ._journal import rows_of
from ._run import Run, inside
from ._store import HIDDEN

__all__: list[str] = []

ABOUT = f"{HIDDEN}/run.json"
FINISHED = f"{HIDDEN}/finished.json"
WHERE = f"{HIDDEN}/input.json"
RECIPE = f"{HIDDEN}/recipe.json"
"""Below the hidden folder, as a JSON file beside images would be taken for labels of COCO."""


def begin(run: Run, overwrite: bool) -> bool:
    """Make the output ready; True if an earlier run is gone on with.

    Raises
    ------
    ValueError
        If the output is that of another run, or has files of somebody else, or lies in the input.
    OSError
        If it cannot be written.
    """
    spec = run.spec
    inputs = [spec.input] if isinstance(spec.input, str) else list(spec.input)
    for given in inputs:
        if inside(spec.output, given) or (os.path.isdir(given) and inside(given, spec.output)):
            raise ValueError(f"output must be a folder apart from the input, got {spec.output!r} and {given!r}")
    if os.path.lexists(spec.output) and not os.path.isdir(spec.output):
        raise ValueError(f"output must be a folder, got {spec.output!r}")
    said = run.fingerprint()
    known = run.store.read(ABOUT)
    if known is not None and overwrite:
        _remove(run)
    elif known is not None:
        other = differences(_loaded(known), said)
        if other:
            raise ValueError(
                f"output {spec.output!r} is that of another run, which differs in {', '.join(other)}: choose another "
                "folder, or start again with overwrite"
            )
        return True
    elif os.path.isdir(spec.output) and any(name != HIDDEN for name in os.listdir(spec.output)):
        raise ValueError(
            f"output must be an empty folder, or that of an earlier run, got {spec.output!r} with files of others"
        )
    where = [os.path.relpath(os.path.realpath(given), os.path.realpath(spec.output)) for given in inputs]
    images = spec.options.images
    below = None if images is None else os.path.relpath(os.path.realpath(images), os.path.realpath(spec.output))
    found = {"input": where if isinstance(spec.input, tuple) else where[0], "images": below}
    recipe = _text(json.loads(spec.recipe))
    run.store.put([*run.notes, (WHERE, _text(found)), (RECIPE, recipe), (ABOUT, _text(said))])
    return False


def _text(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _loaded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return {}


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two fingerprints differ, by name: a recipe as a whole, options one by one."""
    if isinstance(one, dict) and isinstance(other, dict) and place != "recipe":
        found = []
        for name in sorted({*one, *other}):
            where = name if place in ("", "options") else f"{place} ({name})"
            found += differences(one.get(name), other.get(name), where)
        return found
    return [] if one == other else [place]


def _remove(run: Run) -> None:
    """Remove what an earlier run has written, and nothing else."""
    store = run.store
    for name in store.names(f"{HIDDEN}/blocks"):
        number = name.partition(".")[0]
        if number.isdigit():
            for row in rows_of(store, int(number))[0]:
                for file in row.get("files") or ():
                    store.remove(file)
            store.remove(f"{HIDDEN}/blocks/{name}")
    done = _loaded(store.read(FINISHED) or b"{}")
    for file in done.get("files", ()):
        store.remove(file)
    for name in ("new", "locks", "blocks"):
        shutil.rmtree(os.path.join(run.spec.output, HIDDEN, name), ignore_errors=True)
    store.remove(FINISHED)  # what says whose output this is stays until the new run replaces it
    for folder, _, _ in sorted(os.walk(run.spec.output), reverse=True):
        if folder != run.spec.output and not os.listdir(folder):
            os.rmdir(folder)
