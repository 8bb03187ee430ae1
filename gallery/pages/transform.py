"""Transforms

Fourier, cosine, Walsh–Hadamard and wavelet coefficients, and what can be done with them.

All are orthonormal.  A few large coefficients hold most of a photo, which is what compression lives on; noise is spread
over all of them alike, which is what denoising lives on.
"""

import numpy as np

import imgproc

GROUP = "Frequency domain"
PHOTOS = ("camera",)


def magnitudes(coefficients):
    """To look at: the logarithm, largest white."""
    found = np.log1p(np.abs(coefficients).astype(np.float32))
    return found / found.max()


def pyramid(image):
    """Wavelet coefficients where they belong: coarse in the corner, details around it."""
    coarse, *levels = imgproc.wavelet(image, name="haar", levels=3)
    shown = coarse / np.float32(coarse.max())
    for details in levels:
        along_y, along_x, both = (np.clip(0.5 + d / np.float32(160), 0, 1) for d in details)
        h, w = along_y.shape
        shown = np.block([[shown[:h, :w], along_x], [along_y, both]])
    return shown


def each(page, photo):
    """Coefficients, then images from few of them."""
    page.heading(photo.name)
    side = 1 << (min(photo.grey8.shape).bit_length() - 1)
    image = photo.grey8[:side, :side]
    page.figures(
        {
            "before": image,
            "dct": magnitudes(imgproc.dct(image)),
            "walsh_hadamard": magnitudes(imgproc.walsh_hadamard(image)),
            "wavelet": pyramid(image),
        },
        "Coefficients, as logarithms; slow waves are at the top left. In each, photos fill a corner.",
    )
    few = {
        f'transform="{name}"': imgproc.compress(image, transform=name, keep=0.03)
        for name in ("dct", "walsh_hadamard", "wavelet")
    }
    page.figures({"before": image, **few}, "``compress(image, keep=0.03)``: what 3 % of the coefficients hold.")
    page.zoom({"before": image, **few}, size=128)


def once(page):
    """Noise removed."""
    page.heading("Noise", "Gaussian noise of a tenth of full scale, and what is left of it.")
    camera = page.photo("camera")
    noisy = imgproc.degrade(camera.grey8, np.ones((1, 1)), noise=0.1, key=1)
    shown = page.compare(
        camera,
        imgproc.wavelet_denoise,
        image=noisy,
        call="wavelet_denoise(image)",
        look="The threshold follows from the image, for each level and direction (BayesShrink).",
    )
    page.zoom({**shown, "visu": imgproc.wavelet_denoise(noisy, threshold="visu")}, at=(0.3, 0.4), size=128)
