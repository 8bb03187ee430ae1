"""Mixing, references, text and functions of albumentations."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []


@mapping("NoOp")
def _nothing(read: Reader) -> Transform:
    return read.make("Sequential", transforms=[])


@mapping("Lambda")
def _lambda(read: Reader) -> Transform:
    """Functions of an object; a file has none."""
    read.ignore("name", "__name__", "image", "mask", "bboxes", "keypoints")
    found = {key: f for key, f in read.functions.items() if callable(f) and getattr(f, "__name__", "") != "noop"}
    if not found:
        raise Missing("a file holds no functions: write augment.Lambda(image=your_function)")
    for key in ("bboxes", "keypoints"):
        if key in found:
            read.unmapped[key] = "functions get corners and points in pixels here, not rows of fractions: rewrite it"
    fields = {key: found[key] for key in ("image", "mask") if key in found}
    if not fields:
        raise Missing("functions of boxes and points get pixels here: rewrite them for augment.Lambda")
    read.note("functions get the array alone, without **params, and keep its shape and dtype")
    return read.make("Lambda", name=read.values.get("name"), **fields)


def references(read: Reader) -> list[Any]:
    """The images that an object holds; a file has none."""
    found, function = read("reference_images", "references"), read.values.get("read_fn")
    read.ignore("read_fn", "metadata_key")
    if found is None or len(found) == 0:
        raise Missing(
            f"the references come with the call there: write augment.{_REFERENCES[read.name]}(references=[...], ...)"
        )
    images = [image if isinstance(image, np.ndarray) or function is None else function(image) for image in found]
    if not all(isinstance(image, np.ndarray) for image in images):
        raise Missing("the references must be images here: read them first")
    return images


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
    blend = read.pair("blend_ratio", "blend")
    read("transform_type", "means and deviations in Lab")
    read.differs("L, a and b get the means and deviations of the reference, there R, G and B its distribution")
    return read.make("ColorTransfer", references=references(read), blend=blend)


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
    read("metadata_key", "donors of the call")
    read.differs("objects of donors, cut out by masks or boxes, are laid over; there elements that come with the call")
    return read.make("CopyPaste", objects=(1, 1))


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
    font = read.values.get("font_path")
    if font is None:
        read.ignore("font_path")
    else:
        font = str(read("font_path", "font"))
        if not os.path.isfile(font):
            read.drop("font_path", f"there is no file {font!r} here, and the font of Pillow is taken")
            font = None
    edits = tuple(each or "keep" for each in read("augmentations", "edits") or (None,))
    color = [min(max(float(v) / 255, 0.0), 1.0) for v in read("font_color", "color")]
    clear = bool(read("clear_bg", "clear"))
    read("metadata_key", "labels of the boxes")
    read.differs(
        "texts are the labels of the sample's boxes, the first of box_fields; there they and their boxes come with the "
        "call as metadata"
    )
    read.differs(
        "a text lies anywhere in its box and is written smaller where it would not fit; there it begins at the upper "
        "left corner, whatever its width"
    )
    if set(edits) != {"keep"}:
        read.differs("a text that no word of which changes is written as it is, and one word stays; there nothing is")
    if clear:
        read.differs("boxes are filled by diffusion, there by Telea's method")
    return read.make(
        "TextOverlay", texts="labels", places="boxes", font=font, edits=edits, clear=clear,
        inserted=tuple(read("stopwords", "inserted") or ("and", "the", "is", "in", "at", "of")),
        share=read.pair("fraction_range", "share"), height=read.pair("font_size_fraction_range", "height"),
        color=color[0] if len(set(color)) == 1 else tuple(color),
    )  # fmt: skip
