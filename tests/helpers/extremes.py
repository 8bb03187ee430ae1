"""Geometry with extreme parameters, run as a script by `tests/laws/test_extremes.py`: it prints how many calls it made,
and what went wrong.

A call gives an image of finite levels between those of the image and its fill, or raises TypeError or ValueError.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import augment
import imgproc
from helpers.transforms import EXAMPLES, REGISTRY, build

HUGE = (1e6, 2.0**31, 1e15, 1e18, 1e38, 1e300)
VALUES = (*HUGE, *(-v for v in HUGE), 1e-9, 1e-300)
H, W = 24, 31


def picture(dtype: Any, channels: int | None) -> np.ndarray:
    """Levels between a quarter and three quarters of full scale."""
    y, x = np.mgrid[:H, :W]
    levels = 0.5 + 0.25 * np.sin(x * 1.3 + y)
    levels = levels if channels is None else np.repeat(levels[..., None], channels, 2)
    return np.rint(levels * np.iinfo(dtype).max).astype(dtype) if np.dtype(dtype).kind == "u" else levels.astype(dtype)


IMAGES = [picture(np.uint8, 3), picture(np.uint8, None), picture(np.float32, 2), picture(np.float64, 4)]


def attempts(value: Any) -> Iterator[Any]:
    """What a parameter with this value is replaced by.  Whole numbers are counts, which have bounds of their own."""
    if isinstance(value, float):
        yield from VALUES
    elif isinstance(value, tuple) and value and all(isinstance(v, float) for v in value):
        for v in VALUES:
            yield (v,) * len(value)
            yield (*value[:-1], v)
            yield (-v, *value[1:])


def problem(work: Callable[[], Any]) -> str | None:
    """What is wrong with a call; None if nothing is."""
    try:
        results = work()
    except (TypeError, ValueError):
        return None
    except Exception as error:
        return repr(error)
    for result in results:
        if result.dtype.kind == "f" and not np.isfinite(result).all():
            return "levels that are not finite"
    return None


def transforms() -> Iterator[tuple[str, Callable[[], Any]]]:
    """A chain for each extreme parameter of each geometric transform, called often enough to be recorded."""
    for name, parameters in EXAMPLES:
        kind = REGISTRY[name]
        if not kind.__module__.startswith("augment.geometric"):
            continue
        own = build(name, parameters)
        for field in dataclasses.fields(own):
            if field.name in ("p", "fill", "mask_fill", "size", "padding"):
                continue  # sizes are bounded by what they allocate, which is more than a test should
            for value in attempts(getattr(own, field.name)):
                changed = {**parameters, field.name: value}
                yield f"{name}(**{changed})", lambda name=name, changed=changed: chain(name, changed)


def chain(name: str, parameters: dict[str, Any]) -> list[np.ndarray]:
    """The images that a chain makes, with a mask, boxes and keypoints beside the first."""
    made = augment.Compose([build(name, parameters)], seed=1)
    mask = np.arange(H * W).reshape(H, W)
    points = [[3.0, 4.0], [30.0, 23.0]]
    results = []
    for image in IMAGES:
        for key in range(7 if image is IMAGES[0] else 1):
            found = made(image=image, mask=mask, boxes=[[2.0, 3.0, 20.0, 15.0]], keypoints=points, key=key)
            results += [found["image"], found["mask"]]
            assert np.isfinite(np.asarray(found["boxes"])).all()
            results.append(made(image=image, key=key)["image"])
    return results


def functions() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Calls of `warp`, `remap`, `rotate` and `affine_matrix`."""
    borders = imgproc._core.border.BORDERS
    for border, how in itertools.product(borders, ("nearest", "bilinear", "bicubic", "area")):
        for value in VALUES:
            for entry in range(9):
                m = np.eye(3)
                m.flat[entry] = value
                both = {"border": border, "interpolation": how}
                yield f"warp {m.tolist()} {both}", lambda m=m, both=both: [imgproc.warp(a, m, **both) for a in IMAGES]
            for entry in (2, 5):
                m = np.diag([0.3, 1e-3 if entry == 2 else 1e3, 1.0])
                m.flat[entry] = value
                yield f"warp {m.tolist()} {both}", lambda m=m, both=both: [imgproc.warp(a, m, **both) for a in IMAGES]
            yield (
                f"rotate {value} {border} {how}",
                lambda v=value, both=both: [imgproc.rotate(a, angle=v, **both) for a in IMAGES],
            )
            if how != "area":
                x = np.array([[value, 3.5, -value, np.inf, np.nan]])
                yield (
                    f"remap {x.tolist()} {both}",
                    lambda x=x, both=both: [
                        imgproc.remap(a, x=p, y=q, **both) for a in IMAGES for p, q in ((x, x), (x, x[:, ::-1]))
                    ],
                )
    for value in VALUES:
        for name, given in (("scale", value), ("rotate", value), ("translate", (value, value)), ("shear", (value, 0))):
            yield (
                f"affine_matrix {name} {value}",
                lambda name=name, given=given: [
                    imgproc.warp(a, imgproc.affine_matrix(size=(H, W), **{name: given})) for a in IMAGES
                ],
            )


def main() -> None:
    """Make all calls."""
    count = 0
    for what, work in itertools.chain(functions(), transforms()):
        count += 1
        wrong = problem(work)
        if wrong:
            print(f"{what}: {wrong}", flush=True)
    print(f"{count} calls")


if __name__ == "__main__":
    main()
