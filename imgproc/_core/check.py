"""Checks of arguments: all functions refuse bad input by these, with the same words.

Every message names the argument, the rule, and what was given instead.  An argument of the wrong kind raises
``TypeError``, one of the wrong value ``ValueError``.  Functions call the checks before they do any work.  Kernels check
nothing.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from .border import BORDERS
from .bounds import ALWAYS_LENGTH, ALWAYS_SIGMA, LARGEST, LONGEST, largest_sigma, most_numbers, most_pixels
from .door import trusted
from .formats import channels_of
from .hints import SIDE, hint_of, hint_of_dtype, looks_like_planes

DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32), np.dtype(np.float64))
COLORS = ("luminance", "per_channel")


def as_image(image: Any, name: str = "image", *, channels: Sequence[int] | None = None) -> np.ndarray:
    """Check that an argument is an image: an array of shape (h, w) or (h, w, c) and of a supported dtype.

    It comes back as it is, without a copy.  Only an image in foreign byte order is copied, to the native order.
    """
    if type(image) is np.ndarray and image.dtype in DTYPES:  # the usual case, said sooner
        shape = image.shape
        found = 1 if len(shape) == 2 else shape[2] if len(shape) == 3 else 0
        if 0 < found < SIDE and (channels is None or found in channels):
            return image
    else:
        _must_be_plain(image, name)
    kind = image.dtype
    if kind not in DTYPES and kind.newbyteorder("=") not in DTYPES:
        hint = hint_of_dtype(kind, name)
        raise TypeError(f"{name} must have dtype uint8, uint16, float32 or float64, got {image.dtype}{hint}")
    count = _must_have_shape(image, name)
    if channels is not None and count not in channels:
        wanted = " or ".join(str(c) for c in channels)
        raise ValueError(f"{name} must have {wanted} channels, got shape {image.shape}")
    return image if kind.isnative else image.astype(kind.newbyteorder("="))


def as_pixels(image: Any, name: str = "image", *, names: Sequence[str] | None = None) -> np.ndarray:
    """Check what shall become an image: like `as_image`, but of any real dtype but bool, or of these dtypes."""
    _must_be_plain(image, name)
    kind = image.dtype
    if kind.kind not in "iuf" or kind.itemsize > 8 if names is None else kind.newbyteorder("=").name not in names:
        allowed = "integers, float16, float32 or float64" if names is None else ", ".join(names)
        hint = "" if names is None else hint_of_dtype(kind, name)
        raise TypeError(f"{name} must be of {allowed}, got {kind}{hint}")
    _must_have_shape(image, name)
    return image if kind.isnative else image.astype(kind.newbyteorder("="))


def _must_be_plain(image: Any, name: str) -> None:
    """Refuse what is no array, or a masked one."""
    masked = sys.modules.get("numpy.ma")  # importing it only to ask costs a process 20 ms
    if masked is not None and isinstance(image, masked.MaskedArray):
        raise TypeError(f"{name} must be a plain array, got a masked array: pass {name}.data and mask=~{name}.mask")
    if not isinstance(image, np.ndarray):
        hint = " (an image that could not be read?)" if image is None else hint_of(image, name, "numpy.uint8")
        raise TypeError(f"{name} must be a numpy array, got {_kind(image)}{hint}")


def _must_have_shape(image: np.ndarray, name: str) -> int:
    """Refuse what has not the shape of an image; returns the number of channels."""
    if image.ndim not in (2, 3):
        hint = f": treat one image at a time, {name}[k]" if image.ndim == 4 else ""
        raise ValueError(f"{name} must have shape (h, w) or (h, w, c), got {image.shape}{hint}")
    count = channels_of(image)
    if count == 0:
        raise ValueError(f"{name} must have at least one channel, got shape {image.shape}")
    if count >= SIDE and looks_like_planes(*image.shape) and not trusted().layout:
        n, h, w = image.shape
        raise ValueError(
            f"{name} must have shape (h, w) or (h, w, c), got {image.shape}, which looks like {n} planes of {h} x {w}: "
            f"use imgproc.channels_last({name}) if they are channels, or treat one at a time, {name}[k], if they are "
            f"slices of a volume; if it is an image of {w} channels, call within imgproc.trust_layout()"
        )
    return count


def as_coefficients(values: Any, name: str = "coefficients", *, complex_too: bool = True) -> np.ndarray:
    """Check the coefficients of a transform: finite, of dtype float32 or float64, or complex where that is allowed."""
    kinds = "fc" if complex_too else "f"
    if not isinstance(values, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {_kind(values)}{hint_of(values, name)}")
    if values.dtype.kind not in kinds or values.dtype.itemsize not in (4, 8, 16):
        allowed = "float32, float64, complex64 or complex128" if complex_too else "float32 or float64"
        raise TypeError(f"{name} must have dtype {allowed}, got {values.dtype}")
    if values.ndim not in (2, 3) or channels_of(values) == 0:
        raise ValueError(f"{name} must have shape (h, w) or (h, w, c), got {values.shape}")
    complex_rows = values.dtype.kind == "c" and values.flags.c_contiguous  # NumPy asks for their parts more quickly
    if not np.isfinite(values.reshape(-1).view(values.real.dtype) if complex_rows else values).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))


def as_psf(psf: Any, name: str = "psf") -> np.ndarray:
    """Check a point-spread function, and return it as a new (n, m) array of float64 whose sum is 1."""
    if not isinstance(psf, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {_kind(psf)}{hint_of(psf, name)}")
    if psf.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be of real numbers, got {psf.dtype}")
    if psf.ndim != 2 or psf.size == 0:
        raise ValueError(f"{name} must have shape (n, m) with n, m >= 1, got {psf.shape}")
    values = psf.astype(np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all() and 0 < values.sum() < np.inf):
        raise ValueError(f"{name} must be finite, nowhere negative and somewhere positive")
    return values / values.sum()


def as_window_weights(weights: Any, name: str = "weights") -> np.ndarray:
    """Check the weights of a window: an (n, m) array with odd sides, finite, nowhere negative, somewhere positive."""
    if not isinstance(weights, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {_kind(weights)}{hint_of(weights, name)}")
    if weights.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be of real numbers, got {weights.dtype}")
    if weights.ndim != 2 or weights.shape[0] % 2 == 0 or weights.shape[1] % 2 == 0:
        raise ValueError(f"{name} must have shape (n, m) with n and m odd, got {weights.shape}")
    values = weights.astype(np.float64) if weights.dtype.kind in "bf" else weights
    if not (np.isfinite(values).all() and (values >= 0).all() and (values > 0).any()):
        raise ValueError(f"{name} must be finite, nowhere negative and somewhere positive")
    return values


def as_out(out: Any, name: str = "out") -> np.ndarray | None:
    """Check an array that shall get a result: one that can be written to.  None stays None."""
    if out is None:
        return None
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {_kind(out)}")
    if not out.flags.writeable:
        raise ValueError(f"{name} must be writeable, got a read-only array")
    return out


def image_dtype(value: Any, name: str = "dtype") -> np.dtype | None:
    """Check a dtype that an image can have; None stays None."""
    if value is None:
        return None
    try:
        dtype = np.dtype(value)
    except TypeError:
        raise TypeError(f"{name} must be a dtype, got {value!r}") from None
    if dtype not in DTYPES:
        raise ValueError(f"{name} must be uint8, uint16, float32 or float64, got {dtype}")
    return dtype


def dtype_name(value: Any, allowed: Sequence[str], name: str = "dtype") -> str:
    """Check the name of one of these dtypes, or the dtype itself; returns the name."""
    if not isinstance(value, str):
        try:
            value = np.dtype(value).name
        except (TypeError, ValueError):
            raise TypeError(f"{name} must be one of {', '.join(allowed)}, got {type(value).__name__}") from None
    return one_of(value, name, allowed)


def float_dtype(value: Any, name: str = "dtype") -> np.dtype:
    """Check a dtype of floats that an image can have."""
    dtype = image_dtype(value, name)
    if dtype is None or dtype.kind != "f":
        raise ValueError(f"{name} must be float32 or float64, got {dtype}")
    return dtype


def as_mask(mask: Any, image: np.ndarray, name: str = "mask", of: str = "image") -> np.ndarray | None:
    """Check a mask: a bool array of the image's (h, w).  None stays None.

    At least one pixel must be True, unless the image is empty.
    """
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"{name} must be a numpy array of bool, got {_kind(mask)}{hint_of(mask, name, 'bool')}")
    if mask.dtype != bool:
        raise TypeError(f"{name} must be bool (True = take part), got {mask.dtype}: write {name} != 0")
    if mask.shape != image.shape[:2]:
        raise ValueError(f"{name} must have the (h, w) of {of}, {image.shape[:2]}, got {mask.shape}")
    if image.size and not mask.any():
        raise ValueError(f"{name} must select at least one pixel, got none")
    return mask


def as_hole(mask: Any, image: np.ndarray, name: str = "mask", *, empty: bool = True) -> np.ndarray:
    """Check the mask of a hole: a bool array of the image's (h, w) that is True where to fill.

    With ``empty=False`` at least one pixel must be True.
    """
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"{name} must be a numpy array of bool, got {_kind(mask)}{hint_of(mask, name, 'bool')}")
    if mask.dtype != bool:
        raise TypeError(f"{name} must be bool (True = fill), got {mask.dtype}: write {name} != 0")
    if mask.shape != image.shape[:2]:
        raise ValueError(f"{name} must have the (h, w) of image, {image.shape[:2]}, got {mask.shape}")
    if not empty and mask.size and not mask.any():
        raise ValueError(f"{name} must select at least one pixel, got none")
    return mask


def boxes_on_image(boxes: Any, image: np.ndarray, name: str = "boxes") -> np.ndarray:
    """Check boxes (x0, y0, x1, y1) [px], and return them as a float64 array of shape (n, 4).

    Each box must be finite, must not be empty, and must overlap the image.
    """
    try:
        if boxes is None:
            raise TypeError
        values = np.asarray(boxes, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} must be numbers of shape (n, 4), got {_kind(boxes)}") from None
    values = values[np.newaxis] if values.shape == (4,) else values
    values = values.reshape(0, 4) if values.size == 0 and values.ndim <= 2 else values
    if values.ndim != 2 or values.shape[1] != 4:
        raise ValueError(f"{name} must have shape (n, 4), got {values.shape}")
    h, w = image.shape[:2]
    for box in values:
        shown = tuple(map(float, box))
        if not np.isfinite(box).all():
            raise ValueError(f"{name} must be finite, got {shown}")
        if box[0] >= box[2] or box[1] >= box[3]:
            raise ValueError(f"{name} must be (x0, y0, x1, y1) with x0 < x1 and y0 < y1, got {shown}")
        if box[0] >= w or box[1] >= h or box[2] <= 0 or box[3] <= 0:
            raise ValueError(f"{name} must lie in the image, {w}x{h} pixels, got {shown}")
    return values


def same_size(a: np.ndarray, b: np.ndarray, name_a: str, name_b: str) -> None:
    """Check that two images have the same shape."""
    if a.shape != b.shape:
        raise ValueError(f"{name_b} must have the shape of {name_a}, {a.shape}, got {b.shape}")


def color_mode(color: Any, image: np.ndarray) -> str:
    """Check ``color``, and return ``"luminance"`` or ``"per_channel"``; luminance needs a grey or an RGB image.

    For a grey image both mean the same, and ``"per_channel"`` is returned.
    """
    one_of(color, "color", COLORS)
    if color == "luminance" and channels_of(image) not in (1, 3):
        raise ValueError(
            f"color='luminance' needs a grey or an RGB image, got {channels_of(image)} channels: "
            "split off alpha, or use color='per_channel'"
        )
    return "per_channel" if channels_of(image) == 1 else color


def one_of(value: Any, name: str, allowed: Sequence[str]) -> str:
    """Check that a string is one of a closed list."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {_kind(value)}")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def border_name(border: Any) -> str:
    """Check that a border is one of those of `imgproc._core.border`."""
    return one_of(border, "border", BORDERS)


