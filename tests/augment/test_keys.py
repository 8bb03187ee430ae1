"""Keyed draws: Philox against its published vectors and plain Python, uniformity, independence, bad keys."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from helpers.transforms import (
    FIRST_DRAWS,
    Draws,
    address,
    draw_block,
    fresh_key,
    key_words,
    philox_kernel,
    stream_uniforms,
)
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

WORD, DOUBLE = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def philox(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    """Philox 4x32-10 in Python's integers, after the paper."""
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k, q & WORD, (p >> 32) ^ d ^ m, p & WORD
        k, m = (k + 0x9E3779B9) & WORD, (m + 0xBB67AE85) & WORD
    return a, b, c, d


def halves(word: int) -> tuple[int, int]:
    return word & WORD, word >> 32


def block(words: tuple[int, ...], seed: int, place: int, number: int) -> list[float]:
    """One block of four uniforms, as `_keys` defines it."""
    state = len(words)
    for word in words:
        a, b, _, _ = philox((*halves(word), *halves(state)), halves(seed))
        state = a | b << 32
    return [(v + 0.5) / 2**32 for v in philox((*halves((place << 20) + number), *halves(state)), halves(seed))]


def values(keys: Any, seed: int = 7, places: Any = (0,), first: int = 0, blocks: int = 1) -> np.ndarray:
    table = np.array([key_words(key) for key in keys], np.uint64)
    return draw_block(table, seed, np.array(places, np.uint64), first, blocks)


def draws(key: Any, seed: int = 7, place: int = 5) -> Draws:
    """As a chain makes them for one of its transforms."""
    words = np.array([key_words(key)], np.uint64)
    start = draw_block(words, seed, np.array([place], np.uint64), 0, FIRST_DRAWS // 4)[0, 0].tolist()
    return Draws(start, words, seed, place)


# --- the generator ----------------------------------------------------------------------------------------------------

# kat_vectors of Random123, philox4x32 with 10 rounds: counter, key, result.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@pytest.mark.nojit
@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter: str, key: str, expected: str) -> None:
    words = [int(word, 16) for word in f"{counter} {key}".split()]
    result = tuple(int(word, 16) for word in expected.split())
    assert tuple(int(v) for v in philox_kernel(*(np.uint64(word) for word in words))) == result
    assert philox(tuple(words[:4]), (words[4], words[5])) == result


@pytest.mark.nojit
@given(
    st.lists(st.integers(0, DOUBLE), min_size=1, max_size=4),
    st.integers(0, DOUBLE),
    st.integers(0, (1 << 44) - 1),
    st.integers(0, 1 << 18),
)
def test_blocks_are_where_their_address_says(words: list[int], seed: int, place: int, first: int) -> None:
    found = draw_block(np.array([words], np.uint64), seed, np.array([place, place ^ 1], np.uint64), first, 2)
    assert found.shape == (1, 2, 8)
    for j, p in enumerate((place, place ^ 1)):
        assert found[0, j].tolist() == block(tuple(words), seed, p, first) + block(tuple(words), seed, p, first + 1)


def test_a_draw_does_not_depend_on_its_company() -> None:
    keys = [(1, 2), (3, 4), (5, 6)]
    together = values(keys, places=(10, 20, 30), blocks=4)
    for i, key in enumerate(keys):
        for j, place in enumerate((10, 20, 30)):
            for b in range(4):
                alone = values([key], places=(place,), first=b)
                np.testing.assert_array_equal(alone[0, 0], together[i, j, 4 * b : 4 * b + 4])


def test_threads_draw_the_same() -> None:
    expected = values(range(200), places=range(9), blocks=4)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: values(range(200), places=range(9), blocks=4), range(16)):
            np.testing.assert_array_equal(found, expected)


# --- statistics -------------------------------------------------------------------------------------------------------

LEAST = 1e-4
"""Draws are the same in every run, so a p-value below this is no bad luck that comes back."""

