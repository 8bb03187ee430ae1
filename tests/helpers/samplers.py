"""Where the classes that samplers share are, and the search for neighbours."""

from augment.balance._neighbors import TILE, neighbors, numbers_of
from augment.balance._neighbors import _nearest_floats as nearest_floats
from augment.balance._sampler import Cleaner, OverSampler, UnderSampler
