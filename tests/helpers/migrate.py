"""What tests of `augment.from_albumentations` and `augment.from_torchvision` need of the inside."""

from augment.__main__ import main as augment_main
from augment.migrate._defaults import GROUPS, defaults, required
from augment.migrate._reader import MAPPINGS
from augment.migrate._render import python_source
from augment.migrate._table import EXAMPLES, entry_of, table
from augment.migrate._volume import VOLUMES

__all__ = [
    "EXAMPLES",
    "GROUPS",
    "MAPPINGS",
    "VOLUMES",
    "augment_main",
    "defaults",
    "entry_of",
    "python_source",
    "required",
    "table",
]
