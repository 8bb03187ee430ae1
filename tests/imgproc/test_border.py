"""Every border against `numpy.pad`."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.borders import DOCUMENTATION, index_map
from helpers.vocabulary import BORDERS

import imgproc

pytestmark = pytest.mark.nojit

NUMPY_MODE = {
    "constant": "constant",
    "replicate": "edge",
    "reflect": "symmetric",
    "reflect_101": "reflect",
    "wrap": "wrap",
}
SIZES = (1, 2, 3, 4, 7, 16)
EXTENSIONS = ((0, 0), (1, 0), (0, 1), (3, 2), (5, 11), (40, 33))  # also beyond the size, several times over


def test_every_border_has_a_referee() -> None:
    assert set(NUMPY_MODE) == set(BORDERS)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("before", "after"), EXTENSIONS)
def test_index_map_is_numpy_pad(border: str, size: int, before: int, after: int) -> None:
    line = np.arange(size, dtype=np.intp)
    fill = {"constant_values": -1} if border == "constant" else {}
    expected = np.pad(line, (before, after), mode=NUMPY_MODE[border], **fill)
    indices = index_map(size, before, after, border)
    np.testing.assert_array_equal(indices, expected)
    assert indices.dtype == np.intp


@pytest.mark.parametrize("border", BORDERS)
def test_every_index_is_inside(border: str) -> None:
    for size in SIZES:
        indices = index_map(size, 50, 50, border)
        lowest = -1 if border == "constant" else 0
        assert indices.min() >= lowest
        assert indices.max() < size
        np.testing.assert_array_equal(indices[50:-50], np.arange(size))


def test_the_module_names_the_peers_modes() -> None:
    """The table in the module's docstring names numpy's modes as this test uses them."""
    for border, mode in NUMPY_MODE.items():
        row = next(line for line in DOCUMENTATION.splitlines() if line.startswith(f"{border} "))
        assert row.rstrip().endswith(f"``{mode}``")


def test_frames_of_many_reflections_are_not_opencv_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time for them grows with the square of their number: 50 s for a million rows."""
    monkeypatch.setattr(imgproc._core.border, "load_cv2", lambda: pytest.fail("asked for OpenCV"))
    image = np.arange(15, dtype=np.uint8).reshape(5, 3)
    for border, mode in (("reflect", "symmetric"), ("reflect_101", "reflect"), ("wrap", "wrap"), ("replicate", "edge")):
        found = imgproc.pad(image, padding=(300, 41, 2, 77), border=border)
        np.testing.assert_array_equal(found, np.pad(image, ((300, 41), (2, 77)), mode=mode), err_msg=border)
    assert imgproc.pad(image, padding=(10**6, 0, 0, 0), border="reflect").shape == (1000005, 3)


@pytest.mark.parametrize("padding", [((), 2, 3, 0), ((1, 2), 3), [[1], 2, 3, 4]])
def test_lists_of_lists_are_no_padding(padding: object) -> None:
    with pytest.raises(TypeError, match=r"padding\[0\] must be an integer"):
        imgproc.pad(np.zeros((3, 4)), padding=padding)
