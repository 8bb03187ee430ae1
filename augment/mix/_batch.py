"""A batch of samples mixed: partners and numbers for all of them, then sample by sample, or all in one pass."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from imgproc._core.check import as_image, integer
from imgproc._core.threads import get_num_threads, run_all

from .._chain.keys import FIRST_DRAWS, Draws, address, draw_block, fresh_key, key_words
from .._chain.sample import BOX_FIELD, BOXES, IMAGE, KEYPOINT_FIELD, KEYPOINTS, MASK, MASKS, Rules, Sample
from .._chain.targets.points import as_container, close_masks
from ._base import Mixing, check_labels, draw_laws, is_on, mixed_label, paired_labels, prepared, soft_label, soft_labels
from ._content import check_alike, inner_rules, open_sample
from ._donors import check_donors, partners_among, partners_within
from ._info import Mixed, MixInfo

if TYPE_CHECKING:
    from .._chain.transform import Params

__all__: list[str] = []

_KINDS = {
    "image": IMAGE,
    "mask": MASK,
    "instances": MASKS,
    "boxes": BOXES,
    "box_labels": BOX_FIELD,
    "box_weights": BOX_FIELD,
    "keypoints": KEYPOINTS,
    "keypoint_labels": KEYPOINT_FIELD,
    "keypoint_weights": KEYPOINT_FIELD,
}
_RULES = Rules(_KINDS, "pascal_voc", 0.0, 0.0, True, True, None, "last", True)
_INNER = inner_rules(_RULES)


def mix_batch(
    mix: Mixing,
    images: Any,
    labels: Any,
    keys: Sequence[Any] | None,
    seed: int,
    donors: Any,
    targets: dict[str, Any],
    out: np.ndarray | None,
    workers: int | None,
    info: MixInfo | None,
) -> Mixed:
    """See `Mixing.__call__`; with an `info`, what that says is done."""
    if isinstance(images, np.ndarray) and images.ndim not in (3, 4):
        raise ValueError(f"images must be a sequence of images or an array (n, h, w, c), got shape {images.shape}")
    if not hasattr(images, "__len__") or not hasattr(images, "__getitem__"):
        raise TypeError(f"images must be a sequence of images, got {type(images).__name__}")
    n = len(images)
    given = {name: value for name, value in targets.items() if value is not None}
    for name, values in {"keys": keys, "out": out, **given}.items():
        name = "masks" if name == "mask" else name
        if values is not None and not hasattr(values, "__len__"):
            raise TypeError(f"{name} must be a sequence, one entry an image, got {type(values).__name__}")
        if values is not None and len(values) != n:
            raise ValueError(f"{name} must have one entry an image, {n}, got {len(values)}")
    seed = integer(seed, "seed", at_least=-(1 << 63), at_most=(1 << 64) - 1)
    threads = get_num_threads() if workers is None else integer(workers, "workers", at_least=1)
    count = None if donors is None else check_donors(donors)
    labels = None if labels is None else check_labels(labels, n, mix.num_classes)
    words = _words(keys, n, needed=mix.schedule is not None and info is None)
    place = address(type(mix).__name__, 0)
    info = _drawn(mix, words, seed, place, n, count) if info is None else _checked(mix, info, n, count)
    if n == 0:
        own = None if labels is None else soft_labels(labels, 0, mix.num_classes)
        none = images.copy() if isinstance(images, np.ndarray) else []
        return Mixed(none if out is None else out, own, info, **{_ATTRIBUTES.get(k, k): [] for k in given})
    if not given and donors is None and mix.donor is None and hasattr(mix, "blend_batch") and _one_array(images):
        stacked = _room(images.shape, images.dtype, out, images)
        mix.blend_batch(images, info.partners, info.lam, stacked, threads)
        return Mixed(stacked, None if labels is None else _labels_within(mix, labels, info), info)
    own = None if labels is None else soft_labels(labels, n, mix.num_classes)
    samples = [
        open_sample({"image": images[i], **{k: v[i] for k, v in given.items()}}, _RULES, _INNER) for i in range(n)
    ]
    stacked = _room_for(mix, samples, info.applied, out, images)

    def fetch(i: int) -> tuple[list[Sample], list[np.ndarray]]:
        """The partners of a sample, and their labels."""
        found, vectors = [], []
        for slot, j in enumerate(info.partners[i].tolist()):
            if donors is None:
                other = samples[j]
                vectors += [] if own is None else [own[j]]
            else:
                other, vector = open_donor(donors[j], samples[i], own is not None, mix.num_classes, _RULES, j)
                vectors += [vector] if own is not None else []
            check_alike(samples[i], other, "partner" if donors is None else "donor")
            found.append(prepared(mix, other, words[i], seed, place, slot))
        return found, vectors

    results: list[Any] = [None] * n
    shares = np.zeros(info.shares.shape)
    mixed_labels = None if own is None else np.empty_like(own)

    def work(i: int) -> None:
        into = None if stacked is None else stacked[i]
        if info.applied[i]:
            others, vectors = fetch(i)
            results[i], parts = mix.combine(info.params[i], samples[i], others, into)
            if mixed_labels is not None:
                weights = [1.0] + [0.0] * (len(parts) - 1) if mix.keeps_label else parts
                mixed_labels[i] = mixed_label([own[i], *vectors], weights)
        else:
            results[i], parts = dict(samples[i].targets), [1.0]
            results[i]["image"] = samples[i].image.copy()
            if into is not None:
                into[...] = samples[i].image
                results[i]["image"] = into
            if mixed_labels is not None:
                mixed_labels[i] = own[i]
        shares[i, : len(parts)] = parts

    size = n if threads == 1 else max(1, -(-n // (4 * threads)))
    chunks = [range(a, min(a + size, n)) for a in range(0, n, size)]
    run_all([functools.partial(_each, work, chunk) for chunk in chunks], threads)
    done = MixInfo(info.transform, info.partners, shares[:, 0].copy(), shares, info.applied, info.params)
    mixed = [r["image"] for r in results] if stacked is None else stacked
    found: dict[str, Any] = {}
    for name in _outgoing(given):
        found[_ATTRIBUTES.get(name, name)] = [
            _closed(name, r[name], given[name][i] if name in given else None, r["image"].shape[:2])
            for i, r in enumerate(results)
        ]
    return Mixed(mixed, mixed_labels, done, **found)


_ATTRIBUTES = {"mask": "masks"}


def _each(work: Any, chunk: range) -> None:
    for i in chunk:
        work(i)


def _outgoing(given: dict[str, Any]) -> list[str]:
    names = list(given)
    for rows, weights in (("boxes", "box_weights"), ("keypoints", "keypoint_weights")):
        if rows in given and weights not in given:
            names.append(weights)
    return names


def _closed(name: str, value: Any, like: Any, size: tuple[int, int]) -> Any:
    kind = _KINDS[name]
    if kind == MASKS:
        return close_masks([m.copy() for m in value], like, *size)
    if kind in (BOXES, KEYPOINTS):
        return as_container(value, like)
    if name in ("box_weights", "keypoint_weights"):
        return np.array(value, np.float32)
    return value.copy() if isinstance(value, np.ndarray) else type(value)(value)


def _words(keys: Sequence[Any] | None, n: int, *, needed: bool) -> np.ndarray:
    if keys is None:
        if needed:
            raise ValueError("keys must be given, (epoch, index) each, where a transform has a schedule")
        base = fresh_key()
        keys = [(base, i) for i in range(n)]
    if n == 0:
        return np.empty((0, 1), np.uint64)
    if isinstance(keys, np.ndarray) and keys.dtype.kind in "iu" and keys.ndim in (1, 2) and keys.size:
        return keys.astype(np.int64 if keys.dtype.kind == "i" else np.uint64).view(np.uint64).reshape(n, -1)
    if {type(key) for key in keys} == {tuple} and {type(v) for key in keys for v in key} == {int}:
        plain = np.array(keys) if len({len(key) for key in keys}) == 1 else None
        if plain is not None and plain.dtype == np.int64:  # all fit 64 bits: in one go
            return plain.view(np.uint64)
    words = [key_words(key, "keys[i]") for key in keys]
    if len({len(w) for w in words}) > 1:
        raise ValueError("keys must all have as many words")
    return np.array(words, np.uint64)


def _drawn(mix: Mixing, words: np.ndarray, seed: int, place: int, n: int, count: int | None) -> MixInfo:
    many = mix.partners()
    if n == 0:
        partners, applied, params = np.empty((0, many), np.intp), np.empty(0, bool), []
    else:
        partners = (
            partners_within(words, many, seed, place)
            if count is None
            else partners_among(words, count, many, seed, place)
        )
        low = seed & 0xFFFFFFFFFFFFFFFF
        values = draw_block(words, low, np.array([place], np.uint64), 0, FIRST_DRAWS // 4)[:, 0]
        applied = values[:, 0] < mix.p
        if mix.schedule is not None:
            applied &= np.array([is_on(mix, w) for w in words])
        lams = draw_laws(mix, words, low, place)
        if type(mix).parameters is Mixing.parameters:  # nothing else is drawn
            params = [{"lam": row[0]} if a else {} for row, a in zip(lams, applied.tolist())]
        else:
            params = [
                mix.parameters(Draws(row, words[i : i + 1], low, place, 1), lams[i]) if applied[i] else {}
                for i, row in enumerate(values.tolist())
            ]
    return MixInfo(type(mix).__name__, partners, *_shares(params, applied, many), applied, tuple(params))


def _shares(params: Sequence[Params], applied: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray]:
    """Own shares as drawn, and all of them."""
    lam = np.array([p.get("lam", 1.0) for p in params], np.float64)
    shares = np.zeros((len(params), 1 + many))
    shares[:, 0] = lam
    if many:
        shares[:, 1] = 1.0 - lam
    return lam, shares


def _checked(mix: Mixing, info: MixInfo, n: int, count: int | None) -> MixInfo:
    if len(info.partners) != n:
        raise ValueError(f"info must be of as many samples as there are images, {n}, got {len(info.partners)}")
    most = n if count is None else count
    if info.partners.size and not (info.partners.min() >= 0 and info.partners.max() < most):
        raise ValueError(f"info must name partners among {most} samples, got {int(info.partners.max())}")
    return info


def _one_array(images: Any) -> bool:
    """Whether images are one array; checked then."""
    if not isinstance(images, np.ndarray) or not images.dtype.isnative:
        return False
    first = as_image(images[0], "images[0]")
    if not first.size:
        raise ValueError(f"images must have at least one pixel, got shape {images.shape}")
    return True


def _room_for(
    mix: Mixing, samples: list[Sample], applied: np.ndarray, out: np.ndarray | None, images: Any
) -> np.ndarray | None:
    """Where the images go; None if they have several sizes."""
    sizes = [mix.size_after(s.height, s.width) if a else (s.height, s.width) for s, a in zip(samples, applied)]
    shapes = {(*size, *s.image.shape[2:], s.image.dtype.str) for s, size in zip(samples, sizes)}
    if len(shapes) > 1:
        if out is not None:
            raise ValueError("out must be left out where images have several sizes or dtypes")
        return None
    shape, dtype = (len(samples), *sizes[0], *samples[0].image.shape[2:]), samples[0].image.dtype
    return _room(shape, dtype, out, images)


def _room(shape: tuple[int, ...], dtype: np.dtype, out: np.ndarray | None, images: Any) -> np.ndarray:
    """A new array, or `out`, checked."""
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a numpy array, got {type(out).__name__}")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out must have shape {shape} and dtype {dtype}, got {out.shape} and {out.dtype}")
    if not out.flags.writeable:
        raise ValueError("out must be writeable")
    for image in [images] if isinstance(images, np.ndarray) else images:
        if np.may_share_memory(out, image):
            raise ValueError("out must not overlap images, which are read after it is written")
    return out


def _labels_within(mix: Mixing, labels: np.ndarray, info: MixInfo) -> np.ndarray:
    if mix.keeps_label:
        return soft_labels(labels, len(labels), mix.num_classes)
    return paired_labels(labels, info.partners[:, 0], info.lam, mix.num_classes)


def open_donor(
    donor: Any, host: Sample, labelled: bool, num_classes: int | None, rules: Rules, index: int
) -> tuple[Sample, np.ndarray | None]:
    """A donor's sample with the targets that the sample has, and its label as a vector."""
    name = f"donors[{index}]"
    if isinstance(donor, np.ndarray):
        donor = {"image": donor}
    elif isinstance(donor, (tuple, list)) and len(donor) == 2:
        donor = {"image": donor[0], "label": donor[1]}
    if not isinstance(donor, dict):
        raise TypeError(f"{name} must be an image, a pair (image, label) or a dict, got {type(donor).__name__}")
    own: dict[str, Any] = {}
    for target in host.targets:
        if target in donor:
            own[target] = donor[target]
        elif target not in ("box_weights", "keypoint_weights", "_row"):
            raise ValueError(f"{name} must have {target!r}, as the sample has, got {sorted(map(str, donor))}")
    vector = None
    if labelled:
        if "label" not in donor:
            raise ValueError(f"{name} must have a label, as the sample has")
        vector = soft_label(donor["label"], num_classes, f"{name} label")
    as_image(own["image"], f"{name} image")
    return open_sample(own, rules, inner_rules(rules)), vector
