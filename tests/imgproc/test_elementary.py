"""Elementary functions of plain arithmetic: how near they are to the exact values, and that all forms agree."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from helpers.elementary import arrays, compiled, jit_enabled, numbers

INF, NAN = math.inf, math.nan
TINY, LEAST = 2.2250738585072014e-308, 5e-324


@pytest.fixture(autouse=True, scope="module")
def _digits() -> Any:
    with decimal.localcontext(decimal.Context(prec=60, Emin=-9999, Emax=9999)):
        yield


# --- exact values -----------------------------------------------------------------------------------------------------


def pi(digits: int) -> Decimal:
    """Machin's formula, in whole numbers."""
    unit = 10 ** (digits + 10)

    def arctan_of_one_by(x: int) -> int:
        term = total = unit // x
        k = 1
        while term:
            term //= -x * x
            k += 2
            total += term // k
        return total

    return Decimal(4 * (4 * arctan_of_one_by(5) - arctan_of_one_by(239))) / unit


def sine_cosine(x: float) -> tuple[Decimal, Decimal]:
    with decimal.localcontext(decimal.Context(prec=400 if abs(x) > 1e5 else 80)):
        half = pi(decimal.getcontext().prec) / 2
        quarters = (Decimal(x) / half).to_integral_value()
        r = Decimal(x) - quarters * half
        sine, cosine, term = Decimal(0), Decimal(0), Decimal(1)
        for k in range(60):
            sign = -1 if k % 4 > 1 else 1
            sine, cosine = (sine + sign * term, cosine) if k % 2 else (sine, cosine + sign * term)
            term = term * r / (k + 1)
    for _ in range(int(quarters) % 4):
        sine, cosine = cosine, -sine
    return sine, cosine


def arctan(x: float) -> Decimal:
    """Halve the angle until the series is short."""
    y, factor = Decimal(x), 1
    while abs(y) > Decimal("0.01"):
        y, factor = y / (1 + (1 + y * y).sqrt()), 2 * factor
    return factor * sum((-1) ** k * y ** (2 * k + 1) / (2 * k + 1) for k in range(18))


EXACT: dict[str, Callable[[float], Decimal]] = {
    "exp": lambda x: Decimal(x).exp(),
    "exp2": lambda x: (Decimal(x) * Decimal(2).ln()).exp(),
    "expm1": lambda x: Decimal(x).exp() - 1,
    "log": lambda x: Decimal(x).ln(),
    "log2": lambda x: Decimal(x).ln() / Decimal(2).ln(),
    "sin": lambda x: sine_cosine(x)[0],
    "cos": lambda x: sine_cosine(x)[1],
    "tan": lambda x: sine_cosine(x)[0] / sine_cosine(x)[1],
    "atan": arctan,
}

WITHIN = {"exp": 0.55, "exp2": 0.55, "expm1": 2.0, "log": 0.53, "log2": 0.52, "atan": 0.97}
"""Units of the last place; 0.8 for the others."""


def off(found: float, exact: Decimal) -> float:
    return float(abs(Decimal(found) - exact) / Decimal(math.ulp(float(exact))))


