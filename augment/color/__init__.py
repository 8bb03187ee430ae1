"""Transforms of colour and levels."""

from imgproc._core.publish import publish as _publish

from ._channels import *
from ._convert import *
from ._dtypes import *
from ._jitter import *
from ._levels import *
from ._light import *
from ._normalize import *
from ._selective import *
from ._stain import *
from ._statistics import *
from ._transfer import *

_publish(globals())
