"""Transforms that filter: blur, sharpening, edges, bands of frequencies, superpixels, and the loss of quality."""

from imgproc._core.publish import publish as _publish

from ._blur import *
from ._frequency import *
from ._morphology import *
from ._quality import *
from ._sharpen import *
from ._superpixels import *

_publish(globals())
