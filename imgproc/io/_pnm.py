"""PNM files: Pillow decodes what has 8 bits per sample, and what is deeper is decoded here."""

from __future__ import annotations

import re

import numpy as np

from ._pillow import read_pillow
from ._source import Refusal, Source, check_size

_PNM_BETWEEN = rb"(?:\s|#[^\n]*\n)+(\d{1,10})"
_PNM_HEADER = re.compile(rb"P([2356])" + _PNM_BETWEEN * 3 + rb"(?:#[^\n]*\n)?\s")
_PNM_BITMAP = re.compile(rb"P[14]" + _PNM_BETWEEN * 2)
_PNM_LONGEST = 1 << 16
"""Bytes of a header, comments included: Pillow takes a second for each megabyte."""


def read_pnm(source: Source) -> tuple[np.ndarray, bool]:
    head = source.file.read(_PNM_LONGEST)
    header = _PNM_HEADER.match(head)
    source.file.seek(0)
    if header is None and len(head) == _PNM_LONGEST and not _PNM_BITMAP.match(head):
        raise Refusal(f"its header has no end in the first {_PNM_LONGEST} bytes")
    if header is None or int(header[4]) <= 255:
        return read_pillow(source)
    kind, width, height, largest = map(int, header.groups())
    check_size(width, height, source.limit)
    if largest > 65535:
        raise ValueError(f"a maximum of {largest}, above 65535")
    shape = (height, width, 3) if kind in (3, 6) else (height, width)
    count = int(np.prod(shape))
    source.file.seek(header.end())
    if kind in (5, 6):
        data = source.file.read(2 * count)
        values = np.frombuffer(data[: len(data) // 2 * 2], ">u2")
    else:
        values = np.array(source.file.read().split(maxsplit=count)[:count], np.int64)
    if source.keep:
        values = np.minimum(np.pad(values, (0, count - values.size)), largest)
    if values.size < count or values.max() > largest:
        raise ValueError(f"fewer than {count} values, or one above the maximum {largest}")
    full_scale = (values.astype(np.uint32) * np.uint32(65535) + np.uint32(largest // 2)) // np.uint32(largest)
    return full_scale.astype(np.uint16).reshape(shape), False
