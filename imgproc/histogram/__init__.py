"""Histograms: counting, equalization, matching, CLAHE, their neighbourhood versions, and stretching."""

from .._core.publish import publish as _publish
from ._clahe import *
from ._count import *
from ._equalize import *
from ._local import *
from ._match import *
from ._stretch import *

_publish(globals())
