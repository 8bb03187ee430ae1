"""Mixing, references, text and functions of albumentations."""

from __future__ import annotations

from typing import Any

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []


@mapping("NoOp")
def _nothing(read: Reader) -> Transform:
    return read.make("Sequential", transforms=[])


@mapping("Lambda")
def _lambda(read: Reader) -> Transform:
    return own_function(read)


def own_function(read: Reader) -> Transform:
    """A function of the user."""
    raise Missing("augment.Lambda, which does this, is not in this version")


def references(read: Reader) -> list[Any]:
    """The images that an object holds; a file has none."""
    found, function = read("reference_images", "references"), read.values.get("read_fn")
    read.ignore("read_fn", "metadata_key")
    if found is None or len(found) == 0:
        raise Missing(
            f"the references come with the call there: write augment.{_REFERENCES[read.name]}(references=[...], ...)"
        )
    if function is None and any(isinstance(image, str) for image in found):
        raise Missing("the references must be images here: read them with imgproc.io first")
    return [function(image) if function is not None else image for image in found]


_REFERENCES = {
    "HistogramMatching": "MatchHistogram",
    "FDA": "FourierDomainAdaptation",
    "PixelDistributionAdaptation": "ColorTransfer",
}


@mapping("HistogramMatching")
def _match(read: Reader) -> Transform:
    blend = read.pair("blend_ratio", "blend")
    return read.make("MatchHistogram", references=references(read), blend=blend)


@mapping("FDA")
def _fda(read: Reader) -> Transform:
    low, high = read.pair("beta_limit", "beta", low=0)
    read.differs("beta counts in each side, and the mean always takes part; there in the shorter side")
    return read.make("FourierDomainAdaptation", references=references(read), beta=(low, min(high, 0.5)))


@mapping("PixelDistributionAdaptation")
def _distribution(read: Reader) -> Transform:
    return color_transfer(read)


def color_transfer(read: Reader) -> Transform:
    """The colours of a reference."""
    raise Missing("augment.ColorTransfer, which does this, is not in this version")


@mapping("Mosaic")
def _mosaic(read: Reader) -> Transform:
    grid, size = tuple(map(int, read("grid_yx", "grid"))), tuple(map(int, read("target_size", "size")))
    center, fit = read.pair("center_range", "center"), read("fit_mode", "fit")
    read("cell_shape", "that of the images")
    read("metadata_key", "donors of the call")
    read.ignore("interpolation", "mask_interpolation")
    read.note("further samples come as donors: chain(..., donors=dataset)")
    if grid != (2, 2):
        read.differs("the centre wavers by the same share of the size, whatever the grid")
    read.differs("samples are scaled to their part of the frame, there to cell_shape and then cut: the scale differs")
    return read.make(
        "Mosaic", grid=grid, size=size, center=center, fit=fit, fill=_one(read.fill()), mask_fill=read.mask_fill()
    )


def _one(fill: Any) -> Any:
    return fill


@mapping("OverlayElements")
def _overlay(read: Reader) -> Transform:
    read.ignore("metadata_key")
    raise Missing(
        "the images to lay over come with the call there: CopyPaste takes objects of donors, SamplePairing all"
    )


@mapping("MixUp")
def _mixup(read: Reader) -> Transform:
    for name in sorted(read.given):
        read.ignore(name)
    raise Missing("partners are donors here: write augment.MixUp(), and chain(..., donors=dataset)")


@mapping("TemplateTransform")
def _template(read: Reader) -> Transform:
    raise Missing(
        "the templates are donors here: write augment.SamplePairing(weight=...), and chain(..., donors=templates)"
    )


@mapping("TextImage")
def _text(read: Reader) -> Transform:
    raise Missing("no transform writes text: write with Pillow in a Lambda")
