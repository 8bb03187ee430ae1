"""Stains of tissue that vary from laboratory to laboratory."""

from __future__ import annotations

import dataclasses
from typing import Any

from imgproc._core.declare import Single, declare
from imgproc._core.elementary import LN2
from imgproc._scanline import Stage, pixel
from imgproc.color._hed import HED, inverse_of

from .._chain.drawn import Rule, several, within
from .._chain.keys import Draws
from .._chain.transform import RGB, Frame, Params, Transform
from .._ranges import Spread, number_range, number_tuple, pair_of

__all__ = ["StainJitter"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class StainJitter(Transform):
    """Change how strongly a slide is stained, each dye by itself.

    Slides of one tissue differ in colour by the laboratory and the scanner.  Use it so that a network does not depend
    on that; 0.8 to 1.2 and -0.2 to 0.2 are the strong setting of [2]_.  RGB is separated into amounts of dyes (see
    `imgproc.rgb_to_hed`), each amount becomes ``scale * amount + shift``, and the light that is left is computed anew.
    No amount is cut off at 0 on the way, so that without a change the image stays.  Changes images only; RGB images.

    Parameters
    ----------
    scale : (float, float)
        Range of the factor of an amount, at least 0; one is drawn for each dye.
    shift : float or (float, float)
        Range of what is added to an amount, as a density: 1 lets 1 / e of the light through that the dye absorbs.  One
        is drawn for each dye.  White changes by the shift alone; one number v means (-v, v).
    stains : three times (float, float, float)
        How much each dye absorbs of R, G and B, as densities; no dye may be a mix of the others.  Default: hematoxylin,
        eosin and DAB as measured in [1]_.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is not RGB.

    References
    ----------
    .. [1] A. C. Ruifrok, D. A. Johnston, "Quantification of histochemical staining by color deconvolution", Analytical
       and Quantitative Cytology and Histology 23(4), 2001.
    .. [2] D. Tellez et al., "Whole-slide mitosis detection in H&E breast histology using PHH3 as a reference to train
       distilled stain-invariant convolutional networks", IEEE Transactions on Medical Imaging 37(9), 2018.

    Examples
    --------
    >>> import numpy as np
    >>> slide = np.full((8, 8, 3), (180, 120, 170), np.uint8)
    >>> Compose([StainJitter(scale=(0.8, 1.2), shift=(-0.2, 0.2), p=1)])(image=slide, key=3)["image"].shape
    (8, 8, 3)
    """

    scale: tuple[float, float] = (0.95, 1.05)
    shift: Spread = (-0.05, 0.05)
    stains: tuple[tuple[float, float, float], ...] = HED

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("scale", number_range(self.scale, "scale", at_least=0, at_most=10))
        self._keep("shift", number_range(self.shift, "shift", at_least=-10, at_most=10, around=0))
        vectors: Any = self.stains
        if not isinstance(vectors, (tuple, list)) or len(vectors) != 3:
            raise TypeError(f"stains must be three times (r, g, b), got {vectors!r}")
        vectors = tuple(number_tuple(v, f"stains[{i}]", 3) for i, v in enumerate(vectors))
        self._keep("stains", vectors)
        separating = inverse_of(vectors)
        if separating is None:
            raise ValueError(f"stains must be three dyes of which none is a mix of the others, got {vectors}")
        self._separating: tuple[tuple[float, ...], ...]
        self._keep("_separating", separating)

    def channels_wanted(self) -> tuple[int, ...]:
        """RGB."""
        return RGB

    def wants_unit(self) -> bool:
        """Light is a share of that of white."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """A factor and a shift for each dye."""
        return {
            "scale": [rng.uniform(*self.scale) for _ in range(3)],
            "shift": [rng.uniform(*pair_of(self.shift)) for _ in range(3)],
        }

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {name: several(within(*getattr(self, name)), 3) for name in ("scale", "shift")}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation: the amounts are linear in the densities, and the densities in the amounts."""
        self.need_channels(frame.channels)
        scale, shift = params["scale"], params["shift"]
        rows = []
        for k in range(3):
            absorbed = [vector[k] for vector in self.stains]
            parts = [[self._separating[i][j] * absorbed[j] for j in range(3)] for i in range(3)]
            mixed = [scale[0] * a + scale[1] * b + scale[2] * c for a, b, c in parts]
            added = shift[0] * absorbed[0] + shift[1] * absorbed[1] + shift[2] * absorbed[2]
            rows.append((*mixed, added * (1.0 / LN2)))
        return [pixel.density(rows)]


declare(
    StainJitter,
    examples=[{}, {"scale": (0.7, 1.3), "shift": (-0.2, 0.2)}],
    shown={"scale": (0.7, 1.3), "shift": (-0.2, 0.2)},
    look="Tints of violet, pink and brown, as if the picture were dyed more or less.",
    peers=[
        Single(
            "HEStain",
            {"scale": (0.7, 1.3), "shift": (-0.2, 0.2)},
            {"method": "random_preset", "augment_background": True},
            at_least=5,
            note="of two dyes, with one of eight sets of vectors",
        )
    ],
)
