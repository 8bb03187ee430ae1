"""What every kind of target can do, and what it is told: the rules of a chain, the way of a sample, its visible part.

A target is an object that knows the name under which callers pass a kind of thing (boxes, a mask, ...), and the five
things that happen to it:

* `Target.open` checks what a caller gave and brings it into the form that chains work on;
* `Target.move` takes it through stages (`Passage`);
* `Target.cut` leaves what is visible of it where several samples become one (`Piece`);
* `Target.join` puts the visible parts of several samples together;
* `Target.close` brings it back into the container and the format of the caller.

The table of a chain (`table.chain_table`) maps names to targets.  `Sample`, batches, `invert` and mixing all go by it,
so that a new kind of target is a new class and a line in that table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from imgproc._scanline import Geometry, RowsOnly, Stage

from .path import Path, path
from .point_columns import Mirror
from .rows import Carried, carried, parts, row_shape

Table = dict[str, "Target"]


class Rules(NamedTuple):
    """How a chain treats its targets; `Compose` describes the values."""

    table: Table
    box_format: str = "pascal_voc"
    min_area: float = 0.0
    min_visibility: float = 0.0
    clip: bool = True
    remove_invisible: bool = True
    dtype: np.dtype | None = None
    layout: str = "last"
    fuse: bool = True
    unit: str = ""
    """What needs the levels of float images to be those from 0 to 1, if anything does."""
    needed: tuple[str, ...] = ()
    """Targets that must come wherever that comes whose rows they follow."""
    box_outside: int = 0
    """What becomes of boxes that come beyond the image: `boxes.OUTSIDE`."""
    keypoint_columns: tuple[str, ...] = ()
    keypoint_mirror: Mirror | None = None
    alpha: bool = False


class Target:
    """One kind of thing that a sample carries.

    Parameters
    ----------
    name : str
        Under which callers pass it.
    of : str, optional
        The target whose rows it follows: it has one entry for each of them, and loses an entry where they lose a row.
        Targets that follow others are opened after them.
    """

    __slots__ = ("name", "of")

    plane: ClassVar[bool] = False
    """Whether it has a value for each pixel of the sample: mixing then makes it pixel by pixel, without `cut`."""
    by_geometry: ClassVar[bool] = True
    """Whether geometric stages say all about it; a further image also needs the operations on levels."""

    def __init__(self, name: str, of: str | None = None) -> None:
        self.name, self.of = name, of

    def open(self, value: Any, sample: Opened) -> Any:
        """The checked form of what a caller gave.  Raises TypeError or ValueError; never changes what was given."""
        raise NotImplementedError

    def move(self, value: Any, passage: Passage) -> Any:
        """The checked form after the stages of a passage."""
        raise NotImplementedError

    def rewrite(self, value: Any, function: Callable[[np.ndarray], np.ndarray]) -> Any:
        """The checked form with the numbers that a function makes of its rows, as many as there were."""
        numbers, more = parts(value)
        return carried(function(numbers.reshape(-1, numbers.shape[-1])).reshape(numbers.shape), more)

    def followed(self, value: Any, passage: Passage) -> Any:
        """What was rewritten by itself, without what goes with rows of another target."""
        return value

    def close(self, value: Any, like: Any, passage: Passage) -> Any:
        """What the caller gets.

        Parameters
        ----------
        value
            The checked form, after a passage.
        like
            What the caller gave: it says which container the result is.
        passage : Passage
        """
        return value

    def check_alike(self, sample: Opened, other: Opened, who: str) -> None:
        """Refuse a sample to be mixed with this one whose value is of another shape; `who` it is."""
        self.rows_alike(sample.opened[self.name], other.opened.get(self.name), who)

    def rows_alike(self, value: Any, other: Any, who: str) -> None:
        """Refuse rows of another shape; where there are none, they may be of any."""
        if isinstance(value, (np.ndarray, Carried)) and isinstance(other, (np.ndarray, Carried)):
            mine, theirs = row_shape(value), row_shape(other)
            if mine != theirs and len(value) and len(other):
                raise ValueError(
                    f"{self.name} of a {who} must have the shape of the sample's, (n, {', '.join(map(str, mine))}), "
                    f"got ({len(other)}, {', '.join(map(str, theirs))})"
                )

    def cut(self, value: Any, piece: Piece) -> Any:
        """What is visible of it; not asked of a `plane`."""
        raise NotImplementedError

    def join(self, values: Sequence[Any]) -> Any:
        """The visible parts of several samples, one after the other, in the container of the first."""
        first = values[0]
        if not isinstance(first, np.ndarray):
            return type(first)(entry for value in values for entry in value)
        filled = [np.asarray(value) for value in values if len(value)]
        if not filled:
            return first.copy()
        try:
            return np.concatenate(filled)
        except ValueError:
            shapes = ", ".join(str(value.shape) for value in filled)
            raise ValueError(f"{self.name} of all that is mixed must have rows of one shape, got {shapes}") from None

    def as_mask(self, value: Any) -> np.ndarray | None:
        """A label image, if it is or holds one: what transforms with ``needs_mask`` see."""
        return None

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        """A caller's value on the output, brought back to an input of (h, w)."""
        raise NotImplementedError


