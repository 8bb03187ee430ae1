"""The colours of another picture."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.declare import declare, example_references
from imgproc._core.formats import channels_of
from imgproc._core.unit_range import must_be_unit
from imgproc._scanline import Stage, Whole
from imgproc.color._transfer import SPACES, Palette, moved_to, palette_of, to_space

from .._chain.drawn import Rule, whole
from .._chain.keys import Draws
from .._chain.transform import RGB, Frame, Params, Transform
from .._ranges import number_range, reference_images

__all__ = ["ColorTransfer"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ColorTransfer(Transform):
    """Give the image the colours of a reference image, in part or in full.

    The mean and the standard deviation of each channel of a colour space become those of the reference; see
    `imgproc.color_transfer`.  Use it where cameras, scanners or stains differ and a few pictures of each are at hand.
    Changes images only; RGB images.

    Parameters
    ----------
    references : sequence of ndarray
        RGB images of any size and dtype; one is drawn.  They stay the caller's: a recipe does not hold them, and they
        must not change.
    blend : (float, float)
        Range of the share of the way that means and deviations go, in [0, 1].
    space : {"lab", "lalphabeta"}
        CIE L*a*b*, or the l-alpha-beta of [1]_.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a reference has no pixels or not three channels, or an image is
        not RGB.

    References
    ----------
    .. [1] E. Reinhard, M. Ashikhmin, B. Gooch, P. Shirley, "Color transfer between images", IEEE Computer Graphics and
       Applications 21(5), 2001.

    Examples
    --------
    >>> import numpy as np
    >>> dusk = np.full((4, 4, 3), (200, 120, 60), np.uint8)
    >>> chain = Compose([ColorTransfer(references=[dusk], blend=(1, 1), p=1)])
    >>> chain(image=np.full((2, 2, 3), 90, np.uint8), key=0)["image"][0, 0]
    array([200, 120,  60], dtype=uint8)
    """

    references: Sequence[np.ndarray] = dataclasses.field(
        repr=False, compare=False, kw_only=False, metadata={"external": True}
    )
    blend: tuple[float, float] = (0.5, 1.0)
    space: str = "lab"

    def __post_init__(self) -> None:
        super().__post_init__()
        images = reference_images(self.references, "references")
        self._keep("references", images)
        self._keep("blend", number_range(self.blend, "blend", at_least=0, at_most=1))
        one_of(self.space, "space", SPACES)
        self._palettes: tuple[Palette, ...]
        self._keep("_palettes", tuple(self._palette(image, f"references[{i}]") for i, image in enumerate(images)))

    def _palette(self, image: np.ndarray, name: str) -> Palette:
        if channels_of(image) != 3 or not image.size:
            raise ValueError(f"{name} must be an RGB image of at least one pixel, got shape {image.shape}")
        must_be_unit(image, name, who="ColorTransfer")
        return palette_of(to_space(image, self.space), None, name)

    def channels_wanted(self) -> tuple[int, ...]:
        """RGB."""
        return RGB

    def wants_unit(self) -> bool:
        """Colours are of light on full scale."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Which reference, and the share."""
        return {"reference": rng.integer(0, len(self.references) - 1), "blend": rng.uniform(*self.blend)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"reference": whole(0, len(self.references) - 1)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One function."""
        self.need_channels(frame.channels)
        if params["blend"] == 0.0:
            return []
        work = functools.partial(_moved, self._palettes[params["reference"]], self.space, params["blend"])
        return [Whole(work, label="color transfer")]


declare(
    ColorTransfer,
    examples=[{"references": example_references}, {"references": example_references, "space": "lalphabeta"}],
    look="The light of another photo, the rocket at night or the cat, in part or in full.",
    no_peer="albumentations 2.0.8 has none",
)


def _moved(palette: Palette, space: str, share: float, image: np.ndarray) -> np.ndarray:
    return moved_to(image, palette, space, share)
