"""Corruptions of ImageNet-C beside their reference formulas: exact for the same noise, noise by its statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import corruption as reference
from oracles.color import with_params
from PIL import Image
from skimage import data

import augment

STREAM, ANGLE = 1234, -31.0
FACE = np.ascontiguousarray(data.astronaut()[60:156:2, 180:276:2])
"""48 x 48 pixels of skin, hair and a collar."""

SEVERITIES: dict[str, dict[int, Any]] = {
    "gaussian_blur": {1: (1,), 5: (6,)},
    "defocus_blur": {1: (3, 0.1), 2: (4, 0.5), 5: (10, 0.5)},
    "glass_blur": {1: (STREAM, 0.7, 1, 2), 5: (STREAM, 1.5, 4, 2)},
    "motion_blur": {1: (10, 3, ANGLE), 5: (20, 15, ANGLE)},
    "zoom_blur": {1: (np.arange(1, 1.105, 0.01),), 5: (np.arange(1, 1.31, 0.03),)},
    "snow": {
        1: (STREAM, ANGLE - 60, (0.1, 0.3, 3, 0.5, 10, 4, 0.8)),
        5: (STREAM, ANGLE - 60, (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55)),
    },
    "frosted": {1: (STREAM, 1, 0.4), 5: (STREAM, 0.6, 0.75)},
    "fog": {1: (STREAM, 1.5, 2), 5: (STREAM, 3, 1.4)},
    "brightness": {1: (0.1,), 5: (0.5,)},
    "contrast": {1: (0.4,), 5: (0.05,)},
    "saturate": {1: (0.3, 0), 4: (5, 0.1), 5: (20, 0.2)},
    "spatter": {
        1: (STREAM, (0.65, 0.3, 4, 0.69, 0.6, 0)),
        3: (STREAM, (0.65, 0.3, 2, 0.68, 0.5, 0)),
        5: (STREAM, (0.67, 0.4, 1, 0.65, 1.5, 1)),
    },
}
"""The arguments of the reference, which has the name of the corruption; constants as they were published."""

TOLERANCE = {"zoom_blur": 1e-6, "gaussian_blur": 2e-3, "glass_blur": 2e-3, "spatter": 2e-3}
"""SciPy's kernels of wide Gaussians end elsewhere; all others agree to rounding, and textures are float32."""


def corrupted(name: str, severity: int, image: np.ndarray, **drawn: Any) -> np.ndarray:
    return with_params(augment.Corruption(name=name, severity=severity), image, stream=STREAM, **drawn)


@pytest.mark.parametrize("name", SEVERITIES)
def test_it_is_the_reference_formula(name: str) -> None:
    levels = FACE / 255
    ours = {"frosted": "frost"}.get(name, name)
    drawn = {"motion_blur": {"angle": ANGLE}, "snow": {"angle": ANGLE - 60}}.get(name, {})
    for severity, arguments in SEVERITIES[name].items():
        work = getattr(reference, {"motion_blur": "motion", "gaussian_blur": "smooth"}.get(name, name))
        expected = np.clip(work(levels, *arguments), 0, 1)
        found = corrupted(ours, severity, levels, **drawn)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE.get(name, 1e-5), err_msg=str(severity))
        eight = corrupted(ours, severity, FACE, **drawn)
        assert np.abs(eight - expected * 255).max() < 0.6 + 255 * TOLERANCE.get(name, 1e-5)


@pytest.mark.parametrize(("name", "low", "high"), [("motion_blur", -45.0, 45.0), ("snow", -135.0, -45.0)])
def test_directions_are_those_of_the_reference(name: str, low: float, high: float) -> None:
    chain = augment.Compose([augment.Corruption(name=name, severity=3, p=1.0)])
    angles = [chain.draw(key, (32, 32, 3))["steps"][0]["params"]["angle"] for key in range(200)]
    assert low <= min(angles) < low + 3
    assert high - 3 < max(angles) <= high


