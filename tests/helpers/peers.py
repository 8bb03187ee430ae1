"""Where the names of other libraries are."""

from augment._chain.transform import REGISTRY, Transform
from augment._peers import KEYWORDS, METHODS
from augment._peers import NAMES as TRANSFORMS_THERE
from imgproc._peers import NAMES as FUNCTIONS_THERE

__all__ = ["FUNCTIONS_THERE", "KEYWORDS", "METHODS", "REGISTRY", "TRANSFORMS_THERE", "Transform"]
