"""What the tests of forecasts look at, of what is private."""

from augment.offline._block_times import Blocks, expected
from augment.offline._trials import trials as played

__all__ = ["Blocks", "expected", "played"]
