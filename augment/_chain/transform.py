"""The protocol of a transform, and the registry of all of them by class name."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Never

import numpy as np

from imgproc._core.check import real
from imgproc._scanline import Deferred, Erase, Geometry, MaskOnly, Op, RowsOnly, Stage, Whole

from .._ranges import number_range
from .arguments import refuse_arguments, refuse_method, refuse_unnamed
from .drawn import Rule, checked
from .given_stages import check_stages
from .keys import Draws, Key
from .signed import refuse_signed
from .state import Frame, Kind, Params, Place, State, Step

REGISTRY: dict[str, type[Transform]] = {}

RGB, GREY_OR_RGB = (3,), (1, 3)
"""What `Transform.channels_wanted` mostly says, if it says anything."""


def _plain(value: Any) -> Any:
    """A field without NumPy's scalars, which no `repr` evaluates and no recipe holds; arrays stay as they are."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(_plain(entry) for entry in value)
    return value


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _first_required(cls: type) -> str | None:
    """The first field that a class adds without a default, if it is to be given by name: it may be positional, too."""
    try:
        found = inspect.get_annotations(cls)
    except NameError:  # a name that only type checkers know
        return None
    for name, annotation in found.items():
        said = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
        if not name.startswith("_") and "ClassVar" not in said and name not in vars(cls):
            return name
    return None


