"""SMOTE: synthetic samples on the lines between samples of a class and their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._data import Data
from ._neighbors import check_neighbors, neighbors, numbers_of
from ._sampler import Synthesizer
from ._streams import Keyed, Streams

__all__ = ["SMOTE"]


@dataclass(kw_only=True, eq=False, repr=False)
class SMOTE(Synthesizer):
    """Synthetic minority over-sampling: new samples between those of a class and their neighbours [1]_.

    A synthetic sample is ``a + gap * (b - a)``: ``a`` a sample of the class, ``b`` one of its `k_neighbors` nearest in
    the class, ``gap`` uniform in [0, 1), one for all values (the paper's text; its listing draws one for each).

    Samples have any shape, (n, d) or (n, h, w, c), and keep it; the dtype is kept, and integers are rounded to nearest,
    so every synthetic lies between its parents.  (imbalanced-learn's differences of uint8 wrap round: half of the
    values of its synthetic images are outside of their parents' range.)  They are written straight into the result.

    *What it is good for on images.*  The line between two images is a double exposure: it has the pixels' statistics
    right, and the classes where images are aligned (digits, faces cut to the eyes, spectra, small medical patches), but
    between photos there is no photo.  For those, and for detection, over-sample by augmenting: `balance_plan` says how
    many augmented copies each class or image gets.  SMOTE on features (of a network, `imgproc.hog`, `imgproc.gist`) is
    the other good use.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        Which classes grow, to what: ``"auto"`` and ``"not majority"`` all but the largest, ``"minority"`` the smallest,
        ``"all"``, to the size of the largest; a number is the ratio of two classes; a dict has the wanted number of
        samples for each class, a function makes one from `y`.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.
    k_neighbors : int or object
        Number of neighbours, or an object with scikit-learn's ``kneighbors`` (whose number is one larger).
    allocation : {"random", "even"}
        How synthetics fall to samples: at random with replacement, as in imbalanced-learn, or as evenly as can be, as
        in the paper.
    rng : {"keyed", "imblearn"}
        Draws by key, different for each class, or those of imbalanced-learn with the same integer seed: the same
        samples, bit for bit in float64, where no distances tie.
    strict : bool
        Raise ValueError for a class that has no more different samples than `k_neighbors`.  Otherwise its samples have
        as many neighbours as there are others that differ, with a warning; samples that are all the same are repeated.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    Warns
    -----
    UserWarning
        If a class has fewer different samples than it takes, and `strict` is False.

    Notes
    -----
    After `fit_resample`, ``sampling_strategy_`` says how many samples each class got.

    A sample is no neighbour of its own, nor are its copies: no synthetic sample repeats one of a class with copies.
    Such a class is searched among one of each.  Values so large or small that their squares leave the range of floats
    are scaled before distances are taken.

    References
    ----------
    .. [1] N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: synthetic minority over-sampling
       technique", Journal of Artificial Intelligence Research 16, 2002.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.repeat([0, 1], [45, 15])
    >>> resampled, labels = SMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(labels)
    array([45, 45])
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    k_neighbors: Any = 5
    allocation: str = "random"
    rng: str = "keyed"
    strict: bool = False

    def _check(self) -> None:
        super()._check()
        check_neighbors(self.k_neighbors, "k_neighbors")

    def _pairs(self, data: Data, code: int, count: int, draws: Any, streams: Streams) -> list[Any]:
        members = np.flatnonzero(data.codes == code)
        return [pairs_within(data, members, count, draws, self.k_neighbors, self.strict)]


def pairs_within(data: Data, members: np.ndarray, count: int, draws: Any, ask: Any, strict: bool) -> Any:
    """SMOTE among some samples of one class."""
    points = numbers_of(data.values[members])
    ordered = not isinstance(draws, Keyed)
    of = samples_of(data, members)
    found = neighbors(points, None, ask, name="k_neighbors", of=of, ordered=ordered, strict=strict)
    base, column, gap = draws.pairs(members.size, found.shape[1], count)
    return members[base], members[found[base, column]], gap


def samples_of(data: Data, members: np.ndarray) -> str:
    """For messages: the class they are of."""
    return f"samples of class {data.label(data.codes[members[0]])!r}"