def flag(value: Any, name: str) -> bool:
    """Check that a value is True or False, of Python or NumPy; it comes back as Python's."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r:.60}")
    return bool(value)


def whole(value: Any, name: str) -> int:
    """Check an integer of any size.  A bool or a float is not accepted, whatever its value."""
    if type(value) is int:
        return value
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {_kind(value)}") from None


def integer(value: Any, name: str, *, at_least: int | None = None, at_most: int | None = None) -> int:
    """Check an integer and its bounds.

    It must fit 64 bits.  A bool or a float is not accepted, whatever its value.
    """
    number = whole(value, name)
    if not -(1 << 63) <= number < 1 << 64:
        bits = number.bit_length()  # the digits of a long one could fill pages
        raise ValueError(f"{name} must fit 64 bits, got {number if bits < 99 else f'an integer of {bits} bits'}")
    if at_least is not None and number < at_least:
        raise ValueError(f"{name} must be >= {at_least}, got {number}")
    if at_most is not None and number > at_most:
        raise ValueError(f"{name} must be <= {at_most}, got {number}")
    return number


def odd(value: Any, name: str) -> int:
    """Check an odd integer of at least 1."""
    number = integer(value, name, at_least=1)
    if number % 2 == 0:
        raise ValueError(f"{name} must be odd, got {number}")
    return number


def radius_within(radius: Any, image: np.ndarray, *, framed: bool = False) -> int:
    """Check the radius of a window: at least 0, and at most the longer side of the image.

    With `framed`, for functions that lay out the image with its border, that must also be of a size that
    `bounds.most_numbers` allows.
    """
    number = integer(radius, "radius", at_least=0)
    h, w = image.shape[:2]
    longest = max(h, w)
    if image.size and number > longest:
        raise ValueError(f"radius must be <= the image's longer side, {longest}, got {number}")
    if framed and image.size:
        most = most_numbers(*image.shape[:2])
        if (h + 2 * number) * (w + 2 * number) > most:
            half = h + w
            largest = (math.isqrt(half * half + 4 * (most - h * w)) - half) // 4
            raise ValueError(f"radius must be <= {largest} for an image of {h}x{w} pixels, got {number}")
    return number


def frame_within(down: int, across: int, image: np.ndarray, what: str) -> None:
    """Check that an image with a border of so many pixels is of a size that `bounds.most_numbers` allows."""
    h, w = image.shape[:2]
    amount_within((h + 2 * down) * (w + 2 * across), image, f"the number of pixels of the image and {what}")


def amount_within(amount: int, image: np.ndarray, what: str) -> None:
    """Check that what arguments ask for is not more than `bounds.most_numbers` allows; `what` says of what."""
    most = most_numbers(*image.shape[:2])
    if image.size and amount > most:
        h, w = image.shape[:2]
        raise ValueError(f"{what} must be at most {most} for an image of {h}x{w} pixels, got {amount}")


def length_within(value: Any, name: str, image: np.ndarray, *, at_least: int = 0) -> int:
    """Check a distance of whole pixels: at most the image's longer side, or 100."""
    number = integer(value, name, at_least=at_least)
    longest = max(*image.shape[:2], ALWAYS_LENGTH)
    if number > longest:
        raise ValueError(f"{name} must be <= the image's longer side (or {ALWAYS_LENGTH}), {longest}, got {number}")
    return number


