"""Where the check of fractions of full scale is, and all functions and transforms that it is for."""

from augment._inventory import EXAMPLES, MIXES, build
from imgproc._core.levels import LEVEL, SHIFT, SPREAD, TURN, VARIANCE, Scale, fraction, fractions
from imgproc._inventory import example_call, example_image, public_functions, takes_channels

from .transforms import REGISTRY

__all__ = [
    "EXAMPLE",
    "LEVEL",
    "REGISTRY",
    "SHIFT",
    "SPREAD",
    "TURN",
    "VARIANCE",
    "Scale",
    "build",
    "example_call",
    "example_image",
    "fraction",
    "fractions",
    "public_functions",
    "takes_channels",
]

EXAMPLE = {name: parameters for name, parameters in reversed([*EXAMPLES, *MIXES])}
"""The first entry of each transform."""
