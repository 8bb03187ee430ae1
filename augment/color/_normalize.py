"""The scale of a network's input."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.declare import Single, declare
from imgproc._core.formats import channels_of, work_dtype
from imgproc._core.levels import fractions
from imgproc._core.moments import moments, moments_of_all
from imgproc._core.planes import full_scale
from imgproc._scanline import Deferred, Stage, pixel

from .._chain.transform import Frame, Kind, Params, Transform

__all__ = ["Normalize"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

METHODS = ("standard", "image", "image_per_channel", "min_max", "min_max_per_channel")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Normalize(Transform):
    """Subtract a mean and divide by a standard deviation: ``(v / full scale - mean) / std``.

    As in albumentations (``max_pixel_value`` is the full scale) and torchvision.  The numbers are those of a data set,
    or with another `method` those of each image.  The result is float.  Put it last: transforms that take levels for
    fractions of full scale, such as `Gamma` or `CLAHE`, refuse what it leaves unless that is in [0, 1] (``mean=0,
    std=1``, and the two of ``"min_max"``), and noise, erasing and filters take it as it is.  Changes images only.

    Parameters
    ----------
    mean, std : float or sequence of float
        One number for all channels or one each, as fractions of full scale; `std` above 0.  Default: ImageNet's, which
        are those of RGB images: images of other channels need numbers of their own, or another `method`.  They belong
        to the method ``"standard"``.
    method : {"standard", "image", "image_per_channel", "min_max", "min_max_per_channel"}
        Where the numbers come from: from `mean` and `std`; from the mean and the standard deviation of all levels of
        the image, or of each of its channels; from the least and the largest level of the image, or of each channel,
        which become 0 and 1.  All but the first take any number of channels.  What has a single level becomes 0.
    p : float
        Probability that the transform is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or does not fit the channels of an image.

    Notes
    -----
    The variance is the mean square, divided by the number of pixels.  albumentations adds a little to the deviation and
    cuts off what is many deviations away; here nothing is added and nothing cut off.  With another method than
    ``"standard"`` the whole image is one window: a NaN makes the image, or its channel, NaN.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[0, 51], [204, 255]], np.uint8)
    >>> Compose([Normalize(method="min_max")])(image=image, key=0)["image"].round(3)
    array([[0. , 0.2],
           [0.8, 1. ]], dtype=float32)
    """

    mean: float | tuple[float, ...] = IMAGENET_MEAN
    std: float | tuple[float, ...] = IMAGENET_STD
    method: str = "standard"
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.method, "method", METHODS)
        self._keep("mean", fractions(self.mean, "mean"))
        self._keep("std", fractions(self.std, "std", above=0))
        if isinstance(self.mean, tuple) and isinstance(self.std, tuple) and len(self.mean) != len(self.std):
            raise ValueError(f"std must have as many numbers as mean, {len(self.mean)}, got {len(self.std)}")
        if self.method != "standard":
            for name, default in (("mean", IMAGENET_MEAN), ("std", IMAGENET_STD)):
                if getattr(self, name) != default:
                    raise ValueError(
                        f"{name} is a number of method='standard', got {getattr(self, name)} with "
                        f"method={self.method!r}, which takes its numbers from each image"
                    )
        self._operation: Stage
        self._keep("_operation", pixel.normalize(self.mean, self.std))

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; means and deviations are one or one a channel."""
        super().check(kind, name)
        if self.method != "standard":
            return
        for field, default in (("mean", IMAGENET_MEAN), ("std", IMAGENET_STD)):
            value = getattr(self, field)
            if isinstance(value, tuple) and len(value) != kind.channels:
                hint = ""
                if value == default:
                    hint = ", those of ImageNet: pass mean=0.5, std=0.5 or numbers of your own, or method='image'"
                raise ValueError(
                    f"{field} of Normalize must be one number or one a channel of {name}, {kind.channels}, "
                    f"got {len(value)} values{hint}"
                )

    def leads_to(self, kind: Kind) -> Kind:
        """Floats, which are in [0, 1] only if the numbers are such as 0 and 1, or the least and the largest level."""
        means, stds = np.atleast_1d(self.mean), np.atleast_1d(self.std)
        unit = kind.unit and bool((means <= 0).all() and (1 - means <= stds).all())
        if self.method != "standard":
            unit = self.method.startswith("min_max")
        return kind._replace(dtype=work_dtype(kind.dtype), unit=unit)

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation, maybe with numbers that the image gives."""
        if self.method == "standard":
            return [self._operation]
        make = functools.partial(_from_image, self.method)
        return [Deferred(make, f"normalize by {self.method}", dtype=work_dtype(frame.dtype))]


def _from_image(method: str, image: np.ndarray) -> list[Stage]:
    if image.size == 0:
        return [pixel.normalize(0.0, 1.0)]
    if method.startswith("min_max"):
        least, most = _ends(image, method == "min_max_per_channel")
        return [pixel.normalize(least, tuple(map(_divisor, (b - a for a, b in zip(least, most)))))]
    if method == "image":
        mean, variance = moments_of_all(image)
        return [pixel.normalize(mean, _divisor(float(np.sqrt(variance))))]
    means, variances = moments(image)
    return [pixel.normalize(tuple(means.tolist()), tuple(map(_divisor, np.sqrt(variances).tolist())))]


def _divisor(spread: float) -> float:
    """What to divide by: levels that do not differ become 0."""
    return spread if spread != 0.0 else 1.0


def _ends(image: np.ndarray, per_channel: bool) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The least and the largest level of each channel, or that of all for each, as fractions of full scale."""
    channels, top = channels_of(image), full_scale(image.dtype)
    if per_channel and channels > 1:
        found = [(image[..., c].min(), image[..., c].max()) for c in range(channels)]
    else:
        found = [(image.min(), image.max())] * channels
    return tuple(float(a) / top for a, _ in found), tuple(float(b) / top for _, b in found)


declare(
    Normalize,
    examples=[
        {},
        {"mean": 0.5, "std": 0.25},
        {"method": "image"},
        {"method": "image_per_channel"},
        {"method": "min_max_per_channel"},
    ],
    look="Each channel less its mean, in deviations; shown from -2.5 (black) over 0 (mid-grey) to 2.5 (white).",
    peers=[
        Single("Normalize", at_least=2),
        Single(
            "Normalize", {"method": "image_per_channel"}, {"normalization": "image_per_channel"}, "of the image", 2.0
        ),
        Single("Normalize", {"method": "min_max"}, {"normalization": "min_max"}, "from least to most", 1.5),
    ],
)
