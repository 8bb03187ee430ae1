"""What `Compose` is told about targets and results: its checks, and the rules and the chain that are made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.check import dtype_name, flag, integer, one_of, real

from .chain import Chain
from .extras import check_extra_names, check_names, make_extras
from .levels import needs_unit
from .targets.base import Rules
from .targets.boxes import FORMATS, OUTSIDE
from .targets.floats import check_float_fill
from .targets.instances import MASKS
from .targets.point_columns import check_columns, make_mirror, mirror_pairs
from .targets.quads import ORIENTED_IN_CHAINS
from .targets.table import DECLARED, chain_table
from .tree import Plan

DTYPES = ("uint8", "uint16", "float16", "float32", "float64")
LAYOUTS = ("last", "first")
FIELDS = {
    "box_fields": ("labels",),
    "keypoint_fields": ("keypoint_labels",),
    "polygon_fields": ("polygon_labels",),
}
"""Fields that are known without being asked for."""


def check_settings(chain: Any, unasked: list[str], keep: Callable[[str, Any], None]) -> None:
    """Check the fields of a `Compose`, and keep them in the form that is worked with.

    Parameters
    ----------
    chain : Compose
    unasked : list of str
        Which of `FIELDS` the caller has not named.
    keep : callable
        Sets a field.

    Raises
    ------
    TypeError, ValueError
        If a field is of the wrong kind or value.
    """
    keep("seed", integer(chain.seed, "seed", at_least=-(1 << 63), at_most=(1 << 64) - 1))
    if chain.dtype is not None:
        keep("dtype", dtype_name(chain.dtype, DTYPES))
    one_of(chain.layout, "layout", LAYOUTS)
    one_of(chain.box_format, "box_format", FORMATS + ORIENTED_IN_CHAINS)
    one_of(chain.box_outside, "box_outside", tuple(OUTSIDE))
    keep("keypoint_columns", check_columns(chain.keypoint_columns))
    keep("keypoint_mirror", mirror_pairs(chain.keypoint_mirror))
    keep("min_area", real(chain.min_area, "min_area", at_least=0))
    keep("min_visibility", real(chain.min_visibility, "min_visibility", at_least=0, at_most=1))
    for name in ("fuse", "clip", "remove_invisible", "instances", "boxes_from_masks", "alpha"):
        keep(name, flag(getattr(chain, name), name))
    for name in DECLARED:
        keep(name, check_names(getattr(chain, name), name))
    keep("extra_names", check_extra_names(chain.extra_names))
    keep("float_fill", check_float_fill(chain.float_fill))
    for name in unasked:  # a name that the caller wants for something else is free
        wanted = {n for other in (*DECLARED, "extra_names") if other != name for n in getattr(chain, other)}
        default = FIELDS[name]
        keep(name, default if wanted.isdisjoint(default) else tuple(n for n in default if n not in wanted))


def make_chain(chain: Any) -> Chain:
    """What runs, of a `Compose` whose fields are checked."""
    dtype = None if chain.dtype is None else np.dtype(chain.dtype)
    plan = Plan(chain, dtype)
    if chain.alpha and plan.mixes:
        raise ValueError("alpha must be False in a chain that mixes samples, whose images are blended as they are")
    rules = Rules(
        chain_table(
            {name: getattr(chain, name) for name in DECLARED},
            mixes=plan.mixes,
            instances=chain.instances or chain.boxes_from_masks,
            boxes_from_masks=chain.boxes_from_masks,
            float_fill=check_float_fill(chain.float_fill),
            box_format=chain.box_format,
        ),
        chain.box_format,
        chain.min_area,
        chain.min_visibility,
        bool(chain.clip),
        bool(chain.remove_invisible),
        dtype,
        chain.layout,
        bool(chain.fuse),
        needs_unit(plan.could_act(), chain.dtype),
        tuple(
            name
            for declared, default in FIELDS.items()
            if getattr(chain, declared) != default
            for name in getattr(chain, declared)
        )
        + (MASKS,) * chain.boxes_from_masks,
        box_outside=OUTSIDE[chain.box_outside],
        keypoint_columns=tuple(chain.keypoint_columns),
        keypoint_mirror=make_mirror(chain.keypoint_mirror),
        alpha=bool(chain.alpha),
    )
    labelled = any(node.transform.mixes or node.transform.relabels for node in plan.nodes)
    return Chain(plan, rules, chain.seed, make_extras(chain.extra_names, rules.table, labelled=labelled))
