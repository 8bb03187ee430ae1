"""What a run will cost: a few of its images are decoded, changed and encoded, and the rest is multiplied."""

from __future__ import annotations

import dataclasses
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from imgproc import decode_image, encode_image
from imgproc.io._formats import PHOTO_SUFFIXES, format_named

from ..compose import Compose
from ..labels._images import image_bytes
from ..labels._model import LabelledImage, LabelSet
from ._simulate import spoken_bytes, spoken_time

__all__: list[str] = []

SAMPLES = 12
STEPS = ("decode", "chain", "encode")


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """What an image costs, as a few of them say.

    Attributes
    ----------
    images : int
        How many the run writes.
    sampled, failed : int
        How many sources were tried, and how many of them could not be read or changed.
    decode, chain, encode : float, optional
        Images a second that one core does; None if the run does not have the step.
    bytes_in, bytes_out : float
        Of an image.
    """

    images: int
    sampled: int
    failed: int
    decode: float | None
    chain: float
    encode: float | None
    bytes_in: float
    bytes_out: float

    @property
    def seconds(self) -> float:
        """Of a core, for an image."""
        return sum(1 / rate for rate in (self.decode, self.chain, self.encode) if rate)

    def as_dict(self) -> dict[str, Any]:
        """What ``python -m augment plan --measured`` reads."""
        return {**dataclasses.asdict(self), "core_hours": self.images * self.seconds / 3600}

    def report(self, cores: int) -> str:
        """Say it in lines for people.

        Parameters
        ----------
        cores : int
            Of this machine, that will work.
        """
        steps = ", ".join(f"{name} {1000 / rate:.3g} ms" for name in STEPS if (rate := getattr(self, name)))
        hours = self.images * self.seconds / 3600
        tried = f"{self.sampled} images were tried" + (f", {self.failed} of them failed" if self.failed else "")
        return "\n".join(
            [
                f"an image takes a core {1000 * self.seconds:.3g} ms: {steps} ({tried})",
                f"{self.images:,} images: {spoken_time(hours)} of a core, {spoken_time(hours / cores)} on {cores} "
                f"{'core' if cores == 1 else 'cores'}",
                f"read {spoken_bytes(self.images * self.bytes_in)}, write {spoken_bytes(self.images * self.bytes_out)}",
            ]
        )


def measured_cost(
    labels: LabelSet,
    chain: Compose,
    images: int,
    *,
    format: str | None = None,
    quality: int | None = None,
    pixels: bool = True,
    max_pixels: int | None = None,
    samples: int = SAMPLES,
) -> Cost:
    """Try a few images, evenly spread over a data set.

    The first is done twice, as kernels compile at the first time.  Times are those of the CPU, so that other programs
    do not count.

    Parameters
    ----------
    labels : LabelSet
        Whose images are tried, without their labels, which take little time beside the pixels.
    chain : Compose
    images : int
        How many the run writes.
    format : str, optional
        Of the files to write.  Default: that of each source, PNG where that is not written.
    quality : int, optional
        Of JPEG and WebP.
    pixels : bool
        Whether images are written; else only parameters are drawn.
    max_pixels : int, optional
        The most that an image may have.
    samples : int
        How many are tried.

    Returns
    -------
    Cost

    Raises
    ------
    ValueError
        If none of them could be read and changed; the message has the first reason.
    """
    count = min(samples, len(labels.images))
    chosen = [labels.images[k * len(labels.images) // count] for k in range(count)]
    times: dict[str, list[float]] = {step: [] for step in STEPS}
    read, written, reason = [], [], ""
    for place, image in enumerate([*chosen[:1], *chosen]):
        clock = _Clock()
        try:
            data = image_bytes(labels, image)
            array = clock("decode", decode_image, data, max_pixels=max_pixels, mode="unchanged")
            key = (place, 0)
            if pixels:
                made = clock("chain", chain, image=array, key=key)["image"]
                name = format or _suffix(image)
                lossy = format_named(name) in ("JPEG", "WebP")
                out = clock("encode", encode_image, made, format=name, quality=quality if lossy else None)
            else:
                clock("chain", chain.draw, key, array.shape)
                out = b""
        except (ValueError, TypeError, OSError) as error:
            reason = reason or f"{image.file}: {error}"
            continue
        if place:
            read.append(len(data))
            written.append(len(out))
            for step, seconds in clock.seconds.items():
                times[step].append(seconds)
    if not read:
        raise ValueError(f"no image could be tried, of {count}: {reason or 'there are none'}")
    steps = STEPS if pixels else ("chain",)
    rates = {step: 1 / max(statistics.fmean(times[step]), 1e-9) for step in steps}
    return Cost(
        images=images,
        sampled=count,
        failed=count - len(read),
        decode=rates.get("decode"),
        chain=rates["chain"],
        encode=rates.get("encode"),
        bytes_in=statistics.fmean(read) if pixels else 0.0,
        bytes_out=statistics.fmean(written),
    )


class _Clock:
    """Seconds of the CPU by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, step: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        begin = time.process_time()
        made = call(*arguments, **options)
        self.seconds[step] = time.process_time() - begin
        return made


def _suffix(image: LabelledImage) -> str:
    """That of a source, and PNG's for what is not written."""
    suffix = os.path.splitext(image.file)[1].lower()
    return suffix if suffix in PHOTO_SUFFIXES else "png"
