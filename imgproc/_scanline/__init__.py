"""The scanline machine: programs of coordinates, samples, pixel operations and a store, run row by row."""

from . import _pixel as pixel  # noqa: F401
from ._compute import levels_of as levels_of
from ._compute import limits_of as limits_of
from ._compute import run_mask as run_mask
from ._run import run as run
from ._run import take_pass as take_pass
from ._scratch import scratch as scratch
from ._stage import Deferred as Deferred
from ._stage import Erase as Erase
from ._stage import Fill as Fill
from ._stage import Geometry as Geometry
from ._stage import MaskOnly as MaskOnly
from ._stage import Op as Op
from ._stage import Stage as Stage
from ._stage import Whole as Whole
from ._whole import OutMismatch as OutMismatch
from ._whole import moved as moved
from ._whole import resize as resize
from ._whole import usable as usable