SAMPLES = {
    "keys in a row": lambda: values(range(20000))[:, 0, 0],
    "negative keys": lambda: values(range(-20000, 0))[:, 0, 1],
    "epochs": lambda: values([(epoch, 3) for epoch in range(20000)])[:, 0, 2],
    "indices": lambda: values([(3, index) for index in range(20000)])[:, 0, 3],
    "addresses": lambda: values([0], places=range(20000))[0, :, 0],
    "blocks": lambda: values([0], blocks=5000)[0, 0],
    "seeds": lambda: np.concatenate([values([0], seed=seed)[0, 0] for seed in range(5000)]),
    "high keys": lambda: values([k << 44 for k in range(20000)])[:, 0, 0],
    "stream": lambda: stream_uniforms(123456789, 20001),
    "streams": lambda: np.concatenate([stream_uniforms(s, 4) for s in range(5000)]),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_uniform(name: str) -> None:
    sample = SAMPLES[name]()
    assert len(sample) >= 20000
    assert sample.min() > 0
    assert sample.max() < 1
    assert stats.kstest(sample, "uniform").pvalue > LEAST
    for bins in (10, 256):
        counts, _ = np.histogram(sample, bins, (0, 1))
        assert stats.chisquare(counts).pvalue > LEAST
    # The lowest of the 32 bits are as good as the highest.
    low = (sample * 2**32).astype(np.uint64) & np.uint64(255)
    assert stats.chisquare(np.bincount(low.astype(np.int64), minlength=256)).pvalue > LEAST


@pytest.mark.parametrize("name", SAMPLES)
def test_neighbours_are_independent(name: str) -> None:
    sample = SAMPLES[name]()
    for lag in (1, 2, 4, 16):
        a, b = sample[:-lag], sample[lag:]
        assert stats.pearsonr(a, b).pvalue > LEAST
        pairs, _, _ = np.histogram2d(a, b, 10, [(0, 1), (0, 1)])
        assert stats.chisquare(pairs.ravel()).pvalue > LEAST


def independent(a: np.ndarray, b: np.ndarray) -> bool:
    pairs, _, _ = np.histogram2d(a.ravel(), b.ravel(), 10, [(0, 1), (0, 1)])
    return stats.pearsonr(a.ravel(), b.ravel()).pvalue > LEAST and stats.chisquare(pairs.ravel()).pvalue > LEAST


def test_keys_seeds_and_addresses_are_independent_of_each_other() -> None:
    keys = range(3000)
    here = values(keys, places=(1,))
    assert independent(here, values(keys, seed=8, places=(1,)))
    assert independent(here, values(keys, seed=7 | 1 << 63, places=(1,)))
    assert independent(here, values(keys, places=(2,)))
    assert independent(here, values(keys, places=(1 << 43 | 1,)))
    assert independent(here, values([(0, k) for k in keys], places=(1,)))
    assert independent(here, values([(k, 0) for k in keys], places=(1,)))
    assert independent(here, values(keys, places=(1,), first=1))
    assert independent(here[:, 0, 0], here[:, 0, 1])


def test_every_bit_of_key_seed_and_address_counts() -> None:
    base = values([(0, 0)], seed=0, places=(0,))[0, 0]
    seen = {tuple(base.tolist())}
    for bit in range(64):
        seen.add(tuple(values([(1 << bit, 0)], seed=0)[0, 0].tolist()))
        seen.add(tuple(values([(0, 1 << bit)], seed=0)[0, 0].tolist()))
        seen.add(tuple(values([(0, 0)], seed=1 << bit)[0, 0].tolist()))
    for bit in range(44):
        seen.add(tuple(values([(0, 0)], seed=0, places=(1 << bit,))[0, 0].tolist()))
    assert len(seen) == 1 + 3 * 64 + 44
    for length in range(1, 6):
        seen.add(tuple(values([(0,) * length], seed=0)[0, 0].tolist()))
    assert len(seen) == 1 + 3 * 64 + 44 + 4


# --- addresses and keys -----------------------------------------------------------------------------------------------


def test_addresses_are_44_bits_and_never_change() -> None:
    # All results of all chains hang on these.
    assert address("HorizontalFlip", 0) == 8445195363068
    assert address("Affine", 3) == 11957110305298
    every = {address(name, k) for name in ("Affine", "Rotate", "Flip", "A", "") for k in range(200)}
    assert len(every) == 1000
    assert max(every) < 1 << 44
    assert max(every) > 1 << 43


def test_draws_never_change() -> None:
    found = values([(3, 141)], seed=59, places=(address("HorizontalFlip", 0),))[0, 0]
    assert (found * 2**32 - 0.5).tolist() == [3547876340, 2369696073, 2435245373, 1130982426]


def test_fresh_keys() -> None:
    keys = [fresh_key() for _ in range(1000)]
    assert len(set(keys)) == 1000
    assert min(keys) >= 0
    assert 1 << 52 < max(keys) < 1 << 53
    assert all(json.loads(json.dumps(key)) == key == int(float(key)) for key in keys)


@pytest.mark.nojit
@pytest.mark.parametrize(
    ("key", "words"),
    [
        (0, (0,)),
        (5, (5,)),
        ((5,), (5,)),
        ([1, 2], (1, 2)),
        ((1, 2, 3), (1, 2, 3)),
        (-1, (DOUBLE,)),
        ((-(1 << 63), DOUBLE), (1 << 63, DOUBLE)),
        (np.int64(-2), (DOUBLE - 1,)),
        ((np.uint64(DOUBLE), np.int8(3)), (DOUBLE, 3)),
    ],
)
def test_keys_as_words(key: Any, words: tuple[int, ...]) -> None:
    found = key_words(key)
    assert found == words
    assert all(type(word) is int for word in found)


@pytest.mark.nojit
@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (1 << 64, ValueError, "key must fit 64 bits, got 18446744073709551616"),
        (-(1 << 63) - 1, ValueError, "key must fit 64 bits, got -9223372036854775809"),
        ((0, 1 << 64), ValueError, r"key\[i\] must fit 64 bits"),
        ((), ValueError, "key must be an integer or a tuple of integers, got an empty tuple"),
        ([], ValueError, "got an empty list"),
        (1.0, TypeError, "key must be an integer, got float"),
        ("1", TypeError, "key must be an integer, got str"),
        (None, TypeError, "key must be an integer, got None"),
        (True, TypeError, "key must be an integer, got bool"),
        ((1, None), TypeError, r"key\[i\] must be an integer, got None"),
        ((1, (2, 3)), TypeError, r"key\[i\] must be an integer, got tuple"),
        (np.array([1, 2]), TypeError, "key must be an integer, got ndarray"),
        ({1, 2}, TypeError, "key must be an integer, got set"),
    ],
)
def test_refuses_keys(key: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        key_words(key)


def test_messages_about_keys_use_the_name_given() -> None:
    with pytest.raises(TypeError, match="keys must be an integer, got str"):
        key_words("a", "keys")


# --- draws ------------------------------------------------------------------------------------------------------------


@pytest.mark.nojit
@pytest.mark.parametrize("key", [0, -5, (3, 4), 1 << 63, (1, 2, 3, 4, 5)])
def test_units_go_on_block_after_block(key: Any) -> None:
    rng = draws(key)
    found = [rng.unit() for _ in range(150)]
    expected = values([key], places=(5,), blocks=38)[0, 0][:150].tolist()
    assert found == expected
    assert all(type(v) is float for v in found[:20])


@pytest.mark.nojit
def test_uniform_spans_its_range() -> None:
    rng, units = draws(1), draws(1)
    for low, high in [(0, 1), (-3.5, 2), (5, 5), (1e9, 2e9), (2, -2)]:
        assert rng.uniform(low, high) == pytest.approx(low + (high - low) * units.unit())


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 3), (5, 5), (0, 99), (-1, 255)])
def test_integers_include_both_ends_all_alike(low: int, high: int) -> None:
    rng = draws((low, high))
    found = [rng.integer(low, high) for _ in range(200 * (high - low + 1))]
    assert all(type(v) is int for v in found)
    counts = Counter(found)
    assert sorted(counts) == list(range(low, high + 1))
    if high > low:
        assert stats.chisquare(list(counts.values())).pvalue > LEAST


