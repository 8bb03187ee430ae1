"""Reading and writing image files, and conversions between the layouts of other libraries."""

from .._core.publish import publish as _publish
from ._files import *
from ._layouts import *
from ._trust import *
from ._writing import *

_publish(globals())
