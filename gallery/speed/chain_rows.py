"""The rows of chains: what ours and albumentations' are made of, and what goes through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from imgproc._core.declare import Function

from .transforms import Call, Spec

CHAINS = "Chains"
BATCH_OF_TWO_THREADS = 16
"""Images of the batch that two threads share: enough that the last one to finish does not count."""
TWO_THREADS_AT_LEAST = 1.8
SHAPES = 400


@dataclass(frozen=True)
class Row:
    """Chains of equal transforms, ours and theirs.

    ``limit``: ours may take at most this multiple of their time.  ``targets``: what goes along with the image, see
    `gallery.speed.targets`.  ``batch``: images of one call of ours; theirs are called one by one.  ``threads``: how
    many times faster two shall be.  ``first``: whether the first call in a new process is measured.  ``kind``: of
    images, see `gallery.speed.cases.photos`.  ``shapes``: how many different shapes they have, each about `size`.  The
    others are those of `Case`.
    """

    name: str
    what: str
    size: tuple[int, int]
    ours: tuple[Spec, ...]
    theirs: tuple[Spec, ...] | Call
    limit: float | None = None
    targets: str = ""
    batch: int = 0
    note: str = ""
    threads: float | None = None
    first: bool = False
    group: str = field(default=CHAINS, kw_only=True)
    kind: str = field(default="RGB", kw_only=True)
    shapes: int = field(default=0, kw_only=True)
    default: bool = field(default=False, kw_only=True)
    full: bool = field(default=False, kw_only=True)
    peer: str = field(default="", kw_only=True)
    """The name of the library of `theirs`, if it makes a call by itself."""
    reference: Function | None = field(default=None, kw_only=True)


HSV = {"hue": (-20 / 180, 20 / 180), "saturation": (-30 / 255, 30 / 255), "value": (-20 / 255, 20 / 255)}
RGB_SHIFT = {channel: (-20 / 255, 20 / 255) for channel in ("red", "green", "blue")}
"""Their defaults, in our units, as those of `HSV`."""

_FLIP = ("HorizontalFlip", {"p": 0.5})
_FLIP_DOWN = ("VerticalFlip", {"p": 0.5})
_LEVELS = (("BrightnessContrast", {}), ("HueSaturationValue", HSV), ("Gamma", {}))
_THEIR_LEVELS = (("RandomBrightnessContrast", {}), ("HueSaturationValue", {}), ("RandomGamma", {}))

_DETECTION = (
    _FLIP,
    ("Affine", {"scale": (0.8, 1.2), "rotate": (-15, 15), "shear": (-5, 5), "translate": (-0.1, 0.1)}),
    ("Perspective", {}),
    *_LEVELS,
    ("Normalize", {}),
)
_THEIR_DETECTION = (
    _FLIP,
    (
        "Affine",
        {
            "scale": (0.8, 1.2),
            "rotate": (-15, 15),
            "shear": (-5, 5),
            "translate_percent": (-0.1, 0.1),
            "keep_ratio": True,
        },
    ),
    ("Perspective", {}),
    *_THEIR_LEVELS,
    ("Normalize", {}),
)
_STRONG_JITTER = (
    "ColorJitter",
    {"brightness": (0.6, 1.4), "contrast": (0.6, 1.4), "saturation": (0.6, 1.4), "hue": (-0.1, 0.1)},
)
_CROP = ("ResizedCrop", {"size": (224, 224), "interpolation": "bilinear"})
_THEIR_CROP = ("RandomResizedCrop", {"size": (224, 224)})
_SIX = (
    _FLIP,
    _FLIP_DOWN,
    ("ColorJitter", {}),
    ("BrightnessContrast", {"contrast": (0, 0)}),
    ("BrightnessContrast", {"brightness": (0, 0)}),
    ("GaussianNoise", {}),
)
_THEIR_SIX = (
    _FLIP,
    _FLIP_DOWN,
    ("ColorJitter", {"hue": (-0.1, 0.1)}),
    ("RandomBrightnessContrast", {"contrast_limit": (0, 0)}),
    ("RandomBrightnessContrast", {"brightness_limit": (0, 0)}),
    ("GaussNoise", {"std_range": (0.02, 0.1)}),
)

_MATCHED = (
    Row(
        "chain, detection",
        "flip, affine, perspective, brightness and contrast, HSV, gamma, normalise to float32; three boxes",
        (640, 640),
        _DETECTION,
        _THEIR_DETECTION,
        1 / 5,
        targets="boxes",
        first=True,
    ),
    Row(
        "chain, detection in batches",
        f"the same on {BATCH_OF_TWO_THREADS} images, by one call of ours",
        (640, 640),
        _DETECTION,
        _THEIR_DETECTION,
        None,
        targets="boxes",
        batch=BATCH_OF_TWO_THREADS,
        threads=TWO_THREADS_AT_LEAST,
    ),
    Row(
        "chain, ImageNet",
        "resized crop to 224², flip, colour jitter, normalise to float32; bilinear on both sides",
        (375, 500),
        (_CROP, _FLIP, _STRONG_JITTER, ("Normalize", {})),
        (_THEIR_CROP, _FLIP, _STRONG_JITTER, ("Normalize", {})),
        1 / 3,
    ),
    Row(
        "chain, ImageNet without jitter",
        "resized crop to 224², flip, normalise to float32; bilinear on both sides",
        (375, 500),
        (_CROP, _FLIP, ("Normalize", {})),
        (_THEIR_CROP, _FLIP, ("Normalize", {})),
        1 / 2,
    ),
    Row(
        "chain, colour",
        "brightness and contrast, HSV, gamma, RGB shift, posterize, to grey",
        (640, 640),
        (
            *_LEVELS,
            ("RGBShift", RGB_SHIFT),
            ("Posterize", {}),
            ("ToGray", {}),
        ),
        (*_THEIR_LEVELS, ("RGBShift", {}), ("Posterize", {}), ("ToGray", {})),
        1 / 3,
    ),
    Row(
        "chain, small images",
        "two flips, colour jitter, brightness, contrast, noise",
        (64, 64),
        _SIX,
        _THEIR_SIX,
        1 / 5,
    ),
    Row(
        "chain, small images in batches",
        "the same on 256 images, by one call of ours",
        (64, 64),
        _SIX,
        _THEIR_SIX,
        1 / 10,
        batch=256,
    ),
    Row(
        "chain, segmentation",
        "affine, elastic, brightness and contrast, noise, blur; with a mask",
        (512, 512),
        (
            ("Affine", {"scale": (0.8, 1.2), "rotate": (-15, 15), "translate": (-0.1, 0.1)}),
            ("Elastic", {"border": "constant"}),
            ("BrightnessContrast", {}),
            ("GaussianNoise", {}),
            ("GaussianBlur", {}),
        ),
        (
            (
                "Affine",
                {"scale": (0.8, 1.2), "rotate": (-15, 15), "translate_percent": (-0.1, 0.1), "keep_ratio": True},
            ),
            ("ElasticTransform", {"alpha": 300, "sigma": 32}),
            ("RandomBrightnessContrast", {}),
            ("GaussNoise", {"std_range": (0.02, 0.1)}),
            ("GaussianBlur", {"sigma_limit": (0.5, 2.0)}),
        ),
        1 / 3,
        targets="mask",
        note="its elastic: as smooth and as far on average as ours",
    ),
)


_NORMALIZE = ("Normalize", {})
_OUR_224, _THEIR_224 = ("ResizedCrop", {"size": (224, 224)}), ("RandomResizedCrop", {"size": (224, 224)})
_AREA = "ours averages all pixels (area), theirs reads four of them (bilinear) and so shows moiré"
_SIMCLR = (
    _FLIP,
    ("ColorJitter", {"p": 0.8, **_STRONG_JITTER[1]}),
    ("ToGray", {"p": 0.2}),
)
_OUR_BLUR, _THEIR_BLUR = (
    ("GaussianBlur", {"sigma": (0.5, 2.0), "p": 0.5}),
    (
        "GaussianBlur",
        {"sigma_limit": (0.5, 2.0), "p": 0.5},
    ),
)
_VALIDATION = ("CenterCrop", {"size": (224, 224)}), _NORMALIZE
_THEIR_VALIDATION = ("CenterCrop", {"height": 224, "width": 224}), _NORMALIZE
_FOUR = (
    ("HorizontalFlip", {}),
    ("Affine", {"scale": (0.9, 1.1), "rotate": (-15, 15)}),
    ("BrightnessContrast", {}),
    ("Gamma", {}),
)
_THEIR_FOUR = (
    ("HorizontalFlip", {}),
    ("Affine", {"scale": (0.9, 1.1), "rotate": (-15, 15), "keep_ratio": True}),
    ("RandomBrightnessContrast", {}),
    ("RandomGamma", {}),
)


def _halved(specs: Sequence[Spec]) -> tuple[Spec, ...]:
    return tuple((name, {**given, "p": 0.5}) for name, given in specs)


_DEFAULT = (
    Row(
        "chain, ImageNet, default",
        "resized crop to 224², flip, colour jitter, normalise to float32",
        (375, 500),
        (_OUR_224, _FLIP, _STRONG_JITTER, _NORMALIZE),
        (_THEIR_224, _FLIP, _STRONG_JITTER, _NORMALIZE),
        1 / 1.2,
        note=_AREA,
        default=True,
    ),
    Row(
        "chain, ImageNet without jitter, default",
        "resized crop to 224², flip, normalise to float32",
        (375, 500),
        (_OUR_224, _FLIP, _NORMALIZE),
        (_THEIR_224, _FLIP, _NORMALIZE),
        1 / 1.2,
        note=_AREA,
        default=True,
    ),
    Row(
        "chain, ImageNet from 1080p, default",
        "resized crop to 224², flip, colour jitter, normalise to float32",
        (1080, 1920),
        (_OUR_224, _FLIP, _STRONG_JITTER, _NORMALIZE),
        (_THEIR_224, _FLIP, _STRONG_JITTER, _NORMALIZE),
        note=f"{_AREA}: of a large picture that is most of the work",
        default=True,
    ),
    Row(
        "chain, ImageNet validation, default",
        "shorter side to 256, the middle 224², normalise to float32",
        (375, 500),
        (("ResizeShortest", {"size": 256}), *_VALIDATION),
        (("SmallestMaxSize", {"max_size": 256}), *_THEIR_VALIDATION),
        1 / 1.2,
        note=_AREA,
        default=True,
    ),
    Row(
        "chain, SimCLR, default",
        "resized crop to 224², flip, jitter (80 %), grey (20 %), blur (50 %), normalise to float32",
        (375, 500),
        (_OUR_224, *_SIMCLR, ("GaussianBlur", {"p": 0.5}), _NORMALIZE),
        (_THEIR_224, *_SIMCLR, ("GaussianBlur", {"p": 0.5}), _NORMALIZE),
        1 / 1.2,
        note=_AREA,
        default=True,
    ),
    Row(
        "chain, detection by crops, default",
        "crop with all boxes to 640², flip, colour jitter, normalise to float32; three boxes",
        (640, 800),
        (("BoxSafeCrop", {"size": (640, 640)}), _FLIP, ("ColorJitter", {}), _NORMALIZE),
        (("RandomSizedBBoxSafeCrop", {"height": 640, "width": 640}), _FLIP, ("ColorJitter", {}), _NORMALIZE),
        1 / 1.2,
        targets="boxes",
        note=_AREA,
        default=True,
    ),
    Row(
        "chain, segmentation by crops, default",
        "resized crop to 512², flip, rotation, brightness and contrast, normalise to float32; with a mask",
        (600, 800),
        (("ResizedCrop", {"size": (512, 512)}), _FLIP, ("Rotate", {}), ("BrightnessContrast", {}), _NORMALIZE),
        (
            ("RandomResizedCrop", {"size": (512, 512)}),
            _FLIP,
            ("Rotate", {}),
            ("RandomBrightnessContrast", {}),
            _NORMALIZE,
        ),
        1 / 1.2,
        targets="mask",
        note=_AREA,
        default=True,
    ),
    Row(
        "chain, CIFAR, default",
        "padded by 4, a crop of 32², flip, normalise to float32",
        (32, 32),
        (("Pad", {"padding": 4}), ("Crop", {"size": (32, 32)}), _FLIP, _NORMALIZE),
        (("Pad", {"padding": 4}), ("RandomCrop", {"height": 32, "width": 32}), _FLIP, _NORMALIZE),
        1 / 1.2,
        default=True,
    ),
)

_SITUATIONS = (
    Row(
        "chain, ImageNet validation",
        "shorter side to 256, the middle 224², normalise to float32; bilinear on both sides",
        (375, 500),
        (("ResizeShortest", {"size": 256, "interpolation": "bilinear"}), *_VALIDATION),
        (("SmallestMaxSize", {"max_size": 256}), *_THEIR_VALIDATION),
        1 / 2,
    ),
    Row(
        "chain, SimCLR",
        "the same as by default, with one range of sigma; bilinear on both sides",
        (375, 500),
        (_CROP, *_SIMCLR, _OUR_BLUR, _NORMALIZE),
        (_THEIR_CROP, *_SIMCLR, _THEIR_BLUR, _NORMALIZE),
        1 / 1.5,
    ),
    Row(
        "chain, ImageNet, 400 shapes",
        "the matched chain; every picture has a shape of its own",
        (375, 500),
        (_CROP, _FLIP, _STRONG_JITTER, _NORMALIZE),
        (_THEIR_CROP, _FLIP, _STRONG_JITTER, _NORMALIZE),
        1 / 2,
        shapes=SHAPES,
    ),
    Row(
        "chain, four steps, 400 small shapes",
        "flip, affine, brightness and contrast, gamma; every picture has a shape of its own",
        (48, 48),
        _FOUR,
        _THEIR_FOUR,
        1 / 2,
        shapes=SHAPES,
    ),
    Row(
        "chain, detection, p = 0.5",
        "the matched chain, each step but the last with a probability of one half; three boxes",
        (640, 640),
        (*_halved(_DETECTION[:-1]), _NORMALIZE),
        (*_halved(_THEIR_DETECTION[:-1]), _NORMALIZE),
        1 / 2,
        targets="boxes",
    ),
    *(
        Row(
            f"chain, detection, {title}",
            f"the matched chain, with {what}",
            (640, 640),
            _DETECTION,
            _THEIR_DETECTION,
            limit,
            targets=targets,
        )
        for title, what, targets, limit in (
            ("100 boxes", "100 boxes", "100 boxes", 1 / 3),
            ("mask, 100 boxes, 100 points", "a mask, 100 boxes and 100 keypoints", "mask and 100 of each", 1 / 3),
            ("50 small masks", "50 masks of things of 32 pixels, a list", "50 small masks", 1 / 3),
            ("50 full masks", "50 masks of things as large as the picture, a list", "50 full masks", 1.0),
            ("50 full masks, an array", "the same masks as an array (50, h, w)", "50 full masks, an array", 1.0),
        )
    ),
    *(
        Row(
            f"chain, four steps, {title}",
            "flip, affine, brightness and contrast, gamma",
            size,
            _FOUR,
            _THEIR_FOUR,
            1 / 2,
            kind=kind,
            full=full,
        )
        for title, size, kind, full in (
            ("RGB", (512, 512), "RGB", False),
            ("grey", (512, 512), "grey", False),
            ("4 channels", (512, 512), "RGBA", False),
            ("float32", (512, 512), "RGB float", False),
            ("float32 grey", (512, 512), "grey float", False),
            ("64²", (64, 64), "RGB", False),
            ("224²", (224, 224), "RGB", False),
            ("1080p", (1080, 1920), "RGB", False),
            ("4096²", (4096, 4096), "RGB", True),
        )
    ),
    Row(
        "chain, two steps, uint16",
        "flip and affine, since albumentations makes float64 of uint16 when it changes levels",
        (512, 512),
        _FOUR[:2],
        _THEIR_FOUR[:2],
        1 / 2,
        kind="RGB 16-bit",
    ),
)
ROWS = (*_DEFAULT, *_MATCHED, *_SITUATIONS)
