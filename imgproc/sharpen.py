"""Sharpening, relief and detail."""

from __future__ import annotations

import math

import numpy as np

from ._core import elementary
from ._core.check import as_image, border_name, color_mode, integer, real, sigma_within
from ._core.declare import Case, Function, Peer, declare, floats_like, versus
from ._core.formats import work_dtype
from ._core.jit import kernel
from ._core.levels import SPREAD, fill_level, fraction
from ._core.opencv import load_cv2
from ._core.planes import canonical, full_scale, on_intensity
from ._core.threads import run_bands
from ._core.unit_range import must_be_unit
from ._neighbours.correlate import blend_differences, blur_separable
from ._neighbours.correlate import unsharp_mask as _unsharp
from ._neighbours.float_filters import apply, separable
from ._neighbours.gaussian import gaussian_weights
from .smooth._common import by_bands, within_floats

__all__ = ["detail_enhance", "emboss", "high_boost", "laplacian", "sharpen_laplacian", "unsharp_mask"]

_MOST = 1e12
"""Of a factor: more overflows float32, and says nothing more."""


def _neighbours(value: int) -> int:
    number = integer(value, "neighbours", at_least=4, at_most=8)
    if number not in (4, 8):
        raise ValueError(f"neighbours must be 4 or 8, got {number}")
    return number


_EIGHT = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], np.float64)


def laplacian(image: np.ndarray, *, neighbours: int = 4, border: str = "reflect_101", fill: float = 0.0) -> np.ndarray:
    """Laplacian: the sum of a pixel's neighbours minus as many times the pixel.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    neighbours : int
        4 (kernel ``0 1 0 / 1 -4 1 / 0 1 0``) or 8 (``1 1 1 / 1 -8 1 / 1 1 1``).
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        Signed, in the levels of the image (-1020 to 1020 for uint8 and 4 neighbours), exact for integers; the centre
        of the kernel is negative, so a bright spot has a negative Laplacian, as in OpenCV and SciPy.
        (``skimage.filters.laplace`` has the opposite sign.)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, eq. 3-62.

    Examples
    --------
    >>> point = np.zeros((3, 3))
    >>> point[1, 1] = 1.0
    >>> laplacian(point)
    array([[ 0.,  2.,  0.],
           [ 2., -4.,  2.],
           [ 0.,  2.,  0.]])
    """
    image = as_image(image)
    full = _neighbours(neighbours) == 8
    border_name(border)
    fill = fill_level(fill, image)
    if not image.size:
        return np.empty(image.shape, work_dtype(image.dtype))

    def work(source: np.ndarray, number: int) -> np.ndarray:
        cv2 = load_cv2()
        depth = cv2.CV_64F if source.dtype == np.float64 else cv2.CV_32F
        if not full:
            return cv2.Laplacian(source, depth, ksize=1, borderType=number)
        return cv2.filter2D(source, depth, _EIGHT, borderType=number)

    return apply(image, work, 1, border, fill)


def sharpen_laplacian(image: np.ndarray, *, strength: float = 1.0, neighbours: int = 8) -> np.ndarray:
    """Sharpen by taking the Laplacian away: ``f - strength * laplacian(f)``.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    strength : float
        At least 0, which changes nothing; 1 is the textbook's.
    neighbours : int
        4 or 8, see `laplacian`.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated; floats are not cut off.  The border is
        ``reflect_101``.  NaN reaches the windows that see it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, eq. 3-63 with c = -strength.

    Examples
    --------
    >>> int(sharpen_laplacian(np.full((5, 5), 100, np.uint8)).max())  # flat parts stay
    100
    """
    image = as_image(image)
    strength = real(strength, "strength", at_least=0, at_most=_MOST)
    if _neighbours(neighbours) == 8:
        return blend_differences(image, "surround", 1.0, strength)
    return blend_differences(image, "laplacian", 1.0, -strength)


def unsharp_mask(image: np.ndarray, *, sigma: float = 1.0, amount: float = 1.0, threshold: float = 0.0) -> np.ndarray:
    """Sharpen by what a Gaussian blur takes away.

    ``f + amount (f - blur)`` where the two differ by more than `threshold`, else f.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    sigma : float
        Standard deviation of the blur in pixels, above 0 and at most the image's longer side, or 16; the kernel ends at
        4 sigma.
    amount : float
        At least 0, which changes nothing; 1 is unsharp masking proper, see `high_boost` for more.
    threshold : float
        Differences up to this fraction of full scale stay, so that noise is not sharpened; at least 0.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated once, at the end; floats are not cut off.
        The border is ``reflect_101``.  NaN reaches the windows that see it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``skimage.filters.unsharp_mask`` without the threshold, which is that of Pillow and GIMP.

    References
    ----------
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, eq. 3-64 and 3-65.

    Examples
    --------
    >>> soft = gaussian_blur(image, sigma=1)
    >>> bool(unsharp_mask(soft, sigma=1, amount=1.0).std() > soft.std())
    True
    """
    image = as_image(image)
    sigma, amount = sigma_within(sigma, image), real(amount, "amount", at_least=0, at_most=_MOST)
    threshold = fraction(threshold, "threshold", SPREAD, image, at_least=0)
    return _unsharp(image, gaussian_weights(sigma), amount, threshold)


