"""What the tests of contact sheets and of copies look at, of what is private."""

from pathlib import Path
from typing import Any

import augment
from augment.offline._duplicates import copies_among
from augment.offline._options import checked
from augment.offline._preview import shown_sources, write_preview
from augment.offline._run import Run, RunSpec
from augment.offline._seen import picture_of
from augment.offline._sheet import Picture, Row, Thing, sheet, spoken

__all__ = [
    *("Picture", "Row", "Run", "Thing", "copies_among", "opened", "picture_of", "sheet"),
    *("shown_sources", "spoken", "write_preview"),
]


def opened(chain: augment.Compose, folder: Path, **options: Any) -> Run:
    """A run that is open, and of which nothing is written yet."""
    return Run(RunSpec(chain.to_json(), str(folder), str(folder.parent / "out"), checked(options)))
