"""Gradients, second derivatives, compass masks."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, border_name, flag, one_of, real, sigma_within
from .._core.declare import Case, Peer, declare, floats_like
from .._core.formats import work_dtype
from .._core.jit import kernel
from .._core.levels import SPREAD, fill_level, fraction
from .._core.opencv import load_cv2
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from .._neighbours.float_filters import Filter, apply, separable
from .._neighbours.gaussian import gaussian_weights, mirrored

__all__ = [
    "difference_of_gaussians",
    "gradient",
    "kirsch",
    "laplacian_of_gaussian",
    "robinson",
]


@kernel
def _lengths(across, down, out):
    # Not cv2.magnitude, whose last bit depends on where in memory the array lies.
    for y in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[y, i] = np.sqrt(across[y, i] * across[y, i] + down[y, i] * down[y, i])


_SMOOTH = {"sobel": (1 / 4, 2 / 4, 1 / 4), "scharr": (3 / 16, 10 / 16, 3 / 16), "prewitt": (1 / 3, 1 / 3, 1 / 3)}


def gradient(
    image: np.ndarray,
    *,
    kind: str = "sobel",
    result: str = "magnitude",
    border: str = "reflect_101",
    fill: float = 0.0,
) -> np.ndarray:
    """Gradient by differences over a small window.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    kind : {"sobel", "scharr", "prewitt", "roberts"}
        The difference of the columns (rows) right and left of (below and above) the pixel, smoothed across by
        ``1 2 1``, ``3 10 3`` or ``1 1 1``; or Roberts' differences along both diagonals of the square whose upper left
        is the pixel.
    result : {"magnitude", "x", "y", "angle"}
        Length; the component to the right; the component downwards; or the direction of steepest ascent in degrees,
        counter-clockwise from the right as seen, in (-180, 180].
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        In the levels of the image (degrees for ``"angle"``).  Scaled so that a step has its height: OpenCV's Sobel
        divided by 4, its Scharr by 16; scikit-image's magnitudes times the root of 2, but for Roberts', which is equal.
        The angle is 0 where there is no gradient.  NaN reaches the windows that see it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 10.2.
    """
    image = as_image(image)
    one_of(kind, "kind", ("sobel", "scharr", "prewitt", "roberts"))
    one_of(result, "result", ("magnitude", "x", "y", "angle"))
    border_name(border)
    fill = fill_level(fill, image)
    if not image.size:
        return np.empty(image.shape, work_dtype(image.dtype))
    across, down = derivatives(kind)
    if result == "x":
        return apply(image, across, 1, border, fill)
    if result == "y":
        return apply(image, down, 1, border, fill)

    def magnitude(source: np.ndarray, number: int) -> np.ndarray:
        x, y = across(source, number).reshape(source.shape[0], -1), down(source, number).reshape(source.shape[0], -1)
        out, h = np.empty_like(x), source.shape[0]
        x, y = canonical(x), canonical(y)
        run_bands(lambda a, b: _lengths(x[a:b], y[a:b], out[a:b]), h, pixels=h * source.shape[1])
        return out.reshape(source.shape)

    def angle(source: np.ndarray, number: int) -> np.ndarray:
        # 0 - y, as -y would turn a 0 into -0, whose angle is -180.
        return np.degrees(np.arctan2(0 - down(source, number), across(source, number)))

    return apply(image, magnitude if result == "magnitude" else angle, 1, border, fill)


def derivatives(kind: str) -> tuple[Filter, Filter]:
    """The derivatives to the right and downwards."""
    odd = np.array([-1.0, 0.0, 1.0])
    if kind == "roberts":
        # Half the sums of both diagonals' differences: the components' length is theirs over the root of 2.
        near, step = np.array([0.0, 0.5, 0.5]), np.array([0.0, -1.0, 1.0])
        return separable(step, near), separable(near, step)
    smooth = np.array(_SMOOTH[kind])
    return separable(odd, smooth), separable(smooth, odd)


def laplacian_of_gaussian(
    image: np.ndarray,
    *,
    sigma: float = 2.0,
    zero_crossings: bool = False,
    threshold: float = 0.0,
    border: str = "reflect_101",
    fill: float = 0.0,
) -> np.ndarray:
    """Laplacian of the image blurred by a Gaussian, and its zero crossings: the edges of Marr and Hildreth.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    sigma : float
        Standard deviation of the Gaussian in pixels, above 0; windows end at 4 sigma.
    zero_crossings : bool
        Whether to answer with the edges instead of the filtered image.
    threshold : float
        By how much, as a fraction of full scale, two neighbours opposite each other about a pixel must differ, besides
        having different signs, to make it an edge; at least 0.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        Signed, in the levels of the image per squared pixel; a bright spot is negative.  The derivative's samples are
        shifted to add up to 0, so that a constant gives 0 (SciPy's gaussian_laplace does not).  With `zero_crossings`
        bool, of the same shape.  NaN reaches the windows that see it, and is no edge.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    D. Marr, E. Hildreth, "Theory of edge detection", Proc. R. Soc. Lond. B 207, 1980.
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 10.2.
    """
    image = as_image(image)
    sigma, threshold = sigma_within(sigma, image), fraction(threshold, "threshold", SPREAD, image, at_least=0)
    zero_crossings = flag(zero_crossings, "zero_crossings")
    border_name(border)
    fill = fill_level(fill, image)
    if not image.size:
        return np.empty(image.shape, bool if zero_crossings else work_dtype(image.dtype))
    sigma = max(sigma, 1e-3)  # all weight is in the middle already, and the square stays a number
    half = gaussian_weights(sigma)
    smooth = mirrored(half)
    x = np.arange(smooth.size) - smooth.size // 2
    square = sigma * sigma
    second = smooth * (x * x / square - 1) / square
    second -= smooth * second.sum()
    across, down = separable(second, smooth), separable(smooth, second)

    def work(source: np.ndarray, number: int) -> np.ndarray:
        return load_cv2().add(across(source, number), down(source, number))

    found = apply(image, work, smooth.size // 2, border, fill)
    if not zero_crossings:
        return found
    h, edges = image.shape[0], np.zeros(image.shape, bool)
    values, flat = canonical(found).reshape(h, -1), edges.reshape(h, -1)
    channels, least = edges.size // (h * image.shape[1]), threshold * full_scale(image.dtype)
    run_bands(lambda a, b: _crossings(values, channels, least, flat, a, b), h, pixels=h * image.shape[1])
    return edges


@kernel
def _crossings(values, channels, least, out, y0, y1):
    """Whether the values on opposite sides of a pixel have different signs and differ by more than `least`."""
    h, n = values.shape
    for y in range(y0, y1):
        for i in range(n):
            found = False
            inside = channels <= i < n - channels
            if inside:
                a, b = values[y, i - channels], values[y, i + channels]
                found = a * b < 0 and abs(a - b) > least
            if not found and 0 < y < h - 1:
                for shift in range(-channels if inside else 0, channels + 1 if inside else 1, channels):
                    a, b = values[y - 1, i - shift], values[y + 1, i + shift]
                    if a * b < 0 and abs(a - b) > least:
                        found = True
            out[y, i] = found


def difference_of_gaussians(
    image: np.ndarray, *, sigma: float = 1.0, ratio: float = 1.6, border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    """Difference of two Gaussian blurs: a band of spatial frequencies, near minus the Laplacian of a Gaussian.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    sigma : float
        Standard deviation of the narrow Gaussian in pixels, above 0; windows end at 4 sigma.
    ratio : float
        The wide one's is `ratio` times as large, above 1; 1.6 is nearest to the Laplacian of a Gaussian.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        Narrow minus wide, signed, in the levels of the image; a bright spot is positive.  NaN reaches the windows that
        see it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    D. Marr, E. Hildreth, "Theory of edge detection", Proc. R. Soc. Lond. B 207, 1980, appendix B.
    """
    image = as_image(image)
    sigma, ratio = sigma_within(sigma, image), real(ratio, "ratio")
    if ratio <= 1:
        raise ValueError(f"ratio must be > 1, got {ratio}")
    sigma_within(sigma * ratio, image, "sigma * ratio")
    border_name(border)
    fill = fill_level(fill, image)
    if not image.size:
        return np.empty(image.shape, work_dtype(image.dtype))
    narrow, wide = mirrored(gaussian_weights(sigma)), mirrored(gaussian_weights(sigma * ratio))
    first, second = separable(narrow, narrow), separable(wide, wide)

    def work(source: np.ndarray, number: int) -> np.ndarray:
        return load_cv2().subtract(first(source, number), second(source, number))

    return apply(image, work, wide.size // 2, border, fill)


@kernel
def _compass(around, channels, is_kirsch, wants_angle, out, y0, y1):
    """The largest of eight responses, or its direction in degrees; `around` has a frame of one pixel."""
    kind = out.dtype.type
    two, three, eight, zero = kind(2), kind(3), kind(8), kind(0)
    most = kind(15) if is_kirsch else kind(4)
    for y in range(y0, y1):
        for i in range(np.uint64(out.shape[1])):
            j = i + np.uint64(channels)
            k = j + np.uint64(channels)
            e, ne, n, nw = around[y + 1, k], around[y, k], around[y, j], around[y, i]
            w, sw, s, se = around[y + 1, i], around[y + 2, i], around[y + 2, j], around[y + 2, k]
            rest = (e + ne) + (n + nw) + (w + sw) + (s + se)
            if is_kirsch:
                r0, r1, r2, r3 = (se + ne) + e, (e + n) + ne, (ne + nw) + n, (n + w) + nw
                r4, r5, r6, r7 = (nw + sw) + w, (w + s) + sw, (sw + se) + s, (s + e) + se
            else:
                r0, r1 = two * (e - w) + (ne - nw) + (se - sw), two * (ne - sw) + (e - s) + (n - w)
                r2, r3 = two * (n - s) + (nw - sw) + (ne - se), two * (nw - se) + (n - e) + (w - s)
                r4, r5, r6, r7 = -r0, -r1, -r2, -r3
            best, angle = r0, zero
            best, angle = (r1, kind(45)) if r1 > best else (best, angle)
            best, angle = (r2, kind(90)) if r2 > best else (best, angle)
            best, angle = (r3, kind(135)) if r3 > best else (best, angle)
            best, angle = (r4, kind(180)) if r4 > best else (best, angle)
            best, angle = (r5, kind(-135)) if r5 > best else (best, angle)
            best, angle = (r6, kind(-90)) if r6 > best else (best, angle)
            best, angle = (r7, kind(-45)) if r7 > best else (best, angle)
            best = (eight * best - three * rest if is_kirsch else best) / most
            v = angle if wants_angle else best
            out[y, i] = v if rest == rest else rest


def _by_compass(image: np.ndarray, is_kirsch: bool, result: str, border: str, fill: float) -> np.ndarray:
    image = as_image(image)
    one_of(result, "result", ("magnitude", "angle"))
    border_name(border)
    fill = fill_level(fill, image)
    if not image.size:
        return np.empty(image.shape, work_dtype(image.dtype))

    def work(source: np.ndarray, number: int) -> np.ndarray:
        around = load_cv2().copyMakeBorder(source, 1, 1, 1, 1, number)
        around = canonical(around.astype(work_dtype(source.dtype)).reshape(around.shape[0], -1))
        out = np.empty(source.shape, around.dtype)
        h, channels, flat = source.shape[0], source.shape[2], out.reshape(source.shape[0], -1)
        angle = result == "angle"
        run_bands(lambda a, b: _compass(around, channels, is_kirsch, angle, flat, a, b), h, pixels=flat.size)
        return out

    return apply(image, work, 1, border, fill)


def kirsch(
    image: np.ndarray, *, result: str = "magnitude", border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    """Kirsch's compass masks: the strongest of eight directions.

    The mask towards the right is ``-3 -3 5 / -3 0 5 / -3 -3 5``, the others are turned by 45 degrees each.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    result : {"magnitude", "angle"}
        The strongest response; or where it points, a multiple of 45 degrees in (-180, 180], counter-clockwise from the
        right as seen, towards the bright side; the smallest turn from 0 to 180, then -135 to -45, where several are
        equal.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        In the levels of the image, divided by 15 so that a step has its height (degrees for ``"angle"``).  NaN reaches
        the windows that see it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    R. A. Kirsch, "Computer determination of the constituent structure of biological images", Computers and Biomedical
    Research 4(3), 1971.
    """
    return _by_compass(image, True, result, border, fill)


def robinson(
    image: np.ndarray, *, result: str = "magnitude", border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    """Robinson's compass masks: the strongest of eight directions.

    The mask towards the right is Sobel's, ``-1 0 1 / -2 0 2 / -1 0 1``, the others are turned by 45 degrees each.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    result : {"magnitude", "angle"}
        The strongest response; or where it points, as by `kirsch`.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        In the levels of the image, divided by 4 so that a step has its height (degrees for ``"angle"``).  NaN reaches
        the windows that see it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    G. S. Robinson, "Edge detection by compass gradient masks", Computer Graphics and Image Processing 6(5), 1977.
    """
    return _by_compass(image, False, result, border, fill)


def _rows() -> list[Case]:
    import cv2

    def theirs(x: np.ndarray) -> np.ndarray:
        across, down = (cv2.Sobel(x, cv2.CV_32F, *axes, scale=0.25) for axes in ((1, 0), (0, 1)))
        return cv2.magnitude(across, down)

    return [
        Case(
            "gradient",
            "length of Sobel's gradient",
            "grey",
            lambda x: gradient(x),
            {"cv2 Sobel, magnitude": Peer(theirs, limit=1.2, tolerance=1e-3)},
        )
    ]


declare(gradient, peers=_rows)
declare(laplacian_of_gaussian, result=floats_like, reach=8, changed=[{"zero_crossings": True}], no_peer="no row yet")
declare(difference_of_gaussians, kirsch, robinson, no_peer="no row yet")
declare(difference_of_gaussians, result=floats_like, reach=7)
declare(gradient, kirsch, robinson, result=floats_like, reach=1)
