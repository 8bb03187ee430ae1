"""Colour spaces and adjustments

What the channels of each space hold, how hue and saturation are changed, and how the colour of the light is taken out.

Each space is converted from and to RGB for every dtype.  Floats have their natural units; integers use all levels they
have, on 8 bits as OpenCV does (``_FULL``).  sRGB is decoded before XYZ, Lab and Luv.
"""

from functools import partial

import cv2
import numpy as np
from PIL import Image, ImageEnhance
from skimage import color

import imgproc
from gallery import _plot
from gallery._compare import run_all, to_uint8

GROUP = "Colour"
PHOTOS = ("coffee", "astronaut")

CHANNELS = {
    "hsv": ("hue", "saturation", "value"),
    "hsi": ("hue", "saturation", "intensity"),
    "lab": ("L*", "a*", "b*"),
    "luv": ("L*", "u*", "v*"),
    "ycrcb": ("Y", "Cr", "Cb"),
}
OPENCV = {"hsv": "HSV", "hsl": "HLS", "ycrcb": "YCrCb", "xyz": "XYZ", "lab": "Lab", "luv": "Luv"}
SPACES = ("hsv", "hsl", "hsi", "ycrcb", "xyz", "lab", "luv", "linear")
LIGHT = (1.0, 0.82, 0.55)
"""What the photo is tinted with."""


def each(page, photo):
    """Channels, hue, saturation, white balance."""
    image = np.ascontiguousarray(to_uint8(photo.rgb)[..., :3])
    page.heading(photo.name)
    page.compare(
        photo,
        partial(imgproc.shift_hsv, hue=0.4),
        {"OpenCV": hue_by_opencv, "scikit-image": hue_by_scikit_image},
        image=image,
        call="shift_hsv(image, hue=0.4)",
        look="Hue turned by 0.4 of the circle. OpenCV rounds hue, saturation and value to 8 bits in between, ours does "
        "not.",
    )
    page.compare(
        photo,
        partial(imgproc.adjust_saturation, factor=1.8),
        {"Pillow": saturation_by_pillow},
        image=image,
        call="adjust_saturation(image, factor=1.8)",
        look="What each pixel differs from its grey, times 1.8. Pillow cuts fractions off.",
    )
    for space, names in CHANNELS.items():
        values = getattr(imgproc, f"rgb_to_{space}")(image)
        shown = {name: values[..., k] for k, name in enumerate(names)}
        if "hue" in shown:
            shown["hue"] = pure_hue(values[..., 0])
        page.figures(shown, f"``rgb_to_{space}``: {', '.join(names)}.")
    tinted = imgproc.color_matrix(image, matrix=np.diag(LIGHT))
    page.figures(
        {
            "under warm light": tinted,
            '"gray_world"': imgproc.white_balance(tinted),
            '"white_patch"': imgproc.white_balance(tinted, method="white_patch"),
            '"shades_of_gray"': imgproc.white_balance(tinted, method="shades_of_gray"),
            "the light is known": imgproc.white_balance(tinted, illuminant=LIGHT),
        },
        "``white_balance``. The mean of the colours is misled by a large coloured surface, the brightest patch by a "
        "coloured lamp.",
    )


def once(page):
    """Hue circles, lights, dark greys, round trips and times."""
    page.heading(
        "Even hues",
        "The circle of hues, from left to right, at one lightness. Seen, and in grey, HSL is uneven, Lab is even.",
    )
    circles = {"HSV": hues("hsv"), "HSL": hues("hsl"), "HSI": hues("hsi"), "Lab": hues("lab")}
    page.figures(circles, "Hue along, saturation up.")
    page.figures({f"{name}, grey": imgproc.rgb_to_gray(image) for name, image in circles.items()}, "The same in grey.")
    page.thumbnail(circles["HSV"], circles["Lab"])

    page.heading("The colour of light", "``illuminant_gains``, each light as bright as the screen allows.")
    page.figures(
        {"black body, 1000 to 15000 K": lights("blackbody"), "daylight, 4000 to 25000 K": lights("daylight")},
        "Temperatures are spaced evenly in their reciprocal. White is at 6504 K.",
    )

    page.heading("Near black", "Lightness of the darkest greys, as floats.")
    grey = np.linspace(0, 0.02, 401)
    image = np.repeat(grey[np.newaxis, :, np.newaxis], 3, axis=2)
    lines = {
        "imgproc": imgproc.rgb_to_lab(image.astype(np.float32)),
        "scikit-image": color.rgb2lab(image),
        "OpenCV": cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2Lab),
    }
    plot = _plot.curves(
        {name: (grey, lab[0, :, 0]) for name, lab in lines.items()},
        title="L* of dark greys",
        x_label="R = G = B",
        y_label="L*",
        x_range=(0.0, 0.02),
        y_range=(0.0, 1.5),
    )
    page.plots({"L* of dark greys": plot}, "OpenCV reads its float version from a table with coarse steps.")
    round_trips(page)
    times(page)


