"""Mixing inside a chain: the sample as it has become meets its donors, and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._chain.sample import MASKS, Sample
from .._chain.targets.boxes import close_boxes
from .._chain.targets.points import close_masks, close_points
from .._chain.tree import Node, State, Step
from ._base import Mixing, draw_laws, is_on, mixed_label, prepared, soft_label
from ._batch import open_donor
from ._content import BOX_WEIGHTS, POINT_WEIGHTS, ROW, check_alike, inner_rules, open_sample, settle
from ._donors import check_donors, partners_among
from ._info import MixInfo

if TYPE_CHECKING:
    from .._chain.keys import Draws
    from .._chain.transform import Params
    from ..compose import Compose

__all__: list[str] = []

LABEL = "label"


def draw_step(mix: Mixing, rng: Draws, donors: int | None, always: bool) -> Params | None:
    """What a mixing draws for a sample; None where its schedule is off, no partners where no donors are known."""
    words, seed, address = rng.source
    if not always and not is_on(mix, words[0]):
        return None
    params = mix.parameters(rng, draw_laws(mix, words, seed, address)[0])
    if donors is not None:
        params["partners"] = partners_among(words, donors, mix.partners(), seed, address)[0].tolist()
    return params


def run_mixing(
    chain: Compose,
    targets: dict[str, Any],
    words: np.ndarray,
    donors: Any,
    out: np.ndarray | None,
    record: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A sample through a chain that mixes; with a `record`, as that says."""
    rules = chain._rules
    targets = dict(targets)
    label = targets.pop(LABEL, None) if LABEL not in rules.kinds else None
    vector = None if label is None else soft_label(label, chain._num_classes)
    inner = inner_rules(rules)
    if "image" not in targets:
        Sample(targets, rules)  # says what is missing
    state = MixState(chain, open_sample(targets, rules, inner), vector, donors, words)
    if record is None:
        chain._plan.steps(chain._plan.values(words, chain.seed)[0], words, chain.seed, state, False)
    else:
        chain._plan.again(record, state)
    sample = state.sample
    last = rules._replace(kinds=inner.kinds, box_format=inner.box_format)
    done = Sample(sample.targets, last).through(state.stages, out)
    rows = done.pop(ROW, None)
    h, w = state.size
    for name, value in done.items():
        kind = last.kinds[name]
        if kind == MASKS:
            masks = value if rows is None else [value[i] for i in rows.tolist()]
            done[name] = close_masks(masks, targets[name], h, w)
        elif name == "boxes":
            done[name] = close_boxes(value, rules.box_format, h, w, like=targets[name])
        elif name == "keypoints":
            done[name] = close_points(value, targets[name])
        elif name in (BOX_WEIGHTS, POINT_WEIGHTS):
            done[name] = value.astype(np.float32)
    if vector is not None:
        done[LABEL] = state.label
    done["mix"] = tuple(state.infos)
    return done


class MixState(State):
    """The frame that a sample has reached, and the sample as the last mixing left it."""

    __slots__ = ("_chain", "_donors", "_many", "_words", "infos", "label", "sample")

    def __init__(self, chain: Compose, sample: Sample, label: np.ndarray | None, donors: Any, words: np.ndarray):
        self._chain, self._donors, self._words = chain, donors, words
        self._many = None if donors is None else check_donors(donors)
        self.label, self.infos = label, []
        self._begin(sample)

    def _begin(self, sample: Sample) -> None:
        self.sample = sample
        image = sample.image
        channels = 1 if image.ndim == 2 else image.shape[2]
        super().__init__(sample.height, sample.width, channels, image.dtype, sample.boxes_at, sample.mask_at)

    def mix(self, node: Node, rng: Draws, address: int, always: bool) -> Step | None:
        """A mixing, drawn and done."""
        if self._many is None:
            raise ValueError(f"donors must be given: {node.name} mixes the sample with others")
        params = draw_step(node.transform, rng, self._many, always)
        return None if params is None else self.mix_again(node.transform, node.name, node.occurrence, params, address)

    def mix_again(self, mix: Mixing, name: str, occurrence: int, params: Params, address: int) -> Step:
        """A mixing, done."""
        if self._many is None:
            raise ValueError(f"donors must be given: {name} mixes the sample with others")
        if "partners" not in params:
            raise ValueError(f"record must name the partners of {name}: draw it with donors=")
        partners = params["partners"]
        if not all(0 <= j < self._many for j in partners):
            raise ValueError(f"record must name partners below {self._many}, the number of donors, got {partners}")
        host = self.sample
        if self.stages:
            host = settle(host.through(self.stages), host.rules)
        others, vectors = [], []
        for slot, j in enumerate(partners):
            other, vector = open_donor(
                self._donors[j], host, self.label is not None, self._chain._num_classes, self._chain._rules, j
            )
            other = prepared(mix, other, self._words, self._chain.seed, address, slot)
            check_alike(host, other)
            others.append(other)
            vectors.append(vector)
        targets, shares = mix.combine(params, host, others, None)
        if self.label is not None and not mix.keeps_label:
            self.label = mixed_label([self.label, *vectors], shares)
        self.infos.append(MixInfo(name, np.array(partners, np.intp), shares[0], np.array(shares), True, params))
        self._begin(settle({n: targets[n] for n in host.targets}, host.rules))
        return Step(name, occurrence, params, [], self.size)
