"""Gradients, second derivatives, compass masks."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, border_name, flag, one_of, real, sigma_within
from .._core.declare import Case, Function, Peer, declare, floats_like, versus
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
def length_of_gradient(across, down, out):
    # Not cv2.magnitude, whose last bit depends on where in memory the array lies.
    for y in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[y, i] = np.sqrt(across[y, i] * across[y, i] + down[y, i] * down[y, i])


_WHOLE = {"sobel": ((1, 2, 1), 4), "scharr": ((3, 10, 3), 16), "prewitt": ((1, 1, 1), 3)}
"""Weights across a derivative, and their sum."""

_ROUNDING = 4 * 2.0**-23
"""Of the largest level in the window: what a derivative of float32 levels may be when there is none."""


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
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        In the levels of the image (degrees for ``"angle"``).  Scaled so that a step has its height: OpenCV's Sobel
        divided by 4, its Scharr by 16; scikit-image's magnitudes times the root of 2, but for Roberts', which is equal.
        The angle is 0 where there is no gradient: exact for integers; of floats a component of up to 4 units of
        rounding (2**-23) of the largest level in the window is 0.  NaN reaches the windows that see it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 10.2.

    Examples
    --------
    >>> ramp = np.tile(np.arange(5.0), (5, 1)) / 10
    >>> gradient(ramp, kind="sobel", result="magnitude")[2].round(3)
    array([0. , 0.2, 0.2, 0.2, 0. ])
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
        run_bands(lambda a, b: length_of_gradient(x[a:b], y[a:b], out[a:b]), h, pixels=h * source.shape[1])
        return out.reshape(source.shape)

    def angle(source: np.ndarray, number: int) -> np.ndarray:
        x, y = (work(source, number).reshape(source.shape) for work in derivatives(kind, whole=True))
        if source.dtype.kind == "f":
            least = load_cv2().dilate(abs(source), np.ones((3, 3), np.uint8), borderType=number).reshape(source.shape)
            with np.errstate(under="ignore"):
                least *= _ROUNDING * (_WHOLE[kind][1] if kind in _WHOLE else 1)
            x[abs(x) <= least], y[abs(y) <= least] = 0, 0
        # 0 - y, as -y would turn a 0 into -0, whose angle is -180.
        return np.degrees(np.arctan2(0 - y, x))

    return apply(image, magnitude if result == "magnitude" else angle, 1, border, fill)


def derivatives(kind: str, *, whole: bool = False) -> tuple[Filter, Filter]:
    """The derivatives to the right and downwards; with `whole` times the sum of the weights, exact for integers."""
    odd = np.array([-1.0, 0.0, 1.0])
    if kind == "roberts":
        # Half the sums of both diagonals' differences: the components' length is theirs over the root of 2.
        near, step = np.array([0.0, 0.5, 0.5]), np.array([0.0, -1.0, 1.0])
        return separable(step, near), separable(near, step)
    weights, total = _WHOLE[kind]
    smooth = np.array(weights) / (1 if whole else total)
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
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        Signed, in the levels of the image per squared pixel; a bright spot is negative.  The derivative's samples are
        shifted to add up to 0, so that a constant gives 0 within rounding (SciPy's gaussian_laplace does not).  With
        `zero_crossings` bool, of the same shape.  NaN reaches the windows that see it, and is no edge.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    For `zero_crossings` values that are no more than the rounding of the sums are 0 and have no sign: ``n + 7`` units
    of rounding of float32 (2**-23), n being the width of the window, of what the weights could make of the largest
    absolute level in the window.  This holds for float64 images too, so that images of all dtypes have the same edges.

    References
    ----------
    D. Marr, E. Hildreth, "Theory of edge detection", Proc. R. Soc. Lond. B 207, 1980.
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 10.2.

    Examples
    --------
    >>> flat = laplacian_of_gaussian(np.full((32, 32), 0.5))
    >>> bool(abs(flat).max() < 1e-6)
    True
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

    r = smooth.size // 2
    found = apply(image, work, r, border, fill)
    if not zero_crossings:
        return found
    h, edges = image.shape[0], np.zeros(image.shape, bool)
    window = np.ones((smooth.size, smooth.size), np.uint8)
    largest = apply(
        image, lambda source, number: load_cv2().dilate(_size(source), window, borderType=number), r, border, fill
    )
    share = (smooth.size + 7) * float(np.finfo(np.float32).eps) * 2 * float(abs(second).sum())
    _drop_rounding(found.reshape(h, -1), canonical(largest).reshape(h, -1), share)
    values, flat = canonical(found).reshape(h, -1), edges.reshape(h, -1)
    channels, least = edges.size // (h * image.shape[1]), threshold * full_scale(image.dtype)
    run_bands(lambda a, b: _crossings(values, channels, least, flat, a, b), h, pixels=h * image.shape[1])
    return edges


def _size(levels: np.ndarray) -> np.ndarray:
    return levels if levels.dtype.kind == "u" else abs(levels)


@kernel
def _drop_rounding(values, largest, share):
    """0 where a value is no more than this share of the largest level in its window."""
    kind = values.dtype.type
    share = kind(share)
    for y in range(values.shape[0]):
        row, sizes = values[y], largest[y]
        for i in range(np.uint64(row.size)):
            row[i] = kind(0) if abs(row[i]) <= share * kind(sizes[i]) else row[i]


@kernel
def _crossings(values, channels, least, out, y0, y1):
    """Whether the values on opposite sides of a pixel have different signs and differ by more than `least`."""
    h, n = values.shape
    least = values.dtype.type(least)
    for y in range(y0, y1):
        row, found = values[y], out[y]
        m = max(n - 2 * channels, 0)
        inner = found[channels : channels + m]
        _add_crossings(row, row[2 * channels :], least, inner)
        if 0 < y < h - 1:
            above, below = values[y - 1], values[y + 1]
            _add_crossings(above, below, least, found)
            _add_crossings(above, below[2 * channels :], least, inner)
            _add_crossings(above[2 * channels :], below, least, inner)


@kernel
def _add_crossings(before, after, least, out):
    for i in range(np.uint64(out.size)):
        a, b = before[i], after[i]
        out[i] |= (a < 0) & (b > 0) & (b - a > least) | (a > 0) & (b < 0) & (a - b > least)


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
        What the window sees outside the image, see `imgproc.pad`.
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

    Examples
    --------
    >>> float(abs(difference_of_gaussians(np.full((9, 9), 0.5))).max().round(6))  # flat: no detail
    0.0
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


_EQUAL = 2.0**-22
"""Responses of a compass count as equal if they differ by no more than this share of the sum of the eight levels: by
more than the rounding of float32 levels and of their sums, and by far less than a level of 16 bits."""


@kernel(inner=True)
def _responses(e, ne, n, nw, w, sw, s, se, is_kirsch):
    """What the eight masks find in the ring around a pixel, counter-clockwise from the right.

    Those of Kirsch are sums of three neighbours: the responses are 8 times that less 3 times the sum of all.
    """
    if is_kirsch:
        r0, r1, r2, r3 = (se + ne) + e, (e + n) + ne, (ne + nw) + n, (n + w) + nw
        r4, r5, r6, r7 = (nw + sw) + w, (w + s) + sw, (sw + se) + s, (s + e) + se
    else:
        p, q, r, t = e - w, ne - sw, n - s, nw - se
        r0, r1 = (p + p) + (ne - nw) + (se - sw), (q + q) + (e - s) + (n - w)
        r2, r3 = (r + r) + (nw - sw) + (ne - se), (t + t) + (n - e) + (w - s)
        r4, r5, r6, r7 = -r0, -r1, -r2, -r3
    return r0, r1, r2, r3, r4, r5, r6, r7


@kernel
def _compass(around, channels, is_kirsch, wants_angle, out, y0, y1):
    """The largest of eight responses, or its direction in degrees; `around` has a frame of one pixel."""
    for y in range(y0, y1):
        if wants_angle:
            _angles_of_row(around[y], around[y + 1], around[y + 2], channels, is_kirsch, out[y])
        else:
            _largest_of_row(around[y], around[y + 1], around[y + 2], channels, is_kirsch, out[y])


@kernel
def _largest_of_row(above, row, below, channels, is_kirsch, out):
    kind = out.dtype.type
    three, eight, most = kind(3), kind(8), kind(15) if is_kirsch else kind(4)
    for i in range(np.uint64(out.size)):
        j = i + np.uint64(channels)
        k = j + np.uint64(channels)
        e, ne, n, nw = row[k], above[k], above[j], above[i]
        w, sw, s, se = row[i], below[i], below[j], below[k]
        rest = (e + ne) + (n + nw) + (w + sw) + (s + se)
        r0, r1, r2, r3, r4, r5, r6, r7 = _responses(e, ne, n, nw, w, sw, s, se, is_kirsch)
        best = max(max(max(r0, r1), max(r2, r3)), max(max(r4, r5), max(r6, r7)))
        best = (eight * best - three * rest if is_kirsch else best) / most
        out[i] = best if rest == rest else rest


@kernel
def _angles_of_row(above, row, below, channels, is_kirsch, out):
    kind = out.dtype.type
    share = kind(_EQUAL)
    for i in range(np.uint64(out.size)):
        j = i + np.uint64(channels)
        k = j + np.uint64(channels)
        e, ne, n, nw = row[k], above[k], above[j], above[i]
        w, sw, s, se = row[i], below[i], below[j], below[k]
        size = (abs(e) + abs(ne)) + (abs(n) + abs(nw)) + (abs(w) + abs(sw)) + (abs(s) + abs(se))
        slack = share * size
        r0, r1, r2, r3, r4, r5, r6, r7 = _responses(e, ne, n, nw, w, sw, s, se, is_kirsch)
        best, angle = r0, kind(0)
        best, angle = (r1, kind(45)) if r1 > best + slack else (best, angle)
        best, angle = (r2, kind(90)) if r2 > best + slack else (best, angle)
        best, angle = (r3, kind(135)) if r3 > best + slack else (best, angle)
        best, angle = (r4, kind(180)) if r4 > best + slack else (best, angle)
        best, angle = (r5, kind(-135)) if r5 > best + slack else (best, angle)
        best, angle = (r6, kind(-90)) if r6 > best + slack else (best, angle)
        best, angle = (r7, kind(-45)) if r7 > best + slack else (best, angle)
        out[i] = angle if size == size else size


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
        equal.  Exact for integers; responses to floats count as equal up to 2**-22 of the sum of the eight neighbours.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`.
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

    Examples
    --------
    >>> kirsch(rgb_to_gray(image)).shape
    (96, 128)
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
        What the window sees outside the image, see `imgproc.pad`.
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

    Examples
    --------
    >>> robinson(rgb_to_gray(image)).shape
    (96, 128)
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
            default=True,
        )
    ]


declare(gradient, peers=_rows)


def _rows_of_others() -> list[Case]:
    import cv2
    from scipy import ndimage

    def compass(*first: list[int]) -> list[np.ndarray]:
        """A mask and its turns by 45 degrees each."""
        ring = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
        values, made = [first[y][x] for y, x in ring], []
        for turn in range(8):
            mask = np.zeros((3, 3), np.float32)
            for k, place in enumerate(ring):
                mask[place] = values[(k + turn) % 8]
            made.append(mask)
        return made

    def strongest(masks: list[np.ndarray], divisor: float) -> Function:
        def theirs(x: np.ndarray) -> np.ndarray:
            best = cv2.filter2D(x, cv2.CV_32F, masks[0])
            for mask in masks[1:]:
                best = cv2.max(best, cv2.filter2D(x, cv2.CV_32F, mask))
            return best / np.float32(divisor)

        return theirs

    def difference(x: np.ndarray) -> np.ndarray:
        v = x.astype(np.float32)
        return cv2.GaussianBlur(v, (0, 0), 1) - cv2.GaussianBlur(v, (0, 0), 1.6)

    kirsch_masks = compass([-3, -3, 5], [-3, 0, 5], [-3, -3, 5])
    robinson_masks = compass([-1, 0, 1], [-2, 0, 2], [-1, 0, 1])
    return [
        versus(
            "laplacian_of_gaussian",
            "grey float",
            laplacian_of_gaussian,
            "SciPy gaussian_laplace",
            lambda x: ndimage.gaussian_laplace(x, 2.0, mode="mirror"),
            unit="of 1",
            what="sigma 2",
            tolerance=1e-3,
        ),
        versus(
            "difference_of_gaussians",
            "grey",
            difference_of_gaussians,
            "cv2.GaussianBlur, twice",
            difference,
            tolerance=0.3,
            what="sigma 1 and 1.6",
        ),
        versus("kirsch", "grey", kirsch, "cv2.filter2D, max", strongest(kirsch_masks, 15), tolerance=1e-3),
        versus("robinson", "grey", robinson, "cv2.filter2D, max", strongest(robinson_masks, 4), tolerance=1e-3),
    ]


declare(laplacian_of_gaussian, result=floats_like, reach=8, changed=[{"zero_crossings": True}], peers=_rows_of_others)
declare(difference_of_gaussians, kirsch, robinson, peers=_rows_of_others)
declare(difference_of_gaussians, result=floats_like, reach=7)
declare(gradient, kirsch, robinson, result=floats_like, reach=1)
