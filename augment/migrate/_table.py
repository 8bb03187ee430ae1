"""The table of the documentation: what each class of albumentations 2.0.8 is here."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._albumentations import from_albumentations
from ._defaults import GROUPS, defaults
from ._report import APPROXIMATE, EXACT, MISSING, Entry
from ._volume import VOLUMES

__all__: list[str] = []

EXAMPLES: dict[str, dict[str, Any]] = {
    "AtLeastOneBBoxRandomCrop": {"height": 224, "width": 224},
    "CenterCrop": {"height": 224, "width": 224},
    "CropAndPad": {"percent": (-0.1, 0.1)},
    "CropNonEmptyMaskIfExists": {"height": 224, "width": 224},
    "GridElasticDeform": {"num_grid_xy": (4, 4), "magnitude": 10},
    "LongestMaxSize": {"max_size": 512},
    "RandomCrop": {"height": 224, "width": 224},
    "RandomResizedCrop": {"size": (224, 224)},
    "RandomSizedBBoxSafeCrop": {"height": 224, "width": 224},
    "RandomSizedCrop": {"min_max_height": (200, 400), "size": (224, 224)},
    "Resize": {"height": 224, "width": 224},
    "SmallestMaxSize": {"max_size": 512},
    "XYMasking": {"num_masks_x": 1, "num_masks_y": 1, "mask_x_length": 20, "mask_y_length": 20},
}
"""Parameters that have no default there, or one that does nothing."""
REFERENCES = "FDA", "HistogramMatching", "PixelDistributionAdaptation"
"""What takes images of the user."""
SIZE = 512, 512
"""Of images, so that pixels are fractions."""
WORDS = {EXACT: "equal", APPROXIMATE: "approximate", MISSING: "missing"}

HEAD = """# albumentations 2.0.8, class by class

[README](../README.md) · [What a sample carries](targets.md) · [Transforms of your own](own_transforms.md)

`augment.from_albumentations` translates a pipeline: an object, what its `to_dict()` gives, or a file of JSON or YAML;
`python -m augment convert FILE` does it at a command line. This page says what becomes of each of the {count}
transforms and {groups} groups with its default parameters. The report that comes with a chain says it for the
parameters at hand.

* **equal**: the same result for the same draws, and draws of the same law.
* **approximate**: what differs, and how far, is said.
* **out of scope**: volumes (3-D only).
* **missing**: nothing here does it; what to do instead is said.

Random numbers themselves are never the same: here they come from the key of a call. This page is written by
`python -m augment convert --table`, and a test compares it with what the library does.

## Before you start

| there | here |
| --- | --- |
| `seed=7`: one sequence of results | `chain(image=image, key=(epoch, index))`: one result for each key, in any order |
| `bboxes=`, `label_fields=` | `boxes=`, `box_fields=`; one list for each field |
| boxes beyond the image are refused, or `clip=True` | the same from a pixel on, or `box_outside="clip"`, `"drop"` |
| keypoints are indices of pixels | points are continuous: add 0.5 to indices, and take it away again |
| `OneOf(...)` is applied with `p=0.5` | with `p=1.0` |
| resizing is bilinear | `interpolation="area"`, which averages where it shrinks |
| levels are numbers up to 255 | fractions of white: a fill of 114 is `114 / 255` |
| `blur_limit` is the side of a window | `radius`: (side - 1) / 2 |
| `gamma_limit` in percent, `hue_shift_limit` of 180, shifts of 255 | the exponent itself, turns, fractions |
| `shear` along x | the same with the other sign |
| a number v for a range (-v, v), or (0, v) | a pair; one number where the range is about 0 |

`from_albumentations` does all of it but the calls, which are yours.
"""


class _Function:
    """A Lambda, which holds functions: only an object does."""

    def __init__(self) -> None:
        self.custom_apply_fns = {"image": np.flipud, "mask": np.flipud}

    def to_dict(self) -> dict[str, Any]:
        """As that of a Lambda with a name."""
        return {"__class_fullname__": "Lambda", "name": "flip", "p": 1.0}


_Function.__name__, _Function.__module__ = "Lambda", "albumentations.examples"


def entry_of(name: str) -> Entry:
    """What becomes of a class with its default parameters."""
    if name == "Lambda":
        return from_albumentations(_Function())[1].entries[0]
    plain = {"__class_fullname__": name, **EXAMPLES.get(name, {})}
    if name in REFERENCES:
        plain["reference_images"] = [np.zeros((2, 2, 3), np.uint8)]
    if name in GROUPS:
        plain["transforms"] = [{"__class_fullname__": "InvertImg", "p": 0.5}] * 2
    if "channels" in defaults()[name]:
        plain["channels"] = (0, 1, 2)
    return from_albumentations({"transform": plain}, image_size=SIZE)[1].entries[0]


def table() -> str:
    """The page, as Markdown."""
    names = [name for name in defaults() if name not in GROUPS]
    found = {name: entry_of(name) for name in (*names, *GROUPS)}
    counts = {"equal": 0, "approximate": 0, "missing": 0, "out of scope": 0}
    for name in names:
        counts[verdict(name, found[name])] += 1
    lines = [HEAD.format(count=len(names), groups=len(GROUPS))]
    lines.append("Of the transforms " + ", ".join(f"{n} are {word}" for word, n in counts.items() if n) + ".\n")
    for title, part in (("Transforms", names), ("Groups", GROUPS)):
        lines += [f"## {title}\n", "| albumentations | here | | what differs |\n| --- | --- | --- | --- |"]
        lines += [_row(name, found[name]) for name in part]
        lines.append("")
    return "\n".join(lines)


def verdict(name: str, entry: Entry) -> str:
    """The word of the table."""
    return "out of scope" if name in VOLUMES else WORDS[entry.verdict]


def _row(name: str, entry: Entry) -> str:
    said = [*(f"`{key}`: {why}" for key, why in entry.unmapped), *entry.reasons, *entry.notes]
    here = f"`{entry.here}`" if entry.here else "-"
    return f"| `{name}` | {here} | {verdict(name, entry)} | {'; '.join(said)} |"
