"""Blur and noise undone

Brings back detail that motion, defocus or a lens has spread, as far as noise allows.

The blur has to be known.  An inverse filter alone turns noise into the picture; Wiener's filter, constrained least
squares and Richardson–Lucy hold it back, each in its way.
"""

import numpy as np
from skimage import restoration

import imgproc

GROUP = "Restoration"
PHOTOS = ("camera",)


def scaled(function):
    """A function of images in [0, 1]."""
    return lambda image: function(image / 255)


def each(page, photo):
    """Motion with a little noise, undone in four ways."""
    page.heading(photo.name)
    psf = imgproc.motion_psf(15, 30)
    blurred = imgproc.degrade(photo.grey8, psf, noise=0.005, key=1)
    small = np.pad(psf / psf.max(), 12).astype(np.float32)
    page.figures(
        {"sharp": photo.grey8, "motion_psf(15, 30)": small, "degrade": blurred},
        "A motion of 15 pixels up and to the right, and noise of 1/200.",
    )
    shown = page.compare(
        photo,
        lambda image: imgproc.wiener(image, psf, noise_to_signal=0.003),
        image=blurred,
        call="wiener(image, psf, noise_to_signal=0.003)",
        look="Detail is back up to the edges.",
    )
    page.zoom({"sharp": photo.grey8, **shown}, at=(0.3, 0.42), size=128)
    page.compare(
        photo,
        lambda image: imgproc.constrained_least_squares(image, psf),
        {"scikit-image": scaled(lambda image: restoration.wiener(image, psf, 0.003))},
        image=blurred,
        call="constrained_least_squares(image, psf)",
        look="How smooth the result has to be follows from the noise in the image. scikit-image's ``wiener`` is the "
        "same filter; it has to be told, and takes opposite edges for neighbours, so they ring.",
    )
    shown = page.compare(
        photo,
        lambda image: imgproc.richardson_lucy(image, psf, iterations=15),
        {"scikit-image": scaled(lambda image: restoration.richardson_lucy(image, psf, 15))},
        image=blurred,
        call="richardson_lucy(image, psf, iterations=15)",
        look="Never darker than black. scikit-image starts from a constant and takes the outside for black.",
    )
    page.zoom({"sharp": photo.grey8, **shown}, at=(0.05, 0.05), size=128)
    page.compare(
        photo,
        lambda image: imgproc.total_variation_deconvolution(image, psf),
        image=blurred,
        call="total_variation_deconvolution(image, psf)",
        look="Flat places without noise, between sharp edges.",
        zoom=True,
    )
    page.compare(
        photo,
        lambda image: imgproc.inverse_filter(image, psf, cutoff=0.08),
        image=blurred,
        call="inverse_filter(image, psf, cutoff=0.08)",
        look="The plain inverse works only for waves that the motion left enough of.",
    )
