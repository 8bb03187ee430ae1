"""Transforms that change the dtype inside a chain."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import dtype_name, real
from imgproc._core.declare import Single, declare
from imgproc._core.planes import full_scale as full_scale_of
from imgproc._scanline import Stage, Whole, pixel, run

from .._chain.transform import Frame, Kind, Params, Transform

__all__ = ["FromFloat", "ToFloat"]


class _Conversion(Transform):
    """Of what both share: the dtype of the result, and the integer level that is 1 in floats."""

    dtype: str
    full_scale: float | None

    def _keep_fields(self, *names: str) -> None:
        self._keep("dtype", dtype_name(self.dtype, names))
        if self.full_scale is not None:
            self._keep("full_scale", real(self.full_scale, "full_scale", at_least=1))

    def _check_scale(self, dtype: np.dtype, name: str) -> None:
        if self.full_scale is not None and dtype.kind == "u" and self.full_scale > full_scale_of(dtype):
            raise ValueError(
                f"full_scale of {type(self).__name__} must be a level of {name}, at most {full_scale_of(dtype)} for "
                f"{dtype}, got {self.full_scale:g}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToFloat(_Conversion):
    """Convert integer levels to floats: full scale becomes 1.

    As in albumentations, torchvision's ToDtype with ``scale=True``.  The transforms after it work on floats, which are
    neither rounded nor cut off; use it in front of several changes of levels, where rounding after each would leave
    gaps.  For a result of floats alone ``Compose(dtype="float32")`` does the same and costs nothing.  Images of floats
    keep their levels.  Changes images only; any number of channels.

    Parameters
    ----------
    full_scale : float, optional
        The level that becomes 1: 4095 for 12 bits in uint16.  Default: that of the dtype, 255 or 65535.  With 1 levels
        stay the numbers that they are, so that transforms which want levels in [0, 1] refuse them.
    dtype : {"float32", "float64"}
        Of the result.
    p : float
        Probability that the transform is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `full_scale` is no level of an image.

    See Also
    --------
    FromFloat : The way back.

    Examples
    --------
    >>> import numpy as np
    >>> chain = Compose([ToFloat(), Gamma(gamma=(2.0, 2.0), p=1), FromFloat()])
    >>> chain(image=np.array([[0, 51, 255]], np.uint8), key=0)["image"]
    array([[  0,  10, 255]], dtype=uint8)
    """

    full_scale: float | None = None
    dtype: str = "float32"
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep_fields("float32", "float64")

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; the largest level is one of the image."""
        super().check(kind, name)
        self._check_scale(kind.dtype, name)

    def leads_to(self, kind: Kind) -> Kind:
        """Floats, in [0, 1] unless levels stay the numbers that they are."""
        raw = kind.dtype.kind == "u" and self.full_scale == 1.0
        return kind._replace(dtype=np.dtype(self.dtype), unit=kind.unit and not raw)

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation, or none for floats of this dtype."""
        dtype = np.dtype(self.dtype)
        if frame.dtype == dtype:
            return []
        if frame.dtype.kind == "f":
            return [Whole(functools.partial(_cast, dtype), label="to float", dtype=dtype)]
        top = full_scale_of(frame.dtype)
        scale = 1.0 if self.full_scale is None else self.full_scale / top
        if dtype == np.float64:
            return [Whole(functools.partial(_to_double, scale), label="to float", dtype=dtype)]
        return [pixel.normalize(0.0, scale)._replace(label="to float")]


declare(
    ToFloat,
    examples=[{}, {"dtype": "float64"}],
    look="The photo as it was; its levels are floats.",
    peers=[Single("ToFloat")],
)


def _cast(dtype: np.dtype, image: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return image.astype(dtype, order="C")


def _to_double(scale: float, image: np.ndarray) -> np.ndarray:
    return image / np.float64(full_scale_of(image.dtype) * scale)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FromFloat(_Conversion):
    """Convert levels in [0, 1] to integers: 1 becomes full scale.

    As in albumentations.  Levels are rounded half to even and saturated; NaN becomes 0.  The transforms after it work
    on integers.  For a result of integers alone ``Compose(dtype="uint8")`` does the same and saves a pass.  Images of
    integers are converted, full scale to full scale.  Changes images only; any number of channels.

    Parameters
    ----------
    dtype : {"uint8", "uint16"}
        Of the result.
    full_scale : float, optional
        The level that 1 becomes, and the largest one of the result: 4095 for 12 bits in uint16.  Default: that of the
        dtype, 255 or 65535.
    p : float
        Probability that the transform is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is one of floats beyond [0, 1].

    See Also
    --------
    ToFloat : The way back.

    Examples
    --------
    >>> import numpy as np
    >>> Compose([FromFloat(dtype="uint16", full_scale=4095)])(image=np.array([[0.0, 0.5, 1.0]]), key=0)["image"]
    array([[   0, 2048, 4095]], dtype=uint16)
    """

    dtype: str = "uint8"
    full_scale: float | None = None
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep_fields("uint8", "uint16")
        self._check_scale(np.dtype(self.dtype), "the result")

    def wants_unit(self) -> bool:
        """1 is full scale."""
        return True

    def leads_to(self, kind: Kind) -> Kind:
        """Integers."""
        return kind._replace(dtype=np.dtype(self.dtype), unit=True)

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One function."""
        dtype = np.dtype(self.dtype)
        if frame.dtype == dtype and self.full_scale in (None, full_scale_of(dtype)):
            return []
        return [Whole(functools.partial(_to_integers, dtype, self.full_scale), label="from float", dtype=dtype)]


declare(
    FromFloat,
    examples=[{}, {"dtype": "uint16", "full_scale": 4095.0}],
    look="The photo as it was, in 8 bits.",
    no_peer="albumentations' FromFloat takes floats, and the rows of transforms have photos of bytes",
)


def _to_integers(dtype: np.dtype, full_scale: float | None, image: np.ndarray) -> np.ndarray:
    if full_scale is None or full_scale == full_scale_of(dtype):
        return run(image, [], dtype=dtype)
    levels = run(image, [pixel.normalize(0.0, full_scale_of(dtype) / full_scale)])
    result = run(levels, [], dtype=dtype)  # as chains store what they have computed
    return np.minimum(result, dtype.type(full_scale), out=result)
