"""Reading and writing image files, and conversions between the layouts of other libraries."""

from ._files import *