def sigma_within(sigma: Any, image: np.ndarray, name: str = "sigma") -> float:
    """Check the standard deviation of a Gaussian in pixels: above 0, and at most the image's longer side, or 16."""
    number = positive(sigma, name)
    longest = largest_sigma(*image.shape[:2])
    if image.size and number > longest:
        raise ValueError(f"{name} must be <= the image's longer side (or {ALWAYS_SIGMA}), {longest}, got {number}")
    return number


def real(value: Any, name: str, *, at_least: float | None = None, at_most: float | None = None) -> float:
    """Check a finite real number and its bounds; no number beyond `bounds.LARGEST` can be meant."""
    number = finite(value, name)
    if at_least is not None and number < at_least:
        raise ValueError(f"{name} must be >= {at_least:g}, got {number}")
    if at_most is not None and number > at_most:
        raise ValueError(f"{name} must be <= {at_most:g}, got {number}")
    if not -LARGEST <= number <= LARGEST:
        raise ValueError(f"{name} must be within -{LARGEST:g} and {LARGEST:g}, got {number:g}")
    return number


def finite(value: Any, name: str) -> float:
    """Check a finite number of any size, such as a level in the units of an image."""
    if type(value) is float and math.isfinite(value):
        return value
    # A one-element array and a NumPy complex number would convert, with a warning.
    if isinstance(value, (bool, np.bool_, str, bytes, np.complexfloating)) or getattr(value, "ndim", False):
        raise TypeError(f"{name} must be a number, got {_kind(value)}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {_kind(value)}") from None
    except OverflowError:
        raise ValueError(f"{name} must be finite, got an integer beyond the floats") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return number


