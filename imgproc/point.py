"""Point operations: each level is mapped by itself.

All are programs of one pixel operation; on uint8 images they end as one table.  Levels in parameters are fractions of
full scale, so that one setting means the same for every dtype.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._core.check import as_image, flag, integer, one_of, positive, real
from ._core.curves import as_curves, through
from ._core.declare import Case, Function, Peer, declare, floats_like, versus
from ._core.formats import channels_of
from ._core.levels import LEVEL, SHIFT, fraction, fractions
from ._core.levelwise import compared, straight
from ._core.lookup import look_up
from ._core.opencv import load_cv2
from ._core.planes import canonical, full_scale, luma
from ._core.unit_range import must_be_unit
from ._scanline import Op, pixel, run, tabulated
from ._scanline.operations.threshold import METHODS

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_log",
    "adjust_sigmoid",
    "bit_plane",
    "invert",
    "lookup",
    "normalize",
    "posterize",
    "solarize",
    "threshold",
    "tone_curve",
]

CURVE_SAMPLES = 1025
"""Of a tone curve for float images: at level k / 1024."""


def adjust_brightness(image: np.ndarray, *, factor: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """Scale and shift levels: factor v + shift.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    factor : float
        1 leaves levels as they are, 0 gives black (torchvision's and Pillow's brightness).
    shift : float
        Added afterwards, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated; floats are not cut off.  NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or not finite.

    Examples
    --------
    >>> adjust_brightness(np.array([[0, 100, 200]], np.uint8), shift=0.2)
    array([[ 51, 151, 251]], dtype=uint8)
    """
    image = as_image(image)
    return _straight(image, real(factor, "factor"), fraction(shift, "shift", SHIFT, image))


def adjust_contrast(image: np.ndarray, *, factor: float, center: float | str = 0.5) -> np.ndarray:
    """Stretch levels about a centre: factor (v - center) + center.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    factor : float
        1 leaves levels as they are, 0 makes all of them the centre, above 1 contrast grows.
    center : float or "mean"
        The level that stays, as a fraction of full scale; ``"mean"`` is the mean luma of an RGB image, and the mean of
        all levels of any other (torchvision's and Pillow's contrast).

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated; floats are not cut off.  NaN stays and,
        like infinity, does not enter the mean.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or not finite, or for the default `center` floats are clearly not levels
        from 0 to 1 (see `to_uint8`).

    Notes
    -----
    The whole image is one window where ``center="mean"``.

    Examples
    --------
    >>> adjust_contrast(np.array([[64, 128, 192]], np.uint8), factor=1.5)
    array([[ 32, 128, 224]], dtype=uint8)
    """
    image = as_image(image)
    factor = real(factor, "factor")
    middle = (
        _mean(image) if _is_word(center, "center", "mean") else fraction(center, "center", LEVEL, image, default=0.5)
    )
    return _straight(image, factor, middle * (1.0 - factor))


def adjust_gamma(image: np.ndarray, *, gamma: float, gain: float = 1.0) -> np.ndarray:
    """Power law: gain v**gamma.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    gamma : float
        Above 0: below 1 the image becomes lighter, above 1 darker.
    gain : float
        Factor of the result.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated.  Floats below 0 count as 0, those above
        1 follow the same law; NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or not finite, or gamma is not above 0, or floats are clearly not levels
        from 0 to 1 (see `to_uint8`).

    Notes
    -----
    float32 and uint16 images are computed in float32 by polynomials, off by less than 3e-7 of full scale.

    Examples
    --------
    >>> adjust_gamma(np.array([[0, 64, 255]], np.uint8), gamma=0.5)
    array([[  0, 128, 255]], dtype=uint8)
    """
    image = as_image(image)
    must_be_unit(image, who="adjust_gamma")
    return _mapped(image, pixel.gamma(positive(gamma, "gamma"), real(gain, "gain")))


def adjust_log(image: np.ndarray, *, gain: float = 1.0, inverse: bool = False) -> np.ndarray:
    """Logarithmic law: gain log2(1 + v), or its inverse gain (2**v - 1).

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    gain : float
        Factor of the result; with 1, black and white stay.
    inverse : bool
        Whether to take the inverse law, which darkens.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated.  Floats below 0 count as 0, those above
        1 follow the same law; NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or not finite, or floats are clearly not levels from 0 to 1 (see
        `to_uint8`).

    Examples
    --------
    >>> adjust_log(np.array([[0.0, 0.5, 1.0]])).round(3)
    array([[0.   , 0.585, 1.   ]])
    """
    image = as_image(image)
    must_be_unit(image, who="adjust_log")
    return _mapped(image, pixel.log(real(gain, "gain"), flag(inverse, "inverse")))


def adjust_sigmoid(image: np.ndarray, *, cutoff: float = 0.5, gain: float = 10.0, inverse: bool = False) -> np.ndarray:
    """Sigmoid law, more contrast about a level: 1 / (1 + exp(gain (cutoff - v))).

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    cutoff : float
        The level that becomes 1/2, as a fraction of full scale.
    gain : float
        Steepness there: the slope is gain / 4.
    inverse : bool
        Whether to take 1 minus that, a negative.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even.  Floats of any level follow the law; NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or not finite, or floats are clearly not levels from 0 to 1 (see
        `to_uint8`).

    References
    ----------
    Braun, Fairchild, "Image lightness rescaling using sigmoidal contrast enhancement functions", Journal of Electronic
    Imaging 8(4), 1999; in the form of scikit-image.

    Examples
    --------
    >>> adjust_sigmoid(np.array([[0.4, 0.5, 0.6]])).round(3)
    array([[0.269, 0.5  , 0.731]])
    """
    image = as_image(image)
    must_be_unit(image, who="adjust_sigmoid")
    op = pixel.sigmoid(fraction(cutoff, "cutoff", LEVEL, image), real(gain, "gain"), flag(inverse, "inverse"))
    return _mapped(image, op)


def invert(image: np.ndarray) -> np.ndarray:
    """Negative: 1 - v.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.

    Returns
    -------
    ndarray
        Same shape and dtype; floats beyond [0, 1] become such on the other side.  NaN stays.

    Raises
    ------
    TypeError, ValueError
        If `image` is no image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Examples
    --------
    >>> invert(np.array([[0, 100, 255]], np.uint8))
    array([[255, 155,   0]], dtype=uint8)
    """
    image = as_image(image)
    must_be_unit(image, who="invert")
    if image.dtype.kind == "u":
        return np.invert(image, order="C")
    return np.subtract(image.dtype.type(1), image, order="C")


def posterize(image: np.ndarray, *, bits: int) -> np.ndarray:
    """Keep the upper bits of each level.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    bits : int
        1 to 16: how many; 2**bits levels are left.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers: the lower bits are 0 (as in Pillow); as many bits as there are change nothing.
        Floats: floor(v 2**bits) / 2**bits, at least 0 and at most 1 - 2**-bits; NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or `bits` outside its range,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Examples
    --------
    >>> posterize(np.array([[0, 100, 200]], np.uint8), bits=1)
    array([[  0,   0, 128]], dtype=uint8)
    """
    image = as_image(image)
    bits = integer(bits, "bits", at_least=1, at_most=16)
    must_be_unit(image, who="posterize")
    return _mapped(image, pixel.posterize(bits))


def solarize(image: np.ndarray, *, threshold: float = 0.5) -> np.ndarray:
    """Invert the levels from a threshold on.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    threshold : float
        Levels v >= threshold become 1 - v; a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype.  NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or not finite,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Examples
    --------
    >>> solarize(np.array([[100, 200]], np.uint8), threshold=0.5)
    array([[100,  55]], dtype=uint8)
    """
    image = as_image(image)
    threshold = fraction(threshold, "threshold", LEVEL, image)
    must_be_unit(image, who="solarize")
    return _mapped(image, pixel.solarize(threshold))


def threshold(image: np.ndarray, *, level: float = 0.5, method: str = "binary") -> np.ndarray:
    """Compare levels with a threshold, each channel by itself.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    level : float
        The threshold, as a fraction of full scale; what equals it counts as below.
    method : {"binary", "binary_inverse", "truncate", "to_zero", "to_zero_inverse"}
        What levels above it and others become: white and black, black and white, the threshold and themselves,
        themselves and black, black and themselves.  (OpenCV's THRESH_BINARY, THRESH_BINARY_INV, THRESH_TRUNC,
        THRESH_TOZERO and THRESH_TOZERO_INV.)

    Returns
    -------
    ndarray
        Same shape and dtype.  NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, not finite, or no such method, or for the default `level` floats are
        clearly not levels from 0 to 1 (see `to_uint8`).

    Examples
    --------
    >>> threshold(np.array([[100, 200]], np.uint8), level=0.5)
    array([[  0, 255]], dtype=uint8)
    """
    image = as_image(image)
    level = fraction(level, "level", LEVEL, image, default=0.5)
    found = compared(image, level, METHODS.index(one_of(method, "method", METHODS)))
    return _mapped(image, pixel.threshold(level, method)) if found is None else found


def lookup(image: np.ndarray, *, table: np.ndarray) -> np.ndarray:
    """Replace each level by the entry of a table.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    table : ndarray of shape (n,) or (c, n)
        One table, or one for each channel.  Integer images take 256 or 65536 entries of dtype uint8, uint16, float32
        or float64, and level v gets entry v.  Float images take float entries, at least two, spread evenly over
        [0, 1].

    Returns
    -------
    ndarray
        Same shape and dtype, but the dtype of the table for integer images.  Floats are interpolated linearly between
        entries, and beyond [0, 1] they get the first or the last; NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or `table` does not fit the image,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Examples
    --------
    >>> lookup(np.array([[0, 1, 255]], np.uint8), table=np.arange(256, dtype=np.uint8)[::-1])
    array([[255, 254,   0]], dtype=uint8)
    """
    image = as_image(image)
    table = _as_table(table, image)
    must_be_unit(image, who="lookup")
    if image.dtype.kind == "f":
        return _mapped(image, pixel.curve(table)) if table.ndim == 1 else run(image, [pixel.curve(table)])
    return look_up(image, table.reshape(-1, table.shape[-1]))


def bit_plane(image: np.ndarray, *, bit: int) -> np.ndarray:
    """One bit of each level, as black and white.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    bit : int
        0 for the least significant to 7, or 15 for uint16.

    Returns
    -------
    ndarray
        Same shape and dtype: full scale where the bit is 1, else 0.  Floats are rounded to 8 bits before; NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or `bit` outside its range,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Examples
    --------
    >>> bit_plane(np.array([[0b1000, 0b0111]], np.uint8), bit=3)
    array([[255,   0]], dtype=uint8)
    """
    image = as_image(image)
    depth = 16 if image.dtype == np.uint16 else 8
    bit = integer(bit, "bit", at_least=0, at_most=depth - 1)
    must_be_unit(image, who="bit_plane")
    if image.dtype.kind == "f":
        levels = np.rint(np.clip(image, 0, 1) * 255)
        halves = np.floor(levels / (1 << bit)) / 2
        return (2 * (halves - np.floor(halves))).astype(image.dtype, copy=False)
    levels = np.arange(1 << depth)
    table = (levels >> bit & 1) * full_scale(image.dtype)
    return look_up(image, table.astype(image.dtype)[np.newaxis])


def tone_curve(image: np.ndarray, *, points: Sequence[Any] | np.ndarray, interpolation: str = "monotone") -> np.ndarray:
    """Map levels by a curve through given points.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    points : sequence of pairs (level, new level)
        At least two, levels rising, as fractions of full scale; or a sequence of c such curves, one a channel.
    interpolation : {"monotone", "linear"}
        Between the points: a smooth cubic that rises and falls only where the points do (Fritsch and Carlson), or
        straight lines.  Below the first and above the last point their new levels hold.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated.  NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, or `points` are too few, not finite, not rising or not for all channels,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Notes
    -----
    Integers follow the curve itself; floats follow straight lines between its values at 1025 even levels.

    References
    ----------
    Fritsch, Carlson, "Monotone piecewise cubic interpolation", SIAM Journal on Numerical Analysis 17(2), 1980, with the
    slopes of Fritsch and Butland, 1984.

    Examples
    --------
    >>> tone_curve(np.array([[0.0, 0.5, 1.0]]), points=[(0, 0), (0.5, 0.7), (1, 1)]).round(3)
    array([[0. , 0.7, 1. ]])
    """
    image = as_image(image)
    one_of(interpolation, "interpolation", ("monotone", "linear"))
    curves = as_curves(points, image)
    must_be_unit(image, who="tone_curve")
    top = full_scale(image.dtype)
    at = np.linspace(0.0, 1.0, CURVE_SAMPLES if top == 1 else top + 1)
    values = np.stack([through(curve[:, 0], curve[:, 1], at, interpolation) for curve in curves])
    if top == 1:
        return run(image, [pixel.curve(values)]) if len(values) > 1 else _mapped(image, pixel.curve(values[0]))
    return look_up(image, np.clip(np.rint(values * top), 0, top).astype(image.dtype))


def normalize(
    image: np.ndarray,
    *,
    mean: float | Sequence[float],
    std: float | Sequence[float],
    dtype: Any = None,
    channels_first: bool = False,
) -> np.ndarray:
    """Subtract a mean, divide by a standard deviation: (v / full scale - mean) / std as floats.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    mean, std : float or sequence of c floats
        As fractions of full scale, for all channels or one each; `std` above 0.
    dtype : dtype, optional
        float16, float32 or float64 of the result.  Default: float32, and float64 for float64 images.
    channels_first : bool
        Whether the result is (c, h, w) instead of (h, w, c); an image of shape (h, w) keeps it.

    Returns
    -------
    ndarray of float32, or of `dtype`
        Shape of the image, or (c, h, w).  Computed in float32 (float64 for float64 images).  NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, not finite, not for all channels, or `std` not above 0.

    Examples
    --------
    >>> normalize(np.array([[0, 255]], np.uint8), mean=0.5, std=0.25)
    array([[-2.,  2.]], dtype=float32)
    """
    image = as_image(image)
    channels = channels_of(image)
    means = fractions(mean, "mean", LEVEL, image, channels=channels)
    op = pixel.normalize(means, fractions(std, "std", LEVEL, image, channels=channels, above=0))
    layout = "first" if flag(channels_first, "channels_first") else "last"
    return run(image, [op], dtype=None if dtype is None else _float_dtype(dtype), layout=layout)


def _straight(image: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """``scale v + shift``: of bytes a table, else a line."""
    return _mapped(image, pixel.affine(scale, shift)) if image.dtype == np.uint8 else straight(image, scale, shift)


def _mapped(image: np.ndarray, op: Op) -> np.ndarray:
    """One operation that treats all channels alike: on bytes one table, else on rows that need not be taken apart."""
    if image.dtype == np.uint8:
        table = tabulated([op], 1)
        assert table is not None
        return look_up(image, table)
    rows = canonical(image).reshape(image.shape[0], math.prod(image.shape[1:]))
    return run(rows, [op]).reshape(image.shape)


def _mean(image: np.ndarray) -> float:
    """Mean level as a fraction of full scale: of luma for RGB, of finite levels only; 0 if there are none."""
    if image.size == 0:
        return 0.0
    plane = luma(image) if channels_of(image) == 3 else canonical(image)  # the order of a sum counts
    if plane.dtype.kind == "f":
        finite = np.isfinite(plane)
        if not finite.all():
            plane = plane[finite]
    return float(plane.mean(dtype=np.float64)) / full_scale(image.dtype) if plane.size else 0.0


def _is_word(value: Any, name: str, word: str) -> bool:
    """Whether a value is this word; ValueError for any other."""
    return isinstance(value, str) and bool(one_of(value, name, (word,)))


def _float_dtype(dtype: Any) -> np.dtype:
    try:
        dtype = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"dtype must be float16, float32 or float64, got {dtype!r}") from None
    if dtype not in (np.float16, np.float32, np.float64):
        raise ValueError(f"dtype must be float16, float32 or float64, got {dtype}")
    return dtype


def _as_table(table: Any, image: np.ndarray) -> np.ndarray:
    """A table that fits the image."""
    if not isinstance(table, np.ndarray):
        raise TypeError(f"table must be a numpy array, got {type(table).__name__}")
    allowed = ("float32", "float64") if image.dtype.kind == "f" else ("uint8", "uint16", "float32", "float64")
    if table.dtype.newbyteorder("=") not in [np.dtype(name) for name in allowed]:
        raise TypeError(f"table must have dtype {', '.join(allowed)} for an image of {image.dtype}, got {table.dtype}")
    channels = channels_of(image)
    entries = None if image.dtype.kind == "f" else full_scale(image.dtype) + 1
    n = table.shape[-1] if table.ndim else 0
    if table.shape not in ((n,), (channels, n)) or (n < 2 if entries is None else n != entries):
        n = "n >= 2" if entries is None else entries
        raise ValueError(f"table must have shape ({n},) or ({channels}, {n}), got {table.shape}")
    return table.astype(table.dtype.newbyteorder("="), copy=False)


def _rows_of_contrast() -> list[Case]:
    cv2 = load_cv2()

    def by_numpy(x: np.ndarray) -> np.ndarray:
        found = x * np.float32(1.3)
        found += np.float32(-0.15)
        return found

    looks = "ours looks at 1,024 levels before, whether they are from 0 to 1"
    contenders = {
        "NumPy, in place": Peer(by_numpy, limit=1.0, tolerance=1e-6, note=looks),
        "cv2.addWeighted": Peer(lambda x: cv2.addWeighted(x, 1.3, x, 0, -0.15), limit=1.5, tolerance=1e-6, note=looks),
    }
    table = np.clip(np.rint((np.arange(256) - 127.5) * 1.3 + 127.5), 0, 255).astype(np.uint8)
    by_table = {"cv2.LUT": Peer(lambda x: cv2.LUT(x, table), limit=1.0, tolerance=0, note="its table is made before")}
    return [
        Case(
            "adjust_contrast" + variant,
            "levels 1.3 times as far from the middle one",
            kind,
            lambda x: adjust_contrast(x, factor=1.3),
            peers,
        )
        for variant, kind, peers in (("", "RGB", by_table), (", float", "grey float", contenders))
    ]


def _rows_of_threshold() -> list[Case]:
    cv2 = load_cv2()

    def row(kind: str, variant: str, top: float) -> Case:
        peer = Peer(lambda x: cv2.threshold(x, 0.4 * top, top, cv2.THRESH_BINARY)[1], limit=1.2, tolerance=0)
        return Case(
            "threshold" + variant,
            "levels above 0.4 white, others black",
            kind,
            lambda x: threshold(x, level=0.4),
            {"cv2.threshold": peer},
        )

    return [row("RGB", "", 255), row("grey float", ", float", 1)]


declare(adjust_contrast, peers=_rows_of_contrast)
declare(threshold, peers=_rows_of_threshold)


def _rows() -> list[Case]:
    cv2 = load_cv2()
    from PIL import Image, ImageOps
    from skimage import exposure

    steps = np.arange(256, dtype=np.uint8)
    dark = np.rint((np.arange(256) / 255) ** 2 * 255).astype(np.uint8)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    shift, factor = 255 * np.array(mean), 1 / (255 * np.array(std))

    def by_table(table: np.ndarray) -> Function:
        return lambda x: cv2.LUT(x, table)

    def scaled(x: np.ndarray) -> np.ndarray:
        return cv2.multiply(cv2.subtract(x, (*shift.tolist(), 0.0), dtype=cv2.CV_32F), (*factor.tolist(), 0.0))

    def plane(x: np.ndarray) -> np.ndarray:
        return (x >> 5 & 1) * np.uint8(255)

    def solarized(x: np.ndarray) -> np.ndarray:
        return np.asarray(ImageOps.solarize(Image.fromarray(x), 128))

    def brighter(x: np.ndarray) -> np.ndarray:
        return cv2.convertScaleAbs(x, alpha=1.2, beta=12.75)

    def made(name: str, ours: Function, peer: str, theirs: Function, **more: Any) -> Case:
        return versus(name, "RGB", ours, peer, theirs, **{"tolerance": 1, "default": True, **more})

    prepared = "its table is made before, ours at each call"
    return [
        made(
            "adjust_brightness",
            lambda x: adjust_brightness(x, factor=1.2, shift=0.05),
            "cv2.convertScaleAbs",
            brighter,
            default=False,
        ),
        made("adjust_gamma", lambda x: adjust_gamma(x, gamma=2.0), "cv2.LUT", by_table(dark), note=prepared),
        made("adjust_log", adjust_log, "skimage adjust_log", exposure.adjust_log, note="truncates"),
        made(
            "adjust_sigmoid",
            adjust_sigmoid,
            "skimage adjust_sigmoid",
            exposure.adjust_sigmoid,
            note="truncates",
        ),
        made("bit_plane", lambda x: bit_plane(x, bit=5), "NumPy", plane, tolerance=0),
        made("invert", invert, "cv2.bitwise_not", cv2.bitwise_not, tolerance=0),
        made("lookup", lambda x: lookup(x, table=dark), "cv2.LUT", by_table(dark), tolerance=0),
        made(
            "normalize",
            lambda x: normalize(x, mean=mean, std=std),
            "cv2 subtract, multiply",
            scaled,
            tolerance=1e-4,
            unit="of 1",
        ),
        made(
            "posterize", lambda x: posterize(x, bits=3), "cv2.LUT", by_table(steps & 0xE0), tolerance=0, note=prepared
        ),
        made("solarize", solarize, "Pillow solarize", solarized, tolerance=0),
        made(
            "tone_curve",
            lambda x: tone_curve(x, points=((0, 0), (0.25, 0.15), (0.75, 0.85), (1, 1))),
            "cv2.LUT",
            by_table(dark),
            difference=None,
            note=prepared,
        ),
    ]


declare(
    adjust_brightness,
    adjust_gamma,
    adjust_log,
    adjust_sigmoid,
    bit_plane,
    invert,
    lookup,
    normalize,
    posterize,
    solarize,
    tone_curve,
    peers=_rows,
)
declare(normalize, result=floats_like)
