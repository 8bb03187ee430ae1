"""Mixing: several samples become one, in a batch or inside a chain."""

from imgproc._core.publish import publish as _publish

from ._copypaste import *
from ._cutmix import *
from ._donors import *
from ._fmix import *
from ._gridmix import *
from ._info import *
from ._labels import *
from ._mixup import *
from ._mosaic import *
from ._resizemix import *
from ._ricap import *
from ._schedule import *

_publish(globals())
