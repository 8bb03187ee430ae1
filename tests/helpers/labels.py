"""The inside of augment.labels that tests look at."""

import pytest

from augment.labels import _images, _pack
from augment.labels._images import image_bytes, mask_bytes
from augment.labels._model import ParquetCell, TarPart
from augment.labels._pack import Packer, Sample, pack_block, sample_of
from augment.labels._remote import read_remote_labels
from augment.labels._stores import RemoteFolder, is_url, local_path


def keep_no_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups of Parquet are read as those that are too large to stay in memory."""
    monkeypatch.setattr(_images, "KEPT_BYTES", 0)


def pack_small_files(monkeypatch: pytest.MonkeyPatch, samples: int, size: int) -> None:
    """Tar and Parquet files have at most so many samples and bytes."""
    monkeypatch.setattr(_pack, "MOST_SAMPLES", samples)
    monkeypatch.setattr(_pack, "MOST_BYTES", size)
