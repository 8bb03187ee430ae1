"""Sharpening, local contrast, embossing, edges."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.bounds import largest_sigma
from imgproc._core.check import COLORS, color_mode, one_of
from imgproc._core.declare import Single, declare
from imgproc._core.levels import SPREAD, fraction
from imgproc._core.planes import on_intensity
from imgproc._neighbours.correlate import blend_differences
from imgproc._scanline import Near, Stage, Whole
from imgproc._scanline.windows.differences import near_differences
from imgproc._scanline.windows.unsharp import UNSHARP
from imgproc.sharpen import detail_enhance, unsharp_mask

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import number_range

__all__ = ["EdgeDetect", "Emboss", "LocalContrast", "Sharpen", "UnsharpMask"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sharpen(Transform):
    """Sharpen by the Laplacian: a pixel's differences from its eight neighbours are added to it.

    ``f + strength * (8 f - sum of the neighbours)`` (Gonzalez and Woods).  Near albumentations' Sharpen, whose kernel
    with ``alpha`` does the same but adds up to less or more than 1, so that it changes the brightness; torchvision's
    ``sharpness_factor`` is ``1 + 13 * strength``.  Border ``reflect_101``.  Changes images only; any number of
    channels.

    Parameters
    ----------
    strength : (float, float)
        Range of the strength, at least 0.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Sharpen(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(made.std() > image.std())
    True
    """

    strength: tuple[float, float] = (0.2, 0.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("strength", number_range(self.strength, "strength", at_least=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The strength."""
        return {"strength": rng.uniform(*self.strength)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        near = near_differences("surround", 1.0, params["strength"])
        return [Whole(functools.partial(_sharpen, params["strength"]), label="sharpen", near=near)]


declare(
    Sharpen,
    look="Detail gains[[, hair and patches]], and so does grain.",
    peers=[Single("Sharpen")],
)


def _sharpen(strength: float, image: np.ndarray) -> np.ndarray:
    return blend_differences(image, "surround", 1.0, strength)


@dataclasses.dataclass(frozen=True, kw_only=True)
class UnsharpMask(Transform):
    """Sharpen by what a Gaussian blur takes away: `imgproc.unsharp_mask`.

    ``f + amount * (f - blur)`` where the two differ by more than `threshold`, else f: as in Pillow and GIMP.
    albumentations' UnsharpMask, whose ``alpha`` is the amount and whose threshold counts levels of 255.  Border
    ``reflect_101``; the blur ends at 4 sigma and is not rounded in between.  Changes images only; any number of
    channels.

    Parameters
    ----------
    sigma : (float, float)
        Range of the blur's standard deviation in pixels, above 0.  At most the image's longer side, or 16, is used.
    amount : (float, float)
        Range of the amount, at least 0; above 1 is called high-boost filtering.
    threshold : float
        Differences up to this fraction of full scale stay, so that noise is not sharpened.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([UnsharpMask(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    sigma: tuple[float, float] = (0.8, 1.5)
    amount: tuple[float, float] = (0.2, 0.5)
    threshold: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("sigma", number_range(self.sigma, "sigma", above=0))
        self._keep("amount", number_range(self.amount, "amount", at_least=0))
        self._keep("threshold", fraction(self.threshold, "threshold", SPREAD, at_least=0, at_most=1))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Standard deviation and amount."""
        return {"sigma": rng.uniform(*self.sigma), "amount": rng.uniform(*self.amount)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        sigma = min(params["sigma"], largest_sigma(frame.height, frame.width))
        mask = functools.partial(unsharp_mask, sigma=sigma, amount=params["amount"], threshold=self.threshold)
        near = Near(UNSHARP, (sigma, params["amount"], self.threshold * 255))
        return [Whole(mask, label="unsharp mask", near=near)]


declare(
    UnsharpMask,
    examples=[{}, {"sigma": (2.0, 3.0), "amount": (1.0, 2.0), "threshold": 0.0}],
    look="Edges gain, flat parts stay.",
    peers=[
        Single(
            "UnsharpMask",
            {"sigma": (0.8, 1.5), "threshold": 5 / 255},
            {"sigma_limit": (0.8, 1.5), "threshold": 5},
            at_least=2,
            note="its kernel has 3 to 7 taps, whatever sigma",
        )
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LocalContrast(Transform):
    """Raise the contrast of detail over a wide neighbourhood, and leave the light of the whole alone.

    What photo editors call clarity or structure.  Of the peers none has it but as an unsharp mask with a small amount
    and a large radius.  See `imgproc.detail_enhance` and `imgproc.unsharp_mask`.  Border ``reflect_101``.  Changes
    images only; any number of channels with ``color="per_channel"``.

    Parameters
    ----------
    amount : (float, float)
        Range of how much detail is added, at least 0.
    sigma : (float, float)
        Range of the standard deviation of the neighbourhood in pixels, above 0; detail is what is finer.  At most the
        image's longer side, or 16, is used.
    method : {"guided", "unsharp"}
        Detail is what a guided filter takes away, which leaves no halos along edges, or what a Gaussian blur does.
    edge : float
        Variation with a standard deviation well above this fraction of full scale is an edge and stays, above 0; for
        ``"guided"``.
    color : {"luminance", "per_channel"}
        Luma, which keeps hues (grey and RGB images), or each channel by itself.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `color` does not suit an image.

    Examples
    --------
    >>> chain = Compose([LocalContrast(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    amount: tuple[float, float] = (0.3, 1.2)
    sigma: tuple[float, float] = (3.0, 8.0)
    method: str = "guided"
    edge: float = 0.1
    color: str = "luminance"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("amount", number_range(self.amount, "amount", at_least=0))
        self._keep("sigma", number_range(self.sigma, "sigma", above=0))
        one_of(self.method, "method", ("guided", "unsharp"))
        self._keep("edge", fraction(self.edge, "edge", SPREAD, above=0))
        one_of(self.color, "color", COLORS)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Amount and standard deviation."""
        return {"amount": rng.uniform(*self.amount), "sigma": rng.uniform(*self.sigma)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        amount, sigma = params["amount"], min(params["sigma"], largest_sigma(frame.height, frame.width))
        if self.method == "guided":
            work = functools.partial(detail_enhance, sigma=sigma, amount=amount, edge=self.edge, color=self.color)
        else:
            work = functools.partial(_clearer, sigma, amount, self.color)
        return [Whole(work, label="local contrast")]


declare(
    LocalContrast,
    examples=[{}, {"method": "unsharp", "sigma": (6.0, 12.0), "amount": (0.2, 0.4)}, {"color": "per_channel"}],
    look="Detail stands out[[, folds and hair]]; no bright seam along outlines[[, as that of the head]].",
    no_peer="albumentations 2.0.8 has none",
)


def _clearer(sigma: float, amount: float, color: str, image: np.ndarray) -> np.ndarray:
    mode = color_mode(color, image)
    work = functools.partial(unsharp_mask, sigma=sigma, amount=amount)
    if mode == "per_channel" or not image.size:
        return work(image)
    return on_intensity(image, mode, work)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Emboss(Transform):
    """Raise the image as a relief lit from the upper left, and blend it with the image.

    With s the strength, the relief's kernel is ``((-1 - s, -s, 0), (-s, 1, s), (0, s, 1 + s))``, as in imgaug and
    albumentations.  Border ``reflect_101``.  Changes images only; any number of channels.

    Parameters
    ----------
    alpha : (float, float)
        Range of the relief's share in the result, from 0, the image, to 1, the relief.
    strength : (float, float)
        Range of the relief's strength, at least 0.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Emboss(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    alpha: tuple[float, float] = (0.2, 0.5)
    strength: tuple[float, float] = (0.2, 0.7)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("alpha", number_range(self.alpha, "alpha", at_least=0, at_most=1))
        self._keep("strength", number_range(self.strength, "strength", at_least=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Share and strength."""
        return {"alpha": rng.uniform(*self.alpha), "strength": rng.uniform(*self.strength)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        alpha, strength = params["alpha"], params["strength"]
        near = near_differences("relief", 1.0, alpha * (1 + strength), alpha * strength)
        return [Whole(functools.partial(_emboss, alpha, strength), label="emboss", near=near)]


declare(
    Emboss,
    look="A relief lit from the upper left, mixed with the picture.",
    peers=[Single("Emboss")],
)


def _emboss(alpha: float, strength: float, image: np.ndarray) -> np.ndarray:
    return blend_differences(image, "relief", 1.0, alpha * (1 + strength), alpha * strength)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EdgeDetect(Transform):
    """Blend the image with its edges, each channel by itself.

    imgaug's EdgeDetect.  Border ``reflect_101``.  Changes images only; any number of channels.

    Parameters
    ----------
    strength : (float, float)
        Range of the edges' share in the result, from 0, the image, to 1, nothing but edges.
    method : {"gradient", "laplacian"}
        The length of Sobel's gradient, in which a step has its height, or the Laplacian of the four neighbours, as in
        imgaug, bright on the dark side of an edge and black on the other.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([EdgeDetect(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    strength: tuple[float, float] = (0.2, 0.7)
    method: str = "gradient"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("strength", number_range(self.strength, "strength", at_least=0, at_most=1))
        one_of(self.method, "method", ("gradient", "laplacian"))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The strength."""
        return {"strength": rng.uniform(*self.strength)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        strength = params["strength"]
        work, share = (_gradient, strength / 4) if self.method == "gradient" else (_laplacian, strength)
        near = near_differences(self.method, 1 - strength, share)
        return [Whole(functools.partial(work, strength), label=f"edges by {self.method}", near=near)]


declare(
    EdgeDetect,
    examples=[{}, {"method": "laplacian"}],
    look="Edges on black, mixed with the picture.",
    no_peer="albumentations 2.0.8 has none",
)


def _gradient(strength: float, image: np.ndarray) -> np.ndarray:
    return blend_differences(image, "gradient", 1 - strength, strength / 4)


def _laplacian(strength: float, image: np.ndarray) -> np.ndarray:
    return blend_differences(image, "laplacian", 1 - strength, strength)
