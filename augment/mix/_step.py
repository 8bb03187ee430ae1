"""The protocol of a mixing, and how it is one step of a chain: the sample as it has become meets its donors."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgproc._core.check import integer, one_of

from .._chain.drawn import SHARE, Rule, several, whole
from .._chain.keys import Draws
from .._chain.labels import mixed_label
from .._chain.mixture import Mixture
from .._chain.sample import Sample
from .._chain.state import Frame, Place, SampleState, State, Step
from .._chain.transform import Params, Transform
from .._chain.tree import Plan
from ..groups import Sequential
from ._content import FITS, check_alike
from ._cover import Patch
from ._donors import partners_among
from ._info import MixInfo
from ._law import Law, draw_law
from ._schedule import OnOffSchedule, as_schedule

__all__: list[str] = []


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixingStep(Transform, abstract=True):
    """What a mixing declares and draws, and what it does in a chain.

    A subclass draws plain numbers in `parameters` and makes the mixed targets in `combine`.
    """

    p: float = 1.0
    fit: str = "cover"
    donor: Transform | None = None
    schedule: OnOffSchedule | None = None
    num_classes: int | None = None

    mixes: ClassVar[bool] = True
    keeps_label: ClassVar[bool] = False
    """Whether the label of the sample stays as it is."""
    blends: ClassVar[bool] = False
    """Whether it has `blend_batch`."""
    covers: ClassVar[bool] = False
    """Whether it has `patches`."""
    fills: ClassVar[bool] = False
    """Whether the patches of a sample fill its image; otherwise they lie on the sample."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.fit, "fit", FITS)
        self._keep("schedule", as_schedule(self.schedule))
        if self.num_classes is not None:
            self._keep("num_classes", integer(self.num_classes, "num_classes", at_least=1))
        if self.donor is not None:
            if not isinstance(self.donor, Transform):
                raise TypeError(f"donor must be a transform (such as Sequential) or None, got {self.donor!r:.60}")
            if self._donor_plan.mixes:
                raise ValueError("donor must hold no transform that mixes")

    @functools.cached_property
    def _donor_plan(self) -> Plan:
        return Plan(Sequential(() if self.donor is None else (self.donor,)))

    def __getstate__(self) -> dict[str, Any]:
        # What is derived is made anew, so that a pickle (and a hash of it) depends on the declaration alone.
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    # --- what a subclass says -----------------------------------------------------------------------------------------

    def laws(self) -> tuple[Law, ...]:
        """The laws of the shares that are drawn."""
        return (self.lam,)  # type: ignore[attr-defined]  # those that have no `lam` override this

    def partners(self) -> int:
        """How many partners a sample has."""
        return 1

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """What is drawn beside partners, as plain numbers: fractions of sides, no pixels."""
        return {"lam": lams[0]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """A share."""
        return {"lam": SHARE}

    def size_after(self, height: int, width: int) -> tuple[int, int]:
        """(h, w) of the result."""
        return height, width

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """The mixed targets, and the shares of the sample and its partners.

        Parameters
        ----------
        params : dict
            From `parameters`.
        host : Sample
        others : sequence of Sample
            Its partners, of any size.
        into : ndarray, optional
            Gets the image.
        """
        raise NotImplementedError

    def blend_batch(
        self, images: np.ndarray, partners: np.ndarray, lams: np.ndarray, out: np.ndarray, threads: int
    ) -> None:
        """Mix all images of a batch in one pass, `lams` being their own shares; for mixings that have `blends`."""
        raise NotImplementedError

    def patches(self, params: Params, size: tuple[int, int]) -> tuple[list[Patch], list[float]]:
        """What covers an image of a size (h, w), and the shares of the sample and its partners, which have that size,
        too; for mixings that have `covers`."""
        raise NotImplementedError

    # --- draws --------------------------------------------------------------------------------------------------------

    def is_scheduled(self) -> bool:
        """Whether it has a schedule."""
        return self.schedule is not None

    def classes(self) -> int | None:
        """As declared."""
        return self.num_classes

    def is_on(self, words: np.ndarray) -> bool:
        """Whether the schedule lets a sample be mixed; `words` are those of its key, uint64 (m,)."""
        if self.schedule is None:
            return True
        if words.size < 2:
            raise ValueError("key must be (epoch, index) where a transform has a schedule, got one integer")
        return self.schedule(int(words[0]))

    def draw_laws(self, words: np.ndarray, seed: int, address: int) -> list[list[float]]:
        """For each key the numbers of all laws."""
        columns = [draw_law(law, words, seed, address, k).tolist() for k, law in enumerate(self.laws())]
        return [list(row) for row in zip(*columns)] if columns else [[] for _ in words]

    def prepare(self, sample: Sample, words: np.ndarray, seed: int, address: int, slot: int) -> Sample:
        """A partner after the `donor` chain, whose draws depend on the key of the sample that it is for.

        `slot` is its number among the partners of that sample.
        """
        if self.donor is None:
            return sample
        key = np.concatenate([words.ravel(), np.array([address, slot], np.uint64)])[np.newaxis]
        state = SampleState(sample)
        self._donor_plan.check(state, "image of a donor")
        self._donor_plan.take(key, seed, state)
        return state.settled()

    # --- in a chain ---------------------------------------------------------------------------------------------------

    def step(self, place: Place, rng: Draws, state: State) -> Step | None:
        """Draw for the sample, and mix it; None where the schedule is off.

        Where there is a frame but no sample, it is only drawn; without partners if the donors are not known.
        """
        if isinstance(state, Mixture):
            state.need_donors(place.name)
        words, seed, address = rng.source
        if not state.always and not self.is_on(words[0]):
            return None
        params = self.parameters(rng, self.draw_laws(words, seed, address)[0])
        count = state.count_donors()
        if count is not None:
            params["partners"] = partners_among(words, count, self.partners(), seed, address)[0].tolist()
        return self.again(place, params, state)

    def sketch(self, frame: Frame) -> Params:
        """What it draws for some sample, without partners: those are known only with donors."""
        words, seed, address = (draws := Draws([], np.zeros((1, 1), np.uint64), 0, 0)).source
        return self.parameters(draws, self.draw_laws(words, seed, address)[0])

    def checked(self, params: Any, frame: Frame) -> Params:
        """Parameters out of a record, with partners if it names them."""
        if not isinstance(params, dict) or "partners" not in params:
            return super().checked(params, frame)
        partners = several(whole(0), self.partners())(params["partners"], "partners")
        own = {name: value for name, value in params.items() if name != "partners"}
        return {**super().checked(own, frame), "partners": partners}

    def again(self, place: Place, params: Params, state: State) -> Step:
        """Mix the sample by parameters that are drawn already."""
        count = state.count_donors()
        if count is not None and not all(j < count for j in params.get("partners", ())):
            raise ValueError(f"record must name partners below {count}, the number of donors, got {params['partners']}")
        if isinstance(state, Mixture):
            self._mix(place, params, state)
        else:
            state.resize(*self.size_after(*state.size))
        return Step(place, params, [], state.size)

    def _mix(self, place: Place, params: Params, state: Mixture) -> None:
        partners = state.partners(place.name, params)
        host = state.settled()
        others, labels = [], []
        for slot, j in enumerate(partners):
            donor, label = state.donor(j, host)
            other = self.prepare(donor, state.words, state.seed, place.address, slot)
            check_alike(host, other, "donor")
            others.append(other)
            labels.append(label)
        made, shares = self.combine(params, host, others, None)
        if state.label is not None and not self.keeps_label:
            state.label = mixed_label([state.label, *(label for label in labels if label is not None)], shares)
        state.infos.append(MixInfo(place.name, np.array(partners, np.intp), shares[0], np.array(shares), True, params))
        state.go_on(Sample.made({name: made[name] for name in host.opened}, host.rules))
