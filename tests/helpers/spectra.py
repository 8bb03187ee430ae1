"""What tests need of the inside of filters by spectra: filling, extensions, the search for notches, kept transfers."""

from imgproc._core.filling import fill
from imgproc._core.spectra import double_size
from imgproc.frequency import _isotropic as isotropic
from imgproc.frequency._notch import _peaks as peaks
from imgproc.restore import _inverse as inverse
from imgproc.restore import _periodic as periodic