def round_trips(page):
    """How far 8-bit colours are off after going there and back."""
    page.heading(
        "There and back on 8 bits",
        "Every fifth level of each channel. What is lost is the rounding of the three channels in between; linear "
        "spaces have too few levels in the dark. OpenCV's XYZ is not linear light.",
    )
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    image = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(levels.size, -1, 3)
    rows = []
    for space in SPACES:
        ours = getattr(imgproc, f"{space}_to_rgb")(getattr(imgproc, f"rgb_to_{space}")(image))
        theirs = "—"
        if space in OPENCV:
            there = cv2.cvtColor(image, opencv_code(space))
            theirs = off(cv2.cvtColor(there, opencv_code(space, back=True)), image)
        rows.append([space, off(ours, image), theirs])
    page.table(["space", "imgproc: mean, largest", "OpenCV: mean, largest"], rows)


def times(page):
    """Ours against OpenCV, one thread."""
    page.heading(
        "Times",
        "Nanoseconds per pixel of a 512 × 512 picture, from RGB, one thread. OpenCV's XYZ is not linear light, and so "
        "takes less.",
    )
    side = np.linspace(0, 255, 512)
    image = np.stack([np.add.outer(side, side) / 2, *np.meshgrid(side, side)], axis=-1)
    rows = []
    for space in SPACES:
        row = [space]
        for source in (image.astype(np.uint8), (image / 255).astype(np.float32)):
            functions = {"imgproc": getattr(imgproc, f"rgb_to_{space}")}
            if space in OPENCV:
                functions["OpenCV"] = partial(cv2.cvtColor, code=opencv_code(space))
            runs = run_all(functions, source)
            row += [
                f"{runs[name].seconds / 512**2 * 1e9:.1f}" if name in runs else "—" for name in ("imgproc", "OpenCV")
            ]
        rows.append(row)
    page.table(["space", "imgproc uint8", "OpenCV uint8", "imgproc float32", "OpenCV float32"], rows)


def opencv_code(space, *, back=False):
    """The constant of a conversion."""
    name = f"{OPENCV[space]}2RGB" if back else f"RGB2{OPENCV[space]}"
    return getattr(cv2, f"COLOR_{name}_FULL" if space in ("hsv", "hsl") else f"COLOR_{name}")


def off(result, image):
    """Mean and largest difference in levels."""
    apart = np.abs(result.astype(int) - image)
    return f"{apart.mean():.2f}, {apart.max()}"


def hue_by_opencv(image):
    """There, a shift that wraps, and back."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL)
    hsv[..., 0] += round(0.4 * 256)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL)


def hue_by_scikit_image(image):
    """The same in float64."""
    hsv = color.rgb2hsv(image)
    hsv[..., 0] = (hsv[..., 0] + 0.4) % 1
    return color.hsv2rgb(hsv)


def saturation_by_pillow(image):
    """Pillow's `ImageEnhance.Color`."""
    return np.asarray(ImageEnhance.Color(Image.fromarray(image)).enhance(1.8))


def pure_hue(hue):
    """Hue as a colour instead of a level."""
    full = np.full_like(hue, 255)
    return imgproc.hsv_to_rgb(np.stack([hue, full, full], axis=-1))


def hues(space):
    """All hues at one lightness, saturation growing upwards."""
    hue, saturation = np.meshgrid(np.linspace(0, 1, 360), np.linspace(1, 0, 90))
    if space == "lab":
        angle = 2 * np.pi * hue + 0.6  # red at the left, as in the others
        values = np.stack([np.full_like(hue, 60.0), *(33 * saturation * [np.cos(angle), np.sin(angle)])], axis=-1)
    else:
        level = {"hsv": 0.9, "hsl": 0.55, "hsi": 0.4}[space]
        values = np.stack([hue, saturation, np.full_like(hue, level)], axis=-1)
    return to_uint8(getattr(imgproc, f"{space}_to_rgb")(values))


def lights(mode):
    """Lights from cold to hot, left to right."""
    low, high = {"blackbody": (1000, 15000), "daylight": (4000, 25000)}[mode]
    gains = [imgproc.illuminant_gains(1 / t, mode=mode) for t in np.linspace(1 / low, 1 / high, 360)]
    row = np.array([np.array(gain) / max(gain) for gain in gains])
    return to_uint8(imgproc.linear_to_rgb(np.repeat(row[np.newaxis], 60, axis=0)))
