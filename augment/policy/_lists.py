"""Policies that are short lists of operations, all drawn from one set."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from imgproc._core.check import integer
from imgproc._core.declare import declare

from .._chain.drawn import Rule, several
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from ._base import OperationList
from ._operations import MOST_OPERATIONS, RAND_AUGMENT, TRIVIAL_AUGMENT, operation_rule

__all__ = ["RandAugment", "TrivialAugment"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RandAugment(OperationList):
    """A few operations out of fourteen, all of one strength.

    torchvision's RandAugment, with its operations and ranges: identity, shear and translation along x and y, rotation,
    brightness, color, contrast, sharpness, posterize, solarize, autocontrast, equalize.  Changes images; masks, boxes
    and keypoints follow shear, translation and rotation.  Grey or RGB images.

    Parameters
    ----------
    n : int
        How many operations, 1 to 100; one may come twice.
    magnitude : int
        Their strength, 0 to ``bins - 1``.
    bins : int
        Number of strengths, at least 2.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level there for ``"constant"``, one for all channels or one each, as a fraction of full scale.
    interpolation : {"bilinear", "nearest", "bicubic"}
        Of shear and rotation; translation is by whole pixels.
    mask_fill : int
        Label that masks get where the image gets `fill`.
    p : float
        Probability that the policy is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    References
    ----------
    .. [1] E. D. Cubuk, B. Zoph, J. Shlens, Q. V. Le, "RandAugment: practical automated data augmentation with a reduced
       search space", 2019.

    Examples
    --------
    >>> chain = Compose([RandAugment(n=2, magnitude=9)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    n: int = 2
    magnitude: int = 9
    bins: int = 31

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("n", integer(self.n, "n", at_least=1, at_most=MOST_OPERATIONS))
        self._keep("bins", integer(self.bins, "bins", at_least=2))
        self._keep("magnitude", integer(self.magnitude, "magnitude", at_least=0, at_most=self.bins - 1))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Names and values."""
        level = self.magnitude / (self.bins - 1)
        return {"operations": [rng.pick(RAND_AUGMENT).draw(rng, level, frame) for _ in range(self.n)]}

    def in_parts(self) -> Sequence[RandAugment]:
        """One for each operation."""
        return (dataclasses.replace(self, n=1),) * self.n

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"operations": several(operation_rule(RAND_AUGMENT, frame), self.n)}


declare(
    RandAugment,
    examples=[{}, {"n": 3, "magnitude": 20, "fill": 0.5}],
    look="Two operations of one strength; most are mild at the default of 9 out of 30.",
    no_peer="albumentations 2.0.8 has none",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrivialAugment(OperationList):
    """One operation out of fourteen, of random strength; nothing to tune.

    torchvision's TrivialAugmentWide: the operations of `RandAugment` with the paper's wide ranges (translation up to 32
    pixels whatever the size of the image).  Changes images; masks, boxes and keypoints follow shear, translation and
    rotation.  Grey or RGB images.

    Parameters
    ----------
    bins : int
        Number of strengths, at least 2.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level there for ``"constant"``, one for all channels or one each, as a fraction of full scale.
    interpolation : {"bilinear", "nearest", "bicubic"}
        Of shear and rotation; translation is by whole pixels.
    mask_fill : int
        Label that masks get where the image gets `fill`.
    p : float
        Probability that the policy is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    References
    ----------
    .. [1] S. G. Müller, F. Hutter, "TrivialAugment: tuning-free yet state-of-the-art data augmentation", ICCV 2021.

    Examples
    --------
    >>> chain = Compose([TrivialAugment()])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    bins: int = 31

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("bins", integer(self.bins, "bins", at_least=2))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """A name and a value."""
        level = rng.integer(0, self.bins - 1) / (self.bins - 1)
        return {"operations": [rng.pick(TRIVIAL_AUGMENT).draw(rng, level, frame)]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"operations": several(operation_rule(TRIVIAL_AUGMENT, frame), 1)}


declare(
    TrivialAugment,
    look="One operation of any strength, up to very strong ones.",
    no_peer="albumentations 2.0.8 has none",
)
