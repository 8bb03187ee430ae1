"""Chains and single transforms against albumentations, Compose against Compose: one row is one case."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import itertools
import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.declare import Case, Peer, Size, levels_unless_drawn

from .cases import photos, shapes
from .chain_rows import CHAINS, ROWS, Row
from .targets import boxes, targets, their_targets
from .transforms import REFERENCES, SINGLES, Spec

TRANSFORMS = "Single transforms"
MEASURES = ("Compose",)
"""Public names whose rows are these, and not beside them."""
SINGLE_SIZE = (512, 512)


def available() -> bool:
    """Whether albumentations can be imported."""
    return importlib.util.find_spec("albumentations") is not None


def chain_cases() -> tuple[Case, ...]:
    """All cases against albumentations; none where it is not installed."""
    if not available():
        return ()
    singles = (
        Row(
            f"transform, {single.name}",
            _title(single.ours),
            SINGLE_SIZE,
            (single.ours,),
            single.theirs if callable(single.theirs) else (single.theirs,),
            single.limit,
            targets=single.declared.targets,
            note=single.note,
            group=TRANSFORMS,
            default=single.default,
            peer=single.declared.by,
            reference=single.declared.reference,
        )
        for single in SINGLES
    )
    return tuple(_case(row) for row in (*ROWS, *singles))


@functools.cache
def peer() -> Any:
    """The module albumentations."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it looks for a newer release when it is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import albumentations
    return albumentations


def our_chain(row: Row) -> Any:
    """Ours of a row, an `augment.Compose`."""
    import augment

    return augment.Compose([getattr(augment, name)(**{"p": 1.0, **given}) for name, given in row.ours])


def their_chain(row: Row) -> Any:
    """Theirs of a row, seeded: its draws differ from call to call, and are the same in every run."""
    module = peer()
    boxed = module.BboxParams("pascal_voc", label_fields=["labels"]) if _has_boxes(row.targets) else None
    points = module.KeypointParams("xy", remove_invisible=True) if row.targets == "mask and 100 of each" else None
    transforms = [getattr(module, name)(**{"p": 1.0, **given}) for name, given in row.theirs]
    return module.Compose(transforms, bbox_params=boxed, keypoint_params=points, seed=0)


def _has_boxes(kind: str) -> bool:
    return kind in ("boxes", "100 boxes", "mask and 100 of each")


def _title(spec: Spec) -> str:
    name, given = spec
    return f"{name}({', '.join(f'{key}={_short(value)}' for key, value in given.items() if key != 'references')})"


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    return f"{value:.3g}" if isinstance(value, float) else repr(value)


def _case(row: Row) -> Case:
    # Made at the first call: building every chain would take longer than most measurements.
    ours = functools.cache(functools.partial(_our_call, row))
    theirs = functools.cache(functools.partial(_their_call, row))
    name = row.peer or f"albumentations {importlib.metadata.version('albumentations')}"
    difference = levels_unless_drawn if row.group == TRANSFORMS else None
    contender = Peer(lambda image: theirs()(image), limit=row.limit, difference=difference, note=row.note)
    return Case(
        row.name,
        row.what,
        row.kind,
        lambda image: ours()(image),
        {name: contender},
        first=_first(row) if row.first else "",
        module="augment",
        size=row.size,
        group=row.group,
        threads=row.threads,
        explain=functools.partial(_explained, row) if row.group == CHAINS else None,
        default=row.default,
        reference=row.reference,
        full=row.full,
        images=functools.partial(shapes, row.kind, row.shapes, row.size) if row.shapes else None,
    )


def _explained(row: Row) -> str:
    channels = {"R": 4 if row.kind.startswith("RGBA") else 3}.get(row.kind[0])
    return our_chain(row).explain((*row.size, channels) if channels else row.size)


def _first(row: Row) -> str:
    names = ", ".join(f"augment.{name}(**{ {'p': 1.0, **given} })" for name, given in row.ours)
    along = ""
    if row.targets == "boxes":
        along = f", boxes={boxes((512, 512)).tolist()}, labels=[1, 2, 3]"
    return f"augment.Compose([{names}])(image=np.dstack([image] * 3), key=0{along})"


def _our_call(row: Row) -> Callable[[np.ndarray], Any]:
    chain, keys, along = our_chain(row), itertools.count(), targets(row.targets, row.size)
    if row.batch:
        images = batch_of(row.size, row.batch)
        many = {"masks" if name == "mask" else name: [value] * row.batch for name, value in along.items()}
        # The keys of every call are the same, so that what one thread and two give can be compared.
        return lambda image: chain.batch(images, keys=range(row.batch), **many)["images"]
    return lambda image: chain(image=image, key=next(keys), **along)


def _their_call(row: Row) -> Callable[[np.ndarray], Any]:
    if callable(row.theirs):
        return row.theirs()
    chain, along = their_chain(row), their_targets(row.targets, row.size)
    if row.targets == "references":
        along["hm_metadata"] = along["fda_metadata"] = REFERENCES
    if row.batch:
        images = batch_of(row.size, row.batch)
        return lambda image: [chain(image=one, **along) for one in images]
    return lambda image: chain(image=image, **along)


@functools.cache
def batch_of(size: Size, count: int) -> np.ndarray:
    """Different images of one size, so that none is in the cache already: photos, pushed on by a few pixels in turn."""
    some = photos("RGB", size)
    return np.stack([np.roll(some[k % len(some)], 3 * (k // len(some)), axis=1) for k in range(count)])
