"""Pipelines of other libraries as chains."""

from imgproc._core.publish import publish as _publish

from ._albumentations import *
from ._report import *
from ._torchvision import *

_publish(globals())
