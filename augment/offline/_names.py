"""Names of what a run writes: below the output as the sources lie below the input, and no two alike on any disk."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

__all__: list[str] = []

MADE = re.compile(r"(.*)_aug\d+", re.DOTALL)
LONGEST = 200
"""Bytes of the last part of a name, without its end: file systems allow 255."""
ENDS = {"jpg": ".jpg", "png": ".png", "webp": ".webp", "tif": ".tif", "bmp": ".bmp"}


def number_of(name: str) -> int:
    """63 bits that a name decides, wherever and beside whatever it lies."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 1


def stem_of(name: str) -> tuple[str, str]:
    """A name without its end, and the end with its dot."""
    folder, slash, base = name.rpartition("/")
    stem, dot, end = base.rpartition(".")
    return (folder + slash + stem, dot + end) if dot and stem else (name, "")


def folded(name: str) -> str:
    """What two names have in common that are one on some disk: those of macOS and Windows take capitals for small
    letters, and composed letters for their parts."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def stems_of(sources: Sequence[str]) -> list[str]:
    """What the names of all that comes of a source begin with; images are told apart by this alone, as files of labels
    and keys of archives have no end.

    The first in the order of names keeps its own; others that would meet it get eight digits that their name decides.
    """
    bare = [stem_of(name)[0] for name in sources]
    known = {folded(stem) for stem in bare}
    taken: set[str] = set()
    made = [""] * len(bare)
    for k in sorted(range(len(bare)), key=lambda k: sources[k]):
        stem = _short(bare[k], sources[k])
        match = MADE.fullmatch(stem)
        meets = match is not None and folded(match[1]) in known
        turn = 0
        while meets or folded(stem) in taken:
            number = number_of(sources[k] if not turn else f"{turn}/{sources[k]}") & 0xFFFFFFFF
            stem = f"{_short(bare[k], sources[k])}_{number:08x}"
            meets, turn = False, turn + 1
        taken.add(folded(stem))
        made[k] = stem
    return made


def _short(stem: str, name: str) -> str:
    folder, slash, base = stem.rpartition("/")
    data = base.encode("utf-8", "surrogateescape")
    if len(data) <= LONGEST:
        return stem
    cut = data[: LONGEST - 20].decode("utf-8", "ignore")
    return f"{folder}{slash}{cut}_{number_of(name) & 0xFFFFFFFF:08x}"


def name_of(stem: str, copy: int, end: str) -> str:
    """The name of a copy; number 0 is the original."""
    return f"{stem}_aug{copy}{end}" if copy else stem + end
