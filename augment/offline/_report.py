"""What a run came to, in words and as plain data."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from ..labels._model import LabelProblem
from ._journal import Row
from ._plan import Plan, classes_of

__all__ = ["OfflineReport"]

SHOWN = 20
"""Failures and problems that are listed in words."""


@dataclasses.dataclass(frozen=True, slots=True)
class OfflineReport:
    """What `augment_folder` did.

    Attributes
    ----------
    planned : int
        Images of the whole run, originals included.
    originals : int
        How many of these are sources as they are.
    shard : (int, int)
        Which part of the run this was, and of how many.
    complete : bool
        Whether all images of all shards are there, and so labels and manifest.
    written, resumed, failed : int
        Images of this shard that are there now, those of them that were there before, and those that could not be made.
    bytes : int
        Of the files that were written now.
    seconds : float
        That it took.
    classes : dict
        For each class its images, or its objects where images have several, in the input, and in the plan.
    made : dict
        The same number for what lies there; empty until the run is complete.
    dropped : dict
        How many annotations were left out of images, by reason.
    failures : tuple of (str, str)
        Ids of images that could not be made, and why.
    problems : tuple of LabelProblem
        What was wrong in the labels of the input, and was left out.
    cost : dict
        Of a dry run: images per second and core, and bytes, as a few images have them.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import augment, imgproc
    >>> from augment.pipeline import augment_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = pathlib.Path(folder, "photos", "cat")
    ...     root.mkdir(parents=True)
    ...     imgproc.write_image(root / "a.png", image)
    ...     report = augment_folder(augment.HorizontalFlip(p=1), root.parent, folder + "/out")
    >>> report.planned, report.written, report.complete
    (1, 1, True)
    """

    planned: int
    originals: int
    shard: tuple[int, int] = (0, 1)
    complete: bool = False
    written: int = 0
    resumed: int = 0
    failed: int = 0
    bytes: int = 0
    seconds: float = 0.0
    classes: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    made: dict[str, int] = dataclasses.field(default_factory=dict)
    dropped: dict[str, int] = dataclasses.field(default_factory=dict)
    failures: tuple[tuple[str, str], ...] = ()
    problems: tuple[LabelProblem, ...] = ()
    cost: dict[str, float] = dataclasses.field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        found = dataclasses.asdict(self)
        found["problems"] = [dataclasses.asdict(problem) for problem in self.problems]
        found["failures"] = [{"id": name, "reason": reason} for name, reason in self.failures]
        return found

    def __str__(self) -> str:
        lines = []
        if self.seconds:
            new = self.written - self.resumed
            rate = f", {new / self.seconds:.1f} images/s" if new else ""
            part = "" if self.shard[1] == 1 else f" of shard {self.shard[0]}/{self.shard[1]}"
            lines.append(
                f"{self.written} images{part} are there ({self.resumed} were before), {self.failed} could not be made; "
                f"{self.bytes / 1e6:.1f} MB in {self.seconds:.1f} s{rate}"
            )
            if not self.complete:
                lines.append("the run is not complete: other blocks are missing, and so are labels and manifest")
        if self.made and self.made != {name: after for name, (_, after) in self.classes.items()}:
            lines.append("classes, as planned and as made:")
            lines += [f"{after:>9} {self.made[name]:>9}  {name}" for name, (_, after) in self.classes.items()]
        lines += [f"left out of images: {count} annotations: {reason}" for reason, count in self.dropped.items()]
        lines += [f"not made: {name}: {reason}" for name, reason in self.failures[:SHOWN]]
        lines += _more(len(self.failures))
        lines += [f"left out of the labels: {problem}" for problem in self.problems[:SHOWN]]
        lines += _more(len(self.problems))
        if self.cost:
            lines.append(cost_in_words(self.cost, self.planned))
        return "\n".join(lines)


def _more(count: int) -> list[str]:
    return [f"... and {count - SHOWN} more; the report (--report) has all"] if count > SHOWN else []


def cost_in_words(cost: dict[str, float], images: int) -> str:
    """A line about time and bytes of a run."""
    seconds = images * sum(1 / cost[name] for name in ("decode", "chain", "encode") if cost.get(name))
    return (
        f"about {seconds / 3600:.2f} core-hours (decode {1e3 / cost['decode']:.1f} ms, chain {1e3 / cost['chain']:.1f} "
        f"ms, encode {1e3 / cost['encode']:.1f} ms an image) and {images * cost['bytes_out'] / 1e6:.1f} MB"
    )


def planned(plan: Plan) -> dict[str, tuple[int, int]]:
    """For each class what the input has, and what the output will have."""
    return {name: (had, kept + new) for name, (had, kept, new) in plan.counts().items()}


def counted(plan: Plan, rows: list[Row]) -> dict[str, int]:
    """For each class what lies there."""
    found: Counter[int] = Counter()
    images = plan.labels.images
    for row in rows:
        if "error" in row:
            continue
        if row.get("labels") is None:
            found.update(classes_of(images[row["s"]]))
        elif images[row["s"]].label is None:
            found.update(images[each["of"] >> 24].annotations[each["of"] & 0xFFFFFF].label for each in row["labels"])
        else:
            found.update([images[row["s"]].label])  # type: ignore[list-item]
    return {name: found[k] for k, name in enumerate(plan.labels.classes)}
