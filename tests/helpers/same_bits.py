"""``python tests/helpers/same_bits.py``: whether everything that a key decides has the same bits on every machine.

A few chains, functions and 20,000 drawn matrices are computed in fresh processes, once as they are and once for each
other kind of processor: Numba compiles for an older one, the C library leaves out fused multiply-add, NumPy leaves out
its vector instructions.  Prints a table; the status is 1 if anything differs.  A child has an empty cache of kernels.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]

TUNABLES = "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F"
"""Without these the C library has no fused multiply-add, and no vector instructions for copies."""


def digest(*arrays: Any) -> str:
    """Of the bytes of arrays."""
    whole = hashlib.sha256()
    for array in map(np.asarray, arrays):
        whole.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return whole.hexdigest()[:16]


def picture(h: int = 61, w: int = 83) -> np.ndarray:
    """Of whole numbers alone: sines would differ already."""
    y, x, c = np.indices((h, w, 3))
    return ((x * x + 3 * x * y + (5 + c) * y * y + 40 * c) // 7 % 256).astype(np.uint8)


# --- what is compared -------------------------------------------------------------------------------------------------


def matrices(count: int) -> str:
    """Of `count` draws of chains that move pixels, stage by stage."""
    import augment as A

    chain = A.Compose(
        [
            A.Affine(scale=(0.7, 1.4), rotate=(-180, 180), shear=(-20, 20), translate=(-0.2, 0.2), p=1),
            A.Perspective(p=1),
            A.Rotate(p=1),
        ],
        seed=4,
    )
    return digest([chain.matrix(key, (480, 640, 3)) for key in range(count)])


def draws(count: int) -> str:
    """Of draws of parameters that are no matrices."""
    import augment as A

    chain = A.Compose(
        [
            A.ResizedCrop(size=(20, 30), p=1),
            A.Erase(p=1),
            A.AddNoise(kind="periodic", p=1),
            A.ISONoise(p=1),
            A.AugMix(p=1),
            A.ToneCurve(p=1),
        ],
        seed=4,
    )
    return digest(*(json.dumps(chain.draw(key, (480, 640, 3)), default=str).encode() for key in range(count)))


def _chains() -> dict[str, Any]:
    import augment as A

    return {
        "colour": [A.BrightnessContrast(p=1), A.HueSaturationValue(p=1), A.Gamma(p=1), A.RGBShift(p=1)],
        "geometry": [A.HorizontalFlip(p=1), A.Affine(rotate=(-20, 20), shear=(-9, 9), p=1), A.Perspective(p=1)],
        "noise": [A.GaussianNoise(p=1), A.SpeckleNoise(p=1), A.PixelDropout(p=1)],
        "warps": [A.Elastic(p=1), A.LensDistortion(p=1), A.ThinPlateSpline(p=1)],
        "filters": [A.GaussianBlur(p=1), A.MotionBlur(p=1), A.Defocus(p=1)],
        "sizes": [A.ResizedCrop(size=(40, 50), p=1), A.Transpose(p=1), A.Normalize()],
    }


def _chain(name: str) -> str:
    import augment as A

    made, image = A.Compose(_chains()[name], seed=1), picture()
    return digest(*(made(image=image, key=key)["image"] for key in range(7)))  # the first four are not compiled


def _shares() -> str:
    import augment as A

    images = np.stack([picture(), picture()[::-1], picture()[:, ::-1]])
    mixed = A.MixUp(lam=("beta", 0.4), num_classes=3)(images, np.arange(3), keys=range(3))
    return digest(mixed.images, mixed.labels)


def _functions() -> str:
    import imgproc as ip

    image = picture()[:, :, 0]
    found = [
        ip.gaussian_blur(image, sigma=2.3),
        ip.bilateral_filter(image.astype(np.float64) / 255, radius=2, sigma_color=0.1, sigma_space=1.3),
        ip.add_noise(image, kind="periodic", frequency=(0.03, 0.11), phase=30.0, key=1),
        ip.emboss(image, azimuth=20.0, elevation=33.0),
        ip.white_balance(picture(), illuminant=4300.0),
        ip.motion_psf(9.3, 17.0),
        ip.gaussian_psf(1.7),
        ip.turbulence_otf((40, 60), 3.0),
        ip.contraharmonic_mean(image, radius=1, order=1.4),
        ip.posterize(image, bits=3),
    ]
    return digest(*found)


PARTS: dict[str, Callable[[], str]] = {
    "20,000 matrices": lambda: matrices(20000),
    "2,000 draws": lambda: draws(2000),
    **{
        f"chain: {name}": lambda name=name: _chain(name)
        for name in ("colour", "geometry", "noise", "warps", "filters", "sizes")
    },
    "Beta shares": _shares,
    "functions": _functions,
}


# --- where ------------------------------------------------------------------------------------------------------------


def vectors() -> str:
    """The vector instructions that NumPy can be told to leave out, as its environment variable wants them."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))


def processors() -> list[str]:
    """What Numba can compile for here, by LLVM's names; the first, an empty one, is this very processor."""
    from imgproc._core.shipped import has_features

    return ["", *(name for name in ("x86-64-v2", "x86-64-v3", "x86-64-v4") if has_features(name))]


def machines() -> Iterator[tuple[str, dict[str, str]]]:
    """Names and environments: each processor for Numba, with and without what the C library and NumPy would use."""
    plain = {"GLIBC_TUNABLES": TUNABLES, "NPY_DISABLE_CPU_FEATURES": vectors()}
    for name, bare in itertools.product(processors(), (False, True)):
        numba = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""} if name else {}
        yield f"{name or 'native'}, {'bare' if bare else 'plain'}", {**numba, **(plain if bare else {})}


def elsewhere(environment: dict[str, str], parts: list[str]) -> dict[str, str]:
    """The digests of parts, from a fresh process with this environment and an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--digests", *parts]
        kept = {
            k: v for k, v in os.environ.items() if k not in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "GLIBC_TUNABLES")
        }
        kept |= {"XDG_CACHE_HOME": folder, "IMGPROC_QUIET": "1", "PYTHONPATH": str(ROOT), **environment}
        done = subprocess.run(command, env=kept, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"status {done.returncode} with {environment}:\n{done.stderr}")
    return json.loads(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digests", action="store_true", help="print the digests of this very process")
    parser.add_argument("parts", nargs="*", metavar="PART")
    arguments = parser.parse_args()
    parts = arguments.parts or list(PARTS)
    if arguments.digests:
        print(json.dumps({name: PARTS[name]() for name in parts}))
        return 0
    places = dict(machines())
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = dict(zip(places, pool.map(lambda place: elsewhere(place, parts), places.values()), strict=True))
    first = next(iter(found.values()))
    differs = False
    for part in parts:
        others = [place for place, digests in found.items() if digests[part] != first[part]]
        differs |= bool(others)
        print(
            f"{part:<20}{first[part]:<20}{'differs: ' + '; '.join(others) if others else f'the same in {len(found)}'}"
        )
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
