"""A policy that mixes the image with augmented copies of itself."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import flag, integer, positive, real
from imgproc._core.declare import declare
from imgproc._core.formats import work_dtype
from imgproc._core.planes import canonical
from imgproc._core.sums import add_weighted
from imgproc._scanline import Stage, Whole, run

from .._chain.drawn import Rule, number, several
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import integer_range
from ..color._common import dirichlet
from ._base import Policy
from ._operations import FACTORS, GEOMETRIC, MILD, MOST_OPERATIONS, STAGES, Operation, operation_rule

__all__ = ["AugMix"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class AugMix(Policy):
    """Mix the image with differently augmented copies of itself.

    torchvision's AugMix: each of `width` branches is a chain of operations; their results are averaged with Dirichlet
    weights, and the average is mixed with the image by a Beta weight.  Changes images only: the geometric operations
    shift a branch against the image, so masks, boxes and keypoints, which stay, are those of the unmoved image; without
    them (``geometric=False``) nothing moves.  Grey or RGB images.

    Parameters
    ----------
    width : int
        Number of branches, 1 to 100.
    depth : (int, int)
        Range of the number of operations in a branch, both ends included, within 1 and 100.
    alpha : float
        Parameter of both distributions, above 0.
    severity : float
        Highest strength of an operation, above 0 to 10; each is drawn evenly from 0.1 (or `severity`, if less) on.
    geometric : bool
        Whether rotation, shear and translation are among the operations.
    all_operations : bool
        Whether color, contrast, brightness and sharpness are, too, which the paper leaves out since the corruptions of
        its benchmark resemble them (torchvision has them by default).
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level there for ``"constant"``, one for all channels or one each, as a fraction of full scale.
    interpolation : {"bilinear", "nearest", "bicubic"}
        Of shear and rotation; translation is by whole pixels.
    p : float
        Probability that the policy is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    References
    ----------
    .. [1] D. Hendrycks, N. Mu, E. D. Cubuk, B. Zoph, J. Gilmer, B. Lakshminarayanan, "AugMix: a simple data processing
       method to improve robustness and uncertainty", ICLR 2020.

    Examples
    --------
    >>> chain = Compose([AugMix()])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    width: int = 3
    depth: tuple[int, int] = (1, 3)
    alpha: float = 1.0
    severity: float = 3.0
    geometric: bool = True
    all_operations: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("width", integer(self.width, "width", at_least=1, at_most=MOST_OPERATIONS))
        self._keep("depth", integer_range(self.depth, "depth", at_least=1, at_most=MOST_OPERATIONS))
        self._keep("alpha", positive(self.alpha, "alpha"))
        self._keep("severity", real(positive(self.severity, "severity"), "severity", at_most=10))
        flag(self.geometric, "geometric")
        flag(self.all_operations, "all_operations")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The share of the branches, their weights, and the names and values of each."""
        space = self._space()
        low, high = min(0.1, self.severity) / 10.0, self.severity / 10.0
        share = dirichlet(rng, self.alpha, 2)[0]
        weights = dirichlet(rng, self.alpha, self.width)
        depths = [rng.integer(*self.depth) for _ in range(self.width)]
        branches = [[rng.pick(space).draw(rng, rng.uniform(low, high), frame) for _ in range(d)] for d in depths]
        return {"share": share, "weights": weights, "branches": branches}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        part, branch = number(0, 1), several(operation_rule(self._space(), frame), *self.depth)
        return {"share": part, "weights": several(part, self.width), "branches": several(branch, self.width)}

    def _space(self) -> tuple[Operation, ...]:
        return MILD + GEOMETRIC * self.geometric + FACTORS * self.all_operations

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One function of the image, which runs the branches."""
        self.need_channels(frame.channels)
        outside = self._outside()
        branches = [
            [stage for name, value in branch for stage in STAGES[name](value, frame, outside)]
            for branch in params["branches"]
        ]
        mix = functools.partial(_mixed, branches, params["weights"], params["share"])
        return [Whole(mix, _needs_opencv(branches), "AugMix")]


declare(
    AugMix,
    examples=[{}, {"width": 2, "depth": (2, 2), "geometric": False}],
    look="Ghosts of turned and moved copies, with the true picture over them.",
    no_peer="albumentations 2.0.8 has none",
)


def _needs_opencv(branches: list[list[Stage]]) -> bool:
    return any(type(stage) is Whole and stage.opencv for branch in branches for stage in branch)


def _mixed(branches: list[list[Stage]], weights: list[float], share: float, image: np.ndarray) -> np.ndarray:
    kind = work_dtype(image.dtype).type
    mixed = np.zeros(image.size, kind)
    add_weighted(canonical(image).reshape(-1), kind(1.0 - share), mixed)
    for stages, weight in zip(branches, weights):
        part = run(image, stages) if stages else image
        add_weighted(canonical(part).reshape(-1), kind(share * weight), mixed)
    if image.dtype.kind == "u":
        np.rint(mixed, out=mixed)
    return mixed.astype(image.dtype).reshape(image.shape)
