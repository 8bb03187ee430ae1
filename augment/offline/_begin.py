"""The start of a run: an output that is empty, or that of the same run, and never one that touches the input."""

from __future__ import annotations

import json
import os
from typing import Any

from ..labels._stores import is_url
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
        if inside(spec.output, given) or ((is_url(given) or os.path.isdir(given)) and inside(given, spec.output)):
            raise ValueError(f"output must be a folder apart from the input, got {spec.output!r} and {given!r}")
    if not is_url(spec.output) and os.path.lexists(spec.output) and not os.path.isdir(spec.output):
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
    elif run.store.has_others():
        raise ValueError(
            f"output must be an empty folder, or that of an earlier run, got {spec.output!r} with files of others"
        )
    where = [_seen_from(spec.output, given) for given in inputs]
    images = spec.options.images
    below = None if images is None else _seen_from(spec.output, images)
    found = {"input": where if isinstance(spec.input, tuple) else where[0], "images": below}
    recipe = _text(json.loads(spec.recipe))
    run.store.put([*run.notes, (WHERE, _text(found)), (RECIPE, recipe), (ABOUT, _text(said))])
    return False


def _seen_from(output: str, given: str) -> str:
    """Where an input lies; a URL says it wherever one is."""
    if is_url(given) or is_url(output):
        return given if is_url(given) else os.path.realpath(given)
    return os.path.relpath(os.path.realpath(given), os.path.realpath(output))


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
    store.remove(FINISHED)  # what says whose output this is stays until the new run replaces it
    store.tidy()
