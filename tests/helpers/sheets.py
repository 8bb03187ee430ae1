"""What the tests of contact sheets look at, of what is private."""

from augment.offline._duplicates import copies_among
from augment.offline._seen import picture_of
from augment.offline._sheet import Picture, Row, Thing, sheet, spoken

__all__ = ["Picture", "Row", "Thing", "copies_among", "picture_of", "sheet", "spoken"]
