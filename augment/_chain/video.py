"""Video: all frames of a clip under the same draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import one_of

from .batch import check_lengths, count_images, run_batch, sample_names
from .chain import Chain
from .keys import Key, fold, fresh_key, key_array
from .state import Step
from .targets.base import Opened, Target
from .targets.fields import Field
from .targets.image import open_image

NOISES = ("clip", "frame")
"""Of what there is noise of its own."""
_STREAM = (1 << 52) - 1
"""The largest name of a stream, see `Draws.stream`."""


def run_video(
    chain: Chain,
    frames: Any,
    key: Key | None,
    noise: str,
    out: np.ndarray | None,
    workers: int | None,
    targets: dict[str, Any],
    donors: Any,
) -> dict[str, Any]:
    """See `Compose.video`."""
    one_of(noise, "noise", NOISES)
    n = count_images(frames, "frames")
    key = fresh_key() if key is None else key
    words = key_array(key)
    extra = chain.extras.of(targets, chain.rules.table, sample_names(chain, targets))
    targets = {name: values for name, values in targets.items() if name not in extra}
    check_lengths(n, {"out": out}, "a frame")
    check_lengths(n, targets, "a frame", optional=False)
    _check_alike(frames)
    records = None
    if n and (chain.looks or noise == "frame"):
        records = _records(chain, frames, words, noise, targets, donors)
    result = run_batch(chain, frames, [key] * n, out, workers, targets, donors, records)
    made = {"frames": result.pop("images"), **result, **extra}
    return {**{name: value for name, value in made.items() if name != "keys"}, "key": key}


def _check_alike(frames: Sequence[Any]) -> None:
    """Frames have one shape and dtype, so that one draw fits all."""
    if isinstance(frames, np.ndarray):
        return
    for k, frame in enumerate(frames):
        open_image(frame, f"frames[{k}]")
        first, came = (f"{one.shape} and {one.dtype.newbyteorder('=')}" for one in (frames[0], frame))
        if came != first:
            raise ValueError(f"frames must have one shape and dtype, {first} in frames[0], got {came} in frames[{k}]")


def _records(
    chain: Chain, frames: Any, words: np.ndarray, noise: str, targets: dict[str, Any], donors: Any
) -> list[list[dict[str, Any]]]:
    """For each frame the steps that are drawn for the clip: by the boxes of all frames and the first mask."""
    names, table, (height, width) = sample_names(chain, targets), chain.rules.table, frames[0].shape[:2]
    blank = Opened()
    blank.height, blank.width, blank.rules, blank.opened = height, width, chain.rules, {}
    boxes = targets.get("boxes", ())
    for given in boxes:
        table["boxes"].open(given, blank)  # refuses what are none
    seen: dict[str, Any] = {"boxes": [row for given in boxes for row in given]}
    for name, values in targets.items():
        one = names.get(name, name)
        if one not in table or one == "boxes":
            continue
        if table[one].of is None:
            seen[one] = values[0]
        elif table[one].of == "boxes" and type(table[one]) is Field:
            seen[one] = [entry for given in values for entry in given]
    if "mask" not in seen:
        found = _instances(targets, names, table["masks"].of == "boxes")
        if found is not None:
            seen["mask"] = found
        elif not any(type(table[name]).as_mask is not Target.as_mask for name in seen):
            seen["mask"] = np.zeros((height, width), np.uint8)
    steps, _ = chain.drawn(words, frames[0].shape, frames[0].dtype, targets=seen, donors=donors)
    return [[_recorded(step, chain, k if noise == "frame" else 0) for step in steps] for k in range(len(frames))]


def _instances(targets: dict[str, Any], names: dict[str, str], of_boxes: bool) -> Any:
    """The first mask of those that belong to the boxes of the first frame; None if there is none."""
    for name, values in targets.items():
        if of_boxes and names.get(name, name) == "masks" and len(values[0]):
            return values[0][0]
    return None


def _recorded(step: Step, chain: Chain, frame: int) -> dict[str, Any]:
    """A step as records have it; noise of a later frame has streams of its own."""
    params = dict(step.params)
    if frame:
        for name in chain.plan.transform_at(step.place).noise_streams:
            if name in params:
                words = np.array([params[name], frame], np.uint64)
                params[name] = int(fold(words, np.uint64(0))) & _STREAM
    return {"transform": step.place.name, "occurrence": step.place.occurrence, "params": params}
