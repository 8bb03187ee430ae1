"""Inpainting

Holes filled with patches from the rest of the photo, structure first; scratches filled by diffusion.

The patch that is filled next is one whose surroundings are known and into which an edge runs; it is copied from where
the photo is most like what is known of it. ``search="exact"`` finds the best of all patches, always;
``search="fast"`` looks around the hole and where neighbours came from. What goes wrong goes wrong as in the paper: an
object of which nothing is left cannot be made up, and an error is copied on.

G'MIC's ``inpaint`` is of the same family, PyPatchMatch improves all patches together over a pyramid, Telea's and the
Navier–Stokes method spread what is at the edge of the hole. The peers are measured where they are installed
(``pip install 'imgproc-augment[bench]'``).
"""

import cv2
import numpy as np
from skimage.restoration import inpaint_biharmonic

import imgproc
from gallery import _inpainting
from gallery._compare import psnr, to_uint8
from gallery._photos import packaged
from gallery._shared import shared_data

GROUP = "Restoration"
PHOTOS = ("coffee", "astronaut")
PUBLISHED = shared_data("inpainting")
SCORED = (
    *("astronaut", "camera", "cell", "chelsea", "coffee", "coins"),
    *("immunohistochemistry", "moon", "retina", "rocket"),
)
SCORED_SIDE = 128
HOLE = (255, 0, 255)


def rgb_of(photo, side=None):
    """8 bits, three channels."""
    image = np.ascontiguousarray(to_uint8(photo.rgb)[..., :3])
    if side and max(image.shape) > side:
        factor = side / max(image.shape)
        image = imgproc.resize(image, size=tuple(max(round(n * factor), 1) for n in image.shape[:2]))
    return image


def holed(image, mask):
    """The hole in a colour of its own."""
    out = image.copy()
    out[mask] = HOLE if image.ndim == 3 else 128
    return out


def scored(results, truth, mask):
    """Captions with scores."""
    return {f"{name}, {psnr(truth, found, mask):.1f} dB": found for name, found in results.items()}


def each(page, photo):
    """A hole, seams, sources."""
    image = rgb_of(photo, 256)
    mask = _inpainting.rectangle(image.shape) | _inpainting.border(image.shape)
    page.heading(photo.name)
    shown = page.compare(
        photo,
        lambda image: imgproc.inpaint_exemplar(image, mask, priority="tensor", blend=3),
        {name: lambda image, fill=fill: fill(image, mask) for name, fill in _inpainting.peers().items()},
        image=holed(image, mask),
        call='inpaint_exemplar(image, mask, priority="tensor", blend=3)',
        look="Edges go on and texture is texture; where nothing like the hidden part is left, it is made up. "
        "Telea and Navier–Stokes blur.",
    )
    page.figures(
        {"the truth": image, **scored({k: v for k, v in shown.items() if k != "before"}, image, mask)},
        "The signal-to-noise ratio in the hole rewards blur: see the table for texture.",
    )
    results = {
        f'priority="{name}"': imgproc.inpaint_exemplar(image, mask, priority=name)
        for name in ("criminisi", "regularized", "tensor")
    }
    results['search="fast"'] = imgproc.inpaint_exemplar(image, mask, search="fast")
    results["blend=3"], sources = imgproc.inpaint_exemplar(image, mask, blend=3, return_map=True)
    results["where pixels came from"] = painted_sources(image, mask, sources)
    page.figures(results, "The order decides as much as the search; a blended seam is softer, not another picture.")


def painted_sources(image, mask, sources):
    """The hole in colours of the places that it was filled from: red grows downwards, green to the right."""
    out = image // 2 + 64
    h, w = mask.shape
    out[mask, 0] = sources[mask][:, 0] * 255 // max(h - 1, 1)
    out[mask, 1] = sources[mask][:, 1] * 255 // max(w - 1, 1)
    out[mask, 2] = 128
    return out


def once(page):
    """Published results, exact answers, scores, diffusion."""
    published(page)
    exact_answers(page)
    scores(page)
    scratches(page)


def published(page):
    """The images of a public implementation beside its results, where they are there."""
    if not PUBLISHED.is_dir():
        return
    page.heading("Published results", "Images, holes and results of PatchBasedInpainting (Apache-2.0).")
    for name in ("BlackWhite", "Bungee"):
        image, hole, theirs = (imgproc.read_image(PUBLISHED / f"{name}{what}.png") for what in ("", "Mask", "Result"))
        mask = hole[..., 0] > 127
        given = holed(image, mask)
        results = {
            "the hole": given,
            "imgproc": imgproc.inpaint_exemplar(given, mask),
            'priority="tensor", blend=3': imgproc.inpaint_exemplar(given, mask, priority="tensor", blend=3),
            "published": theirs,
        }
        results |= {name: fill(given, mask) for name, fill in _inpainting.peers().items()}
        page.figures(results, "The published result is one implementation's.")


