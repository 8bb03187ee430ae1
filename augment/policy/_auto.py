"""AutoAugment: pairs of operations with probabilities and strengths that were found by search."""

from __future__ import annotations

import dataclasses

from imgproc._core.check import one_of
from imgproc._core.declare import declare

from .._chain.drawn import Rule, several
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from ._base import OperationList
from ._operations import AUTO_AUGMENT, operation_rule

__all__ = ["AutoAugment"]

# Tables 7, 8 and 9 of the paper: a pair of operations a line, with the probability and the strength, 0 to 9, of each.
# Operations without strength have it in the paper, too, where it means nothing.
TABLES = {
    "cifar10": """
        Invert 0.1, Contrast 0.2 6
        Rotate 0.7 2, TranslateX 0.3 9
        Sharpness 0.8 1, Sharpness 0.9 3
        ShearY 0.5 8, TranslateY 0.7 9
        AutoContrast 0.5, Equalize 0.9
        ShearY 0.2 7, Posterize 0.3 7
        Color 0.4 3, Brightness 0.6 7
        Sharpness 0.3 9, Brightness 0.7 9
        Equalize 0.6, Equalize 0.5
        Contrast 0.6 7, Sharpness 0.6 5
        Color 0.7 7, TranslateX 0.5 8
        Equalize 0.3, AutoContrast 0.4
        TranslateY 0.4 3, Sharpness 0.2 6
        Brightness 0.9 6, Color 0.2 8
        Solarize 0.5 2, Invert 0.0
        Equalize 0.2, AutoContrast 0.6
        Equalize 0.2, Equalize 0.6
        Color 0.9 9, Equalize 0.6
        AutoContrast 0.8, Solarize 0.2 8
        Brightness 0.1 3, Color 0.7 0
        Solarize 0.4 5, AutoContrast 0.9
        TranslateY 0.9 9, TranslateY 0.7 9
        AutoContrast 0.9, Solarize 0.8 3
        Equalize 0.8, Invert 0.1
        TranslateY 0.7 9, AutoContrast 0.9
    """,
    "svhn": """
        ShearX 0.9 4, Invert 0.2
        ShearY 0.9 8, Invert 0.7
        Equalize 0.6, Solarize 0.6 6
        Invert 0.9, Equalize 0.6
        Equalize 0.6, Rotate 0.9 3
        ShearX 0.9 4, AutoContrast 0.8
        ShearY 0.9 8, Invert 0.4
        ShearY 0.9 5, Solarize 0.2 6
        Invert 0.9, AutoContrast 0.8
        Equalize 0.6, Rotate 0.9 3
        ShearX 0.9 4, Solarize 0.3 3
        ShearY 0.8 8, Invert 0.7
        Equalize 0.9, TranslateY 0.6 6
        Invert 0.9, Equalize 0.6
        Contrast 0.3 3, Rotate 0.8 4
        Invert 0.8, TranslateY 0.0 2
        ShearY 0.7 6, Solarize 0.4 8
        Invert 0.6, Rotate 0.8 4
        ShearY 0.3 7, TranslateX 0.9 3
        ShearX 0.1 6, Invert 0.6
        Solarize 0.7 2, TranslateY 0.6 7
        ShearY 0.8 4, Invert 0.8
        ShearX 0.7 9, TranslateY 0.8 3
        ShearY 0.8 5, AutoContrast 0.7
        ShearX 0.7 2, Invert 0.1
    """,
    "imagenet": """
        Posterize 0.4 8, Rotate 0.6 9
        Solarize 0.6 5, AutoContrast 0.6
        Equalize 0.8, Equalize 0.6
        Posterize 0.6 7, Posterize 0.6 6
        Equalize 0.4, Solarize 0.2 4
        Equalize 0.4, Rotate 0.8 8
        Solarize 0.6 3, Equalize 0.6
        Posterize 0.8 5, Equalize 1.0
        Rotate 0.2 3, Solarize 0.6 8
        Equalize 0.6, Posterize 0.4 6
        Rotate 0.8 8, Color 0.4 0
        Rotate 0.4 9, Equalize 0.6
        Equalize 0.0, Equalize 0.8
        Invert 0.6, Equalize 1.0
        Color 0.6 4, Contrast 1.0 8
        Rotate 0.8 8, Color 1.0 2
        Color 0.8 8, Solarize 0.8 7
        Sharpness 0.4 7, Invert 0.6
        ShearX 0.6 5, Equalize 1.0
        Color 0.4 0, Equalize 0.6
        Equalize 0.4, Solarize 0.2 4
        Solarize 0.6 5, AutoContrast 0.6
        Invert 0.6, Equalize 1.0
        Color 0.6 4, Contrast 1.0 8
        Equalize 0.8, Equalize 0.6
    """,
}

Entry = tuple[str, float, int]
"""The name of an operation, its probability, and its strength."""


def _read(table: str) -> tuple[tuple[Entry, ...], ...]:
    """The pairs of a table."""
    pairs = []
    for line in table.strip().splitlines():
        words = [part.split() for part in line.split(",")]
        pairs.append(tuple((name, float(p), int(rest[0]) if rest else 0) for name, p, *rest in words))
    return tuple(pairs)


POLICIES = {name: _read(table) for name, table in TABLES.items()}
_STRONGEST = 9


@dataclasses.dataclass(frozen=True, kw_only=True)
class AutoAugment(OperationList):
    """One of 25 pairs of operations, as they were found by search for a data set.

    torchvision's AutoAugment: a pair is drawn, and each of its two operations is applied with a probability of its own,
    and with a strength of its own, whose sign is drawn.  The operations are those of `RandAugment`, and the negative.
    Use it with the policy of the data set that is most like yours.  Changes images; masks, boxes and keypoints follow
    shear, translation and rotation.  Grey or RGB images.

    Parameters
    ----------
    policy : {"imagenet", "cifar10", "svhn"}
        The data set that the pairs were found for: photos, small photos, house numbers.
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
    .. [1] E. D. Cubuk, B. Zoph, D. Mané, V. Vasudevan, Q. V. Le, "AutoAugment: learning augmentation strategies from
       data", CVPR 2019, tables 7 to 9 of the appendix.

    Examples
    --------
    >>> import numpy as np
    >>> chain = Compose([HorizontalFlip(), AutoAugment(policy="cifar10", fill=0.5)])
    >>> chain(image=np.zeros((32, 32, 3), np.uint8), key=(0, 7))["image"].shape
    (32, 32, 3)
    """

    policy: str = "imagenet"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.policy, "policy", tuple(POLICIES))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Names and values of those of the two that are applied."""
        drawn = []
        for name, p, strength in rng.pick(POLICIES[self.policy]):
            applied = rng.unit() < p
            operation = AUTO_AUGMENT[name].draw(rng, strength / _STRONGEST, frame)
            drawn += [operation] * applied
        return {"operations": drawn}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"operations": several(operation_rule(tuple(AUTO_AUGMENT.values()), frame), 0, 2)}


declare(
    AutoAugment,
    examples=[{}, {"policy": "cifar10", "fill": 0.5}, {"policy": "svhn", "interpolation": "nearest"}],
    look="Mostly levels and colours, equalized or inverted, some turned; house numbers are sheared and inverted.",
    no_peer="albumentations 2.0.8 has none",
)
