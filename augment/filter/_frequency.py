"""Filters of the spectrum, and of the light."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import COLORS, color_mode, integer, one_of, positive
from imgproc._core.declare import Single, declare, example_references
from imgproc._core.formats import work_dtype
from imgproc._core.levels import SHIFT, fraction
from imgproc._core.needed import needed
from imgproc._core.opencv import load_cv2
from imgproc._core.planes import full_scale, on_intensity
from imgproc._core.spectra import each_plane, frequencies
from imgproc._scanline import Stage, Whole, resize
from imgproc.frequency import bandpass, bandreject, highpass, homomorphic, lowpass
from imgproc.frequency._isotropic import LARGEST_ORDER

from .._chain.drawn import Rule, whole
from .._chain.keys import Draws
from .._chain.transform import Frame, Kind, Params, Transform
from .._ranges import check_references, number_range, reference_images

__all__ = ["FourierDomainAdaptation", "FrequencyFilter", "HomomorphicLight"]

KINDS = ("butterworth", "gaussian", "ideal")
RESPONSES = ("lowpass", "highpass", "bandpass", "bandreject")
WIDEST = 16
"""Octaves of a band; more than the frequencies of any image."""


def _where_finite(work: Callable[..., np.ndarray], image: np.ndarray) -> np.ndarray:
    """A filter whose window is the whole image, of an image that may have pixels which are not finite."""
    if image.dtype.kind == "u" or np.isfinite(image).all():
        return work(image)
    finite = np.isfinite(image) if image.ndim == 2 else np.isfinite(image).all(axis=2)
    return work(image, mask=finite) if finite.any() else image.copy()


@dataclasses.dataclass(frozen=True, kw_only=True)
class FrequencyFilter(Transform):
    """Keep or remove a band of spatial frequencies.

    No peer has it; see `imgproc.lowpass`, `imgproc.highpass`, `imgproc.bandpass` and
    `imgproc.bandreject`.  Each channel by itself, border ``reflect``.  Changes images only; any number of channels.
    The whole image is one window: pixels that are NaN or infinite are filled from their surroundings first, and stay as
    they are.

    Parameters
    ----------
    response : {"lowpass", "highpass", "bandpass", "bandreject"}
        What is kept.
    kind : {"butterworth", "gaussian", "ideal"}
        How the gain falls; ``"ideal"`` cuts off at once and rings.
    cutoff : (float, float)
        Range of the cutoff, or of the middle of a band, in cycles per pixel, above 0; drawn evenly in its logarithm.
        Frequencies go up to 0.5 along the axes.
    octaves : (float, float)
        Range of a band's width, above 0, at most 16: it reaches from ``cutoff * 2**(-octaves / 2)`` to
        ``cutoff * 2**(octaves / 2)``.
    order : int
        Of Butterworth's filter, from 1 to 1000; the higher, the steeper.
    offset : float
        Added to what ``"highpass"`` and ``"bandpass"`` leave, as a fraction of full scale: these take the mean away,
        and without an offset an integer image loses all that is below it.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([FrequencyFilter(response="lowpass", p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(made.std() < image.std())
    True
    """

    response: str = "lowpass"
    kind: str = "butterworth"
    cutoff: tuple[float, float] = (0.1, 0.4)
    octaves: tuple[float, float] = (1.0, 2.0)
    order: int = 2
    offset: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.response, "response", RESPONSES)
        one_of(self.kind, "kind", KINDS)
        self._keep("cutoff", number_range(self.cutoff, "cutoff", above=0))
        self._keep("octaves", number_range(self.octaves, "octaves", above=0, at_most=WIDEST))
        self._keep("order", integer(self.order, "order", at_least=1, at_most=LARGEST_ORDER))
        self._keep("offset", fraction(self.offset, "offset", SHIFT))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The cutoff, and the width of a band."""
        low, high = self.cutoff
        found = {"cutoff": low * elementary.power(high / low, rng.unit())}
        if self.response.startswith("band"):
            found["octaves"] = rng.uniform(*self.octaves)
        return found

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        cutoff = params["cutoff"]
        work: functools.partial[np.ndarray]
        shape: dict[str, Any] = {"kind": self.kind, "order": self.order}
        if self.response == "lowpass":
            work = functools.partial(lowpass, cutoff=cutoff, **shape)
        elif self.response == "highpass":
            work = functools.partial(highpass, cutoff=cutoff, offset=self.offset, **shape)
        else:
            half = elementary.power(2.0, params["octaves"] / 2)
            band = cutoff / half, cutoff * half
            if self.response == "bandpass":
                work = functools.partial(bandpass, band=band, offset=self.offset, **shape)
            else:
                work = functools.partial(bandreject, band=band, **shape)
        return [Whole(functools.partial(_where_finite, work), label=self.response)]


declare(
    FrequencyFilter,
    examples=[
        {},
        {"response": "highpass", "kind": "gaussian", "cutoff": (0.02, 0.05)},
        {"response": "bandpass"},
        {"response": "bandreject", "kind": "ideal"},
    ],
    look="A blur by its frequency response; no ringing, no seam along the borders.",
    no_peer="albumentations 2.0.8 has none",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HomomorphicLight(Transform):
    """Even out the light or exaggerate it, and raise detail or soften it, by a filter of the image's logarithm.

    Light times reflectance is a sum in the logarithm, where light varies slowly and reflectance fast.  No peer has it;
    see `imgproc.homomorphic`.  Border ``reflect``.  Changes images only; any number of channels with
    ``color="per_channel"``.  The whole image is one window: pixels that are NaN or infinite are filled from their
    surroundings first, and stay as they are.

    Parameters
    ----------
    low : (float, float)
        Range of the gain of what varies slowly, at least 0: below 1 shadows are lifted, above 1 they deepen.
    high : (float, float)
        Range of the gain of what varies fast, at least 0: above 1 detail is raised.
    cutoff : (float, float)
        Range of where one gain goes over to the other, in cycles per pixel, above 0.
    sharpness : float
        How fast it does, above 0.
    color : {"luminance", "per_channel"}
        Filter luma and keep the differences of R, G and B (grey and RGB images), or each channel by itself, which also
        takes colour away from the light or gives it more.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `color` does not suit an image.

    Examples
    --------
    >>> chain = Compose([HomomorphicLight(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    low: tuple[float, float] = (0.75, 1.15)
    high: tuple[float, float] = (0.9, 1.1)
    cutoff: tuple[float, float] = (0.01, 0.04)
    sharpness: float = 1.0
    color: str = "luminance"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("low", number_range(self.low, "low", at_least=0))
        self._keep("high", number_range(self.high, "high", at_least=0))
        self._keep("cutoff", number_range(self.cutoff, "cutoff", above=0))
        self._keep("sharpness", positive(self.sharpness, "sharpness"))
        one_of(self.color, "color", COLORS)

    def wants_unit(self) -> bool:
        """It takes logarithms."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Two gains and the cutoff."""
        low, high, cutoff = rng.uniform(*self.low), rng.uniform(*self.high), rng.uniform(*self.cutoff)
        return {"low": low, "high": high, "cutoff": cutoff}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        options = {name: params[name] for name in ("low", "high", "cutoff")}
        work = functools.partial(_homomorphic, {**options, "sharpness": self.sharpness}, self.color)
        return [Whole(functools.partial(_where_finite, work), label="homomorphic filter")]


declare(
    HomomorphicLight,
    examples=[{}, {"color": "per_channel"}],
    look="Shadows lift or deepen slowly over the picture, while hues stay.",
    no_peer="albumentations 2.0.8 has none",
)


def _homomorphic(options: dict[str, Any], color: str, image: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    mode = color_mode(color, image)
    if mode == "per_channel" or not image.size:
        return homomorphic(image, mask=mask, **options)
    return on_intensity(image, mode, lambda plane: homomorphic(plane, mask=mask, **options))


@dataclasses.dataclass(frozen=True, kw_only=True)
class FourierDomainAdaptation(Transform):
    """Give the image the low frequencies of a reference image, in amplitude: its light and tint, not its things.

    The spectrum's amplitudes up to `beta` along both axes become those of the reference, phases and all other
    amplitudes stay [1]_, each channel by itself.  albumentations' FDA, which counts `beta` in the shorter side on both
    axes; here, as in [1]_, each side has its own, and the zero frequency, the mean, always takes part.  An amplitude
    that the image lacks has no phase and stays away, so that a constant image becomes constant.  The reference is
    scaled to the image's size.  Changes images only.  The whole image is one window: pixels that are NaN or infinite
    are filled from their surroundings first, and stay as they are.

    Parameters
    ----------
    references : sequence of ndarray
        Images of any size and dtype, not empty, without NaN or infinity, with as many channels as the images to come;
        one is drawn.  They stay the caller's: a recipe does not hold them, and they must not change.
    beta : (float, float)
        Range of the largest frequency that is exchanged, in cycles per pixel, from 0, the mean alone, to 0.5, all.  The
        larger, the more of the reference's things shine through; [1]_ takes 0.01 to 0.09.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or a reference does not suit an image.

    References
    ----------
    .. [1] Y. Yang, S. Soatto, "FDA: Fourier domain adaptation for semantic segmentation", CVPR 2020, eq. 3 and 4.

    Examples
    --------
    >>> chain = Compose([FourierDomainAdaptation([image // 2], p=1)])
    >>> chain(image=image, key=1)["image"].shape
    (96, 128, 3)
    """

    references: Sequence[np.ndarray] = dataclasses.field(
        kw_only=False, repr=False, compare=False, metadata={"external": True}
    )
    beta: tuple[float, float] = (0.0, 0.02)

    def __post_init__(self) -> None:
        super().__post_init__()
        images = reference_images(self.references, "references")
        for i, image in enumerate(images):
            if not image.size:
                raise ValueError(f"references[{i}] must have pixels, got shape {image.shape}")
            if image.dtype.kind == "f" and not np.isfinite(image).all():
                raise ValueError(f"references[{i}] must be finite: NaN and infinity have no spectrum")
        self._keep("references", images)
        self._keep("beta", number_range(self.beta, "beta", at_least=0, at_most=0.5))

    def wants_unit(self) -> bool:
        """References are on full scale."""
        return True

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; references need the channels of the image."""
        super().check(kind, name)
        check_references(self.references, kind, name)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Which reference, and the largest frequency."""
        return {"reference": rng.integer(0, len(self.references) - 1), "beta": rng.uniform(*self.beta)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"reference": whole(0, len(self.references) - 1)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exchange."""
        number = params["reference"]
        reference = self.references[number]
        self.check(Kind(frame.channels, frame.dtype))
        work = functools.partial(_where_finite, functools.partial(_adapted, reference, params["beta"]))
        return [Whole(work, opencv=reference.shape[:2] != (frame.height, frame.width), label="Fourier adaptation")]


def _peer_by_scipy() -> Callable[[np.ndarray], Any]:
    """The same work by SciPy, with the spectrum of the reference made before."""
    from scipy import fft
    from skimage import data

    cv2, rng, kept = load_cv2(), np.random.default_rng(0), {}

    def adapted(image: np.ndarray) -> np.ndarray:
        h, w = image.shape[:2]
        if (h, w) not in kept:
            reference = cv2.resize(data.coffee(), (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
            kept[h, w] = fft.fftshift(np.abs(fft.fft2(reference, axes=(0, 1))), axes=(0, 1))
        found = fft.fftshift(fft.fft2(image.astype(np.float32), axes=(0, 1)), axes=(0, 1))
        r = int(min(h, w) * rng.uniform(0, 0.1))
        low = np.s_[h // 2 - r : h // 2 + r + 1, w // 2 - r : w // 2 + r + 1]
        found[low] *= kept[h, w][low] / np.maximum(np.abs(found[low]), np.float32(1e-9))
        back = fft.ifft2(fft.ifftshift(found, axes=(0, 1)), axes=(0, 1)).real
        return np.clip(back, 0, 255).astype(np.uint8)

    return adapted


declare(
    FourierDomainAdaptation,
    examples=[{"references": example_references}, {"references": example_references, "beta": (0.1, 0.3)}],
    look="The light and the tint of the rocket at night or of the cup, a broad shine at most.",
    peers=[
        Single("FDA", {"beta": (0.0, 0.1)}, {}, targets="references", note="transforms the reference at each call"),
        Single(
            _peer_by_scipy, {"beta": (0.0, 0.1)}, variant="transformed before", targets="references", by="SciPy fft2"
        ),
    ],
)


def _adapted(reference: np.ndarray, beta: float, image: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    with needed("scipy", "FourierDomainAdaptation"):
        from scipy.fft import irfft2, rfft2

    if not image.size:
        return image.copy()
    h, w = image.shape[:2]
    kind = work_dtype(image.dtype)
    wanted = reference.reshape(*reference.shape[:2], -1).astype(kind)
    if wanted.shape[:2] != (h, w):
        wanted = resize(wanted, (h, w), "area")
    wanted *= kind.type(full_scale(image.dtype) / full_scale(reference.dtype))
    fy, fx = frequencies((h, w))
    low = np.ix_(np.flatnonzero(np.abs(fy) <= beta), np.flatnonzero(fx <= beta))
    planes = image.reshape(h, w, -1)
    out = np.empty(planes.shape, image.dtype)

    def exchanged(goal: np.ndarray, plane: np.ndarray) -> np.ndarray:
        found = rfft2(plane)
        block = found[low]
        size = np.abs(block)
        # What rounding leaves of a frequency that is not there is no phase.
        there = size > 8 * np.finfo(kind).eps * np.abs(found).max()
        gain = np.divide(np.abs(rfft2(goal)[low]), size, out=np.ones_like(size), where=there)
        found[low] = block * gain
        return irfft2(found, s=plane.shape, overwrite_x=True)

    for c in range(planes.shape[2]):
        out[:, :, c] = each_plane(planes[:, :, c], functools.partial(exchanged, wanted[:, :, c]), mask)
    return out.reshape(image.shape)
