"""Transforms of weather and lenses: what lies between the camera and the things, on its glass, and in its optics."""

from imgproc._core.publish import publish as _publish

from ._aberration import *
from ._flare import *
from ._fog import *
from ._glass import *
from ._rain import *
from ._ringing import *
from ._shadow import *
from ._snow import *
from ._spatter import *
from ._zoom import *

_publish(globals())