def high_boost(image: np.ndarray, *, sigma: float = 1.0, boost: float = 2.0) -> np.ndarray:
    """High-boost filtering: unsharp masking with a weight above 1, ``f + boost (f - blur)``.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    sigma : float
        Standard deviation of the Gaussian blur in pixels, above 0 and at most the image's longer side, or 16.
    boost : float
        At least 1, which is `unsharp_mask`.  (Where the literature has A f - blur, with a factor for the brightness of
        the image, use ``boost=1`` and add (A - 1) f.)

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated; floats are not cut off.  The border is
        ``reflect_101``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, eq. 3-65 with k > 1.

    Examples
    --------
    >>> int(high_boost(np.full((5, 5), 100, np.uint8)).max())  # flat parts stay
    100
    """
    image = as_image(image)
    sigma, boost = sigma_within(sigma, image), real(boost, "boost", at_least=1, at_most=_MOST)
    return _unsharp(image, gaussian_weights(sigma), boost, 0.0)


IN_CACHE = 1 << 20
"""Larger images are lit band by band, so that the slopes stay in the cache."""


@kernel
def _shade(across, down, slope, x, y, z, top, out):
    """Cosine between the normal of a surface with these differences and the light (x, y, z), y upwards."""
    kind = across.dtype.type
    one, zero = kind(1), kind(0)
    for row in range(out.shape[0]):
        for i in range(out.shape[1]):
            p, q = slope * across[row, i], slope * down[row, i]
            v = (z - x * p + y * q) / np.sqrt(one + p * p + q * q)
            v = zero if v < zero else v
            if top > 0:
                v = v * top
                out[row, i] = np.int32(np.rint(top if v > top else v))
            else:
                out[row, i] = v


def emboss(image: np.ndarray, *, azimuth: float = 135.0, elevation: float = 45.0, depth: float = 4.0) -> np.ndarray:
    """Light the image as a relief whose height is its brightness.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    azimuth : float
        Where the light comes from, in degrees counter-clockwise from the right; 135 is the upper left.
    elevation : float
        How high it stands above the image plane, in degrees from 0 to 90.
    depth : float
        Height of white above black in pixels, at least 0: a slope over `depth` pixels rises by 45 degrees.

    Returns
    -------
    ndarray
        Same shape and dtype: the cosine between light and surface, full scale where it shines straight down, 0 where it
        does not reach.  Flat places have ``sin(elevation)``.  Integers are rounded half to even.  The border is
        ``reflect_101``.  NaN reaches the windows that see it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    References
    ----------
    J. Schlag, "Fast embossing effects on raster image data", in Graphics Gems IV, 1994: normals by differences over
    three by three pixels (Prewitt's), here of unit length.

    Examples
    --------
    >>> emboss(image).shape
    (96, 128, 3)
    """
    image = as_image(image)
    must_be_unit(image, who="emboss")
    azimuth, depth = math.radians(real(azimuth, "azimuth")), real(depth, "depth", at_least=0, at_most=_MOST)
    elevation = math.radians(real(elevation, "elevation", at_least=0, at_most=90))
    if not image.size:
        return image.copy()
    odd, flat = np.array([-1.0, 0.0, 1.0]), np.ones(3)
    kind, full = work_dtype(image.dtype).type, full_scale(image.dtype)
    x, y = elementary.cos(elevation) * elementary.cos(azimuth), elementary.cos(elevation) * elementary.sin(azimuth)
    light, top = (kind(x), kind(y), kind(elementary.sin(elevation))), kind(full if image.dtype.kind == "u" else 0)

    def shaded(part: np.ndarray, border: str) -> np.ndarray:
        h, out = len(part), np.empty(part.shape, part.dtype)
        across = canonical(apply(part, separable(odd, flat), 1, border).reshape(h, -1))
        down = canonical(apply(part, separable(flat, odd), 1, border).reshape(h, -1))
        run_bands(
            lambda a, b: _shade(across[a:b], down[a:b], kind(depth / (6 * full)), *light, top, out.reshape(h, -1)[a:b]),
            h,
            pixels=part.size,
        )
        return out

    if image.size <= IN_CACHE:
        return shaded(image, "reflect_101")
    return by_bands(image, 1, "reflect_101", 0.0, shaded)


