"""Chains and single transforms against albumentations, Compose against Compose: one row is one case."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import itertools
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imgproc._core.declare import Case, Peer, Size

from .cases import photo
from .transforms import REFERENCES, SINGLES, Spec

CHAINS, TRANSFORMS = "Chains", "Single transforms"
MEASURES = ("Compose",)
"""Public names whose rows are these, and not beside them."""
SINGLE_SIZE = (512, 512)
BATCH_OF_TWO_THREADS = 16
"""Images of the batch that two threads share: enough that the last one to finish does not count."""
TWO_THREADS_AT_LEAST = 1.8

BOXES = ((0.1, 0.1, 0.4, 0.5), (0.5, 0.3, 0.9, 0.8), (0.2, 0.6, 0.45, 0.9))
"""(x0, y0, x1, y1) as fractions of the image."""


@dataclass(frozen=True)
class Row:
    """Chains of equal transforms, ours and theirs.

    ``limit``: ours may take at most this multiple of their time.  ``targets``: what goes along with the image,
    ``"boxes"`` (with labels), ``"mask"`` or ``"references"`` (in their call).  ``batch``: images of one call of ours;
    theirs are called one by one.  ``threads``: how many times faster two shall be.  ``first``: whether the first call
    in a new process is measured.
    """

    name: str
    what: str
    size: tuple[int, int]
    ours: tuple[Spec, ...]
    theirs: tuple[Spec, ...]
    limit: float | None
    targets: str = ""
    batch: int = 0
    note: str = ""
    threads: float | None = None
    first: bool = False
    group: str = field(default=CHAINS, kw_only=True)


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

ROWS = (
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


def available() -> bool:
    """Whether albumentations can be imported."""
    return importlib.util.find_spec("albumentations") is not None


def chain_cases() -> tuple[Case, ...]:
    """All cases against albumentations; none where it is not installed."""
    if not available():
        return ()
    singles = (
        Row(
            f"transform, {single.name}",
            _title(single.ours),
            SINGLE_SIZE,
            (single.ours,),
            (single.theirs,),
            1 / single.declared.at_least,
            targets=single.declared.targets,
            note=single.declared.note,
            group=TRANSFORMS,
        )
        for single in SINGLES
    )
    return tuple(_case(row) for row in (*ROWS, *singles))


@functools.cache
def peer() -> Any:
    """The module albumentations."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it looks for a newer release when it is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import albumentations
    return albumentations


def our_chain(row: Row) -> Any:
    """Ours of a row, an `augment.Compose`."""
    import augment

    return augment.Compose([getattr(augment, name)(**{"p": 1.0, **given}) for name, given in row.ours])


def their_chain(row: Row) -> Any:
    """Theirs of a row, seeded: its draws differ from call to call, and are the same in every run."""
    module = peer()
    boxes = module.BboxParams("pascal_voc", label_fields=["labels"]) if row.targets == "boxes" else None
    transforms = [getattr(module, name)(**{"p": 1.0, **given}) for name, given in row.theirs]
    return module.Compose(transforms, bbox_params=boxes, seed=0)


def _title(spec: Spec) -> str:
    name, given = spec
    return f"{name}({', '.join(f'{key}={_short(value)}' for key, value in given.items() if key != 'references')})"


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    return f"{value:.3g}" if isinstance(value, float) else repr(value)


def _case(row: Row) -> Case:
    # Made at the first call: building every chain would take longer than most measurements.
    ours, theirs = (functools.cache(functools.partial(make, row)) for make in (_our_call, _their_call))
    name = f"albumentations {importlib.metadata.version('albumentations')}"
    contender = Peer(lambda image: theirs()(image), limit=row.limit, difference=None, note=row.note)
    return Case(
        row.name,
        row.what,
        "RGB",
        lambda image: ours()(image),
        {name: contender},
        first=_first(row) if row.first else "",
        module="augment",
        size=row.size,
        group=row.group,
        threads=row.threads,
        explain=(lambda: our_chain(row).explain((*row.size, 3))) if row.group == CHAINS else None,
    )


def _first(row: Row) -> str:
    names = ", ".join(f"augment.{name}(**{ {'p': 1.0, **given} })" for name, given in row.ours)
    targets = ""
    if row.targets == "boxes":
        targets = f", boxes={_boxes((512, 512)).tolist()}, labels=[1, 2, 3]"
    return f"augment.Compose([{names}])(image=np.dstack([image] * 3), key=0{targets})"


def _our_call(row: Row) -> Callable[[np.ndarray], Any]:
    chain, keys, targets = our_chain(row), itertools.count(), _targets(row.targets, row.size)
    if row.batch:
        images = batch_of(row.size, row.batch)
        many = {"masks" if name == "mask" else name: [value] * row.batch for name, value in targets.items()}
        # The keys of every call are the same, so that what one thread and two give can be compared.
        return lambda image: chain.batch(images, keys=range(row.batch), **many)["images"]
    return lambda image: chain(image=image, key=next(keys), **targets)


def _their_call(row: Row) -> Callable[[np.ndarray], Any]:
    chain, targets = their_chain(row), _targets(row.targets, row.size)
    if "boxes" in targets:
        targets["bboxes"] = targets.pop("boxes")
    if row.targets == "references":
        targets["hm_metadata"] = targets["fda_metadata"] = REFERENCES
    if row.batch:
        images = batch_of(row.size, row.batch)
        return lambda image: [chain(image=one, **targets) for one in images]
    return lambda image: chain(image=image, **targets)


def _targets(kind: str, size: tuple[int, int]) -> dict[str, Any]:
    if kind == "boxes":
        return {"boxes": _boxes(size), "labels": [1, 2, 3]}
    if kind == "mask":
        mask = np.zeros(size, np.uint8)
        for label, (x0, y0, x1, y1) in enumerate(_boxes(size).astype(int).tolist(), 1):
            mask[y0:y1, x0:x1] = label
        return {"mask": mask}
    return {}


def _boxes(size: tuple[int, int]) -> np.ndarray:
    h, w = size
    return np.rint(np.array(BOXES) * (w, h, w, h))


@functools.cache
def batch_of(size: Size, count: int) -> np.ndarray:
    """Different images of one size, so that none is in the cache already: a photo, pushed on by a few pixels each."""
    image = photo("RGB", size)
    return np.stack([np.roll(image, 3 * shift, axis=1) for shift in range(count)])
