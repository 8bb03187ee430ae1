"""The scanline machine: programs of coordinates, samples, pixel operations and a store, run row by row."""

from . import _pixel as pixel  # noqa: F401
from ._run import OutMismatch as OutMismatch
from ._run import levels_of as levels_of
from ._run import limits_of as limits_of
from ._run import moved as moved
from ._run import resize as resize
from ._run import run as run
from ._run import run_mask as run_mask
from ._run import scratch as scratch
from ._run import take_pass as take_pass
from ._run import usable as usable
from ._stage import Deferred as Deferred
from ._stage import Erase as Erase
from ._stage import Fill as Fill
from ._stage import Geometry as Geometry
from ._stage import MaskOnly as MaskOnly
from ._stage import Op as Op
from ._stage import Stage as Stage
from ._stage import Whole as Whole
