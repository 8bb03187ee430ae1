"""Where the classes that samplers share are, and the search for neighbours."""

import numpy as np

from augment.balance._neighbors import TILE, neighbors, numbers_of
from augment.balance._neighbors import _nearest_floats as nearest_floats
from augment.balance._sampler import Cleaner, OverSampler, UnderSampler
from augment.balance.smotenc import _weight, _with_categories


def points_of_tables(numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Rows of numbers and categories as the points among which `augment.SMOTENC` searches."""
    return _with_categories(numbers, codes, _weight(numbers.std(axis=0)))
