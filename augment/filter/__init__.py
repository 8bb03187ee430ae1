"""Transforms that filter: blur, sharpening, edges, and the loss of quality by compression and scaling."""

from ._blur import *
from ._quality import *
from ._sharpen import *
