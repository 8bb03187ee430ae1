"""Noise: adding it by known laws, estimating it, and the worst there is for a classifier."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

from ._core import elementary_arrays
from ._core.check import as_image, as_mask, flag, integer, one_of, positive, real, whole
from ._core.declare import Case, Peer, declare, versus
from ._core.formats import channels_of, is_sequence, work_dtype
from ._core.jit import borrowed, kernel
from ._core.levels import SHIFT, SPREAD, fraction
from ._core.opencv import load_cv2
from ._core.planes import canonical, full_scale
from ._core.threads import run_bands
from ._core.unit_range import must_be_unit
from ._scanline import pixel, run
from ._scanline.operations._counter import STEP, first_bits, keys, mixed, start
from ._scanline.operations._elementary import log2

__all__ = ["add_noise", "estimate_noise", "fgsm"]

UNIFORM, RAYLEIGH, GAMMA = range(3)

LARGEST_ORDER = 64
"""Of a gamma law: beyond it, it is normal to the eye."""

KINDS = (
    "gaussian",
    "uniform",
    "rayleigh",
    "gamma",
    "exponential",
    "speckle",
    "poisson",
    "salt_and_pepper",
    "periodic",
    "quantization",
)

UNIT_KINDS = ("poisson", "salt_and_pepper", "quantization")
"""For levels from 0 to 1."""


@kernel(inner=True)
def _draw(stream, channel, first, law, order, z):
    """Numbers of a law for a row, whose first pixel has the index `first`."""
    for k in range(order):
        k0, k1 = keys(stream, channel * order + k)
        counter = start(first)
        for x in range(z.size):
            bits = first_bits(mixed(np.uint32(counter + np.uint32(np.uint32(x) * np.uint32(STEP))), k0, k1))
            u = (np.float32(np.int32(bits >> np.uint32(8))) + np.float32(0.5)) * np.float32(2.0**-24)
            if law != UNIFORM:
                u = log2(u) * np.float32(-0.6931471805599453)
            z[x] = u if k == 0 else z[x] + u
    if law == RAYLEIGH:
        for x in range(z.size):
            z[x] = np.sqrt(z[x])


@kernel
def _add(rows, channels, law, stream, together, order, levels, out, y0, y1):
    """Levels plus ``shift + scale * z``; z a number of its law, by the counter of its pixel (see `_counter`).

    `levels` are the shift, the scale, and the highest level, which integers are rounded and cut off to; 0 for floats.
    """
    rows, out = borrowed(rows), borrowed(out)
    shift, scale, top = levels
    width = rows.shape[1] // channels
    z = np.empty(width, np.float32)
    for y in range(y0, y1):
        row, result = rows[y], out[y]
        for c in range(channels):
            if c == 0 or not together:
                _draw(stream, c, y * width, law, order, z)
            for x in range(width):
                i = x * channels + c
                v = row[i] + (shift + scale * z[x])
                if top > 0:
                    v = shift * 0 if v < 0 else v
                    result[i] = np.int32(np.rint(top if v > top else v))
                else:
                    result[i] = v


def add_noise(
    image: np.ndarray,
    *,
    key: int | tuple[int, ...],
    kind: str = "gaussian",
    std: float = 0.1,
    mean: float = 0.0,
    order: int = 2,
    peak: float = 255.0,
    amount: float = 0.05,
    salt: float = 0.5,
    frequency: tuple[float, float] = (0.1, 0.0),
    phase: float = 0.0,
    levels: int = 16,
    per_channel: bool = True,
) -> np.ndarray:
    """Add noise of a given law, reproducibly.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    key : int or tuple of int
        Names the numbers that are drawn: the same key gives the same noise, with any number of threads and, but for
        ``"periodic"``, on any CPU.  Different keys give noise that has nothing to do with each other.
    kind : {"gaussian", "uniform", "rayleigh", "gamma", "exponential", "speckle", "poisson", "salt_and_pepper", \
"periodic", "quantization"}
        The law, see the notes.
    std : float
        Standard deviation as a fraction of full scale, at least 0 (of the factor for ``"speckle"``).
    mean : float
        Mean of the noise that is added, as a fraction of full scale; 0 keeps the brightness.  Of the first five laws
        and ``"periodic"``.
    order : int
        Shape of ``"gamma"``, from 1, which is ``"exponential"``, to 64.
    peak : float
        Photons that full scale stands for, above 0, for ``"poisson"``.
    amount, salt : float
        The share of the pixels that ``"salt_and_pepper"`` changes, and the share of white among them, in [0, 1].
    frequency : (float, float)
        Cycles per pixel along x and y, for ``"periodic"``.
    phase : float
        Of ``"periodic"`` at the centre of the first pixel, in degrees.
    levels : int
        How many levels ``"quantization"`` leaves, at least 2, black and white among them.
    per_channel : bool
        Whether each channel has noise of its own; else all channels of a pixel get the same, which keeps colours.  Salt
        and pepper are always the same in all channels, Poisson's counts never.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even and saturated; floats are not cut off.  NaN stays.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or floats are clearly not levels from 0 to 1 (see `to_uint8`) for
        ``"poisson"``, ``"salt_and_pepper"``, ``"quantization"`` or the default `std`.

    Notes
    -----
    Added, with the mean and the standard deviation asked for: ``"gaussian"``; ``"uniform"`` on mean ± 1.732 std;
    ``"rayleigh"``, a + sqrt(-b ln U) with b = 4 std² / (4 - pi) and a = mean - sqrt(pi b / 4); ``"gamma"`` (Erlang's
    law), a - (ln U_1 + ... + ln U_order) / lambda with lambda = sqrt(order) / std and a = mean - order / lambda;
    ``"exponential"``, the same of order 1.  The textbook's laws, which begin at 0, are those with
    mean = 1.913 std, sqrt(order) std and std.  ``"periodic"`` is a sine with an amplitude of 1.414 std, and
    draws nothing.

    ``"speckle"`` multiplies by 1 plus a normal number; ``"poisson"`` counts photons, v becomes Poisson(v peak) / peak
    (scikit-image takes the peak from the number of different levels in the image); ``"salt_and_pepper"`` sets pixels to
    white or black; ``"quantization"`` rounds to the nearest of evenly spaced levels and draws nothing.

    Normal numbers end at 5.3 std, and logarithms of uniform ones at 17.3.

    References
    ----------
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 5.2.

    Examples
    --------
    >>> first, again = (add_noise(image, key=7, kind="gaussian", std=0.05) for _ in range(2))
    >>> np.array_equal(first, again)  # the key decides
    True
    """
    image = as_image(image)
    stream = _stream(key)
    one_of(kind, "kind", KINDS)
    if kind in UNIT_KINDS:
        must_be_unit(image, who=f"{kind} noise")
    std = fraction(std, "std", SPREAD, image, at_least=0, default=None if kind == "speckle" else 0.1)
    mean = fraction(mean, "mean", SHIFT, image)
    order, peak = integer(order, "order", at_least=1, at_most=LARGEST_ORDER), positive(peak, "peak")
    amount = real(amount, "amount", at_least=0, at_most=1)
    salt = real(salt, "salt", at_least=0, at_most=1)
    across, down = _frequency(frequency)
    phase = real(phase, "phase")
    levels = integer(levels, "levels", at_least=2, at_most=65536)
    per_channel = flag(per_channel, "per_channel")
    each = bool(per_channel)
    if kind == "periodic":
        return _with_wave(image, (across, down), std, mean, phase)
    if kind == "quantization":
        return _quantized(image, levels)
    if kind == "gaussian":
        return run(image, [pixel.gaussian_noise(std, stream, mean=mean, per_channel=each)])
    if kind == "speckle":
        return run(image, [pixel.speckle(std, stream, per_channel=each)])
    if kind == "poisson":
        return run(image, [pixel.poisson_noise(peak, stream)])
    if kind == "salt_and_pepper":
        return run(image, [pixel.salt_and_pepper(amount, salt, stream)])
    if kind == "uniform":
        law, order, scale = UNIFORM, 1, math.sqrt(12) * std
        shift = mean - scale / 2
    elif kind == "rayleigh":
        law, order, scale = RAYLEIGH, 1, math.sqrt(4 / (4 - math.pi)) * std
        shift = mean - math.sqrt(math.pi / 4) * scale
    else:
        law, order = GAMMA, 1 if kind == "exponential" else order
        scale = std / math.sqrt(order)
        shift = mean - order * scale
    return _added(image, law, stream, not each, order, shift, scale)


def _added(
    image: np.ndarray, law: int, stream: int, together: bool, order: int, shift: float, scale: float
) -> np.ndarray:
    out = np.empty(image.shape, image.dtype)
    if not image.size:
        return out
    h, w = image.shape[:2]
    rows, flat = canonical(image).reshape(h, -1), out.reshape(h, -1)
    kind, full = work_dtype(image.dtype).type, full_scale(image.dtype)
    levels = kind(shift * full), kind(scale * full), kind(full if image.dtype.kind == "u" else 0)
    channels = flat.shape[1] // w

    def band(a: int, b: int) -> None:
        _add(rows, channels, law, np.uint64(stream), together, order, levels, flat, a, b)

    run_bands(band, h, pixels=h * w)
    return out


def _stream(key: Any) -> int:
    """52 bits of a key, as streams of noise have."""
    words = key if isinstance(key, tuple) else (key,)
    if not words:
        raise ValueError("key must have at least one integer, got ()")
    for word in words:
        try:
            whole(word, "key")
        except TypeError:
            raise TypeError(f"key must be an integer or a tuple of integers, got {key!r}") from None
    text = ",".join(str(int(word)) for word in words)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 12


def _frequency(value: Any) -> tuple[float, float]:
    if not is_sequence(value) or len(value) != 2:
        raise TypeError(f"frequency must be a pair (x, y), got {value!r}")
    return real(value[0], "frequency[0]"), real(value[1], "frequency[1]")


def _with_wave(image: np.ndarray, frequency: tuple[float, float], std: float, mean: float, phase: float) -> np.ndarray:
    h, w = image.shape[:2]
    full = full_scale(image.dtype)
    x = 2 * math.pi * frequency[0] * np.arange(w) + math.radians(phase)
    y = 2 * math.pi * frequency[1] * np.arange(h)[:, None]
    sin, cos = elementary_arrays.sin, elementary_arrays.cos
    wave = (sin(x) * cos(y) + cos(x) * sin(y)) * (math.sqrt(2) * std * full) + mean * full
    wave = wave.astype(work_dtype(image.dtype)).reshape(h, w, *[1] * (image.ndim - 2))
    return _stored(image + wave, image.dtype)


def _quantized(image: np.ndarray, levels: int) -> np.ndarray:
    kind, full, steps = work_dtype(image.dtype).type, full_scale(image.dtype), levels - 1
    with np.errstate(over="ignore", invalid="ignore"):
        if image.dtype.kind == "u":  # the same for each level
            nearest = np.rint(np.arange(full + 1) * steps / full)
            return np.rint(nearest * full / steps).astype(image.dtype)[image]
        return np.rint(image * kind(steps)) / kind(steps)


def _stored(levels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return levels.astype(dtype, copy=False)
    return np.rint(np.clip(levels, 0, full_scale(dtype))).astype(dtype)


@kernel
def _residuals(rows, channels, totals, counts, seen):
    """For each row and channel the sum of absolute second differences along both axes, the number of windows with
    details, and the number of windows whose pixels are all numbers."""
    for y in range(rows.shape[0] - 2):
        above, row, below = rows[y], rows[y + 1], rows[y + 2]
        for c in range(channels):
            total, count, flat = 0.0, 0, 0
            # `equal`: how many columns up to this one are of one level, the same in all of them.
            left, middle, equal, before = 0.0, 0.0, 0, row[c]
            for i in range(c, rows.shape[1], channels):
                level = row[i]
                right = float(above[i]) - 2.0 * level + below[i]
                equal = equal + 1 if level == before else 1
                equal = equal if above[i] == level and below[i] == level else 0
                if i >= c + 2 * channels:
                    v = abs(left - 2.0 * middle + right)
                    if equal >= 3:
                        flat += 1
                    elif np.isfinite(v):
                        total += v
                        count += 1
                left, middle, before = middle, right, level
            totals[y, c], counts[y, c], seen[y, c] = total, count, count + flat


def estimate_noise(image: np.ndarray, *, mask: np.ndarray | None = None) -> float | np.ndarray:
    """Estimate the standard deviation of additive white normal noise from one image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself; at least three pixels by three.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part.

    Returns
    -------
    float, or ndarray of float64, shape (c,)
        As a fraction of full scale, hence what `add_noise` takes as `std`.  Windows of 3 by 3 pixels that `mask` does
        not hold, or with values that are not finite, are left out; NaN where none is left.  Windows of one level, as in
        margins and where light saturates, show no noise and are left out, too; 0 where there are no others.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `image` is smaller than three pixels by three.

    Notes
    -----
    Thin lines and fine texture count as noise, so of a detailed image it is too high.  Where the noise was cut off at
    black or white, or rounded to few levels, it is that of what is left.

    References
    ----------
    J. Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996: the mean
    absolute response to ``1 -2 1 / -2 4 -2 / 1 -2 1``, which images of smooth surfaces and straight edges barely have,
    times sqrt(pi / 2) / 6.

    Examples
    --------
    >>> noisy = add_noise(np.full((64, 64), 0.5), key=1, std=0.1)
    >>> round(float(estimate_noise(noisy)), 1)
    0.1
    """
    image = as_image(image)
    mask = as_mask(mask, image)
    h, w = image.shape[:2]
    if h < 3 or w < 3:
        raise ValueError(f"image must have at least 3 rows and 3 columns, got shape {image.shape}")
    channels = channels_of(image)
    levels = image
    if mask is not None:
        levels = image.astype(work_dtype(image.dtype))
        levels[~mask] = np.nan
    rows = canonical(levels).reshape(h, -1)
    totals = np.empty((h - 2, channels))
    counts, seen = np.empty((2, h - 2, channels), np.int64)

    def band(a: int, b: int) -> None:
        _residuals(rows[a : b + 2], channels, totals[a:b], counts[a:b], seen[a:b])

    run_bands(band, h - 2, pixels=h * w)
    with np.errstate(invalid="ignore", over="ignore"):
        found = totals.sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
        found *= math.sqrt(math.pi / 2) / 6 / full_scale(image.dtype)
    found[seen.sum(axis=0) == 0] = np.nan
    return float(found[0]) if image.ndim == 2 else found


@kernel
def _step(levels, gradient, moves, top, out):
    """`moves` are those for slopes above 0, below 0 and neither; integers are rounded and end at `top`."""
    kind = moves.dtype.type
    up, down, stay = moves[0], moves[1], moves[2]
    for i in range(levels.size):
        slope = gradient[i]
        v = kind(levels[i]) + (up if slope > 0 else (down if slope < 0 else stay))
        if top > 0:
            v = stay if v < stay else v
            out[i] = np.int32(np.rint(top if v > top else v))
        else:
            out[i] = v if slope == slope else kind(slope)


def fgsm(image: np.ndarray, gradient: np.ndarray, *, epsilon: float = 8 / 255) -> np.ndarray:
    """Fast gradient sign method: the noise, of a size given, that raises a classifier's loss most, to first order.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    gradient : ndarray of the image's shape
        Of the loss with respect to the image, float32 or float64; only signs count.
    epsilon : float
        How far each level moves, as a fraction of full scale; below 0 the loss falls.

    Returns
    -------
    ndarray
        Same shape and dtype: ``f + epsilon * sign(gradient)``.  Integers are rounded half to even and saturated; floats
        are not cut off.  NaN in the image or, for float images, in the gradient stays where it is; in the gradient of
        an integer image it counts as 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or for the default `epsilon` floats are clearly not levels from 0
        to 1 (see `to_uint8`).

    References
    ----------
    I. Goodfellow, J. Shlens, C. Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015.

    Examples
    --------
    >>> fgsm(np.full((1, 2), 0.5), np.array([[3.0, -0.1]]), epsilon=0.1)
    array([[0.6, 0.4]])
    """
    image = as_image(image)
    if not isinstance(gradient, np.ndarray):
        raise TypeError(f"gradient must be a numpy array, got {type(gradient).__name__}")
    if gradient.dtype.newbyteorder("=") not in (np.float32, np.float64):
        raise TypeError(f"gradient must be float32 or float64, got {gradient.dtype}")
    if gradient.shape != image.shape:
        raise ValueError(f"gradient must have the shape of image, {image.shape}, got {gradient.shape}")
    kind, full = work_dtype(image.dtype).type, full_scale(image.dtype)
    step, out = (
        kind(fraction(epsilon, "epsilon", SHIFT, image, default=8 / 255) * full),
        np.empty(image.shape, image.dtype),
    )
    native = gradient.astype(gradient.dtype.newbyteorder("="), copy=False)
    levels, slopes, result = (flat.reshape(-1) for flat in (canonical(image), canonical(native), out))
    moves, top = np.array([step, -step, 0], kind), kind(full if image.dtype.kind == "u" else 0)
    run_bands(lambda a, b: _step(levels[a:b], slopes[a:b], moves, top, result[a:b]), image.size, pixels=image.size)
    return out


def _rows() -> list[Case]:
    cv2 = load_cv2()
    from skimage import util

    def drawn_by_cv2(x: np.ndarray) -> np.ndarray:
        noise = np.empty(x.shape, np.int16)
        cv2.randn(noise, (0, 0, 0), (25.5, 25.5, 25.5))
        return cv2.add(x, noise, dtype=cv2.CV_8U)

    return [
        Case(
            "add_noise, gaussian",
            "normal noise, standard deviation 0.1",
            "RGB",
            lambda x: add_noise(x, key=1, std=0.1),
            {
                "cv2 randn, add": Peer(
                    drawn_by_cv2, difference=None, note="other numbers, rounded before they are added"
                ),
                "skimage random_noise": Peer(
                    lambda x: util.random_noise(x, var=0.01),
                    limit=1 / 8,
                    difference=None,
                    note="other numbers, float64",
                ),
            },
        )
    ]


declare(add_noise, peers=_rows)


def _rows_of_others() -> list[Case]:
    cv2 = load_cv2()
    from skimage import restoration

    def stepped(both: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        step = np.sign(both[1]) * 8
        return np.clip(both[0] + step, 0, 255).astype(np.uint8)

    def with_gradient(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x, cv2.Laplacian(x, cv2.CV_32F)

    return [
        versus(
            "estimate_noise",
            "grey float",
            estimate_noise,
            "skimage estimate_sigma",
            restoration.estimate_sigma,
            difference=None,
            note="from wavelets; ours from windows of 3×3",
            default=True,
        ),
        versus(
            "fgsm",
            "RGB",
            lambda both: fgsm(*both, epsilon=8 / 255),
            "NumPy",
            stepped,
            tolerance=0,
            what="a step of 8 levels",
            prepare=with_gradient,
        ),
    ]


declare(estimate_noise, fgsm, peers=_rows_of_others)