class Opened:
    """The checked targets of a sample by name, and its size; `Sample` is one."""

    __slots__ = ("given", "height", "opened", "rules", "width")

    height: int
    width: int
    rules: Rules
    given: dict[str, Any]
    """As they came."""
    opened: dict[str, Any]
    """In the order of the call.  While a sample is opened, None stands for what comes later."""


class Following:
    """The targets of a sample as they become, each made when it is first asked for, and the rows that they keep.

    A field asks for the rows of its boxes, and so they are moved or cut before it, in whatever order they came.
    """

    __slots__ = ("kept", "made", "rules", "sample")

    def __init__(self, sample: Opened, rules: Rules) -> None:
        self.sample, self.rules = sample, rules
        self.made: dict[str, Any] = {}
        """What has become of targets so far."""
        self.kept: dict[str, np.ndarray] = {}
        """For targets that lose rows, the numbers of those that are left; targets put them here."""

    def value(self, name: str) -> Any:
        """What becomes of a target."""
        raise NotImplementedError

    def give(self, name: str, value: Any, rows: np.ndarray | None = None) -> None:
        """Say what becomes of a target, and which of its rows are left, where the caller knows it already."""
        self.made[name] = value
        if rows is not None:
            self.kept[name] = rows

    def rows(self, name: str | None) -> np.ndarray | None:
        """The rows of a target that are left; None if all are, or if there is no such target."""
        rows = self.kept.get(name or "")
        if rows is None and name in self.sample.opened:
            self.value(name)
            rows = self.kept.get(name)
        return rows


class Passage(Following):
    """The way of a sample through stages.

    Parameters
    ----------
    sample : Opened
    stages : list of Stage
    rules : Rules
        Those of the chain, or those of samples between mixings.
    out : ndarray, optional
        Gets the image.
    same_rows : bool
        Whether boxes and points of the sample are those that the caller gave, row by row.  They are not once samples
        were mixed.
    own : dict, optional
        The stages of further images that have stages of their own, by name.
    """

    __slots__ = ("_path", "_stages", "out", "own", "rewritten", "route", "same_rows")

    route: Route | None
    """The way beside the image of a compiled chain, if there is one."""

    def __init__(
        self,
        sample: Opened,
        stages: list[Stage],
        rules: Rules,
        out: np.ndarray | None = None,
        *,
        same_rows: bool = True,
        own: dict[str, list[Stage]] | None = None,
    ) -> None:
        self.sample, self.rules, self.made, self.kept = sample, rules, {}, {}
        self.own, self.route = own, None
        self._stages: list[Stage] | None = stages
        self.out, self.same_rows = out, same_rows
        self.rewritten = {stage.target for stage in stages if type(stage) is RowsOnly}
        """Targets whose rows some stage changes by itself."""
        self._path: Path | None = None

    @property
    def stages(self) -> list[Stage]:
        """What happens on the way."""
        stages = self._stages
        assert stages is not None
        return stages

    @property
    def end(self) -> tuple[int, int]:
        """(h, w) of the frame that the stages lead to."""
        for stage in reversed(self.stages):
            if type(stage) is Geometry:
                return stage.size
        return self.sample.height, self.sample.width

    @property
    def path(self) -> Path:
        """The way of points and boxes."""
        if self._path is None:
            self._path = path(self.stages, self.sample.height, self.sample.width)
        return self._path

    def value(self, name: str) -> Any:
        """The target after the stages."""
        if name not in self.made:
            self.made[name] = self.moved(name)
        return self.made[name]

    def moved(self, name: str) -> Any:
        """The target after the stages, made now."""
        target, value = self.rules.table[name], self.sample.opened[name]
        return self._rewritten(target, value) if name in self.rewritten else target.move(value, self)

    def _rewritten(self, target: Target, value: Any) -> Any:
        """Rows that stages change on the way: part by part, as if there were a result after each such stage."""
        name, start, size = target.name, 0, (self.sample.height, self.sample.width)
        rows = np.arange(len(value))
        for k, stage in enumerate(self.stages):
            if type(stage) is RowsOnly and stage.target == name:
                part = self._part(value, size, self.stages[start:k], name, self.rules._replace(min_area=0.0))
                value = target.rewrite(part.value(name), stage.function)
                rows = rows[part.kept[name]] if name in part.kept else rows
                start, size = k, part.end
        part = self._part(value, size, self.stages[start + 1 :], name, self.rules)
        value = part.value(name)
        self.kept[name] = rows[part.kept[name]] if name in part.kept else rows
        return target.followed(value, self)

    def _part(self, value: Any, size: tuple[int, int], stages: list[Stage], name: str, rules: Rules) -> Passage:
        sample = Opened()
        (sample.height, sample.width), sample.rules, sample.opened, sample.given = size, rules, {name: value}, {}
        return Passage(sample, [stage for stage in stages if type(stage) is not RowsOnly], rules)


