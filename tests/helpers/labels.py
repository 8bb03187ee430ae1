"""The inside of augment.labels that tests look at."""

from augment.labels._images import image_bytes, mask_bytes
from augment.labels._model import ParquetCell, TarPart
from augment.labels._pack import Packer, Sample, pack_block, sample_of