def positive(value: Any, name: str) -> float:
    """Check a finite number above 0."""
    number = real(value, name)
    if number <= 0:
        raise ValueError(f"{name} must be > 0, got {number}")
    return number


def ordered_range(value: Any, name: str) -> tuple[float, float]:
    """Check a pair (low, high) of finite numbers with low < high, such as levels in the units of an image."""
    low, high = _pair(value, name)
    low, high = finite(low, f"{name}[0]"), finite(high, f"{name}[1]")
    if low >= high:
        raise ValueError(f"{name} must be a pair (low, high) with low < high, got {(low, high)}")
    return low, high


def size_pair(value: Any, name: str, *, at_least: int = 1) -> tuple[int, int]:
    """Check a pair of integers (rows, columns)."""
    a, b = _pair(value, name)
    return integer(a, f"{name}[0]", at_least=at_least), integer(b, f"{name}[1]", at_least=at_least)


def frame_size(value: Any, name: str = "size", *, source: tuple[int, int] | None = None) -> tuple[int, int]:
    """Check the (h, w) of an image to be made, of one of (h, w) if that is known."""
    h, w = size_pair(value, name)
    most = most_pixels(source)
    if max(h, w) > LONGEST or h * w > most:
        raise ValueError(f"{name} must be (h, w) of at most {LONGEST} a side and {most} pixels in all, got {(h, w)}")
    return h, w


def _pair(value: Any, name: str) -> tuple[Any, Any]:
    if type(value) is tuple and len(value) == 2:
        return value
    kinds = (Sequence, np.ndarray)
    if (
        isinstance(value, (str, bytes))
        or not isinstance(value, kinds)
        or not getattr(value, "ndim", 1)
        or len(value) != 2
    ):
        raise TypeError(f"{name} must be a pair, got {value!r}")
    return value[0], value[1]


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__
