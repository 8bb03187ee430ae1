"""The inventory of transforms: one list of (class name, parameters) drives the laws, the gallery and the speed page.

The first entry of a class has its defaults, and what it requires beside them; further entries lead to other code.  All
have ``p=1``, so that they act, and are valid for the sample that `sample` makes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._inventory import example_image

from ._chain.transform import REGISTRY, Transform

__all__: list[str] = []

SIZE = (96, 128)
"""(h, w) of the sample: not square, so that no mixed-up axis goes unnoticed."""

_REFERENCES = (example_image(np.uint8, (40, 56), 3, step=29), example_image(np.uint8, (24, 24), 3, step=11) // 2)
_CHILDREN = (("HorizontalFlip", {}), ("Gamma", {}), ("GaussianBlur", {}), ("Rotate", {}))

_GEOMETRIC: list[tuple[str, dict[str, Any]]] = [
    ("HorizontalFlip", {}),
    ("VerticalFlip", {}),
    ("Transpose", {}),
    ("Rotate90", {}),
    ("Dihedral", {}),
    ("Rotate", {}),
    ("Rotate", {"angle": (20.0, 40.0), "fit": True, "fill": (0.2, 0.4, 0.6), "mask_fill": 3}),
    ("Rotate", {"angle": (-30.0, -10.0), "crop": True, "border": "reflect_101"}),
    ("Rotate", {"interpolation": "nearest", "border": "replicate"}),
    ("Rotate", {"interpolation": "bicubic", "border": "wrap"}),
    ("Affine", {}),
    (
        "Affine",
        {"scale": (0.7, 1.3), "rotate": (-25.0, 25.0), "shear": (-10.0, 10.0), "translate": (-0.1, 0.1)},
    ),
    ("Affine", {"scale": ((0.8, 1.0), (1.0, 1.4)), "keep_ratio": False, "rotate": (10.0, 30.0), "border": "reflect"}),
    ("Affine", {"rotate": (30.0, 60.0), "shear": ((-5.0, 5.0), (0.0, 10.0)), "fit": True}),
    ("Perspective", {}),
    ("Perspective", {"scale": (0.1, 0.15), "fit": True}),
    ("Perspective", {"keep_size": False, "border": "replicate", "interpolation": "bicubic"}),
    ("Crop", {"size": (64, 80)}),
    ("Crop", {"size": (120, 80), "pad": True, "fill": 0.5}),
    ("CenterCrop", {"size": (65, 81)}),
    ("ResizedCrop", {"size": (48, 56)}),
    ("ResizedCrop", {"size": (112, 144), "scale": (0.2, 0.6), "interpolation": "bicubic"}),
    ("BoxSafeCrop", {}),
    ("BoxSafeCrop", {"size": (64, 64)}),
    ("Resize", {"size": (48, 72)}),
    ("Resize", {"size": (144, 160), "interpolation": "bilinear"}),
    ("ResizeLongest", {"size": 80}),
    ("ResizeShortest", {"size": 64}),
    ("ResizeShortest", {"size": 120, "interpolation": "bicubic"}),
    ("Letterbox", {"size": (112, 112)}),
    ("Letterbox", {"size": (80, 200), "position": "random", "border": "replicate"}),
    ("Pad", {"padding": 9}),
    ("Pad", {"padding": (3, 5, 7, 11), "border": "reflect"}),
    ("PadToSize", {"size": (128, 144)}),
    ("PadToSize", {"divisor": 50, "position": "random", "border": "wrap"}),
    ("Elastic", {}),
    ("Elastic", {"alpha": (0.03, 0.05), "spacing": 0.25, "border": "constant", "fill": 0.3}),
    ("GridDistortion", {}),
    ("GridDistortion", {"steps": 3, "border": "constant"}),
    ("ThinPlateSpline", {}),
    ("ThinPlateSpline", {"points": 2, "scale": (0.05, 0.1), "border": "constant"}),
    ("LensDistortion", {}),
    ("LensDistortion", {"distort": (-0.2, -0.1), "k2": (0.0, 0.05), "border": "constant"}),
    ("LensDistortion", {"distort": (0.1, 0.2)}),
]

_COLOR: list[tuple[str, dict[str, Any]]] = [
    ("BrightnessContrast", {}),
    ("ColorJitter", {}),
    ("ColorJitter", {"brightness": (0.5, 1.5), "contrast": (0.5, 1.5), "saturation": (0.0, 2.0), "hue": (-0.5, 0.5)}),
    ("HueSaturationValue", {}),
    ("RGBShift", {}),
    ("Gamma", {}),
    ("ToneCurve", {}),
    ("ToneCurve", {"per_channel": True}),
    ("Equalize", {}),
    ("Equalize", {"method": "pil"}),
    ("Equalize", {"color": "luminance"}),
    ("CLAHE", {}),
    ("CLAHE", {"color": "per_channel", "tiles": (4, 6)}),
    ("AutoContrast", {}),
    ("AutoContrast", {"cutoff": 0.05, "color": "luminance"}),
    ("MatchHistogram", {"references": _REFERENCES}),
    ("MatchHistogram", {"references": _REFERENCES, "color": "luminance"}),
    ("EnhanceLocalStatistics", {}),
    ("Posterize", {}),
    ("Solarize", {}),
    ("Invert", {}),
    ("ToGray", {}),
    ("ToGray", {"channels": 1}),
    ("ToGray", {"method": "lightness"}),
    ("ToGray", {"method": "max"}),
    ("ToSepia", {}),
    ("ChannelShuffle", {}),
    ("ChannelDropout", {}),
    ("PCAJitter", {}),
    ("PlanckianJitter", {}),
    ("PlanckianJitter", {"mode": "cied"}),
    ("ColorSpace", {}),
    ("ColorSpace", {"target": "hsv"}),
    ("ColorSpace", {"target": "gray"}),
    ("Normalize", {}),
    ("Normalize", {"mean": 0.5, "std": 0.25}),
]

_NOISE: list[tuple[str, dict[str, Any]]] = [
    ("GaussianNoise", {}),
    ("GaussianNoise", {"per_channel": False, "mean": (-0.05, 0.05)}),
    ("PoissonNoise", {}),
    ("ISONoise", {}),
    ("SpeckleNoise", {}),
    ("SaltAndPepper", {}),
    ("AddNoise", {}),
    ("AddNoise", {"kind": "uniform", "mean": (-0.05, 0.05)}),
    ("AddNoise", {"kind": "rayleigh", "per_channel": False}),
    ("AddNoise", {"kind": "gamma"}),
    ("AddNoise", {"kind": "exponential"}),
    ("AddNoise", {"kind": "speckle"}),
    ("AddNoise", {"kind": "poisson"}),
    ("AddNoise", {"kind": "salt_and_pepper"}),
    ("AddNoise", {"kind": "periodic"}),
    ("AddNoise", {"kind": "quantization"}),
]

_FILTER: list[tuple[str, dict[str, Any]]] = [
    ("BoxBlur", {}),
    ("GaussianBlur", {}),
    ("BilateralBlur", {}),
    ("MedianBlur", {}),
    ("MotionBlur", {}),
    ("Defocus", {}),
    ("Defocus", {"radius": (7.0, 9.0)}),
    ("Sharpen", {}),
    ("UnsharpMask", {}),
    ("UnsharpMask", {"sigma": (2.0, 3.0), "amount": (1.0, 2.0), "threshold": 0.0}),
    ("LocalContrast", {}),
    ("LocalContrast", {"method": "unsharp", "sigma": (6.0, 12.0), "amount": (0.2, 0.4)}),
    ("LocalContrast", {"color": "per_channel"}),
    ("Emboss", {}),
    ("EdgeDetect", {}),
    ("EdgeDetect", {"method": "laplacian"}),
    ("FrequencyFilter", {}),
    ("FrequencyFilter", {"response": "highpass", "kind": "gaussian", "cutoff": (0.02, 0.05)}),
    ("FrequencyFilter", {"response": "bandpass"}),
    ("FrequencyFilter", {"response": "bandreject", "kind": "ideal"}),
    ("HomomorphicLight", {}),
    ("HomomorphicLight", {"color": "per_channel"}),
    ("FourierDomainAdaptation", {"references": _REFERENCES}),
    ("FourierDomainAdaptation", {"references": _REFERENCES, "beta": (0.1, 0.3)}),
    ("Superpixels", {}),
    ("Superpixels", {"count": (40, 60), "share": (1.0, 1.0)}),
    ("Compression", {}),
    ("Compression", {"quality": (10, 30), "format": "webp"}),
    ("Downscale", {}),
    ("Downscale", {"scale": (0.2, 0.3), "shrink": "nearest", "enlarge": "nearest"}),
]

_ERASE: list[tuple[str, dict[str, Any]]] = [
    ("Erase", {}),
    ("Erase", {"fill": "mean", "mask_fill": 0}),
    ("Erase", {"fill": "noise", "area": (0.2, 0.3)}),
    ("CoarseDropout", {}),
    ("CoarseDropout", {"holes": (4, 8), "fill": (0.5, 0.25, 0.75), "mask_fill": 7}),
    ("GridDropout", {}),
    ("GridDropout", {"ratio": (0.3, 0.7), "unit": (0.25, 0.4), "random_offset": False, "fill": "noise"}),
    ("PixelDropout", {}),
    ("PixelDropout", {"per_channel": True, "fill": "mean"}),
    ("PixelDropout", {"fill": "noise", "mask_fill": 0}),
    ("MaskDropout", {}),
    ("MaskDropout", {"objects": (2, 3), "by": "label", "fill": "noise", "mask_fill": None}),
]

_POLICY: list[tuple[str, dict[str, Any]]] = [
    ("RandAugment", {}),
    ("RandAugment", {"n": 3, "magnitude": 20, "fill": 0.5}),
    ("TrivialAugment", {}),
    ("AugMix", {}),
    ("AugMix", {"width": 2, "depth": (2, 2), "geometric": False}),
]

_GROUPS: list[tuple[str, dict[str, Any]]] = [
    ("Sequential", {"transforms": _CHILDREN}),
    ("OneOf", {"transforms": _CHILDREN}),
    ("SomeOf", {"transforms": _CHILDREN, "n": (1, 3), "shuffle": True}),
]

EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    (name, {**parameters, "p": 1.0})
    for group in (_GEOMETRIC, _COLOR, _NOISE, _FILTER, _ERASE, _POLICY, _GROUPS)
    for name, parameters in group
]


MIXES: list[tuple[str, dict[str, Any]]] = [
    (name, {**parameters, "p": 1.0})
    for name, parameters in (
        ("MixUp", {}),
        ("MixUp", {"lam": ("uniform", 0.3, 0.7), "fit": "contain"}),
        ("MixUp", {"lam": 0.25, "fit": "stretch"}),
        ("CutMix", {}),
        ("CutMix", {"lam": ("uniform", 0.2, 0.8), "min_visibility": 0.5}),
        ("ResizeMix", {}),
        ("RICAP", {}),
        ("FMix", {}),
        ("GridMix", {}),
        ("GridMix", {"grid": (5, 3), "lam": 0.5}),
        ("Mosaic", {}),
        ("Mosaic", {"grid": (3, 3), "size": (120, 150), "fit": "contain", "fill": (0.1, 0.2, 0.3), "mask_fill": 9}),
        ("CopyPaste", {}),
        ("CopyPaste", {"objects": (2, 3), "blend": 1.5, "min_visibility": 0.3}),
        ("SamplePairing", {}),
    )
]
"""Of the transforms that mix samples; like `EXAMPLES`, but their chains need donors."""


def build(name: str, parameters: dict[str, Any]) -> Transform:
    """The transform of an entry; the `transforms` of a group are entries themselves.

    Parameters
    ----------
    name : str
        Class name, as in the registry.
    parameters : dict

    Returns
    -------
    Transform
    """
    if "transforms" in parameters:
        children = tuple(build(child, {"p": 1.0, **given}) for child, given in parameters["transforms"])
        parameters = {**parameters, "transforms": children}
    return REGISTRY[name](**parameters)


def example(name: str) -> Transform:
    """The first entry of a class, the one with its defaults.

    Raises
    ------
    LookupError
        If the inventory has none.
    """
    for entry, parameters in (*EXAMPLES, *MIXES):
        if entry == name:
            return build(entry, parameters)
    raise LookupError(f"{name} has no entry: add one to augment._inventory.EXAMPLES")


def title(name: str, parameters: dict[str, Any]) -> str:
    """A short name of an entry: what differs from the defaults."""
    given = [f"{k}={v!r}" for k, v in parameters.items() if k not in ("p", "references", "transforms")]
    return f"{name}({', '.join(given)})"


def sample(size: tuple[int, int] = SIZE, dtype: Any = np.uint8) -> dict[str, Any]:
    """An RGB image with a mask, boxes, labels and keypoints, all of the same three things.

    Parameters
    ----------
    size : (int, int)
        (h, w), at least (24, 32).
    dtype : dtype
        Of the image.

    Returns
    -------
    dict
        ``image``, ``mask`` (uint8, labels 1 to 3), ``boxes`` (pascal_voc, one round each label), ``labels``,
        ``keypoints`` (the boxes' centres).
    """
    h, w = size
    boxes = np.array([(0.1, 0.1, 0.4, 0.5), (0.5, 0.3, 0.9, 0.8), (0.2, 0.6, 0.45, 0.9)]) * (w, h, w, h)
    boxes = np.rint(boxes)
    mask = np.zeros(size, np.uint8)
    y, x = np.mgrid[:h, :w]
    slope = np.stack((x / w, y / h, 1 - (x + y) / (w + h)), axis=-1)
    levels = 0.6 * slope + 0.4 * example_image(np.float64, size, 3)
    for label, (x0, y0, x1, y1) in enumerate(boxes.astype(int).tolist(), 1):
        mask[y0:y1, x0:x1] = label
        levels[y0:y1, x0:x1, label - 1] = 0.95
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    image = np.rint(levels * top) if top > 1 else levels
    return {
        "image": image.astype(dtype),
        "mask": mask,
        "boxes": boxes,
        "labels": np.arange(1, 4),
        "keypoints": (boxes[:, :2] + boxes[:, 2:]) / 2,
    }


def run_all() -> None:
    """Run what compiles every kernel of chains on 8-bit RGB, those that other images need, and those of samplers, boxes
    and anchors."""
    from .anchors import _warm as anchors
    from .balance._examples import run_all as run_samplers
    from .boxes import _warm as boxes
    from .compose import Compose

    run_samplers()
    anchors.run_all()
    boxes.run_all()
    targets = sample()
    for name, parameters in EXAMPLES:
        Compose([build(name, parameters)], box_format="coco", clip=False)(**targets, key=0)
    for names in (("HorizontalFlip",), ("HorizontalFlip", "ColorJitter", "Normalize"), ("Affine", "Normalize")):
        Compose([example(name) for name in names]).batch(np.stack([targets["image"]] * 8), keys=range(8))
        chain = Compose([example(name) for name in names])
        for k in range(2 * chain._recipes.BEFORE):
            chain(image=targets["image"], key=k)
    donors = [targets, sample((72, 128))]
    for name, parameters in MIXES:
        things = {"image": targets["image"], "mask": targets["mask"]} if name == "CopyPaste" else targets
        Compose([build(name, parameters)])(**things, key=(0, 0), donors=donors)
    for dtype in (np.uint8, np.uint16, np.float32, np.float64):
        example("MixUp")(np.stack([targets["image"].astype(dtype)] * 2), keys=[(0, 0), (0, 1)])
    Compose([example("MotionBlur")])(image=targets["image"].astype(np.uint16), key=0)
    Compose([example("ColorJitter")])(image=np.full((9, 9, 3), np.nan, np.float32), key=0)