def detail_enhance(
    image: np.ndarray,
    *,
    sigma: float = 4.0,
    amount: float = 1.5,
    edge: float = 0.1,
    color: str = "luminance",
) -> np.ndarray:
    """Enhance detail without halos along edges: a base layer that keeps edges, and amplified detail on it.

    ``f + amount (f - base)``, where the base is the guided filter of the image by itself, with Gaussian windows.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    sigma : float
        Standard deviation of the windows in pixels, above 0 and at most the image's longer side, or 16; detail is what
        is finer.
    amount : float
        At least 0, which changes nothing.
    edge : float
        Variation with a standard deviation well above this fraction of full scale is an edge, which stays as it is,
        below it detail; above 0.
    color : {"luminance", "per_channel"}
        For RGB: enhance luma and keep the differences of R, G and B, or treat each channel by itself.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated; floats are not cut off.  The border is
        ``reflect_101``.  NaN reaches the windows that see it, twice (8 sigma).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or for the default `edge` floats are clearly not levels from 0 to
        1 (see `to_uint8`).

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013, sections 3.4 and 5 ("detail enhancement");
    here the means are weighted by a Gaussian, and epsilon is ``edge**2``.

    Examples
    --------
    >>> detail_enhance(image, amount=1.5).shape
    (96, 128, 3)
    """
    image = as_image(image)
    sigma, amount = sigma_within(sigma, image), real(amount, "amount", at_least=0, at_most=_MOST)
    edge = fraction(edge, "edge", SPREAD, image, above=0, default=0.1)
    color = color_mode(color, image)
    if not image.size:
        return image.copy()
    weights = gaussian_weights(sigma)

    def work(plane: np.ndarray) -> np.ndarray:
        kind, top = work_dtype(plane.dtype).type, full_scale(plane.dtype)
        # Where nothing varies 0 is divided by it, so it must not be 0; below, it is lost beside any variance.
        epsilon = kind(min(max(elementary.square(within_floats(edge)), np.finfo(kind).tiny), np.finfo(kind).max))
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            # About the middle of the scale, where squares lose least.
            f = plane * kind(1 / top)
            f -= kind(0.5)
            pair = np.empty((*f.shape, 2), f.dtype)
            pair[..., 0] = f
            np.multiply(f, f, out=pair[..., 1])
            pair = blur_separable(pair, weights)
            # The mean and the mean square become what is left and the share of the image, in place: memory is dear.
            rest, share = pair[..., 0], pair[..., 1]
            share -= rest * rest
            np.maximum(share, 0, out=share)
            share /= share + epsilon
            rest -= share * rest
            del rest, share
            pair = blur_separable(pair, weights)
            base, share = pair[..., 0], pair[..., 1]
            share *= f
            base += share
            np.subtract(f, base, out=base)
            base *= kind(amount)
            f += base
            f += kind(0.5)
            if plane.dtype.kind == "f":
                return f
            f *= kind(top)
            np.clip(f, 0, top, out=f)
            return np.rint(f, out=f).astype(plane.dtype)

    return on_intensity(image, color, work)


def _peer_by_doubles(amount: float) -> Function:
    """Sharpening of colours by a Gaussian of sigma 1, in float64."""

    def sharpened(x: np.ndarray) -> np.ndarray:
        from scipy.ndimage import gaussian_filter

        levels = x.astype(np.float64)
        blurred = gaussian_filter(levels, (1, 1, 0), mode="mirror", truncate=8)
        return (levels + amount * (levels - blurred)).clip(0, 255)

    return sharpened


def _rows() -> list[Case]:
    import cv2

    return [
        Case(
            "unsharp_mask",
            "unsharp mask, sigma 1",
            "RGB",
            lambda x: unsharp_mask(x, sigma=1.0),
            {
                "cv2 GaussianBlur, addWeighted": Peer(
                    lambda x: cv2.addWeighted(x, 2, cv2.GaussianBlur(x, (0, 0), 1), -1, 0),
                    limit=1.0,
                    tolerance=2,
                    note="rounds the blur, of windows of 3 sigma",
                ),
            },
            reference=_peer_by_doubles(1.0),
        )
    ]


def _rows_of_others() -> list[Case]:
    import cv2

    sharper = np.array([[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]], np.float32)
    return [
        versus(
            "laplacian",
            "grey",
            laplacian,
            "cv2.Laplacian",
            lambda x: cv2.Laplacian(x, cv2.CV_32F),
            tolerance=0,
            default=True,
        ),
        versus(
            "sharpen_laplacian",
            "RGB",
            sharpen_laplacian,
            "cv2.filter2D",
            lambda x: cv2.filter2D(x, -1, sharper),
            tolerance=0,
        ),
        versus(
            "high_boost",
            "RGB",
            lambda x: high_boost(x, boost=2.0),
            "cv2 GaussianBlur, addWeighted",
            lambda x: cv2.addWeighted(x, 3, cv2.GaussianBlur(x, (0, 0), 1), -2, 0),
            tolerance=4,
            note="rounds the blur, of windows of 3 sigma",
            reference=_peer_by_doubles(2.0),
        ),
        versus(
            "detail_enhance",
            "RGB",
            detail_enhance,
            "cv2.detailEnhance",
            cv2.detailEnhance,
            difference=None,
            note="another filter, of a domain transform",
            size=512,
            default=True,
        ),
    ]


declare(unsharp_mask, peers=_rows)
declare(detail_enhance, high_boost, laplacian, sharpen_laplacian, peers=_rows_of_others)
declare(emboss, no_peer="Pillow's is one fixed kernel; ours lights a relief")
declare(detail_enhance, reach=32)
declare(laplacian, result=floats_like, reach=1)
declare(sharpen_laplacian, emboss, reach=1)
declare(unsharp_mask, high_boost, reach=4)