def exact_answers(page):
    """Two-tone pictures whose answer is known."""
    page.heading("Known answers", "Edges go on exactly, or to a pixel.")
    y, x = np.indices((120, 140))
    square = (abs(y - 60) < 24) & (abs(x - 70) < 26)
    corners = ((70, 24), (30, 94), (110, 94))
    disc = np.min([np.hypot(x - a, y - b) for a, b in corners], axis=0) - 18
    turns = [
        (x - a[0]) * (b[1] - a[1]) - (y - a[1]) * (b[0] - a[0])
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
    ]
    cases = {
        "chequers": (np.where((x // 7 + y // 7) % 2 == 0, -1.0, 1.0), square),
        "slanted edge": ((x - 70 - 0.4 * (y - 60)) / np.hypot(1, 0.4), square),
        "cross": (np.minimum(abs(x - 71), abs(y - 59)) - 4.0, square),
        "Kanizsa's triangle": (disc, (np.min(turns, axis=0) >= 0) | (np.max(turns, axis=0) <= 0)),
    }
    figures = {}
    for name, (distance, mask) in cases.items():
        image = np.rint(30 + 190 * np.clip(distance + 0.5, 0, 1)).astype(np.uint8)
        figures[name] = holed(image, mask)
        figures[f"{name}, filled"] = imgproc.inpaint_exemplar(holed(image, mask), mask)
    page.figures(figures, "The hole is grey. Nothing like the centre of the cross is left in the picture.")


def scores(page):
    """Means over photos and holes."""
    side = min(SCORED_SIDE, page.max_side)
    ours = {
        "imgproc, exact": lambda image, mask: imgproc.inpaint_exemplar(image, mask, search="exact"),
        "imgproc, fast": lambda image, mask: imgproc.inpaint_exemplar(image, mask, search="fast"),
        "imgproc, fast, tensor, blend=3": lambda image, mask: imgproc.inpaint_exemplar(
            image, mask, search="fast", priority="tensor", blend=3
        ),
    }
    methods = {**ours, **_inpainting.peers()}
    found = {name: [] for name in methods}
    for photo in SCORED:
        page.step(f"scores {photo}")
        image = rgb_of(packaged(photo, max_side=side))
        for shape in _inpainting.HOLES.values():
            mask = shape(image.shape)
            given = holed(image, mask)
            for name, fill in methods.items():
                result = fill(given, mask)
                score = psnr, _inpainting.ssim, _inpainting.texture_error
                found[name].append([measure(image, result, mask) for measure in score])
    page.heading(
        "Scores",
        f"Means over {len(SCORED)} photos at {side} pixels and {len(_inpainting.HOLES)} holes "
        f"({', '.join(_inpainting.HOLES)}; 4 to 12 % of the picture), in the hole. The texture error compares "
        "gradients and spectrum, wherever details lie: 0 is alike. Blur earns a good signal-to-noise ratio, and a bad "
        "texture.",
    )
    rows = []
    for name, values in found.items():
        noise, likeness, texture = np.mean(values, axis=0)
        rows.append((name, f"{noise:.2f}", f"{likeness:.3f}", f"{texture:.2f}"))
    page.table(("method", "PSNR [dB]", "SSIM", "texture error"), rows)


def scratches(page):
    """Diffusion."""
    page.heading("Scratches", "Thin holes in smooth surroundings are for ``inpaint_diffusion``.")
    photo = page.photo("chelsea")
    image = rgb_of(photo, 256)
    mask = _inpainting.scratches(image.shape)
    shown = page.compare(
        photo,
        lambda image: imgproc.inpaint_diffusion(image, mask, order="biharmonic"),
        {
            "scikit-image, biharmonic": lambda image: np.rint(
                inpaint_biharmonic(image, mask, channel_axis=2) * 255
            ).astype(np.uint8),
            "Telea": lambda image: _inpainting.telea(image, mask),
            "Navier–Stokes": lambda image: _inpainting.navier_stokes(image, mask),
        },
        image=holed(image, mask),
        call='inpaint_diffusion(image, mask, order="biharmonic")',
        look="The same plate as scikit-image's.",
    )
    results = {k: v for k, v in shown.items() if k != "before"}
    results['order="harmonic"'] = imgproc.inpaint_diffusion(image, mask)
    results["inpaint_exemplar"] = imgproc.inpaint_exemplar(image, mask)
    page.figures({"the truth": image, **scored(results, image, mask)}, "By the signal-to-noise ratio in the scratches.")
    box = cv2.boundingRect(mask[: mask.shape[0] // 2].astype(np.uint8))
    page.zoom(results, at=((box[1] + box[3] / 2) / mask.shape[0], (box[0] + box[2] / 2) / mask.shape[1]), size=64)
