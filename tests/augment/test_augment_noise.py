"""Noise: what is drawn, its law on flat images, and what it leaves alone."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.machine import run
from helpers.subjects import transforms_of
from helpers.transforms import Transform
from helpers.vocabulary import DTYPES
from oracles.color import applied, draws, frame_of, stages_of, with_params

import augment
from augment.noise import GaussianNoise, ISONoise, PoissonNoise, SaltAndPepper, SpeckleNoise

INVENTORY: list[Transform] = [*transforms_of("noise", without=("AddNoise",)), SpeckleNoise(per_channel=False)]
SIZE = (200, 150)

every_transform = pytest.mark.parametrize("transform", INVENTORY, ids=lambda t: repr(t).replace(" ", ""))
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def flat(level: float, dtype: str = "f8", channels: int = 3) -> np.ndarray:
    return np.full((*SIZE, channels), level, dtype)


@every_transform
@every_dtype
def test_same_key_same_noise(transform: Transform, dtype: np.dtype) -> None:
    image = example_image(dtype, (31, 43), 3)
    image.flags.writeable = False
    frame = frame_of(image)
    results = []
    for key in range(3):
        params = transform.draw(draws(key), frame)
        read = json.loads(json.dumps(params))
        assert read == params
        assert transform.lower(read, frame) == transform.lower(params, frame)
        result = run(image, transform.lower(read, frame))
        assert (result.shape, result.dtype) == (image.shape, image.dtype)
        assert result.tobytes() == applied(transform, image, key).tobytes()
        results.append(result.tobytes())
    assert len(set(results)) == 3
    copy = pickle.loads(pickle.dumps(transform))
    assert copy == eval(repr(transform), vars(augment)) == transform


@every_transform
@pytest.mark.parametrize("channels", [None, 1, 5])
def test_any_number_of_channels_but_for_iso_noise(transform: Transform, channels: int | None) -> None:
    image = example_image(np.uint8, (31, 43), channels)
    if isinstance(transform, ISONoise):
        with pytest.raises(ValueError, match="image must be RGB for ISONoise"):
            applied(transform, image)
    else:
        result = applied(transform, image)
        assert result.shape == image.shape
        assert (result != image).any()


@every_transform
def test_nan_stays_where_it_is(transform: Transform) -> None:
    image = example_image(np.float32, (31, 43), 3)
    image[5, 6] = np.nan
    result = np.isnan(applied(transform, image, 1)).any(axis=2)
    assert result.sum() == 1
    assert result[5, 6]


@pytest.mark.parametrize(
    ("kind", "name", "wrong"),
    [
        (GaussianNoise, "sigma", (-0.1, 0.1)),
        (GaussianNoise, "mean", (0.1, -0.1)),
        (PoissonNoise, "peak", (0.0, 10.0)),
        (SpeckleNoise, "sigma", (-0.1, 0.1)),
        (ISONoise, "color", (-0.1, 0.1)),
        (ISONoise, "intensity", (0.5, 0.1)),
        (SaltAndPepper, "amount", (0.5, 1.1)),
        (SaltAndPepper, "salt", (-0.5, 0.5)),
    ],
)
def test_ranges_are_checked(kind: type[Transform], name: str, wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=name):
        kind(**{name: wrong})
    for value in (0.5, (0.5,), "ab", None):
        with pytest.raises(TypeError, match=rf"{name}(\[\d\])? must"):
            kind(**{name: value})
    assert getattr(kind(**{name: [0.25, 0.25]}), name) == (0.25, 0.25)


@pytest.mark.parametrize("kind", [GaussianNoise, SpeckleNoise])
def test_per_channel_is_a_truth_value(kind: type[Transform]) -> None:
    with pytest.raises(TypeError, match="per_channel must be True or False, got 0"):
        kind(per_channel=0)


def test_draws_fill_their_ranges() -> None:
    frame = frame_of(flat(0.5))
    for transform in INVENTORY:
        drawn = [transform.draw(draws(key), frame) for key in range(300)]
        assert len({d["stream"] for d in drawn}) == 300
        for name in drawn[0].keys() - {"stream"}:
            low, high = getattr(transform, name)
            values = [d[name] for d in drawn]
            assert low <= min(values) <= max(values) <= high * (1 + 1e-12)
            if name != "peak":
                assert max(values) - min(values) >= 0.95 * (high - low)
    peaks = np.log([PoissonNoise(peak=(10, 1000)).draw(draws(key), frame)["peak"] for key in range(500)])
    assert peaks.mean() == pytest.approx(np.log(100), abs=0.2)
    assert (peaks.min(), peaks.max()) == pytest.approx((np.log(10), np.log(1000)), abs=0.1)


def test_gaussian_noise_has_the_law_drawn() -> None:
    noise = with_params(GaussianNoise(), flat(0.5), sigma=0.1, mean=0.2, stream=5) - 0.5
    assert noise.mean() == pytest.approx(0.2, abs=0.002)
    assert noise.std() == pytest.approx(0.1, rel=0.01)
    assert abs(np.corrcoef(noise.reshape(-1, 3).T)[np.triu_indices(3, 1)]).max() < 0.02
    assert abs(np.corrcoef(noise[:, 1:, 0].ravel(), noise[:, :-1, 0].ravel())[0, 1]) < 0.02
    same = with_params(GaussianNoise(per_channel=False), flat(0.5), sigma=0.1, mean=0.0, stream=5)
    assert (same == same[..., :1]).all()
    assert same.std() == pytest.approx(0.1, rel=0.02)
    other = with_params(GaussianNoise(), flat(0.5), sigma=0.1, mean=0.2, stream=6) - 0.5
    assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.02


def test_integers_get_the_noise_of_floats_rounded() -> None:
    noisy = with_params(GaussianNoise(), flat(0.4, "f8"), sigma=0.05, mean=0.0, stream=9)
    bytes_ = with_params(GaussianNoise(), np.full((*SIZE, 3), 102, np.uint8), sigma=0.05, mean=0.0, stream=9)
    assert np.abs(bytes_ - noisy * 255).max() <= 0.51


def test_poisson_noise_counts_photons() -> None:
    for level, peak in ((0.5, 100.0), (0.9, 20.0), (0.2, 5.0)):
        noisy = with_params(PoissonNoise(), flat(level), peak=peak, stream=3)
        counts = noisy * peak
        np.testing.assert_allclose(counts, np.rint(counts), atol=1e-6)
        assert counts.mean() == pytest.approx(level * peak, rel=0.02)
        assert counts.var() == pytest.approx(level * peak, rel=0.05)
    assert (with_params(PoissonNoise(), flat(0.0), peak=50.0, stream=3) == 0).all()


def test_speckle_noise_grows_with_the_level() -> None:
    for level in (0.0, 0.25, 0.8):
        noisy = with_params(SpeckleNoise(), flat(level), sigma=0.1, stream=4)
        assert noisy.mean() == pytest.approx(level, rel=0.01)
        assert noisy.std() == pytest.approx(0.1 * level, rel=0.02)
    same = with_params(SpeckleNoise(per_channel=False), flat(0.5), sigma=0.1, stream=4)
    assert (same == same[..., :1]).all()


def test_iso_noise_keeps_greys_grey_and_colours_waver() -> None:
    noisy = with_params(ISONoise(), flat(0.5), color=0.05, intensity=0.5, stream=8)
    np.testing.assert_allclose(noisy, np.repeat(noisy[..., :1], 3, axis=2), atol=1e-12)
    assert 0.01 < noisy.std() < 0.2
    red = flat(0.5) * [1.0, 0.2, 0.2]
    waver = with_params(ISONoise(), red, color=0.05, intensity=0.5, stream=8)
    still = with_params(ISONoise(), red, color=0.0, intensity=0.5, stream=8)
    assert (still[..., 1] - still[..., 2]).std() < 1e-9 < 0.001 < (waver[..., 1] - waver[..., 2]).std()
    np.testing.assert_array_equal(with_params(ISONoise(), red, color=0.05, intensity=0.0, stream=8).round(9), red)


def test_salt_and_pepper_has_the_shares_drawn() -> None:
    noisy = with_params(SaltAndPepper(), flat(0.5), amount=0.1, salt=0.3, stream=2)
    assert set(np.unique(noisy)) == {0.0, 0.5, 1.0}
    assert (noisy == noisy[..., :1]).all()
    assert (noisy == 1.0).mean() == pytest.approx(0.03, rel=0.1)
    assert (noisy == 0.0).mean() == pytest.approx(0.07, rel=0.1)
    assert (with_params(SaltAndPepper(), flat(0.5), amount=1.0, salt=1.0, stream=2) == 1.0).all()


def test_each_is_one_operation() -> None:
    for transform in INVENTORY:
        assert len(stages_of(transform, flat(0.5))) == 1
