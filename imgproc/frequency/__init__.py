"""Filters in the frequency domain.

Frequencies are in cycles per pixel along each axis, from 0 (constant) to 0.5 (alternating pixels), whatever the size of
the image: a cutoff means the same wavelength, 1 / cutoff pixels, in every image and in every direction, also where the
image is not square.  (A cutoff of D0 samples of a padded P by P spectrum, as textbooks have it, is D0 / P here.)
"""

from .._core.publish import publish as _publish
from ._bands import *
from ._homomorphic import *
from ._notch import *
from ._spectrum import *
from ._transfer import *

_publish(globals())