def _register(cls: type[Transform]) -> None:
    """Let recipes find a transform by its name; a class that is defined anew, as in a notebook, takes its own place."""
    name = cls.__name__
    other = REGISTRY.get(name)
    if other is not None and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(
            f"a transform must have a name of its own, by which recipes find it, got a second {name}: "
            f"{other.__module__}.{other.__qualname__} is one already; a name that begins with an underscore, or "
            f"class {name}(..., abstract=True), keeps a class out of recipes"
        )
    REGISTRY[name] = cls


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transform:
    """Base of all transforms, and of your own: a frozen dataclass whose fields are its parameters.

    A subclass checks its fields in ``__post_init__``, draws plain numbers in `draw` and turns them into stages in
    `lower`.  Neither sees pixels, neither keeps state: so chains can fuse it, repeat it and say what it does.
    ``help(augment.own)`` has examples, `augment.stages` what `lower` may return, and
    `augment.testing.check_transform` tests a transform.

    Parameters
    ----------
    p : float
        Probability that the transform is applied.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Fade(augment.Transform):
    ...     strength: tuple[float, float] = (0.2, 0.6)
    ...
    ...     def __post_init__(self):
    ...         super().__post_init__()
    ...         self.keep_range("strength", at_least=0, at_most=1)
    ...
    ...     def draw(self, rng, frame):
    ...         return {"strength": rng.uniform(*self.strength)}
    ...
    ...     def lower(self, params, frame):
    ...         return [augment.stages.affine(1 - params["strength"], 0.5 * params["strength"])]
    """

    p: float = 0.5

    needs_boxes: ClassVar[bool] = False
    """Whether `draw` wants ``frame.boxes``."""
    needs_mask: ClassVar[bool] = False
    """Whether `draw` and `lower` want ``frame.mask``."""
    only_geometry: ClassVar[bool] = False
    """Whether it gives no stages but geometric ones, and ones for masks, so that it takes images of every dtype."""
    noise_streams: ClassVar[tuple[str, ...]] = ()
    """Which drawn parameters name streams of noise, of which each frame of a video may have its own."""
    needs_labels: ClassVar[bool] = False
    """Whether `draw` wants ``frame.labels`` beside the boxes."""
    mixes: ClassVar[bool] = False
    """Whether it mixes the sample with others instead of giving stages; see `augment.mix`."""
    relabels: ClassVar[bool] = False
    """Whether it changes the label of the sample."""
    _own: ClassVar[bool] = False
    """Whether it is a class of a user's."""

    if not TYPE_CHECKING:  # which reads the signatures of subclasses

        def __new__(cls, *args: Any, **kwargs: Any) -> Transform:
            """Say which parameter is meant where there is none of a name."""
            if args or not kwargs.keys() <= cls.__dataclass_fields__.keys():
                refuse_arguments(cls, args, kwargs)
            return super().__new__(cls)

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._own = not cls.__module__.startswith("augment.")
        if not abstract and not cls.__name__.startswith("_"):
            _register(cls)
        if "__repr__" not in vars(cls):
            cls.__repr__ = cls.__repr__  # type: ignore[method-assign]  # or `dataclass` would write one of its own
        if all(field.kw_only and not _required(field) for field in dataclasses.fields(cls)):
            # Here and not in a decorator: `dataclass` reads this when it makes the constructor, so that signatures,
            # editors and errors know it.
            name = _first_required(cls)
            if name is not None:
                setattr(cls, name, dataclasses.field(kw_only=False))

    def __repr__(self) -> str:
        """The call that makes it, without what is a default; the probability comes last."""
        said = []
        for field in sorted(dataclasses.fields(self), key=lambda field: field.name == "p"):
            value = getattr(self, field.name)
            if field.repr and (_required(field) or repr(value) != repr(_default(field))):
                said.append(f"{field.name}={value!r}")
        return f"{type(self).__qualname__}({', '.join(said)})"

    if not TYPE_CHECKING:  # which finds what there is

        def __getattr__(self, name: str) -> Any:
            """Say what a method of another library is called here."""
            refuse_method(type(self).__name__, name)
            return object.__getattribute__(self, name)  # the error for it, or that of a property

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (np.generic, np.ndarray, list, tuple)):
                self._keep(field.name, _plain(value))
        self._keep("p", real(self.p, "p", at_least=0, at_most=1))

    def keep(self, name: str, value: Any) -> None:
        """Store the checked, canonical form of a field (tuples, floats) in ``__post_init__``."""
        object.__setattr__(self, name, value)

    _keep = keep

    def keep_range(
        self,
        name: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        above: float | None = None,
        below: float | None = None,
        around: float | None = None,
    ) -> None:
        """Check in ``__post_init__`` that a field is a range, a pair (low, high) of finite numbers, and store it.

        Parameters
        ----------
        name : str
            Of the field.
        at_least, at_most, above, below : float, optional
            Bounds of both ends; the first two may be reached, the others not.
        around : float, optional
            The number that changes nothing.  With 0, the user may write one number v for (-v, v).

        Raises
        ------
        TypeError, ValueError
            If it is none.
        """
        bounds = {"at_least": at_least, "at_most": at_most, "above": above, "below": below}
        self.keep(name, number_range(getattr(self, name), name, **bounds, around=around))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Draw what is random about it.

        Parameters
        ----------
        rng : Draws
            The only source of random numbers.
        frame : Frame
            The size, channels and dtype of the image that arrives.

        Returns
        -------
        dict
            Plain numbers, strings, lists and tuples by name: JSON keeps them exactly.
        """
        return {}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Say what is done: the stages that carry out these parameters, in order.

        Parameters
        ----------
        params : dict
            From `draw`, or from a record.  It must not be changed.
        frame : Frame
            The image that arrives.

        Returns
        -------
        list of stages
            See `augment.stages`.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must have a method lower(self, params, frame), which gives stages: "
            "help(augment.own) has examples; for a plain function of the image there is Lambda"
        )

    # --- alone --------------------------------------------------------------------------------------------------------

    def __call__(
        self, *unnamed: Never, key: Key | None = None, out: np.ndarray | None = None, donors: Any = None, **targets: Any
    ) -> dict[str, Any]:
        """Apply it to one sample, as a chain of it alone does: ``HorizontalFlip(p=1)(image=image)``.

        Boxes are corners in pixels.  `Compose` has the options: other formats and dtypes, a seed, further names.

        Parameters
        ----------
        *unnamed
            Nothing: all that a sample has goes by name.
        key : int or tuple of int, optional
            Names the draws of this sample, usually (epoch, index).  Default: a fresh one from the operating system.
        out : ndarray, optional
            Gets the resulting image.
        donors : indexable, optional
            For transforms that mix.
        **targets
            ``image``, and what else the sample has: ``mask``, ``masks``, ``boxes``, ``labels``, ``keypoints``, ...

        Returns
        -------
        dict
            What `Compose` returns.

        Raises
        ------
        TypeError, ValueError
            If a target is unknown, missing or wrong.
        """
        chain = self.__dict__.get("_alone")
        if unnamed:
            refuse_unnamed(type(self).__name__, unnamed)
        if chain is None:
            compose: Any = REGISTRY["Compose"]
            chain = compose([self])
            self.keep("_alone", chain)
        return chain(key=key, out=out, donors=donors, **targets)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_alone"}

    # --- what images it takes -----------------------------------------------------------------------------------------

    def channels_wanted(self) -> tuple[int, ...] | None:
        """How many channels an image may have; None if any number.  Luma is of grey and RGB images."""
        return GREY_OR_RGB if getattr(self, "color", None) == "luminance" else None

    def draws_for_channels(self) -> bool:
        """Whether what `draw` gives depends on how many channels there are."""
        return False

    def wants_unit(self) -> bool:
        """Whether it takes floats for levels in [0, 1], so that other floats would make no sense."""
        return False

    def leads_to(self, kind: Kind) -> Kind:
        """What it makes of an image of a kind that it takes."""
        return kind

    def need_channels(self, channels: int, name: str = "image") -> None:
        """Raise ValueError if an image must not have so many channels."""
        wanted = self.channels_wanted()
        if wanted is None or channels in wanted:
            return
        luminance = getattr(self, "color", None) == "luminance"
        who = type(self).__name__ + "(color='luminance')" * luminance
        hint = ": split off alpha, or use color='per_channel'" * luminance
        if channels - 1 in wanted and not luminance:
            hint = ": if the last one is alpha, say so by Compose(alpha=True)"
        what = "RGB" if wanted == RGB else "grey or RGB"
        raise ValueError(f"{name} must be {what} for {who}, got {channels} channel{'s' * (channels > 1)}{hint}")

    def check(self, kind: Kind, name: str = "image") -> None:
        """Raise TypeError or ValueError if images of a kind cannot be transformed, whatever is drawn.

        `name` is what messages call the image."""
        if not self.only_geometry:
            refuse_signed(kind.dtype, name, f"for {type(self).__name__}")
        self.need_channels(kind.channels, name)
        if not kind.unit and self.wants_unit():
            who = type(self).__name__
            raise ValueError(
                f"{name} must have levels in [0, 1] for {who}, got what Normalize or ColorSpace makes of them: "
                f"put {who} before that"
            )

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The rules by which records are checked, for drawn numbers that are no number of the field of their name."""
        return {}

    # --- what a chain asks --------------------------------------------------------------------------------------------

    def step(self, place: Place, rng: Draws, state: State) -> Step | None:
        """Draw for the sample that arrives, and go on to the state that this leads to; None if nothing is done."""
        frame = state.current
        if self.needs_boxes or self.needs_mask:
            frame = state.frame_with(place.name, self.needs_boxes, self.needs_mask)
            if self.needs_labels:
                frame = state.frame_labelled(place.name, frame)
        params = self.draw(rng, frame)
        stages = self._lowered(params, frame)
        if state.further:
            self._beside(params, rng, frame, state)
        state.advance(stages)
        return Step(place, params, stages)

    def again(self, place: Place, params: Params, state: State) -> Step:
        """The same with parameters that were drawn before."""
        frame = state.current
        if self.needs_boxes or self.needs_mask:
            frame = state.frame_with(place.name, self.needs_boxes, self.needs_mask, drawn=True)
        stages = self._lowered(params, frame)
        if state.further:
            self._beside(params, None, frame, state)
        state.advance(stages)
        return Step(place, params, stages)

    def _lowered(self, params: Params, frame: Frame) -> list[Stage]:
        """What `lower` gives; that of a transform of a user's own is checked."""
        stages = self.lower(params, frame)
        return check_stages(stages, type(self).__name__) if self._own else stages

    def _beside(self, params: Params, rng: Draws | None, frame: Frame, state: State) -> None:
        """Do the same to further images of other kinds.

        What is drawn for `frame`, the first image, holds for all, unless it depends on the number of channels."""
        for name, other in state.further.items():
            own = frame._replace(channels=other.current.channels, dtype=other.current.dtype)
            if self.draws_for_channels() and own.channels != frame.channels:
                if rng is None:
                    raise ValueError(
                        f"{name} must have the channels of image, {frame.channels}, where a record says what "
                        f"{type(self).__name__} did to them, got {own.channels}"
                    )
                other.advance(self._lowered(self.draw(rng.anew(), own), own))
            else:
                other.advance(self._lowered(params, own))

    def in_parts(self) -> Sequence[Transform]:
        """Transforms that do the same one after the other, each drawing on from where the one before it has stopped.

        Compiled chains record each by itself: so many things may be drawn that they would be too many together."""
        return (self,)

    def sketch(self, frame: Frame) -> Params:
        """What it draws for some sample of a frame: which parameters there are, and of which kinds."""
        return self.draw(Draws([], np.zeros((1, 1), np.uint64), 0, 0), frame)

    def checked(self, params: Any, frame: Frame) -> Params:
        """Parameters out of a record for a frame, in their canonical form.

        Raises
        ------
        TypeError, ValueError
            If the transform could not have drawn them for such a frame.
        """
        return checked(params, self.sketch(frame), self.limits(frame), self)

    def is_scheduled(self) -> bool:
        """Whether it depends on the epoch, so that keys must be (epoch, index)."""
        return False

    def classes(self) -> int | None:
        """How many classes labels have, if it says so."""
        return None


_STAGES = (Geometry, Op, Erase, Whole, Deferred, MaskOnly, RowsOnly)


def lowered(transform: Transform, params: Params, frame: Frame) -> list[Stage]:
    """The stages of a transform, which may be a user's: what else `lower` gives would be passed over in silence."""
    stages = transform.lower(params, frame)
    if not isinstance(stages, (list, tuple)) or isinstance(stages, _STAGES):
        hint = ": write [stage]" if isinstance(stages, _STAGES) else ""
        raise TypeError(f"lower of {type(transform).__name__} must give a list of stages, got {stages!r:.60}{hint}")
    for stage in stages:
        if not isinstance(stage, _STAGES):
            raise TypeError(f"lower of {type(transform).__name__} must give augment.stages alone, got {stage!r:.60}")
        if type(stage) is Geometry and len(stage.pull) != 9:
            raise ValueError(
                f"lower of {type(transform).__name__} must give a Geometry with nine numbers in pull, row by row, got "
                f"{stage.pull!r:.60}"
            )
    return stages if isinstance(stages, list) else list(stages)
