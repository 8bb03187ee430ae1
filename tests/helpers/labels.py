"""The inside of augment.labels that tests look at."""

from augment.labels._images import image_bytes, mask_bytes
from augment.labels._model import ParquetCell, TarPart
from augment.labels._pack import Packer, Sample, pack_block, sample_of
from augment.labels._remote import read_remote_labels
from augment.labels._stores import RemoteFolder, is_url, local_path
