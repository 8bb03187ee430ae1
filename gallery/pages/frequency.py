"""Filters in the frequency domain

Keeps or removes waves by their length, or single patterns that repeat.

Cutoffs are in cycles per pixel: 0.1 is a wave of ten pixels, in an image of any size and in any direction.  The image
is mirrored at its edges, so nothing of one edge shows at the opposite one.
"""

import numpy as np
from skimage import filters

import imgproc

GROUP = "Frequency domain"
PHOTOS = ("camera",)


def scikit_image(high):
    """The same gain, on an image padded by its edge pixels."""

    def butterworth(image):
        full = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
        return filters.butterworth(image / full, 0.1, high, 2, squared_butterworth=True, npad=64)

    return butterworth


def each(page, photo):
    """Beside the peer, the three kinds, bands, and light evened out."""
    page.heading(photo.name)
    page.compare(
        photo,
        lambda image: imgproc.lowpass(image, cutoff=0.1),
        {"scikit-image": scikit_image(False)},
        image=photo.grey,
        call="lowpass(image, cutoff=0.1)",
        look="Waves shorter than ten pixels are gone. scikit-image continues the edge pixels.",
    )
    kinds = {f'kind="{kind}"': imgproc.lowpass(photo.grey, kind=kind, cutoff=0.06) for kind in KINDS}
    page.zoom({"before": photo.grey, **kinds}, size=128)
    page.text("The ideal filter rings beside edges; Butterworth's rings hardly, the Gaussian not at all.")
    bands = {
        f"band={band}": imgproc.bandpass(photo.grey, band=band, offset=0.5)
        for band in ((0.01, 0.03), (0.03, 0.1), (0.1, 0.3))
    }
    page.figures({"before": photo.grey, **bands}, "``bandpass``: from coarse to fine, grey is zero.")
    page.compare(
        photo,
        imgproc.homomorphic,
        image=photo.grey,
        call="homomorphic(image)",
        look="Shadows come out: slow changes of light count half, detail one and a half.",
        histograms=True,
    )


KINDS = ("ideal", "butterworth", "gaussian")


def once(page):
    """A pattern over a photo, found and removed."""
    page.heading(
        "Patterns that repeat",
        "Stripes added to a photo stand out of its spectrum as pairs of bright dots. ``notch_reject`` finds them and "
        "takes them out, and leaves the rest alone.",
    )
    camera = page.photo("camera")
    y, x = np.indices(camera.grey8.shape)
    waves = np.cos(2 * np.pi * (0.11 * x + 0.07 * y)) + np.cos(2 * np.pi * (0.21 * x - 0.15 * y) + 1)
    striped = np.clip(np.rint(camera.grey8 + 16 * waves), 0, 255).astype(np.uint8)
    shown = page.compare(
        camera,
        lambda image: imgproc.notch_reject(image, auto=True, cutoff=0.015),
        image=striped,
        call="notch_reject(image, auto=True, cutoff=0.015)",
        look="No pattern was named: it was found.",
    )
    page.zoom(shown, at=(0.3, 0.4), size=128)
    spectra = {name: imgproc.spectrum(picture) / np.float32(12) for name, picture in shown.items()}
    page.figures(spectra, "``spectrum`` before and after, zero frequency in the middle.")
