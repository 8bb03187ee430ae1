"""Chains in the loaders of others: PyTorch, Hugging Face datasets, WebDataset, Ray Data and scikit-learn.

Import it by its name, ``from augment import pipeline`` or ``import augment.pipeline``: ``import augment`` alone does
not load it.  It needs none of these libraries itself.  What needs one imports it when it is used, and says which extra
to install if it is missing.
"""

from imgproc._core.publish import publish as _publish

from ..offline import *
from ._collate import *
from ._dataset import *
from ._huggingface import *
from ._keyed import *
from ._loader import *
from ._raydata import *
from ._scikit import *
from ._threads import *
from ._webdataset import *
from .decode import *

_publish(globals())