def sample(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    if name in ("log", "log2"):
        near = 1 + rng.uniform(-0.3, 0.4, n // 2) * 2.0 ** -rng.integers(0, 45, n // 2)
        return np.concatenate([near, rng.uniform(1, 2, n // 2) * 2.0 ** rng.integers(-1000, 1000, n // 2)])
    if name in ("exp", "exp2", "expm1"):
        return np.concatenate([rng.uniform(-2, 2, n // 2), rng.uniform(-690, 700, n // 2)])
    wide = (
        rng.uniform(-12799, 12799, n // 4) if name != "atan" else rng.normal(size=n // 4) * 10.0 ** rng.integers(-9, 9)
    )
    return np.concatenate([rng.uniform(-7, 7, n // 2), rng.uniform(-0.9, 0.9, n // 4), wide])


@pytest.mark.parametrize("name", EXACT)
def test_near_the_exact_value(name: str, rng: np.random.Generator) -> None:
    function = getattr(numbers, name)
    for x in sample(name, 600, rng).tolist():
        assert off(function(x), EXACT[name](x)) < WITHIN.get(name, 0.8), x


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_angles_of_any_size(name: str, rng: np.random.Generator) -> None:
    far = (rng.uniform(1, 2, 40) * 2.0 ** rng.integers(13, 300, 40)).tolist()
    # The last one comes nearer to a multiple of pi / 2 than any other float64.
    for x in (*far, -far[0], 12800.5, 1e22, 2.0**300, 6381956970095103 * 2.0**797):
        with decimal.localcontext(decimal.Context(prec=400)):
            assert off(getattr(numbers, name)(x), EXACT[name](x)) < 0.8, x


def test_power_is_near_the_exact_value(rng: np.random.Generator) -> None:
    bases = np.concatenate([rng.uniform(0, 3, 300), 10 ** rng.uniform(-200, 200, 300), 1 + rng.normal(size=300) * 1e-4])
    for x in bases.tolist():
        largest = 690 / max(abs(math.log(x)), 1e-300)
        for y in (2.4, 1 / 3, -0.7, float(rng.uniform(-largest, largest))):
            if abs(y * math.log(x)) < 700:
                assert off(numbers.power(x, y), (Decimal(y) * Decimal(x).ln()).exp()) < 0.56, (x, y)


def test_results_below_the_normal_numbers_are_rounded_twice_at_most() -> None:
    for x in np.linspace(-745, -708.4, 200).tolist():
        assert off(numbers.exp(x), Decimal(x).exp()) < 0.8
    assert numbers.exp2(-1074.0) == LEAST
    assert numbers.power(10.0, -320.0) == 1e-320


# --- exact cases and special values -----------------------------------------------------------------------------------


def same(found: Any, wanted: Any) -> bool:
    """Equal, zeros with their signs; NaN is NaN."""
    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    nan = np.isnan(found) & np.isnan(wanted)
    return bool((nan | (found.view(np.int64) == wanted.view(np.int64))).all())


SPECIAL: dict[str, list[tuple[float, float]]] = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (709.79, INF), (-745.2, 0.0), (1e300, INF)],
    "exp2": [(float(k), math.ldexp(1.0, k)) for k in (-1074, -1022, -3, 0, 1, 52, 1023)]
    + [(1024.0, INF), (-1076.0, 0.0)],
    "expm1": [(0.0, 0.0), (-0.0, -0.0), (LEAST, LEAST), (INF, INF), (-INF, -1.0), (NAN, NAN), (-50.0, -1.0)],
    "log": [(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (-1.0, NAN), (INF, INF), (-INF, NAN), (NAN, NAN)],
    "log2": [(math.ldexp(1.0, k), float(k)) for k in (-1074, -1022, -1, 0, 1, 1023)] + [(0.0, -INF), (-1.0, NAN)],
    "sin": [(0.0, 0.0), (-0.0, -0.0), (LEAST, LEAST), (INF, NAN), (-INF, NAN), (NAN, NAN)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (1e-9, 1.0), (INF, NAN), (NAN, NAN)],
    "tan": [(0.0, 0.0), (-0.0, -0.0), (TINY, TINY), (INF, NAN), (NAN, NAN)],
    "atan": [(0.0, 0.0), (-0.0, -0.0), (1.0, math.pi / 4), (INF, math.pi / 2), (-INF, -math.pi / 2), (NAN, NAN)],
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_values_are_those_of_c(name: str) -> None:
    for x, wanted in SPECIAL[name]:
        assert same(getattr(numbers, name)(x), wanted), x


EDGES = [0.0, -0.0, LEAST, -LEAST, TINY, 0.5, 1.0, -1.0, -2.5, 2.0, -3.0, 3.0, 1e300, -1e300, INF, -INF, NAN]


def test_special_values_of_power_are_those_of_c() -> None:
    for x in EDGES:
        for y in (*EDGES, 4503599627370497.0, -0.5):
            with np.errstate(all="ignore"):
                wanted = float(np.float64(x) ** np.float64(y))
            found = numbers.power(x, y)
            if math.isfinite(wanted) and wanted not in (0.0, 1.0):
                assert abs(found - wanted) <= math.ulp(wanted), (x, y)
            elif (x, y) != (-INF, 0.5):  # 0.5 of minus infinity: C says infinity, a square root NaN
                assert same(found, wanted), (x, y)
    assert numbers.power(-INF, 0.5) == INF


def test_exact_powers(rng: np.random.Generator) -> None:
    for x in (rng.uniform(0, 9, 500) * 2.0 ** rng.integers(-300, 300, 500)).tolist():
        assert numbers.power(x, 0.0) == 1.0
        assert numbers.power(x, 1.0) == x
        assert numbers.power(x, 2.0) == x * x == numbers.square(x)
        assert numbers.power(x, 0.5) == math.sqrt(x)
    for base in (2, 3, 5, 7, 10):
        for n in range(16):
            assert numbers.power(float(base), float(n)) == base**n
    assert numbers.power(-3.0, 3.0) == -27.0


# --- all forms agree --------------------------------------------------------------------------------------------------


def arguments(rng: np.random.Generator) -> np.ndarray:
    edges = [*EDGES, 709.7, 709.782712893384, 709.79, -708.5, -745.1, -745.2, 12799.9, -12800.0]
    wide = rng.choice([-1.0, 1.0], 3000) * 10 ** rng.uniform(-320, 300, 3000)
    return np.concatenate([edges, rng.uniform(-760, 720, 2000), rng.uniform(-9, 9, 3000), wide])


@pytest.mark.parametrize("name", SPECIAL)
def test_kernels_give_the_bits_of_python(name: str, rng: np.random.Generator) -> None:
    x = arguments(rng)
    if name in ("sin", "cos", "tan"):
        far = np.isnan(compiled(name)(np.array([12800.5, -1e10])))
        assert far.all() == jit_enabled()
        x = x[~(np.abs(x) > numbers.NEAR)]
    assert same(compiled(name)(x), [getattr(numbers, name)(v) for v in x.tolist()])


@pytest.mark.parametrize("name", ["exp", "log", "sin", "cos"])
def test_arrays_give_the_bits_of_numbers(name: str, rng: np.random.Generator) -> None:
    x = arguments(rng)
    assert same(getattr(arrays, name)(x), [getattr(numbers, name)(v) for v in x.tolist()])
    assert getattr(arrays, name)(x[:6].reshape(2, 3)).shape == (2, 3)
    assert getattr(arrays, name)(np.empty((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("y", [0.0, 1.0, 2.0, 0.5, -0.5, -1.0, 3.0, 2.4, 1 / 3, 50.0, 1e-30, 1e25, -1e25, INF, NAN])
def test_powers_of_arrays_give_the_bits_of_numbers(y: float, rng: np.random.Generator) -> None:
    x = arguments(rng)
    assert same(arrays.power(x, y), [numbers.power(v, y) for v in x.tolist()])


def test_powers_in_kernels_give_the_bits_of_python(rng: np.random.Generator) -> None:
    x = arguments(rng)
    for y in (2.4, -3.0, 0.5):
        assert same(compiled("power", y)(x), [numbers.power(v, y) for v in x.tolist()])


def test_angles_of_points(rng: np.random.Generator) -> None:
    y, x = rng.normal(size=(2, 3000))
    np.testing.assert_allclose(arrays.atan2(y, x), np.arctan2(y, x), rtol=4e-16, atol=0)
    y, x = (v.ravel() for v in np.meshgrid([0.0, 1.0, -1.0], [0.0, 1.0, -1.0, 2.0]))
    np.testing.assert_allclose(arrays.atan2(y, x), np.arctan2(y, x), rtol=3e-16)


def test_whole_powers(rng: np.random.Generator) -> None:
    x = rng.uniform(0, 3, 100)
    for n in (1, 2, 3, 7, 12):
        np.testing.assert_allclose(arrays.whole_power(x, n), x**n, rtol=1e-14)
