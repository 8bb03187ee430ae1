"""What is worked on in pieces gives the picture of the whole: nothing may show where two pieces meet.

Large images are cut into bands, tiles and blocks by limits inside the library, which no image of a test reaches.  Here
all limits at once are so small that every function on images cuts its example, and the results are those of the whole.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers.functions import example_call, example_image, image_functions, takes_channels, variants
from helpers.pieces import SIZES, in_small_pieces, limits

SIZE = (75, 61)
FUNCTIONS = {
    name: function
    for name, function in image_functions().items()
    if not function.__module__.startswith("imgproc.inpaint.")  # holes are not cut
}


def test_every_limit_is_known() -> None:
    known = {f"{module.__name__}.{name}" for module, sizes in SIZES.values() for name in sizes}
    assert limits() <= known, "add the new limits to helpers.pieces.SIZES, or their module to OTHER with the reason"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_pieces_make_the_whole(monkeypatch: pytest.MonkeyPatch, name: str, dtype: str) -> None:
    function = FUNCTIONS[name]
    channels = 3 if takes_channels(function, 3) else None
    image = example_image(np.dtype(dtype), SIZE, channels)
    for options in variants(function, image):
        args, kwargs = example_call(function, image, **options)
        whole = function(*args, **kwargs)
        with monkeypatch.context() as changed:
            for what in SIZES:
                in_small_pieces(changed, what)
            pieces = function(*args, **kwargs)
        assert pieces.dtype == whole.dtype, options
        if whole.dtype.kind in "fc":
            limit = 1e-6 * max(1.0, float(np.nanmax(np.abs(whole), initial=0)))
            np.testing.assert_allclose(pieces, whole, rtol=0, atol=limit, err_msg=f"{options}")
        else:
            np.testing.assert_array_equal(pieces, whole, err_msg=f"{options}")