def test_noise_has_the_published_strength() -> None:
    grey = np.full((200, 200, 3), 0.4)
    for severity, scale in zip(range(1, 6), (0.08, 0.12, 0.18, 0.26, 0.38)):
        found = corrupted("gaussian_noise", severity, grey)
        inside = found[(found > 0) & (found < 1)]
        assert np.median(found) == pytest.approx(0.4, abs=0.01)
        assert np.percentile(inside, 60) - 0.4 == pytest.approx(0.2533 * scale, rel=0.35)
        assert found[found < 0.4].size == pytest.approx(grey.size / 2, rel=0.02)
        if severity < 3:
            assert found.std() == pytest.approx(scale, rel=0.02)
    for severity, photons in zip(range(1, 6), (60, 25, 12, 5, 3)):
        counts = corrupted("shot_noise", severity, grey / 2) * photons
        np.testing.assert_allclose(counts, np.rint(counts), atol=1e-4)
        assert counts.mean() == pytest.approx(0.2 * photons, rel=0.03)
        if severity < 3:
            assert counts.var() == pytest.approx(0.2 * photons, rel=0.05)
    for severity, amount in zip(range(1, 6), (0.03, 0.06, 0.09, 0.17, 0.27)):
        found = corrupted("impulse_noise", severity, grey)
        assert np.mean(found == 0) == pytest.approx(amount / 2, rel=0.1)
        assert np.mean(found == 1) == pytest.approx(amount / 2, rel=0.1)
        assert np.mean((found[..., 0] != 0.4) & (found[..., 1] != 0.4)) < amount / 2  # each channel by itself
    for severity, scale in ((1, 0.15), (2, 0.2)):
        assert corrupted("speckle_noise", severity, grey).std() == pytest.approx(0.4 * scale, rel=0.02)


@pytest.mark.parametrize("severity", range(1, 6))
def test_pixels_are_pillows_boxes(severity: int) -> None:
    small = int(48 * (0.6, 0.5, 0.4, 0.3, 0.25)[severity - 1])
    expected = Image.fromarray(FACE).resize((small, small), Image.Resampling.BOX).resize((48, 48), Image.Resampling.BOX)
    assert np.abs(corrupted("pixelate", severity, FACE).astype(int) - np.asarray(expected)).max() <= 1


def test_jpeg_has_the_published_quality() -> None:
    for severity, quality in zip(range(1, 6), (25, 18, 15, 10, 7)):
        expected = with_params(augment.Compression(), FACE, quality=quality)
        np.testing.assert_array_equal(corrupted("jpeg_compression", severity, FACE), expected)


def test_elastic_moves_by_the_published_distances() -> None:
    """Displacements of smooth noise: their deviation is that of uniform numbers over 2 sqrt(pi) sigma."""
    h = w = 120
    y, x = np.mgrid[:h, :w].astype(np.float64)
    picture = np.stack([y, x, y + x], axis=-1)
    for severity, (reach, sigma, move) in ((3, (12.2, 2.44, 4.88)), (5, (29.28, 2.44, 4.88))):
        found = corrupted("elastic_transform", severity, picture)[30:-30, 30:-30]
        away = found[..., :2] - picture[30:-30, 30:-30, :2]
        plane = np.stack([np.ones(3600), x[30:-30, 30:-30].ravel(), y[30:-30, 30:-30].ravel()], axis=-1)
        field = away.reshape(3600, 2)
        rest = field - plane @ np.linalg.lstsq(plane, field, rcond=None)[0]
        assert rest.std() == pytest.approx(reach * 3**-0.5 / (2 * np.pi**0.5 * sigma), rel=0.12)
        assert np.abs(field.mean(axis=0)).max() < 2 * move
    chain = augment.Compose([augment.Corruption(name="elastic_transform", severity=2, p=1.0)])
    moved = chain(image=FACE, boxes=[[10.0, 10.0, 30.0, 34.0]], labels=[1], key=3)
    assert np.abs(np.subtract(moved["boxes"], [[10.0, 10.0, 30.0, 34.0]])).max() > 0.5


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"name": "rain"}, ValueError, "name must be one of"),
        ({"name": "fog", "severity": 0}, ValueError, "severity must be"),
        ({"name": "fog", "severity": 6}, ValueError, "severity must be"),
        ({"name": "fog", "severity": 2.5}, TypeError, "severity must be"),
    ],
)
def test_what_is_no_corruption_is_refused(given: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        augment.Corruption(**given)
