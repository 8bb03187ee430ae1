"""What a run is asked to do: checked once, the same in every process and on every machine."""

from __future__ import annotations

import dataclasses
from typing import Any

from imgproc._core.check import flag, integer, one_of, real
from imgproc.io._files import MAX_PIXELS

from ..labels._convert import BOX_FORMATS
from ..labels._read import FORMATS
from ..labels._yolo import KINDS

__all__: list[str] = []

RECIPE = "recipe"
PACKED = ("webdataset", "parquet")
OUTPUTS = ("same", *BOX_FORMATS, RECIPE)
IMAGE_FORMATS = ("same", "jpg", "png", "webp", "tif", "bmp")
MOST_COPIES = 1_000_000
MOST_IMAGES = 100_000_000
"""That one plan lists; larger data sets are several inputs."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run, see `augment_folder`.  All that the bytes of its output depend on, beside the recipe."""

    copies: int | None = None
    per_class: int | str | None = None
    target_total: int | None = None
    keep_originals: bool | None = None
    input_format: str = "auto"
    kind: str = "auto"
    images: str | None = None
    output_format: str = "same"
    split: str = "auto"
    seed: int | None = None
    image_format: str = "same"
    quality: int | None = None
    min_visibility: float | None = None
    min_area: float | None = None
    on_error: str = "skip"
    max_pixels: int | None = MAX_PIXELS
    donors: str = "auto"
    dedupe: str = "off"

    @property
    def keeps(self) -> bool:
        """Whether originals are part of the output: where nothing is said, in data sets that are raised."""
        if self.keep_originals is not None:
            return self.keep_originals
        return self.output_format != RECIPE and (self.per_class is not None or self.target_total is not None)

    def as_dict(self) -> dict[str, Any]:
        """By name, without the folder of images, which is a path of this machine, and what changes no byte."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in ("images", "on_error")}


def checked(given: dict[str, Any]) -> Options:
    """Options of what a caller gave by name.

    Raises
    ------
    TypeError, ValueError
        If one is of the wrong kind or value, or two contradict each other.
    """
    options = Options(**given)
    amounts = [name for name in ("copies", "per_class", "target_total") if getattr(options, name) is not None]
    if len(amounts) > 1:
        raise ValueError(f"only one of copies, per_class and target_total says how many images, got {amounts}")
    if options.copies is not None:
        integer(options.copies, "copies", at_least=0, at_most=MOST_COPIES)
    if options.per_class is not None and options.per_class != "max":
        if isinstance(options.per_class, str):
            raise ValueError(f"per_class must be a whole number or 'max', got {options.per_class!r:.60}")
        integer(options.per_class, "per_class", at_least=1, at_most=MOST_IMAGES)
    if options.target_total is not None:
        integer(options.target_total, "target_total", at_least=1, at_most=MOST_IMAGES)
    if options.keep_originals is not None:
        flag(options.keep_originals, "keep_originals")
    one_of(options.input_format, "input_format", FORMATS)
    one_of(options.kind, "kind", ("auto", *KINDS))
    one_of(options.output_format, "output_format", OUTPUTS)
    one_of(options.image_format, "image_format", IMAGE_FORMATS)
    one_of(options.on_error, "on_error", ("skip", "stop"))
    one_of(options.donors, "donors", ("auto", "split", "class"))
    one_of(options.dedupe, "dedupe", ("off", "phash"))
    if not isinstance(options.split, str) or not options.split:
        raise TypeError(f"split must be the name of a part, 'auto' or 'all', got {options.split!r:.60}")
    if options.seed is not None:
        integer(options.seed, "seed", at_least=-(2**63), at_most=2**64 - 1)
    if options.quality is not None:
        integer(options.quality, "quality", at_least=1, at_most=100)
    if options.max_pixels is not None:
        integer(options.max_pixels, "max_pixels", at_least=1)
    if options.min_visibility is not None:
        real(options.min_visibility, "min_visibility", at_least=0, at_most=1)
    if options.min_area is not None:
        real(options.min_area, "min_area", at_least=0)
    if options.keeps and options.output_format == RECIPE:
        raise ValueError("keep_originals must be left out with output_format 'recipe', which writes no images")
    return options


def shard_of(value: Any) -> tuple[int, int]:
    """``"i/n"`` or (i, n) as two numbers, 0 <= i < n.

    Raises
    ------
    TypeError, ValueError
        If it is something else.
    """
    if value is None:
        return 0, 1
    parts: Any = value
    if isinstance(value, str):
        first, slash, second = value.partition("/")
        if not (slash and first.strip().isdigit() and second.strip().isdigit()):
            raise ValueError(f"shard must be i/n, such as 0/8, got {value!r:.60}")
        parts = int(first), int(second)
    if not isinstance(parts, (tuple, list)) or len(parts) != 2:
        raise TypeError(f"shard must be 'i/n' or (i, n), got {value!r:.60}")
    count = integer(parts[1], "shard[1]", at_least=1)
    place = integer(parts[0], "shard[0]", at_least=0)
    if place >= count:
        raise ValueError(f"shard must be i/n with i from 0 to n - 1, got {place}/{count}")
    return place, count
