"""Logarithm and power of two in float32, by polynomials that vectorise."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel


@kernel(inner=True)
def log2(x):
    """Base-2 logarithm of a positive normal float32, to about 1e-7 relative or absolute, whichever is larger.

    The mantissa m lies in [sqrt(1/2), sqrt(2)); log2(m) is (m - 1) times a minimax polynomial in m - 1, summed in pairs
    (Estrin), which shortens the chain of operations that wait for each other.
    """
    bits = np.float32(x).view(np.int32)
    exponent = np.int32(np.int32(bits - np.int32(0x3F3504F3)) >> np.int32(23))
    f = np.int32(bits - np.int32(exponent << np.int32(23))).view(np.float32) - np.float32(1)
    f2 = f * f
    f4 = f2 * f2
    a = np.float32(1.4426948701213242) + np.float32(-0.7213471289284803) * f
    b = np.float32(0.48092242267639407) + np.float32(-0.36072113635116665) * f
    c = np.float32(0.2876587543688752) + np.float32(-0.23852120463972207) * f
    d = np.float32(0.21736577914571434) + np.float32(-0.21028965727189852) * f
    p = (a + b * f2) + f4 * ((c + d * f2) + np.float32(0.12542761547652392) * f4)
    return np.float32(exponent) + p * f


@kernel(inner=True)
def exp2(y):
    """2**y of a float32, to about 1e-7 relative; 0 below 2**-126, infinity from 2**128 on."""
    y = np.float32(y)
    limited = np.float32(-127) if y < np.float32(-127) else y
    limited = np.float32(128) if limited > np.float32(128) else limited
    whole = np.floor(limited + np.float32(0.5))
    f = limited - whole
    f2 = f * f
    a = np.float32(1) + np.float32(0.693147206709647) * f
    b = np.float32(0.24022651505040407) + np.float32(0.05550327215765397) * f
    c = np.float32(0.009617994515762207) + np.float32(0.0013400431667274515) * f
    p = (a + b * f2) + (f2 * f2) * (c + np.float32(0.00015478021848261793) * f2)
    # The bits of 2**whole; -127 gives 0 and 128 infinity.
    return np.int32(np.int32(np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32) * p
