"""Global histogram equalization."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, as_mask, color_mode, one_of
from .._core.declare import Case, Peer, declare, levels_from_darkest
from .._core.jit import kernel
from .._core.lookup import look_up
from .._core.planes import on_intensity, valid_pixels
from .._core.unit_range import must_be_unit
from .._scanline.counted import counted
from .._scanline.stages import Near
from ._count import count_levels
from ._distribution import Distribution

__all__ = ["equalize_histogram"]

METHODS = ("cv", "textbook", "pil")


def equalize_histogram(
    image: np.ndarray, *, method: str = "cv", color: str = "luminance", mask: np.ndarray | None = None
) -> np.ndarray:
    """Spread the levels so that each is about equally frequent.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    method : {"cv", "textbook", "pil"}
        With N pixels, h(k) of level k, C(k) up to and with level k, m the lowest and M the highest occurring level,
        L levels:

        * ``"cv"``: s = (L - 1) (C(k) - h(m)) / (N - h(m)); the lowest level becomes 0, the highest L - 1.  Bit-equal
          to ``cv2.equalizeHist`` for uint8 grey.
        * ``"textbook"``: s = round((L - 1) C(k) / N), Gonzalez & Woods, Digital Image Processing, eq. 3-15; the lowest
          level does not become 0.
        * ``"pil"``: as ``PIL.ImageOps.equalize``, in integers: step = (N - h(M)) // (L - 1),
          s = (step // 2 + C(k - 1)) // step; unchanged where step is 0.
    color : {"luminance", "per_channel"}
        For RGB: equalize luma (Y of Rec. 601) and add its change to R, G and B, which keeps hues, or equalize each
        channel by itself, which also balances them.  Grey images ignore it.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the histogram counts.  The mapping is applied to all pixels.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even (``"pil"`` truncates) and saturated.  Luma or a channel
        with a single level is left as it is.  Float images map to [0, 1] (whatever their range) by the same formulas on
        a cumulative function of 16,384 bins, linear inside a bin; where values lie far off, bins hold equally many
        instead of being equally wide, so that these cost no resolution.  NaN stays and is not counted, infinity is
        not counted and goes to the end of the range.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value; if luminance is asked of an image without 1 or 3 channels,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`) where their luma is replaced.

    Notes
    -----
    The whole image is one window: each pixel counts, as one among all, however far its level lies from the others.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 3.3.

    Examples
    --------
    >>> equalize_histogram(np.array([[100, 101], [102, 103]], np.uint8))
    array([[  0,  85],
           [170, 255]], dtype=uint8)
    """
    image = as_image(image)
    mask = as_mask(mask, image)
    one_of(method, "method", METHODS)
    color = color_mode(color, image)
    if color == "luminance":  # the luma that is added to the channels is from 0 to 1
        must_be_unit(image, who="equalize_histogram of luminance", mask=mask)
    if image.size == 0:
        return image.copy()
    if image.dtype.kind == "f":
        valid = valid_pixels(image, mask)
        return on_intensity(image, color, lambda plane: _equalize_float(plane, valid, method))
    if color == "luminance":
        return on_intensity(image, color, lambda plane: _equalize_levels(plane, mask, method))
    return _equalize_levels(image, mask, method)


def _equalize_levels(image: np.ndarray, mask: np.ndarray | None, method: str) -> np.ndarray:
    counts = count_levels(image, mask)
    tables = np.empty(counts.shape, image.dtype)
    for table, count in zip(tables, counts):
        table[:] = _table(count, method)
    return look_up(image, tables)


def _table(counts: np.ndarray, method: str) -> np.ndarray:
    """The level that each level becomes."""
    top = counts.size - 1
    cumulative = np.cumsum(counts)
    n = int(cumulative[-1])
    occupied = np.flatnonzero(counts)
    lowest, highest = occupied[0], occupied[-1]
    if lowest == highest:
        return np.arange(counts.size)
    if method == "textbook":
        return _rounded(cumulative * top / n, top)
    if method == "pil":
        step = (n - int(counts[highest])) // top
        return np.minimum((step // 2 + cumulative - counts) // step, top) if step else np.arange(counts.size)
    cumulative -= counts[lowest]
    cumulative[:lowest] = 0
    if top == 255:  # OpenCV's own arithmetic, in float32
        return _rounded(cumulative.astype(np.float32) * (np.float32(top) / np.float32(n - counts[lowest])), top)
    return _rounded(cumulative * top / (n - counts[lowest]), top)


@kernel(inner=True)
def _equalize_bytes(counts, params, table):
    """`_table` for 256 levels; the parameter is the number of the method."""
    n, lowest, highest, upto = np.int64(0), -1, -1, np.int64(0)
    for k in range(256):
        n += counts[k]
        if counts[k] > 0:
            lowest, highest = k if lowest < 0 else lowest, k
    rest, step = n - counts[lowest], (n - counts[highest]) // 255
    scale = np.float32(255.0) / np.float32(rest)
    for k in range(256):
        upto += counts[k]
        if lowest == highest or (params[0] == 2.0 and step == 0):
            table[k] = k
        elif params[0] == 1.0:
            table[k] = np.int32(min(np.rint(np.float64(upto * 255) / np.float64(n)), 255.0))
        elif params[0] == 2.0:
            table[k] = min((step // 2 + upto - counts[k]) // step, 255)
        else:
            above = upto - counts[lowest] if k >= lowest else np.int64(0)
            table[k] = np.int32(min(np.rint(np.float32(above) * scale), np.float32(255.0)))


EQUALIZE = counted("equalize", _equalize_bytes)


def equalizing(method: str) -> Near:
    """What makes the table of a method within a pass."""
    return Near(EQUALIZE, (METHODS.index(method),))


def _rounded(scaled: np.ndarray, top: int) -> np.ndarray:
    np.rint(scaled, out=scaled)
    return np.minimum(scaled, top, out=scaled)


def _equalize_float(plane: np.ndarray, valid: np.ndarray, method: str) -> np.ndarray:
    d = Distribution.of(plane, valid)
    if d.constant:
        return plane.copy()
    first = d.upto_smallest[0]
    last = d.n - int(d.before_largest[-1])

    def rule(upto: np.ndarray) -> np.ndarray:
        if method == "cv":
            return np.maximum((upto - first) / (d.n - first), 0)
        return upto / d.n if method == "textbook" else np.minimum(upto / (d.n - last), 1)

    if method == "pil":  # which counts the values below, not up to
        return d.apply(plane, rule(d.below), rule(d.before_largest), rule(d.between))
    return d.apply(plane, rule(d.upto_smallest), rule(d.upto_largest), rule(d.between))


def _rows() -> list[Case]:
    import cv2
    from skimage import exposure

    def ours(x: np.ndarray) -> np.ndarray:
        return equalize_histogram(x)

    def luminance(x: np.ndarray) -> np.ndarray:
        planes = cv2.cvtColor(x, cv2.COLOR_RGB2YCrCb)
        planes[..., 0] = cv2.equalizeHist(planes[..., 0])
        return cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB)

    darkest = "answers in float64 with the darkest level above 0; compared from there"
    return [
        Case(
            "equalize_histogram",
            "histogram equalization",
            "grey",
            ours,
            {
                "cv2.equalizeHist": Peer(cv2.equalizeHist, limit=1.3, tolerance=0),
                "skimage equalize_hist": Peer(
                    exposure.equalize_hist, limit=1 / 20, tolerance=1, difference=levels_from_darkest, note=darkest
                ),
            },
            first="imgproc.equalize_histogram(image)",
            default=True,
        ),
        Case(
            "equalize_histogram, 16-bit",
            "histogram equalization",
            "grey 16-bit",
            ours,
            {
                "skimage equalize_hist": Peer(
                    exposure.equalize_hist,
                    tolerance=1,
                    difference=levels_from_darkest,
                    unit="levels of 65535",
                    note=darkest,
                )
            },
        ),
        Case(
            "equalize_histogram, float",
            "histogram equalization",
            "grey float",
            ours,
            {"skimage equalize_hist": Peer(exposure.equalize_hist, note="in 256 bins", unit="of 1")},
        ),
        Case(
            "equalize_histogram, RGB",
            "histogram equalization of the luminance",
            "RGB",
            lambda x: equalize_histogram(x, color="luminance"),
            {"cv2 YCrCb, equalizeHist, back": Peer(luminance, tolerance=3, note="rounds chroma to 8 bits on the way")},
        ),
    ]


declare(equalize_histogram, peers=_rows)
