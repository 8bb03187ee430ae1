"""One pass for a whole chain

What fusing does: one interpolation in place of many is sharper, one pass over the image is quicker.

Geometric transforms that follow each other are multiplied into one map, the picture is sampled once, and the pixel
operations run on each row while it is in the cache.  ``fuse=False`` runs stage by stage, as other libraries do: the
same draws, the same geometry, but each step interpolates what the one before it left.
"""

from dataclasses import replace
from html import escape

import cv2
import numpy as np

import augment
from gallery import _plot
from gallery._compare import psnr, run_all
from gallery._timing import milliseconds

GROUP = "Augmentation"

SIDE = 320
KEY = 4
VIEW = [
    augment.Rotate(angle=(12, 25), p=1),
    augment.Affine(scale=(1.1, 1.3), translate=(-0.05, 0.05), p=1),
    augment.Perspective(scale=(0.05, 0.1), p=1),
]
"""Turn, enlarge, look from the side."""

DETECTION = [
    augment.HorizontalFlip(p=1),
    augment.Affine(scale=(0.8, 1.2), rotate=(-15, 15), translate=(-0.1, 0.1), p=1),
    augment.Perspective(p=1),
    augment.Letterbox(size=(SIDE, SIDE)),
    augment.BrightnessContrast(p=1),
    augment.HueSaturationValue(p=1),
    augment.Gamma(p=1),
    augment.Normalize(),
]


def once(page):
    """Sharpness against a known truth, on a photo, and the passes of a detection chain."""
    side = min(SIDE, page.max_side)
    truth(page, side)
    there_and_back(page, side)
    passes(page, side)


def both(steps, **options):
    """The same chain in one pass and stage by stage."""
    return {
        "fused": augment.Compose(steps, fuse=True, **options),
        "stage by stage": augment.Compose(steps, fuse=False, **options),
    }


def rings(x, y, side):
    """A pattern that is known everywhere, not only at pixels: rings that narrow outwards to four pixels, in [0, 1]."""
    r = np.hypot(x - side / 2, y - side / 2)
    return 0.5 + 0.5 * np.cos(np.pi * r * r / (4 * 0.5 * side))


def truth(page, side):
    """A pattern with a formula: what the chain should give is the formula at the moved points."""
    page.heading(
        "Against the truth",
        "Rings with a formula are turned, enlarged and seen from the side. What the result should be is known: the "
        "formula, at the points that ``chain.matrix(key, shape)`` says each pixel comes from.",
    )
    y, x = np.mgrid[:side, :side] + 0.5
    image = np.rint(255 * rings(x, y, side)).astype(np.uint8)
    matrix = augment.Compose(VIEW).matrix(KEY, image.shape)
    u, v, w = np.tensordot(np.linalg.inv(matrix), np.stack((x, y, np.ones_like(x))), 1)
    right = 255 * rings(u / w, v / w, side)
    mask = np.ones(image.shape, bool)
    rows, shown = [], {}
    for interpolation in ("bilinear", "bicubic"):
        steps = [replace(step, interpolation=interpolation) for step in VIEW]
        chains = both(steps)
        results = {name: chain(image=image, mask=mask, key=KEY) for name, chain in chains.items()}
        inside = cv2.erode(results["fused"]["mask"].astype(np.uint8), np.ones((9, 9)), borderValue=0) > 0
        times = run_all({name: of_image(chain) for name, chain in chains.items()}, image)
        for name, result in results.items():
            decibel = psnr(right, result["image"], inside)
            rows.append([f"{interpolation}, {name}", f"{decibel:.1f} dB", f"{milliseconds(times[name].seconds)} ms"])
            shown[f"{interpolation}, {name}: {decibel:.1f} dB"] = np.where(inside, result["image"], 0).astype(np.uint8)
    known = np.where(inside, np.rint(right), 0).astype(np.uint8)
    pictures = {"the truth": known, **shown}
    page.thumbnail(*list(shown.values())[1::-1])
    page.figures({"before": image, **dict(list(pictures.items())[:3])}, "The outer rings lose contrast step by step.")
    page.zoom(pictures, at=(0.2, 0.5), size=40)
    page.text("Mean squared error against the truth as PSNR (higher is better), where every step sees the picture:")
    page.table(["interpolation", "PSNR", "time, one thread"], rows)


