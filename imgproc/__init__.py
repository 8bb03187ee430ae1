"""Classical image processing on Numba kernels: functions on arrays, right for every dtype, bit-reproducible.

Images are (h, w) or (h, w, c) arrays in RGB order of dtype uint8, uint16, float32 or float64; float images are
nominally in [0, 1].  The image comes first, everything else by keyword.  Inputs are never written, results never alias
them.
"""

from ._core.collector import collector_at_rest as _collector_at_rest
from ._core.publish import publish as _publish

with _collector_at_rest():
    from ._core.threads import *
    from ._peers import NAMES as _NAMES
    from ._version import __version__ as __version__
    from .color import *
    from .convert import *
    from .describe import *
    from .edges import *
    from .frequency import *
    from .geometry import *
    from .histogram import *
    from .inpaint import *
    from .io import *
    from .local import *
    from .noise import *
    from .point import *
    from .quality import *
    from .restore import *
    from .segment import *
    from .sharpen import *
    from .smooth import *
    from .transform import *

_publish(globals(), listed=True, peers=_NAMES)
