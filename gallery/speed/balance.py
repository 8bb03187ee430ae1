"""Over-sampling against imbalanced-learn: a table of float32 and one of bytes, each of 5,000 samples and 500."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.declare import Case, Peer

GROUP = "Over-sampling"
MEASURES = ("SMOTE",)
"""Public names whose rows are these, and not beside them."""
MANY, FEW, IMAGE = 5000, 500, (32, 32, 3)


def available() -> bool:
    """Whether imbalanced-learn can be imported."""
    return importlib.util.find_spec("imblearn") is not None


def balance_cases() -> tuple[Case, ...]:
    """All cases against imbalanced-learn; none where it is not installed."""
    if not available():
        return ()
    what = f"{MANY:,} samples of one class, {FEW} of the other, "
    return (
        _case("SMOTE, float32", what + "3,072 values each", np.float32, 1 / 2.5, ""),
        _case(
            "SMOTE, images",
            what + "32×32×3 bytes",
            np.uint8,
            1 / 5,
            "its differences of bytes wrap round: half of the values are wrong",
        ),
    )


def _case(name: str, what: str, dtype: type, limit: float, note: str) -> Case:
    # Images of one size come in; the samples are a set of their own.
    peer = f"imbalanced-learn {importlib.metadata.version('imbalanced-learn')}"
    ours, theirs = functools.partial(_our_call, dtype), functools.partial(_their_call, dtype)
    return Case(
        name,
        what,
        "RGB",
        lambda image: ours()(),
        {peer: Peer(lambda image: theirs()(), limit=limit, difference=None, note=note)},
        module="augment",
        size=IMAGE[:2],
        group=GROUP,
    )


@functools.cache
def _our_call(dtype: type) -> Callable[[], Any]:
    import augment

    samples, labels = samples_of(dtype)
    sampler = augment.SMOTE(random_state=0)
    return lambda: sampler.fit_resample(samples, labels)


@functools.cache
def _their_call(dtype: type) -> Callable[[], Any]:
    from imblearn.over_sampling import SMOTE

    samples, labels = samples_of(dtype)
    flat = samples.reshape(len(samples), -1)  # it takes rows only
    sampler = SMOTE(random_state=0)
    return lambda: sampler.fit_resample(flat, labels)


@functools.cache
def samples_of(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """Noise, 32×32×3 each, bytes or normal, and labels.  scikit-learn's own threads are one from here on, for both."""
    import sklearn.neighbors  # noqa: F401  they can be limited only once it is loaded
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    rng = np.random.default_rng(0)
    shape = (MANY + FEW, *IMAGE)
    if dtype is np.uint8:
        samples = rng.integers(0, 256, shape, dtype=np.uint8)
    else:
        samples = rng.standard_normal(shape, np.float32)
    return samples, np.repeat([0, 1], [MANY, FEW])
