"""Weather and lenses: equal to slow oracles for what was drawn, and the same textures everywhere."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from helpers.functions import example_image
from oracles import weather as oracle
from oracles.color import with_params
from scipy import ndimage

import augment
import imgproc
from augment import ChromaticAberration, Fog, GlassBlur, Rain, Ringing, Shadow, Snow, Spatter, SunFlare, ZoomBlur

ALL = (ChromaticAberration, Fog, GlassBlur, Rain, Ringing, Shadow, Snow, Spatter, SunFlare, ZoomBlur)
SIZE = (29, 32)
DTYPES = [np.uint8, np.uint16, np.float32, np.float64]
TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 1e-5, "float64": 1e-5}
"""Levels; textures are float32."""


def photo(dtype: Any = np.uint8, channels: int | None = 3, size: tuple[int, int] = SIZE) -> np.ndarray:
    image = example_image(np.dtype(dtype), size, channels)
    image.flags.writeable = False
    return image


def near(found: np.ndarray, expected: np.ndarray, times: float = 1.0, share: float = 0.02) -> None:
    assert found.dtype == expected.dtype
    difference = np.abs(found.astype(np.float64) - expected)
    assert difference.max() <= times * TOLERANCE[str(found.dtype)]
    assert np.mean(difference > 0.5) < share  # of the levels of integers: roundings that fall to the other side


@pytest.mark.parametrize("dtype", DTYPES)
def test_fog_is_a_layer_of_plasma(dtype: Any) -> None:
    stream, density, patchiness, level = 77, 0.8, 0.6, 0.9
    plasma = oracle.plasma(32, oracle.numbers_of(stream, (32, 32)), 0.42)[: SIZE[0]]
    cover = density * (1 - patchiness * (1 - plasma))
    for channels in (3, None):
        image = photo(dtype, channels)
        found = with_params(Fog(), image, density=density, patchiness=patchiness, level=level, stream=stream)
        near(found, oracle.over(image, cover, level))


def test_a_long_thin_image_has_fog_of_its_own_size() -> None:
    """The torus of a square with its longer side would have 10**12 numbers."""
    image = np.zeros((1, 1 << 20), np.uint8)
    found = with_params(Fog(), image, density=1.0, patchiness=1.0, level=1.0, stream=3)
    assert found.min() == 0 and found.max() == 255 and 100 < found.mean() < 155


def test_a_streak_is_where_it_was_drawn() -> None:
    """One drop over black: a line of its length, width and slant, brightest in its middle, and dimmed light around."""
    rain = Rain(width=0.02, level=1.0)
    image = photo(np.float64, None, (200, 200))
    drawn = {"length": 0.3, "angle": 20.0, "opacity": 1.0, "dimming": 0.4}
    for stream in range(40):
        found = with_params(rain, image, drops=1, stream=stream, **drawn) - (image + 0.4 * (0.25 - image))
        y, x = np.nonzero(found > 1e-9)
        if y.size and y.min() > 0 and y.max() < 199 and x.min() > 0 and x.max() < 199:
            break
    near = oracle.uniforms(stream, 1, 2)[0] ** 2
    length = 60 * (0.3 + 0.7 * near)
    assert abs((y.max() - y.min()) - length * np.cos(np.deg2rad(20))) < 2
    assert np.polyfit(y, x, 1)[0] == pytest.approx(np.tan(np.deg2rad(20)), rel=0.15)
    assert x.size == pytest.approx(length * (4 * (0.3 + 0.7 * near) + 1), rel=0.25)
    assert abs(np.argmax(found.max(axis=1)) - (y.max() + y.min()) / 2) < 4


def test_rain_is_rain_at_every_size() -> None:
    """Streaks cover the same share of a small image and of a large one."""
    shares = []
    for side in (64, 256, 1024):
        image = np.zeros((side, side), np.float32)
        drops = {"drops": 400, "length": 0.1, "angle": 5.0, "opacity": 0.8, "dimming": 0.0}
        shares.append(np.mean([with_params(Rain(), image, stream=s, **drops).mean() for s in range(4)]))
    assert max(shares) < 1.5 * min(shares)


@pytest.mark.parametrize("dtype", DTYPES)
def test_flakes_are_ellipses_by_their_formula(dtype: Any) -> None:
    image = photo(dtype, None, (60, 47))
    drawn = {"radius": 0.1, "stretch": 1.8, "angle": 25.0, "opacity": 0.9, "whitening": 0.3}
    found = with_params(Snow(), image, flakes=25, stream=5, **drawn)
    expected = oracle.snow(image / oracle.full_scale(image.dtype), 5, round(25 * 60 / 47), drawn)
    near(found, oracle.stored(expected, image.dtype), times=2, share=0.1)  # each flake is rounded


@pytest.mark.parametrize("dtype", DTYPES)
def test_shadows_are_polygons_with_soft_rims(dtype: Any) -> None:
    image = photo(dtype, 3, (60, 47))
    for softness in (0.0, 0.2):
        drawn = {"strength": 0.7, "extent": 0.6, "softness": softness}
        found = with_params(Shadow(), image, shadows=3, stream=9, **drawn)
        near(found, oracle.over(image, oracle.shadow((60, 47), 9, 3, drawn), 0.0))


def test_a_flare_adds_light_around_its_source_and_ghosts_on_its_line() -> None:
    black = np.zeros((120, 160, 3))
    drawn = {"x": 0.2, "y": 0.25, "radius": 0.5, "intensity": 0.9, "stream": 3}
    alone = with_params(SunFlare(), black, ghosts=0, **drawn)
    py, px = np.mgrid[:120, :160] + 0.5
    distance = np.hypot(px - 32, py - 30)
    assert alone[30, 32, 0] == pytest.approx(0.9, abs=0.01)  # its middle has its intensity, in red
    np.testing.assert_allclose(alone[30, 32] / alone[30, 32, 0], (1.0, 0.93, 0.8), rtol=1e-5)
    assert alone[distance > 61].max() < 0.01  # the core alone reaches beyond the glow
    means = [alone[..., 0][(distance >= r) & (distance < r + 5)].mean() for r in range(0, 60, 5)]
    assert min(means) > 0 and np.argmax(means) == 0
    ghosts = (with_params(SunFlare(), black, ghosts=6, **drawn) - alone).max(axis=-1)
    t = ((px - 32) * (80 - 32) + (py - 30) * (60 - 30)) / (48**2 + 30**2)
    beside = np.hypot(px - 32 - t * 48, py - 30 - t * 30)
    assert ghosts.min() > -1e-6 and ghosts.max() > 0.02
    assert ghosts[beside > 0.125 * 120 + 1].max() < 1e-6
    image = photo(np.uint8)
    assert (with_params(SunFlare(), image, ghosts=6, **drawn) >= image).all()


def test_smooth_noise_is_a_spline_surface() -> None:
    for spacing in (3.0, 7.3):
        np.testing.assert_allclose(*oracle.splines((40, 33), 21, spacing), atol=1e-6)


@pytest.mark.parametrize("kind", ["water", "mud"])
def test_spatter_covers_its_share_and_leaves_the_rest(kind: str) -> None:
    for side in (96, 400):
        image = np.full((side, side, 3), 0.5, np.float32)
        drawn = {"amount": 0.2, "extent": 0.03, "opacity": 0.8}
        found = with_params(Spatter(kind=kind), image, stream=4, **drawn)
        changed = (found != image).any(axis=-1)
        assert 0.17 < changed.mean() < 0.3  # rims are soft
        middle = found[np.abs(found - image).max(axis=-1) > 0.1].mean(axis=0)
        assert (middle[0] < middle[2]) == (kind == "water") and (middle.mean() > 0.5) == (kind == "water")


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_zoom_blur_is_the_mean_of_views(dtype: Any) -> None:
    """Of a smooth picture, so that to interpolate twice blurs little more; OpenCV enlarges, in single precision."""
    y, x = np.mgrid[:90, :120]
    levels = 0.5 + 0.2 * np.sin(x / 9.0) + 0.2 * np.cos(y / 11.0 + x / 30.0)
    image = oracle.stored(np.stack([levels, levels**2, 1 - levels], axis=-1), dtype)
    views = []
    for k in range(8):  # 11 pixels at the border are 4 views, and up to 3 pixels apart
        zoom = 1.2 ** (k / 7)
        matrix = np.array([[zoom, 0, 60 * (1 - zoom) + (zoom - 1) / 2], [0, zoom, 45 * (1 - zoom) + (zoom - 1) / 2]])
        views.append(cv2.warpAffine(image.astype(np.float32), matrix, (120, 90), borderMode=cv2.BORDER_REPLICATE))
    found, expected = with_params(ZoomBlur(), image, factor=1.2), np.mean(views, axis=0)
    scale = oracle.full_scale(image.dtype)
    assert np.abs(found[2:-2, 2:-2] - expected[2:-2, 2:-2]).max() <= (0.5 if scale > 1 else 0) + 0.008 * scale
    flat = photo(dtype, 3) * 0 + image[0, 0]
    np.testing.assert_allclose(with_params(ZoomBlur(), flat, factor=1.5), flat, rtol=1e-12)


def test_zoom_blur_of_bytes_is_that_of_floats_rounded() -> None:
    """Of noise, of every number of channels, and of lines that are shorter than a block."""
    for shape in ((37, 45, 3), (50, 61), (30, 7, 4), (5, 9, 1)):
        image = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)
        for factor in (1.02, 1.3, 4.0):
            found, exact = (with_params(ZoomBlur(), given, factor=factor) for given in (image, image / 255))
            assert np.abs(found - 255 * exact).max() < 0.52


def test_glass_scatters_pixels_by_every_move_alike() -> None:
    """Of an image that says where its pixels are; a blur this narrow does nothing."""
    h, w = 60, 80
    y, x = np.mgrid[:h, :w].astype(np.float64)
    image = np.stack([y, x, y + x], axis=-1)
    glass = GlassBlur(iterations=1, sigma=(1e-9, 1e-9))
    found = with_params(glass, image, sigma=1e-9, distance=0.05, stream=12)
    inside = slice(4, -4)
    moves = np.rint(found - image)[inside, inside]
    np.testing.assert_allclose(moves[..., 0] + moves[..., 1], moves[..., 2], atol=0.1)
    assert np.abs(moves[..., :2]).max() == 3
    counts = np.histogram2d(moves[..., 0].ravel(), moves[..., 1].ravel(), bins=np.arange(-3.5, 4))[0]
    assert abs(counts / counts.mean() - 1).max() < 0.45  # 76 of each of the 49 moves
    assert (found >= 0).all() and (found[..., 1] <= w - 1).all()
    twice = with_params(GlassBlur(iterations=2), image, sigma=1e-9, distance=0.05, stream=12)
    assert 3 < np.abs(twice - image)[inside, inside, :2].max() <= 6.1


@pytest.mark.parametrize("dtype", DTYPES)
def test_red_and_blue_are_magnified_and_green_stays(dtype: Any) -> None:
    image = photo(dtype, 3, (40, 53))
    for red, blue in ((0.05, -0.1), (0.0, 0.2)):
        found = with_params(ChromaticAberration(), image, red=red, blue=blue)
        planes = [oracle.magnified(image[..., c], 1 + shift) for c, shift in enumerate((red, 0.0, blue))]
        near(found, oracle.stored(np.stack(planes, -1) / oracle.full_scale(image.dtype), image.dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_ringing_is_the_circular_sinc_filter(dtype: Any) -> None:
    image = photo(dtype, None, (40, 33))
    levels = image / oracle.full_scale(image.dtype)
    for radius, cutoff in ((3, 1.5), (7, 0.8)):
        expected = ndimage.correlate(levels, oracle.jinc(radius, cutoff), mode="mirror")
        found = with_params(Ringing(), image, radius=radius, cutoff=cutoff)
        near(found, oracle.stored(expected, image.dtype), share=0.1)  # sums of bytes are exact to a quarter of a level
    step = np.full((40, 60), 0.2)
    step[:, 30:] = 0.8
    assert with_params(Ringing(), step, radius=7, cutoff=1.0).max() > 0.82


def test_ringing_of_bytes_keeps_what_is_flat_and_overflows_nowhere() -> None:
    for radius, cutoff in ((3, 0.8), (7, 1.57), (8, 1.9)):
        for level in (0, 1, 127, 128, 129, 254, 255):
            flat = np.full((20, 21), level, np.uint8)
            np.testing.assert_array_equal(with_params(Ringing(), flat, radius=radius, cutoff=cutoff), flat)
        worst = np.where(oracle.jinc(radius, cutoff) > 0, 255, 0).astype(np.uint8)
        for image in (worst, 255 - worst):
            found = with_params(Ringing(), image, radius=radius, cutoff=cutoff)
            floats = with_params(Ringing(), image / 255, radius=radius, cutoff=cutoff)
            assert np.abs(found - np.clip(floats * 255, 0, 255)).max() < 0.8


def test_ringing_of_bytes_is_that_of_floats_rounded() -> None:
    """Of noise, of every radius that bytes have, also where the image is smaller."""
    for shape, radii in (((1, 9, 3), (1, 4)), ((8, 5), (2, 7)), ((24, 21, 4), (3, 6)), ((30, 31, 3), (5, 8))):
        image = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)
        for radius in radii:
            for cutoff in (0.2, 0.8, 1.6, 3.1416):
                drawn = {"radius": radius, "cutoff": cutoff}
                found, exact = (with_params(Ringing(), given, **drawn) for given in (image, image / 255))
                assert np.abs(found - np.clip(255 * exact, 0, 255)).max() < 0.75


@pytest.mark.parametrize("name", [kind.__name__ for kind in ALL])
def test_threads_change_nothing(name: str) -> None:
    """Of an image that is large enough to be cut into bands."""
    image = np.random.default_rng(1).integers(0, 256, (523, 511, 3)).astype(np.uint8)
    chain = augment.Compose([getattr(augment, name)(p=1.0)], seed=2)
    before, found = imgproc.get_num_threads(), []
    try:
        for threads in (1, 3):
            imgproc.set_num_threads(threads)
            found.append(chain(image=image, key=4)["image"])
    finally:
        imgproc.set_num_threads(before)
    np.testing.assert_array_equal(*found)
