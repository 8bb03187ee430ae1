"""What a reader of image files is given, and how it says that it does not read one."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple


class Refusal(Exception):
    """A reason why a file is not read, said in full."""


class Source(NamedTuple):
    """What a reader is given: it returns the pixels, and whether its decoder has turned them upright."""

    file: BinaryIO
    format: str
    limit: int | None
    keep: bool
    page: int = 0
    bands: bool = False
    """Whether channels may be other bands than those of grey, RGB and alpha."""


def check_size(width: int, height: int, limit: int | None, *, what: str = "") -> None:
    if width < 1 or height < 1:
        raise Refusal(f"it has no pixels, {width} x {height}")
    if limit is not None and width * height > limit:
        raise Refusal(
            f"{what}{width} x {height} = {width * height} pixels, more than max_pixels={limit}; if you trust the file, "
            "pass a larger max_pixels, or None for no limit"
        )
