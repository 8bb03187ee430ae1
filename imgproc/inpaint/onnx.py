"""One door to every method of filling holes, and networks behind it."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._core.check import as_hole, as_image, flag, one_of, positive, size_pair
from .._core.declare import declare, middle
from .._core.formats import channels_of, is_sequence
from .._core.levels import fraction
from .._core.opencv import load_cv2
from .._core.planes import full_scale, luma
from ..geometry import resize
from .diffusion import inpaint_diffusion
from .exemplar import inpaint_exemplar

__all__ = ["OnnxInpainter", "inpaint"]

METHODS: dict[str, Callable[..., np.ndarray]] = {"exemplar": inpaint_exemplar, "diffusion": inpaint_diffusion}


def inpaint(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    method: str | Callable[..., np.ndarray] = "exemplar",
    **options: Any,
) -> np.ndarray:
    """Fill a hole, by any method.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    mask : ndarray of bool, shape (h, w)
        True where to fill.
    method : str or callable
        ``"exemplar"``, see `inpaint_exemplar`; ``"diffusion"``, see `inpaint_diffusion`; or what is called as
        ``method(image, mask, **options)``, with read-only arrays, and returns an image of the same shape and dtype: an
        `OnnxInpainter`, or a function of one's own.
    **options : Any
        For the method.

    Returns
    -------
    ndarray
        Same shape and dtype as the image, and the same pixels outside the mask; with an empty mask a copy.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, as the method has it, or its result is no such image.

    Examples
    --------
    >>> hole = np.zeros(image.shape[:2], bool)
    >>> hole[40:48, 60:70] = True
    >>> filled = inpaint(image, hole, method="diffusion")
    >>> np.array_equal(filled[~hole], image[~hole])
    True
    """
    image = as_image(image)
    mask = as_hole(mask, image)
    if not callable(method):
        one_of(method, "method", tuple(METHODS))
    out = np.array(image, order="C")
    if not mask.any():
        return out
    if callable(method):
        fill, name = method, getattr(method, "__name__", type(method).__name__)
    else:
        fill, name = METHODS[method], f"inpaint_{method}"
    given, where = image.view(), mask.view()
    given.flags.writeable = where.flags.writeable = False
    found = fill(given, where, **options)
    if not isinstance(found, np.ndarray) or found.dtype != image.dtype or found.shape != image.shape:
        what = f"{found.dtype}, {found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
        raise ValueError(f"method must return {image.dtype}, {image.shape}, {name} returned {what}")
    out[mask] = found[mask]
    return out


class OnnxInpainter:
    """A network that fills holes, from an ONNX file, run by OpenCV: a method for `inpaint`.

    The whole image, or a window around the hole, is resized to what the network takes; what it answers is resized back
    and put into the hole, the other pixels stay as they are.  No weights come with this library.

    Parameters
    ----------
    path : str or os.PathLike
        The .onnx file.  Its network takes an image (1, 3, h, w) in RGB, or that and a mask (1, 1, h, w), 1 in the hole,
        and answers with the whole image (1, 3, h, w), or with its centre.
    size : (int, int)
        (h, w) of what it takes.
    mean : float or sequence of 3 floats
        Taken off the levels, which are fractions of full scale, before, and added after.
    mask_value : float, sequence of 3 floats or None
        What the network sees in the hole, as fractions of full scale, before the mean is taken off; None: the mean,
        which becomes 0.
    scale : float
        Then the levels are multiplied by it, and the answer is divided by it; such as 255, or 2 with a mean of 0.5 for
        levels from -1 to 1.
    output_scale : float, optional
        What the answer is divided by, if that is not `scale`.
    inputs : sequence of str
        Names of the network's inputs for the image and for the mask, as many as it has of them; empty: the image is its
        only one.
    center : bool
        The network answers with the centre of what it takes, at least half of each side, as context encoders do.  It is
        shown a window of twice the size of the hole's box, with the hole in its middle; where that leaves the image,
        the border is repeated.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument is of the wrong kind or value; at the first call, if OpenCV cannot read or run the network.

    Notes
    -----
    The network is read at the first call and runs one image at a time; copies in other processes read it anew.

    Examples
    --------
    >>> lama = OnnxInpainter("lama.onnx", size=(512, 512))  # doctest: +SKIP
    >>> filled = inpaint(image, hole, method=lama)  # doctest: +SKIP
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        size: tuple[int, int],
        mean: float | Sequence[float] = 0.0,
        mask_value: float | Sequence[float] | None = None,
        scale: float = 1.0,
        output_scale: float | None = None,
        inputs: Sequence[str] = (),
        center: bool = False,
    ) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            raise TypeError(f"path must be a str or os.PathLike, got {type(path).__name__}")
        self.path = os.fsdecode(path)
        self.size = size_pair(size, "size")
        self.mean = _levels(mean, "mean")
        self.mask_value = self.mean if mask_value is None else _levels(mask_value, "mask_value")
        self.scale = positive(scale, "scale")
        self.output_scale = self.scale if output_scale is None else positive(output_scale, "output_scale")
        if isinstance(inputs, str) or not isinstance(inputs, Sequence) or not all(isinstance(n, str) for n in inputs):
            raise TypeError(f"inputs must be a sequence of names, got {inputs!r}")
        if len(inputs) > 2:
            raise ValueError(f"inputs must be at most two names, got {inputs!r}")
        self.inputs = tuple(inputs)
        center = flag(center, "center")
        self.center = bool(center)
        if not os.path.isfile(self.path):
            raise FileNotFoundError(f"path must be an ONNX file, got {self.path!r}")
        self._net: Any = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"OnnxInpainter({self.path!r}, size={self.size})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_net": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())

    def __call__(self, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Fill the hole of a grey or RGB image; see `inpaint`."""
        image = as_image(image, channels=(1, 3))
        mask = as_hole(mask, image)
        if image.dtype.kind == "f" and not np.isfinite(image[~mask]).all():
            raise ValueError("image must be finite outside the mask, got NaN or infinity")
        out = np.array(image, order="C")
        if not mask.any():
            return out
        top = full_scale(image.dtype)
        (top_row, rows), (left, columns) = self._window(mask)
        hole = mask[rows][:, columns]
        planes = image[rows][:, columns].reshape(*hole.shape, -1).astype(np.float32) * np.float32(1 / top)
        planes = np.array(np.broadcast_to(planes, (*hole.shape, 3)))
        planes[hole] = 0
        share = resize(hole.astype(np.float32), size=self.size)[..., None]
        # The hole's value is mixed in by share, as if it had been there before the resizing.
        planes = resize(planes, size=self.size) + share * self.mask_value
        answer = self._run((planes - self.mean) * np.float32(self.scale), share[..., 0] > 0)
        found = self._framed(answer) * np.float32(1 / self.output_scale) + self.mean
        found = resize(np.ascontiguousarray(found, np.float32), size=hole.shape, interpolation="bilinear")
        if channels_of(image) == 1:
            found = luma(found).reshape(*hole.shape, *image.shape[2:])
        y, x = np.nonzero(mask)
        values = np.clip(found[y - top_row, x - left], 0, 1) * np.float32(top)
        out[y, x] = np.rint(values) if image.dtype.kind == "u" else values
        return out

    def _window(self, mask: np.ndarray) -> list[tuple[int, np.ndarray]]:
        """Where the window that the network is shown starts, and which pixels it shows, along both axes."""
        if not self.center:
            return [(0, np.arange(n)) for n in mask.shape]
        ends = [np.flatnonzero(mask.any(axis=axis))[[0, -1]] for axis in (1, 0)]
        # In the network's pixels both sides of the hole's box take half of the window or less.
        scale = max(2 * (last - first + 1) / side for (first, last), side in zip(ends, self.size))
        found = []
        for (first, last), side, n in zip(ends, self.size, mask.shape):
            length = max(math.ceil(scale * side), 2 * (last - first + 1))
            start = int(first + last + 1 - length) // 2
            found.append((start, np.clip(np.arange(start, start + length), 0, n - 1)))
        return found

    def _framed(self, answer: np.ndarray) -> np.ndarray:
        """The answer at the window's size; around a centre its border is repeated, for the interpolation."""
        if not self.center:
            return answer
        rooms = [n - m for n, m in zip(self.size, answer.shape)]
        if min(rooms) < 0 or any(2 * room > n for room, n in zip(rooms, self.size)):
            raise ValueError(
                f"path must be a network that answers with at least the central half of {self.size}, {self.path!r} has "
                f"{answer.shape[:2]}"
            )
        return np.pad(answer, [*((room // 2, room - room // 2) for room in rooms), (0, 0)], mode="edge")

    def _run(self, planes: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """The network's answer to an image of its size, (h, w, 3)."""
        cv2 = load_cv2()
        blobs = (np.ascontiguousarray(planes.transpose(2, 0, 1)[None], np.float32), hole[None, None].astype(np.float32))
        with self._lock:
            try:
                self._net = self._net or cv2.dnn.readNetFromONNX(self.path)
                if not self.inputs:
                    self._net.setInput(blobs[0])
                for name, blob in zip(self.inputs, blobs, strict=False):
                    self._net.setInput(blob, name)
                answer = np.array(self._net.forward())
            except cv2.error as error:
                text = " ".join(str(error).split())
                raise ValueError(f"path must be a network that OpenCV can run, got {self.path!r}: {text}") from error
        if answer.ndim != 4 or answer.shape[:2] != (1, 3):
            raise ValueError(f"path must be a network that answers with (1, 3, h, w), {self.path!r} has {answer.shape}")
        return answer[0].transpose(1, 2, 0)


def _levels(value: Any, name: str) -> np.ndarray:
    if is_sequence(value):
        if len(value) != 3:
            raise ValueError(f"{name} must be one number or three, got {len(value)}")
        return np.array([fraction(v, f"{name}[{i}]") for i, v in enumerate(value)], np.float32)
    return np.full(3, fraction(value, name), np.float32)


def _blacken(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The image with 0 in its hole."""
    return np.where(mask if image.ndim == 2 else mask[..., None], image.dtype.type(0), image)


declare(
    inpaint,
    mask="hole",
    arguments={"mask": lambda image: (middle(image),), "method": lambda image: (_blacken,)},
    no_peer="it calls the method that it is given, whose row stands beside that method",
)
