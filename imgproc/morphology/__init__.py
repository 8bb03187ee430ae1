"""Mathematical morphology: erosion, dilation and what is made of them, distances, skeletons, for images and masks."""

from .._core.publish import publish as _publish
from ._distance import *
from ._erode import *
from ._footprint import *
from ._hull import *
from ._labels import *
from ._maxima import *
from ._open import *
from ._reconstruct import *
from ._regions import *
from ._skeleton import *

_publish(globals())
