"""Where the periodic extensions of filters by spectra are, the search for notches, and what of transfers is kept."""

from imgproc._core.spectra import double_size
from imgproc.frequency import _isotropic as isotropic
from imgproc.frequency._notch import _peaks as peaks
from imgproc.restore import _inverse as inverse
from imgproc.restore import _periodic as periodic
