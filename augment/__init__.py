"""Augmentation chains: pure functions of (sample, key) that run in one pass over the image where they can."""

from imgproc._core.publish import publish as _publish

from ._peers import NAMES as _NAMES
from .anchors import *
from .balance import *
from .boxes import *
from .color import *
from .compose import *
from .corruption import *
from .erase import *
from .filter import *
from .geometric import *
from .groups import *
from .mix import *
from .noise import *
from .policy import *
from .weather import *

_publish(globals(), listed=True, peers=_NAMES)
