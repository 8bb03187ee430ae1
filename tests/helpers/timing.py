"""The gallery's timer."""

from __future__ import annotations

from gallery._timing import compare as compare
from gallery._timing import ratio as ratio
