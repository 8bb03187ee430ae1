"""Inpainting against G'MIC, PyPatchMatch and scikit-image; without the peers that are not installed."""

from __future__ import annotations

import importlib.util

import numpy as np
from skimage.restoration import inpaint_biharmonic

import imgproc
from imgproc._core.declare import Case, Function, Peer

from .. import _inpainting

GROUP = "Inpainting"
PEERS = {"gmic": "gmic", "PyPatchMatch": "patchmatch"}
MEASURES = ("inpaint_exemplar", "inpaint_diffusion")
"""Public names whose rows are these, and not beside them."""
AT_LEAST_AS_FAST = 1.0
EXACT_AT_LEAST, EXACT_SIDE = 40, 192
"""Times faster than G'MIC's search of a window as large as the image, which takes 40 s of 512x512."""
TWO_THREADS_AT_LEAST = 1.6


def missing() -> list[str]:
    """Peers that are not installed, as pip calls them."""
    return [name for name, package in PEERS.items() if importlib.util.find_spec(package) is None]


def inpainting_cases() -> tuple[Case, ...]:
    """All cases: an elliptic hole of 10 %, and scratches."""
    peers = _inpainting.peers()
    everywhere, local, together = {}, {}, {}
    if "G'MIC" in peers:
        everywhere["G'MIC inpaint, window 1024"] = Peer(
            _filled(lambda image, mask: _inpainting.gmic(image, mask, "9,1024,1")),
            limit=1 / EXACT_AT_LEAST,
            difference=None,
            note="same patch, all sources, another order; blends",
        )
        local["G'MIC inpaint, default"] = Peer(
            _filled(_inpainting.gmic), limit=AT_LEAST_AS_FAST, difference=None, note="patch 11, windows of 22; blends"
        )
    if "PyPatchMatch" in peers:
        together["PyPatchMatch"] = Peer(
            _filled(_inpainting.patchmatch), difference=None, note="all patches together, over a pyramid"
        )
    blurs = (
        "blurs: the Laplacian in the hole is a sixth of the photo's (rms, median of 7 photos), ours 1.3 to 1.5 times it"
    )
    telea = {"cv2 inpaint, Telea": Peer(_filled(_inpainting.telea), difference=None, note=blurs)}
    return (
        Case(
            "inpaint_exemplar, exact",
            "hole of 10 %, patch 9, the best of all sources",
            "RGB",
            _filled(lambda image, mask: imgproc.inpaint_exemplar(image, mask, search="exact")),
            {**everywhere, **telea},
            size=EXACT_SIDE,
            group=GROUP,
        ),
        Case(
            "inpaint_exemplar, exact, large",
            "the same",
            "RGB",
            _filled(lambda image, mask: imgproc.inpaint_exemplar(image, mask, search="exact")),
            {**together, **telea},
            size=512,
            group=GROUP,
            threads=TWO_THREADS_AT_LEAST,
        ),
        Case(
            "inpaint_exemplar, fast",
            "hole of 10 %, patch 9, windows of 48",
            "RGB",
            _filled(lambda image, mask: imgproc.inpaint_exemplar(image, mask, search="fast")),
            {**local, **together, **telea},
            size=512,
            group=GROUP,
        ),
        Case(
            "inpaint_diffusion, biharmonic",
            "scratches, 3 % of the pixels",
            "RGB",
            lambda image: imgproc.inpaint_diffusion(image, _inpainting.scratches(image.shape), order="biharmonic"),
            {
                "skimage inpaint_biharmonic": Peer(
                    lambda image: np.rint(
                        inpaint_biharmonic(image, _inpainting.scratches(image.shape), channel_axis=2) * 255
                    ),
                    limit=AT_LEAST_AS_FAST,
                    tolerance=1,
                )
            },
            size=512,
            group=GROUP,
        ),
    )


def _filled(fill: _inpainting.Fill) -> Function:
    return lambda image: fill(image, _inpainting.ellipse(image.shape))
