"""A sample in a chain that mixes: it meets donors, has a label, and goes on from each mixing as a new sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from .labels import soft_label
from .sample import Sample, closed, inner_rules, inner_sample
from .state import SampleState
from .targets.base import Passage, Rules
from .targets.fields import Weights
from .targets.image import open_image

LABEL = "label"


class Labelled(SampleState):
    """The state of a sample with a label in a chain that changes it, and does not mix."""

    __slots__ = ("label",)

    def __init__(self, given: dict[str, Any], rules: Rules, num_classes: int | None) -> None:
        given = dict(given)
        self.label = soft_label(given.pop(LABEL), num_classes)
        super().__init__(Sample(given, rules))

    def close(self, out: np.ndarray | None) -> dict[str, Any]:
        """Run the stages; what the caller gets, with the label."""
        return {**super().close(out), LABEL: self.label}


class Mixture(SampleState):
    """The state of a sample in a chain that mixes.

    Parameters
    ----------
    given : dict
        What the caller passed.
    rules : Rules
    words : uint64 ndarray of shape (1, n)
        The key.
    seed : int
        64 bits.
    donors : indexable, optional
    num_classes : int, optional
        Needed where labels are integers.
    """

    __slots__ = ("_count", "_given", "_inner", "infos", "label", "num_classes", "rules", "seed", "words")

    def __init__(
        self, given: dict[str, Any], rules: Rules, words: np.ndarray, seed: int, donors: Any, num_classes: int | None
    ) -> None:
        self._given, self.rules, self.words, self.seed = dict(given), rules, words, seed
        self.num_classes = num_classes
        label = self._given.pop(LABEL, None) if LABEL not in rules.table else None
        self.label = None if label is None else soft_label(label, num_classes)
        self._inner = inner_rules(rules)
        sample = inner_sample(self._given, rules, self._inner)
        self._count = None if donors is None else check_donors(donors)
        self.infos: list[Any] = []
        """A `MixInfo` for each mixing."""
        super().__init__(sample, donors)

    def go_on(self, sample: Sample) -> None:
        """Take another sample in place of this one."""
        always, partial = self.always, self.partial
        super().__init__(sample, self.donors)
        self.always, self.partial = always, partial

    def count_donors(self) -> int | None:
        """How many donors there were when the sample came: other threads may add more to a buffer meanwhile."""
        return self._count

    def need_donors(self, name: str) -> int:
        """How many donors there are, for a transform of this name."""
        if self._count is None:
            raise ValueError(f"donors must be given: {name} mixes the sample with others")
        return self._count

    def partners(self, name: str, params: dict[str, Any]) -> list[int]:
        """Which donors a transform of this name has drawn, or a record says."""
        self.need_donors(name)
        if "partners" not in params:
            raise ValueError(f"record must name the partners of {name}: draw it with donors=")
        partners: list[int] = params["partners"]
        return partners

    def donor(self, j: int, host: Sample) -> tuple[Sample, np.ndarray | None]:
        """A donor as a sample, and its label if the host has one."""
        return open_donor(
            self.donors[j], host, self.label is not None, self.num_classes, self.rules, self._inner, f"donors[{j}]"
        )

    def close(self, out: np.ndarray | None) -> dict[str, Any]:
        """Run the last stages; what the caller gets, in the formats of the call."""
        result = closed(
            Passage(self.sample, self.stages, self.rules, out, same_rows=False, own=self.own()), self._given
        )
        if self.label is not None:
            result[LABEL] = self.label
        result["mix"] = tuple(self.infos)
        return result


# --- donors -----------------------------------------------------------------------------------------------------------


def check_donors(donors: Any) -> int:
    """How many donors there are."""
    if not hasattr(donors, "__len__") or not hasattr(donors, "__getitem__") or isinstance(donors, (dict, str)):
        raise TypeError(f"donors must have a length and be indexable by integers, got {type(donors).__name__}")
    count = len(donors)
    if count == 0:
        raise ValueError("donors must hold at least one sample, got none")
    return count


def open_donor(
    donor: Any, host: Sample, labelled: bool, num_classes: int | None, rules: Rules, inner: Rules, name: str
) -> tuple[Sample, np.ndarray | None]:
    """A donor as a sample with the targets that its host has, and its label as a vector if the host has a label.

    Parameters
    ----------
    donor
        An image, a pair (image, label), or a dict of targets.
    host : Sample
    labelled : bool
    num_classes : int, optional
    rules, inner : Rules
        Those by which callers pass samples, and those of samples between mixings.
    name : str
        What messages call the donor.
    """
    if isinstance(donor, np.ndarray):
        donor = {"image": donor}
    elif isinstance(donor, (tuple, list)) and len(donor) == 2:
        donor = {"image": donor[0], "label": donor[1]}
    if not isinstance(donor, dict):
        raise TypeError(f"{name} must be an image, a pair (image, label) or a dict, got {type(donor).__name__}")
    own: dict[str, Any] = {}
    for target in host.opened:
        if target in donor:
            own[target] = donor[target]
        elif not isinstance(rules.table[target], Weights):  # those are 1 where nothing is said
            raise ValueError(f"{name} must have {target!r}, as the sample has, got {sorted(map(str, donor))}")
    vector = None
    if labelled:
        if LABEL not in donor:
            raise ValueError(f"{name} must have a label, as the sample has")
        vector = soft_label(donor[LABEL], num_classes, f"{name} label")
    own["image"] = open_image(own["image"], f"{name} image")
    return inner_sample(own, rules, inner), vector
