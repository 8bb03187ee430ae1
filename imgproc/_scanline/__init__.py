"""The scanline machine: it runs stages over an image, chunk by chunk: coordinates, samples, pixel operations, store."""

from . import pixel as pixel
from .compute import check_label as check_label
from .compute import levels_of as levels_of
from .compute import limits_of as limits_of
from .compute import run_mask as run_mask
from .compute import tabulated as tabulated
from .opencv_moves import OutMismatch as OutMismatch
from .opencv_moves import moved as moved
from .opencv_moves import resize as resize
from .opencv_moves import usable as usable
from .passes import run as run
from .passes import take_pass as take_pass
from .scratch import scratch as scratch
from .stages import Deferred as Deferred
from .stages import Erase as Erase
from .stages import Fill as Fill
from .stages import Geometry as Geometry
from .stages import MaskOnly as MaskOnly
from .stages import Op as Op
from .stages import RowsOnly as RowsOnly
from .stages import Stage as Stage
from .stages import Whole as Whole
