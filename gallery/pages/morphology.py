"""Morphology

Erosion, dilation and their relatives, distances, and touching coins taken apart.

Every function takes images of every dtype and masks.  The cost of a square hardly depends on its size, and masks are
worked on with 64 pixels in a word.
"""

import cv2
import numpy as np

import imgproc

GROUP = "Morphology"
PHOTOS = ("camera",)

COLORS = ((230, 60, 60), (60, 170, 60), (70, 100, 230), (230, 170, 40), (160, 70, 200), (60, 180, 190), (220, 100, 160))


def painted(labels):
    """Each region in a colour, and what has no label black."""
    colors = np.array(((0, 0, 0), *COLORS), np.uint8)
    return colors[np.where(labels > 0, labels % len(COLORS) + 1, 0)]


def outlined(image, labels):
    """The boundaries of regions in yellow."""
    out = imgproc.gray_to_rgb(image)
    out[imgproc.find_boundaries(labels, mode="outer")] = (255, 220, 0)
    return out


def each(page, photo):
    """Openings by squares and discs of several sizes beside OpenCV's."""
    page.heading(photo.name)
    image = photo.grey8
    for shape, radius, kind in (("square", 2, cv2.MORPH_RECT), ("square", 15, cv2.MORPH_RECT)):
        size = (2 * radius + 1, 2 * radius + 1)
        shown = page.compare(
            photo,
            lambda image, radius=radius, shape=shape: imgproc.opening(image, footprint=shape, radius=radius),
            {
                "OpenCV": lambda image, size=size, kind=kind: cv2.morphologyEx(
                    image, cv2.MORPH_OPEN, cv2.getStructuringElement(kind, size)
                )
            },
            image=image,
            call=f'opening(image, footprint="{shape}", radius={radius})',
            look="What is bright and does not hold the square is gone. OpenCV takes the longer, the larger it is.",
        )
    page.thumbnail(shown["before"], shown["imgproc"])
    shapes = ("disc", "square", "diamond", "octagon", "cross")
    page.figures(
        {shape: imgproc.dilate(image, footprint=shape, radius=6) for shape in shapes},
        "dilate(image, footprint=..., radius=6): highlights take the shape of the footprint.",
    )


def once(page):
    """Coins, a page of text, and what is made of masks."""
    coins = page.photo("coins").grey8
    page.heading(
        "Touching coins",
        "A mask, its distance transform, the maxima of that as markers, and a flood of its negative.",
    )
    light = imgproc.top_hat(coins, radius=30)
    mask = imgproc.closing(light > imgproc.otsu_threshold(light) * 255, radius=2)
    mask = imgproc.fill_holes(imgproc.opening(mask, radius=3))
    grown = imgproc.dilate(mask, radius=7)  # so that neighbours touch
    distance = imgproc.distance_transform(grown)
    markers = imgproc.local_maxima(distance, radius=10, threshold=10.0)
    labels = imgproc.watershed(-distance, markers, mask=grown)
    page.figures(
        {
            "coins": coins,
            "mask, grown until coins touch": grown.astype(np.uint8) * np.uint8(255),
            "distance_transform": imgproc.to_uint8(distance / distance.max()),
            f"watershed: {labels.max()} regions": painted(labels),
            "boundaries": outlined(coins, labels),
        },
        "Connected regions of the mask would be "
        f"{imgproc.connected_components(grown).max()}; the distance has a peak in each coin.",
    )
    page.heading("Reconstruction", "What an opening removes and keeps, with the outlines that the image has.")
    eroded = imgproc.erode(coins, radius=8)
    page.figures(
        {
            "coins": coins,
            "opening(image, radius=8)": imgproc.opening(coins, radius=8),
            "reconstruct(image, erode(image, radius=8))": imgproc.reconstruct(coins, eroded),
        },
        "Both remove what is bright and smaller than the disc; the reconstruction leaves all else as it was.",
    )
    page.heading("Masks", "What is removed, filled and made thin.")
    sheet = page.photo("page").grey8
    text = imgproc.black_hat(sheet, radius=8) > 40
    page.figures(
        {
            "black_hat(page, radius=8) > 40": text.astype(np.uint8) * np.uint8(255),
            "remove_small, 12 pixels": imgproc.remove_small(text, size=12).astype(np.uint8) * np.uint8(255),
            "skeletonize": imgproc.skeletonize(text).astype(np.uint8) * np.uint8(255),
            "closing by a line, words": imgproc.closing(text, footprint=imgproc.footprint("line", 4)).astype(np.uint8)
            * np.uint8(255),
        },
        "A closing by a line across joins the letters of words.",
    )
