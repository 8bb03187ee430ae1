"""What tests need of the inside of filters by spectra: filling, extensions, the search for notches, kept transfers."""

from imgproc._core.filling import fill
from imgproc._core.spectra import double_size
from imgproc.describe import _gist
from imgproc.frequency import _isotropic as isotropic
from imgproc.frequency._notch import _peaks as peaks
from imgproc.restore import _inverse as inverse
from imgproc.restore import _periodic as periodic


def forget_filters_of_gist() -> None:
    """They are made anew at the next call."""
    _gist._gabor_filters.cache_clear()
    _gist._low_pass.cache_clear()
