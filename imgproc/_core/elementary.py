"""Elementary functions whose bits are the same on every machine.

The C library's sin, cos, exp, log and pow differ in the last bit between processors, because they use fused
multiply-add where there is one; NumPy's differ by the vector instructions that it finds.  What is drawn from a key must
not.  So whatever decides about a picture is computed here, of plain additions, multiplications, divisions and square
roots, which IEEE 754 rounds in one way only, and of whole numbers.

Each function is a `Rule`: kernels and Python call it by the same name, with float64.  Only the sine, cosine and tangent
of angles beyond `NEAR` are for Python alone; kernels give NaN.  `elementary_arrays` has the same functions for arrays,
with the same bits.

How far results are from the exact value at most, in units of the last place, as measured for 60,000 random arguments of
each of several ranges: exp 0.55, exp2 0.55, log 0.52, log2 0.51, power 0.55, sin 0.75, cos 0.77, tan 0.77, atan 0.94;
expm1 2.  Subnormal results are rounded twice, up to 0.8.  Special values are those of C.

References
----------
P. T. P. Tang, "Table-driven implementation of the exponential function in IEEE floating-point arithmetic", ACM TOMS
15(2), 1989; the same of the logarithm, ACM TOMS 16(4), 1990.
W. J. Cody, W. Waite, "Software manual for the elementary functions", 1980.
M. H. Payne, R. N. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18(1), 1983.
T. J. Dekker, "A floating-point technique for extending the available precision", Numerische Mathematik 18, 1971.
"""

from __future__ import annotations

from .elementary_angles import NEAR as NEAR
from .elementary_angles import atan as atan
from .elementary_angles import circular as circular
from .elementary_angles import cos as cos
from .elementary_angles import sin as sin
from .elementary_angles import tan as tan
from .elementary_powers import LN2 as LN2
from .elementary_powers import exp as exp
from .elementary_powers import exp2 as exp2
from .elementary_powers import expm1 as expm1
from .elementary_powers import log as log
from .elementary_powers import log2 as log2
from .elementary_powers import power as power
from .elementary_powers import square as square
