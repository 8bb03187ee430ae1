"""Class imbalance: over- and under-sampling, weights, plans for augmented copies, and metrics."""

from imgproc._core.publish import publish as _publish

from ._recipe import *
from .adasyn import *
from .borderline import *
from .clean import *
from .combine import *
from .ensemble import *
from .kmeans_smote import *
from .metrics import *
from .plan import *
from .resample import *
from .smote import *
from .smotenc import *
from .svm_smote import *
from .weights import *

_publish(globals())
