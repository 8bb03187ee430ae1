"""Enhancement by local statistics

Amplifies dark, faintly textured places and leaves the rest alone.

A pixel is multiplied by ``gain`` where its window is dark, its mean at most ``k0`` of the picture's mean, and has some
texture but not much, its standard deviation between ``k1`` and ``k2`` of the picture's (Gonzalez & Woods).  Bright
places keep their exact values, which no equalization does.
"""

import cv2
import numpy as np

import imgproc

GROUP = "Local statistics"
PHOTOS = ("camera",)


def by_hand(image, gain=4.0, k0=0.4, k1=0.02, k2=0.4, radius=1):
    """The same from OpenCV's box filters."""
    size, border = (2 * radius + 1,) * 2, cv2.BORDER_REFLECT
    mean = cv2.boxFilter(image, cv2.CV_32F, size, borderType=border)
    square = cv2.sqrBoxFilter(image, cv2.CV_32F, size, borderType=border)
    std = np.sqrt(np.maximum(square - mean * mean, 0))
    m, s = image.mean(), image.std()
    chosen = (mean <= k0 * m) & (std >= k1 * s) & (std <= k2 * s)
    return np.where(chosen, np.clip(np.rint(image * gain), 0, 255), image).astype(np.uint8)


def show(page, photo, look, **options):
    """One picture beside the same by hand, and equalization."""
    text = "".join(f", {name}={value}" for name, value in options.items())
    shown = page.compare(
        photo,
        lambda image: imgproc.enhance_local_statistics(image, **options),
        {"by hand with OpenCV": lambda image: by_hand(image, **options)},
        image=photo.grey8,
        call=f"enhance_local_statistics(image{text})",
        look=look,
        histograms=True,
    )
    page.zoom({**shown, "equalized": imgproc.equalize_histogram(photo.grey8)})


def each(page, photo):
    """A real photo."""
    page.heading(photo.name)
    show(
        page,
        photo,
        "Texture appears in the dark parts; bright ones are the same, pixel for pixel. The small window of the default "
        "finds edges and grain, and leaves what is perfectly flat as it was.",
    )
    show(
        page,
        photo,
        "A larger window and no lower bound to the texture lift dark parts as a whole"
        "[[, and folds appear in the coat]].",
        radius=min(7, min(photo.grey8.shape) // 2),
        k1=0.0,
    )


def filament(h=384, w=512):
    """A bright coil on a bright stand, and a dim one behind it that is almost black."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    light = np.full((h, w), 12.0, np.float32)
    texture = cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), 0.8)
    dim = np.abs(y - (0.5 * h + 0.16 * h * np.sin(x / w * 34))) < 0.05 * h
    dim &= x > 0.5 * w
    light[dim] = 24 + 16 * texture[dim]
    bright = np.abs(y - (0.45 * h + 0.2 * h * np.sin(x / w * 26))) < 0.06 * h
    bright &= x < 0.5 * w
    light[bright] = 190 + 60 * texture[bright]
    light[(np.abs(x - 0.25 * w) < 0.05 * w) & (y > 0.6 * h)] = 150
    light[y > 0.85 * h] = 215
    return np.rint(light + rng.normal(0, 0.4, (h, w))).clip(0, 255).astype(np.uint8)


def once(page):
    """The textbook's case: a bright object and a dim one in the same picture."""
    from gallery._photos import Photo

    scale = min(1.0, page.max_side / 512)
    image = filament(int(384 * scale), int(512 * scale))
    page.thumbnail(image, imgproc.enhance_local_statistics(image, radius=2))
    page.heading("A dim filament", "Made up after the textbook's micrograph: the right half hides a second coil.")
    show(
        page,
        Photo("filament", image, "A bright coil at the left, an almost invisible one at the right", "synthetic"),
        "The dim coil at the right comes out, the bright one stays as it is. Equalization shows it too, but it changes "
        "everything else and lifts the noise of the background.",
        radius=2,
    )