class Route(Protocol):
    """Where a compiled chain leads what there is beside the image of a sample."""

    @property
    def end(self) -> tuple[int, int]:
        """(h, w) of the frame that it leads to."""

    def path(self) -> Path:
        """The way of points and boxes."""

    def mask(self, mask: np.ndarray) -> np.ndarray | None:
        """A mask at the end, or None if stages have to make it."""

    def masks(self, masks: Sequence[np.ndarray], together: bool) -> list[np.ndarray] | None:
        """Small masks of one shape and dtype in the same way; `together` makes the results parts of one array."""

    def stages(self) -> list[Stage]:
        """The stages of the sample."""


class Beside(Passage):
    """The way of a sample whose image a compiled chain has run.

    Parameters
    ----------
    sample : Opened
    route : Route
    made : dict
        What is done already.
    """

    __slots__ = ()

    route: Route

    def __init__(self, sample: Opened, route: Route, made: dict[str, Any]) -> None:
        self.sample, self.rules, self.made, self.kept = sample, sample.rules, made, {}
        self.own = self.out = self._path = self._stages = None
        self.same_rows, self.rewritten, self.route = True, _NONE, route

    @property
    def stages(self) -> list[Stage]:
        """What happens on the way."""
        if self._stages is None:
            self._stages = self.route.stages()
        return self._stages

    @property
    def end(self) -> tuple[int, int]:
        """(h, w) of the frame that the chain leads to."""
        return self.route.end

    @property
    def path(self) -> Path:
        """The way of points and boxes."""
        if self._path is None:
            self._path = self.route.path()
        return self._path


_NONE: set[str] = set()
"""No targets; nobody writes to it."""


class Piece(Following):
    """The part of a sample that is visible where several become one, and its place on the canvas.

    Parameters
    ----------
    sample : Opened
    owner : uint8 ndarray of shape (h, w), optional
        Which sample each pixel comes from.  None: all of the sample is visible.
    who : int
        The number of this sample in `owner`.
    least : float
        Part of a box, by area, that must be visible.
    at : (y, x)
        Where its first pixel comes to lie.
    size : (h, w), optional
        Of the canvas, if that is larger than the sample.
    weight : float
        Its share, where images are blended.
    """

    __slots__ = ("at", "least", "owner", "size", "weight", "who")

    def __init__(
        self,
        sample: Opened,
        *,
        owner: np.ndarray | None = None,
        who: int = 0,
        least: float = 0.0,
        at: tuple[int, int] = (0, 0),
        size: tuple[int, int] | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__(sample, sample.rules)
        self.owner, self.who, self.least, self.at, self.size, self.weight = owner, who, least, at, size, weight

    def things(self) -> dict[str, Any]:
        """What is visible of all targets that mixing does not make pixel by pixel, by name."""
        table = self.rules.table
        return {name: self.value(name) for name in self.sample.opened if not table[name].plane}

    def value(self, name: str) -> Any:
        """What is visible of the target."""
        if name not in self.made:
            self.made[name] = self.rules.table[name].cut(self.sample.opened[name], self)
        return self.made[name]