def there_and_back(page, side):
    """Many turns that add up to none."""
    turns, angle = 12, 30
    photo = page.photo("chelsea")
    image = photo.rgb
    h, w = image.shape[:2]
    cut = min(h, w)
    image = np.ascontiguousarray(image[:cut, (w - cut) // 2 :][:, :cut])
    image = cv2.resize(image, (min(side, cut),) * 2, interpolation=cv2.INTER_AREA)
    page.heading(
        "Round and round",
        f"{turns} rotations by {angle} degrees make a whole turn. What has left the picture on the way is lost in "
        "both, as every step keeps its own frame; what is left comes back.",
    )
    chains = both([augment.Rotate(angle=(angle, angle), p=1)] * turns)
    results = {name: chain(image=image, key=0)["image"] for name, chain in chains.items()}
    times = run_all({name: of_image(chain) for name, chain in chains.items()}, image)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5 - image.shape[0] / 2
    inside = np.hypot(x, y) < image.shape[0] / 2 - 2
    page.figures({"before": image, **results}, "Detail is there again, or it is not[[: look at the hair]].")
    page.zoom({"before": image, **results}, at=(0.42, 0.35), size=48)
    rows = []
    for name, result in results.items():
        error = np.abs(result.astype(int) - image)[inside]
        decibel = psnr(image, result, inside) if error.any() else np.inf
        quality = f"{decibel:.1f} dB" if np.isfinite(decibel) else "every pixel equal"
        rows.append([name, quality, int(error.max()), f"{milliseconds(times[name].seconds)} ms"])
    page.text("Inside of the circle that never leaves the picture:")
    page.table([f"{turns} rotations by {angle} degrees", "PSNR", "largest error", "time, one thread"], rows)


def passes(page, side):
    """A detection chain: the passes it takes, and how long."""
    photo = page.photo("coffee")
    h, w = (max(round(n * side / max(photo.rgb.shape)), 1) for n in photo.rgb.shape[:2])
    image = cv2.resize(photo.rgb, (w, h), interpolation=cv2.INTER_AREA)
    names = ", ".join(f"``{type(step).__name__}``" for step in DETECTION)
    page.heading("A detection chain", f"{names}. ``chain.explain(shape)`` says which passes a chain takes, and why.")
    chains = both(DETECTION)
    texts = {f"explain, {name}": chain.explain(image.shape) for name, chain in chains.items()}
    page.plots(
        {name: f'<pre style="white-space: pre-wrap">{escape(text)}</pre>' for name, text in texts.items()},
        "One pass instead of one for each stage.",
    )
    results = {name: chain(image=image, key=KEY)["image"] for name, chain in chains.items()}
    times = run_all({name: of_image(chain) for name, chain in chains.items()}, image)
    shown = {name: result / 5 + 0.5 for name, result in results.items()}
    page.figures(
        {"before": image, **shown}, "The same picture, up to interpolation; normalized, shown with 0 as mid-grey."
    )
    page.zoom(shown, at=(0.45, 0.5), size=64)
    first = times["fused"].seconds
    rows = [
        [name, f"{milliseconds(run.seconds)} ms", f"{_plot.number(run.seconds / first)}×"]
        for name, run in times.items()
    ]
    page.table([f"{w}×{h}, 8 bits, one thread", "time", "of the fused one's"], rows)


def of_image(chain):
    """The chain as a function of the image."""
    return lambda image: chain(image=image, key=KEY)["image"]
