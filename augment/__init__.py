"""Augmentation chains: pure functions of (sample, key) that run in one pass over the image where they can."""

from imgproc._core.collector import collector_at_rest as _collector_at_rest
from imgproc._core.publish import publish as _publish

with _collector_at_rest():
    from . import stages as stages
    from . import testing as testing
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
    from .labels import *
    from .migrate import *
    from .mix import *
    from .noise import *
    from .own import *
    from .policy import *
    from .text import *
    from .tta import *
    from .weather import *

_publish(globals(), listed=True, peers=_NAMES)
