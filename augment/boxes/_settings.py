"""The rules of average precision: protocols, and what stands for None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.check import flag, integer, one_of, real

from ._match import MOST_THRESHOLDS
from ._oks import COCO_SIGMAS

__all__: list[str] = []

PROTOCOLS = ("coco", "voc", "voc07")
KINDS = ("boxes", "masks", "keypoints")
COCO_AREAS = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
NO_LIMIT = 1 << 62


@dataclass(frozen=True)
class Settings:
    """A protocol, spelled out."""

    kind: str
    voc: bool
    thresholds: np.ndarray
    points: np.ndarray
    areas: dict[str, tuple[float, float]]
    ranges: np.ndarray
    limits: tuple[int | None, ...]
    inclusive: bool
    sigmas: Any


def settings(
    protocol: Any,
    iou_thresholds: Any,
    areas: Any,
    max_detections: Any,
    inclusive: Any,
    box_format: Any,
    kind: Any = "boxes",
    sigmas: Any = None,
) -> Settings:
    """Checked settings, with the protocol's where None came."""
    one_of(protocol, "protocol", PROTOCOLS)
    one_of(kind, "kind", KINDS)
    coco, poses = protocol == "coco", kind == "keypoints"
    if sigmas is not None and not poses:
        raise ValueError(f"sigmas must go with kind='keypoints', got kind={kind!r}")
    given = (np.linspace(0.5, 0.95, 10) if coco else [0.5]) if iou_thresholds is None else iou_thresholds
    if isinstance(given, (str, bytes)) or not hasattr(given, "__len__") or not getattr(given, "ndim", 1):
        raise TypeError(f"iou_thresholds must be a sequence of numbers, got {given!r}")
    if not 1 <= len(given) <= MOST_THRESHOLDS:
        raise ValueError(f"iou_thresholds must be 1 to {MOST_THRESHOLDS} numbers, got {len(given)}")
    thresholds = np.array([real(t, f"iou_thresholds[{i}]", at_most=1.0) for i, t in enumerate(given)])
    if thresholds.min() <= 0:
        raise ValueError(f"iou_thresholds must be > 0, got {thresholds.min()}")
    usual = {name: COCO_AREAS[name] for name in COCO_AREAS if name != "small" or not poses}
    named = _checked_areas((usual if coco else {"all": (0.0, np.inf)}) if areas is None else areas)
    limits: Any = ((20,) if poses else (1, 10, 100)) if coco else (None,)
    limits = limits if max_detections is None else max_detections
    if not isinstance(limits, (list, tuple)):
        raise TypeError(f"max_detections must be a sequence of integers or None, got {limits!r}")
    limits = tuple(None if m is None else integer(m, f"max_detections[{i}]", at_least=1) for i, m in enumerate(limits))
    sizes = [NO_LIMIT if m is None else m for m in limits]
    if not sizes or sizes != sorted(set(sizes)):
        raise ValueError(f"max_detections must be in rising order, got {max_detections!r}")
    if inclusive is None:
        inclusive = not coco and box_format == "pascal_voc" and kind == "boxes"
    if flag(inclusive, "inclusive") and kind != "boxes":
        raise ValueError(f"inclusive=True must go with kind='boxes', got kind={kind!r}")
    points = {"coco": np.linspace(0.0, 1.0, 101), "voc": np.empty(0), "voc07": np.arange(11) / 10}[protocol]
    ranges = np.array(list(named.values()), np.float64)
    sigmas = COCO_SIGMAS if sigmas is None else sigmas
    return Settings(kind, not coco, thresholds, points, named, ranges, limits, bool(inclusive), sigmas)


def _checked_areas(areas: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(areas, Mapping):
        raise TypeError(f"areas must be a mapping of names to (low, high), got {type(areas).__name__}")
    found = {}
    for name, pair in areas.items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"areas[{name!r}] must be a pair (low, high), got {pair!r}")
        low, high = (float(v) for v in pair)
        if not 0 <= low <= high:
            raise ValueError(f"areas[{name!r}] must be a pair (low, high) with 0 <= low <= high, got {pair!r}")
        found[str(name)] = (low, high)
    if not found:
        raise ValueError("areas must have at least one range, got none")
    return found
