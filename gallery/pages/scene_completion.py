"""Scene completion

A hole filled by a piece of another photo: found by its scene, placed by what surrounds the hole, cut along a seam and
blended in.

A database describes a folder of photos by their GIST and colours. The most similar scenes are laid over the image at
all places and three scales; the piece is cut out where the difference of both changes least, and its gradients are
blended into the image. The score is the mean of four parts, each in multiples of its mean over all scenes that were
tried.

A library of a few thousand photos is small for this: it does well within an album of one place or kind of place.
"""

import tempfile
from pathlib import Path

import cv2
import numpy as np

import imgproc
from gallery._shared import shared_data

GROUP = "Restoration"
LIBRARY = ("coffee", "chelsea", "rocket", "immunohistochemistry", "retina")
SHARED = shared_data("scene")
ABOUT = {
    1: "A castle for the roofs in front of the lake.",
    2: "A cow for what stood behind the meadow.",
    3: "Water and hills for the town under the sunset.",
}


def holed(image, mask):
    """The image with a white hole."""
    return np.where(mask[..., None], np.uint8(255), image)


def outlined(image, *masks):
    """Edges of masks: the first in yellow, the second in red."""
    out = image.copy()
    for mask, color in zip(masks, ((255, 220, 0), (255, 40, 40))):
        edge = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3))) - cv2.erode(mask.astype(np.uint8), np.ones((3, 3)))
        out[edge > 0] = color
    return out


def laid_over(image, scene, result, context):
    """The scene in its place, shown where it covers the hole and its surroundings."""
    place = result.placement
    if place.size != scene.shape[:2]:
        scene = imgproc.resize(scene, size=place.size, interpolation="bicubic")
    rows, columns = (np.arange(n) + d for n, d in zip(image.shape, (place.dy, place.dx)))
    there = scene[np.clip(rows, 0, len(scene) - 1)][:, np.clip(columns, 0, scene.shape[1] - 1)]
    return np.where(context[..., None], there, image)


def steps(page, image, mask, scene, result, *, look, context=80):
    """From the hole to the result, in pictures."""
    page.figures({"before": holed(image, mask), "the scene": scene, "completed": result.image}, look)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = away <= context
    placed = laid_over(image, scene, result, near)
    inside = imgproc.poisson_blend(image, placed, mask=result.seam, hole=mask, domain="hole")
    pasted = np.where(result.seam[..., None], placed, image)
    page.figures(
        {
            "placed by the context": outlined(placed, near),
            "cut along the seam": outlined(pasted, result.seam, mask),
            "blended in the hole only": inside,
        },
        "The scene covers the hole and what lies within the context (yellow), where both shall agree. The seam "
        "(yellow) may eat into the image around the hole (red). Blending on the whole image, above, spreads what is "
        "left of the difference over both sides.",
    )


def brighter(image):
    """Another brightness, without saturation."""
    return np.clip(image * 0.75 + 50, 0, 255).astype(np.uint8)


def planted(page):
    """A copy that has to be found: shifted, larger, brighter."""
    page.heading(
        "A planted copy",
        "The library holds a photo that shows the same scene, larger by 1 / 0.81, shifted and brighter, among others. "
        "It has to come out first, at its exact offset.",
    )
    photo = page.photo("astronaut").rgb
    h, w = (round(n * 0.81) for n in photo.shape[:2])
    whole = imgproc.resize((photo * 0.75 + 20).astype(np.uint8), size=(h, w), interpolation="bicubic")
    image = np.ascontiguousarray(whole[h // 10 : h - h // 20, w // 20 : w - w // 7])
    y, x = np.indices(image.shape[:2]) / np.reshape(image.shape[:2], (2, 1, 1))
    mask = np.hypot((y - 0.35) / 0.2, (x - 0.5) / 0.15) < 1
    context = max(min(mask.shape) // 8, 8)
    with tempfile.TemporaryDirectory() as folder:
        for name in LIBRARY:
            imgproc.write_image(Path(folder, f"{name}.png"), page.photo(name).rgb)
        imgproc.write_image(Path(folder, "planted.png"), brighter(photo))
        database = imgproc.SceneDatabase.build(folder, Path(folder, "db"))
        page.step("completing from the library")
        results = imgproc.complete_scene(image, mask, database, context=context)
        found = [database.read(result.scene.id) for result in results]
    first = results[0]
    error = np.mean((first.image[mask].astype(float) - image[mask]) ** 2)
    close = f"{10 * np.log10(255**2 / error):.1f} dB from what was there" if error else "every pixel is what was there"
    page.thumbnail(holed(image, mask), first.image)
    steps(
        page,
        image,
        mask,
        found[0],
        first,
        look=f"Within the hole {close}; the offset is "
        f"({first.placement.dx}, {first.placement.dy}), planted at ({w // 20}, {h // 10}).",
        context=context,
    )
    page.table(
        ["scene", "score", "scene", "context", "texture", "seam", "context error [Lab]", "poor"],
        [
            [
                result.scene.path.stem,
                f"{result.score:.2f}",
                *(f"{result.parts[part]:.2f}" for part in ("scene", "context", "texture", "seam")),
                f"{result.context_error:.0f}",
                "yes" if result.poor else "",
            ]
            for result in results
        ],
    )
    page.figures(
        {f"{i}. {result.scene.path.stem}": result.image for i, result in enumerate(results[1:4], start=2)},
        "The next ones fit poorly, which the results say; there ``exemplar_fill`` takes from the image itself.",
    )


def triples(page):
    """Photos with one scene each, where they are there."""
    if not SHARED.is_dir():
        page.text("Three photos with a scene each are shown where the project's shared data is there.")
        return
    page.heading(
        "Three photos and a library",
        "The library holds a scene for each; the nearest by GIST and colours, of what the hole leaves, is taken.",
    )
    factor = min(page.max_side / 1024, 1)
    with tempfile.TemporaryDirectory() as folder:
        for number in ABOUT:
            imgproc.write_image(Path(folder, f"{number}.png"), shrunk(f"input{number}_patch", factor))
        database = imgproc.SceneDatabase.build(folder, Path(folder, "db"))
        for number, about in ABOUT.items():
            image = shrunk(f"input{number}", factor)
            mask = shrunk(f"input{number}_mask", factor)[..., 0] < 128
            context = max(round(80 * factor), 8)
            page.step(f"example {number}")
            distances = [f"{scene.path.stem}: {scene.distance:.1f}" for scene in database.query(image, mask)]
            (result,) = imgproc.complete_scene(image, mask, database, n_scenes=1, context=context)
            page.heading(f"Example {number}", f"{about} Distances of the scenes: {', '.join(distances)}.")
            steps(page, image, mask, database.read(result.scene.id), result, look="", context=context)


def shrunk(name, factor):
    """A picture of the shared data."""
    image = imgproc.read_image(SHARED / f"{name}.jpg")
    return imgproc.resize(image, size=tuple(max(round(n * factor), 1) for n in image.shape[:2]))


def once(page):
    """A planted copy, then photos with one scene each."""
    planted(page)
    triples(page)
