"""Transforms of colour and levels."""

from ._channels import *
from ._convert import *
from ._jitter import *
from ._levels import *
from ._statistics import *
