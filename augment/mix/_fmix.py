"""FMix: a partner where low-frequency noise is low."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core import elementary_arrays
from imgproc._core.check import real
from imgproc._core.declare import declare

from .._chain.drawn import SHARE, Rule
from .._chain.keys import Draws, stream_uniforms
from .._chain.sample import Sample
from .._chain.transform import Frame, Params
from ._base import _Covering
from ._content import fitted, overlaid
from ._law import Law, check_law

__all__ = ["FMix"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FMix(_Covering):
    """Put a partner in regions of random shape, made by a threshold on low-frequency noise.

    Complex Gaussian noise in the frequency domain, divided by frequency to the power `decay`, is transformed back; the
    sample keeps the ``lam h w`` highest pixels, so that areas are met to the pixel, and lam is corrected to that.
    Changes images, label masks, instance masks, boxes and keypoints; of each box the smallest frame around what is
    still seen is kept, as in `CutMix`.  Any dtype and channels; pixels are copied.

    Parameters
    ----------
    lam : float, ("beta", a) or ("uniform", low, high)
        The law of the sample's own share.
    decay : float
        Power of frequency, at least 0: the more, the larger the regions.
    min_visibility : float
        Part of a box, by area within the image, that must be seen; boxes that are not seen at all never stay.
    fit : {"cover", "contain", "stretch"}
        How a partner of another size comes to the sample's: cut, padded with 0, or stretched.
    donor : Transform, optional
        Applied to the partner first.
    schedule : OnOffSchedule, optional
        In which epochs anything is mixed; keys are (epoch, index).
    num_classes : int, optional
        Needed where labels are integers.
    p : float
        Probability that the sample is mixed.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or images differ in dtype or channels.

    Notes
    -----
    The noise comes from NumPy's float32 functions and FFT, whose last bit may differ between types of CPU.

    References
    ----------
    .. [1] E. Harris et al., "FMix: enhancing mixed sample data augmentation", arXiv:2002.12047, 2020.

    Examples
    --------
    >>> mixed = FMix(num_classes=10)(np.stack([image, 255 - image]), np.array([3, 7]), keys=[0, 1])
    >>> mixed.images.shape
    (2, 96, 128, 3)
    """

    lam: Law = ("beta", 1.0)
    decay: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("lam", check_law(self.lam, "lam"))
        self._keep("decay", real(self.decay, "decay", at_least=0))

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """The share, and the name of the noise."""
        return {"lam": lams[0], "stream": rng.stream()}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"lam": SHARE}

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """The sample with the partner where the noise is low."""
        size = host.height, host.width
        other = fitted(others[0], size, self.fit)
        owner = low_regions(size, params["lam"], self.decay, params["stream"])
        targets = overlaid(host, other, lambda: owner, self.min_visibility, into)
        share = np.count_nonzero(owner) / owner.size
        return targets, [1.0 - share, share]


declare(
    FMix,
    look="Regions of any shape with smooth outlines; a frame is drawn round what is still seen of it.",
    shown={"lam": ("uniform", 0.3, 0.7), "min_visibility": 0.1},
    no_peer="no other library for NumPy has it",
)


def low_regions(size: tuple[int, int], lam: float, decay: float, stream: int) -> np.ndarray:
    """uint8 (h, w): 0 in the ``lam h w`` highest pixels of the noise, 1 in the others."""
    h, w = size
    keep = round(lam * h * w)
    owner = np.ones(size, np.uint8)
    if keep == 0:
        return owner
    gain = _gain(size, decay)
    u = stream_uniforms(stream, 2 * gain.size).astype(np.float32).reshape(2, *gain.shape)
    # Box and Muller's radius and angle are those of complex Gaussian noise.
    radius, angle = gain * np.sqrt(np.float32(-2) * np.log(u[0])), np.float32(2 * np.pi) * u[1]
    spectrum = np.empty(gain.shape, np.complex64)
    np.multiply(radius, np.cos(angle), out=spectrum.real)
    np.multiply(radius, np.sin(angle), out=spectrum.imag)
    noise = np.fft.irfft2(spectrum, size).ravel()
    owner.ravel()[np.argpartition(-noise, keep - 1)[:keep]] = 0
    return owner


@functools.lru_cache(maxsize=16)
def _gain(size: tuple[int, int], decay: float) -> np.ndarray:
    """One over frequency to the power `decay`, for the half spectrum of an image of (h, w)."""
    h, w = size
    down, across = np.fft.fftfreq(h)[:, np.newaxis], np.fft.rfftfreq(w)[np.newaxis]
    frequency = np.maximum(np.sqrt(down * down + across * across), 1.0 / max(h, w))
    # Only the order of the noise's levels counts, so that the largest gain may be 1: nothing overflows.
    return elementary_arrays.power(frequency / frequency.min(), -decay).astype(np.float32)