@pytest.mark.nojit
def test_integers_stay_inside_at_the_ends_of_the_units() -> None:
    words = np.array([[0]], np.uint64)
    for n in (1, 2, 3, 255, 1 << 20, 1 << 40):
        rng = Draws([0.5 / 2**32, 1 - 0.5 / 2**32, 1 - 2**-53], words, 0, 0)
        assert rng.integer(10, 9 + n) == 10 + int(n * 0.5 / 2**32)
        assert 10 <= rng.integer(10, 9 + n) <= 9 + n
        assert rng.integer(10, 9 + n) <= 9 + n


def test_picks_are_all_alike() -> None:
    rng = draws(2)
    counts = Counter(rng.pick("abcde") for _ in range(2000))
    assert sorted(counts) == list("abcde")
    assert stats.chisquare(list(counts.values())).pvalue > LEAST
    assert rng.pick([(1, 2)]) == (1, 2)


def test_permutations_are_all_alike() -> None:
    rng = draws(3)
    counts = Counter(tuple(rng.permutation(4)) for _ in range(24 * 200))
    assert len(counts) == 24
    assert all(sorted(order) == [0, 1, 2, 3] for order in counts)
    assert stats.chisquare(list(counts.values())).pvalue > LEAST
    assert rng.permutation(1) == [0]
    assert rng.permutation(0) == []
    # Where each number lands, in a longer one.
    places = np.array([rng.permutation(10) for _ in range(3000)])
    for column in places.T:
        assert stats.chisquare(np.bincount(column, minlength=10)).pvalue > LEAST


@pytest.mark.nojit
def test_streams_are_names_of_52_bits() -> None:
    rng, units = draws(4), draws(4)
    names = [rng.stream() for _ in range(50)]
    assert all(type(name) is int and 0 <= name < 1 << 52 for name in names)
    assert len(set(names)) == 50
    assert max(names) > 1 << 51
    assert names[0] == int(units.unit() * 2**26) * 2**26 + int(units.unit() * 2**26)
    assert all(json.loads(json.dumps(name)) == name for name in names)


def test_streams_use_all_their_bits() -> None:
    names = np.array([draws(key).stream() for key in range(4000)], np.int64)
    ones = [(int(((names >> bit) & 1).sum())) for bit in range(52)]
    assert min(stats.binomtest(count, 4000).pvalue for count in ones) > LEAST


def test_a_stream_is_the_same_however_much_of_it_is_asked() -> None:
    whole = stream_uniforms(987654321, 1000)
    assert whole.dtype == np.float64
    for count in (0, 1, 3, 4, 5, 999):
        np.testing.assert_array_equal(stream_uniforms(987654321, count), whole[:count])
    assert whole[:4].tolist() == block((987654321,), 0, 0, 0)
    assert independent(whole, stream_uniforms(987654322, 1000))
