"""Labels of data sets: read, written and converted, without losing a number."""

from imgproc._core.publish import publish as _publish

from ._model import *
from ._read import *
from ._write import *

_publish(globals())
