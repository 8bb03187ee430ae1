"""Transforms of whole images: Fourier, cosine, Walsh–Hadamard, wavelets, and what is done with their coefficients."""

from .._core.publish import publish as _publish
from ._compress import *
from ._denoise import *
from ._fourier import *
from ._walsh import *
from ._wavelet import *

_publish(globals())
