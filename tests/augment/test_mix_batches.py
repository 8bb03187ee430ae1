"""Batches that are mixed: inputs, buffers, threads and processes, refusals."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.mix_samples import CLASSES, DTYPES, METHODS, every_method, keys_of, pictures, samples

import augment
import imgproc
from augment import (
    RICAP,
    Compose,
    CopyPaste,
    CutMix,
    DonorBuffer,
    FMix,
    GridMix,
    MixUp,
    Mosaic,
    ResizeMix,
    SamplePairing,
)

# --- what may come in, and where it goes ------------------------------------------------------------------------------


@every_method
@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_stay_as_they_are_and_views_are_as_good_as_copies(mix: Any, dtype: Any) -> None:
    wide = pictures(4, (12, 34), dtype)
    images = wide[:, :, ::2]
    images.flags.writeable = False
    before = images.copy()
    labels = np.arange(4)
    labels.flags.writeable = False
    mixed, _, _ = mix(images, labels, keys=keys_of(4))
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(mixed, mix(before, labels, keys=keys_of(4)).images)
    np.testing.assert_array_equal(mixed, mix(list(images), labels, keys=keys_of(4)).images)
    assert mixed.dtype == dtype
    assert not np.shares_memory(mixed, images)
    grey = mix(images[..., 0], labels, keys=keys_of(4)).images
    np.testing.assert_array_equal(grey, mix(images[..., :1], labels, keys=keys_of(4)).images[..., 0])


@every_method
def test_results_go_into_a_buffer(mix: Any) -> None:
    images = pictures(5)
    expected = mix(images, keys=keys_of(5)).images
    for out in (np.empty_like(images), np.empty((5, 12, 34, 3), np.uint8)[:, :, ::2]):
        assert mix(images, keys=keys_of(5), out=out).images is out
        np.testing.assert_array_equal(out, expected)
    with pytest.raises(ValueError, match="out must not overlap images"):
        mix(images, keys=keys_of(5), out=images)
    with pytest.raises(ValueError, match="out must have shape"):
        mix(images, keys=keys_of(5), out=np.empty((5, 12, 17), np.uint8))
    with pytest.raises(TypeError, match="out must be a numpy array"):
        mix(images, keys=keys_of(5), out=[None] * 5)


@every_method
def test_an_empty_batch(mix: Any) -> None:
    mixed, soft, info = mix(np.empty((0, 4, 5, 3), np.uint8), np.empty(0, int), keys=[])
    assert mixed.shape == (0, 4, 5, 3)
    assert soft.shape == (0, CLASSES)
    assert mix([], [], keys=[], boxes=[]).boxes == []
    assert info.lam.shape == (0,)


@every_method
def test_images_of_one_pixel(mix: Any) -> None:
    mixed, _, info = mix(np.array([[[3]], [[200]]], np.uint8), keys=keys_of(2))
    assert mixed.shape == (2, 1, 1)
    assert np.isfinite(info.lam).all()


def test_images_of_several_sizes() -> None:
    images = [pictures(1, size)[0] for size in ((10, 12), (20, 9), (7, 30))]
    for mix in METHODS:
        mixed, _, _ = mix(images, keys=keys_of(3))
        assert [m.shape for m in mixed] == [i.shape for i in images]
    mixed = Mosaic(size=(16, 18))(images, keys=keys_of(3)).images
    assert mixed.shape == (3, 16, 18, 3)


@pytest.mark.parametrize("kind", [CutMix, RICAP])
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_of_images_is_mixed_in_one_pass_and_a_list_of_them_one_by_one(kind: type, dtype: Any) -> None:
    mix = kind(lam=("uniform", 0.1, 0.9), p=0.7, num_classes=CLASSES)
    images, keys = pictures(23, (12, 34), dtype), keys_of(23)
    shares = np.random.default_rng(0).random((23, CLASSES))
    for labels in (np.arange(23) % CLASSES, shares, shares.astype(np.float32), None):
        one, many = (mix(given, labels, keys=keys) for given in (images, list(images)))
        np.testing.assert_array_equal(one.images, many.images)
        assert labels is None or one.labels.dtype == many.labels.dtype
        np.testing.assert_array_equal(one.labels, many.labels)
        for name in ("partners", "lam", "shares", "applied"):
            np.testing.assert_array_equal(getattr(one.info, name), getattr(many.info, name))
    assert 0 < one.info.applied.sum() < 23 and (one.images != images).any(axis=(1, 2, 3)).sum() > 10
    planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    for out in (None, np.empty_like(planes), np.empty((23, 3, 12, 68), dtype)[..., ::2]):
        first = mix(planes, keys=keys, layout="first", out=out).images
        assert out is None or first is out
        np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), one.images)
    grey = mix(images[..., 1], keys=keys, workers=3).images
    np.testing.assert_array_equal(grey, one.images[..., 1])
    again = mix.replay(one.info, images)
    np.testing.assert_array_equal(again.images, one.images)


@every_method
def test_no_key_means_a_fresh_one(mix: Any) -> None:
    images = pictures(9)
    a, b = mix(images), mix(images)
    assert (a.images != b.images).any()


@every_method
def test_keys_may_come_as_an_array_or_as_integers(mix: Any) -> None:
    images = pictures(4)
    expected = mix(images, keys=keys_of(4, 3)).images
    np.testing.assert_array_equal(mix(images, keys=np.array(keys_of(4, 3))).images, expected)
    np.testing.assert_array_equal(mix(images, keys=[list(k) for k in keys_of(4, 3)]).images, expected)
    mix(images, keys=range(4))
    mix(images, keys=[-1, 2**64 - 1, 5, 6])


# --- pairs do not depend on batches, threads, processes ---------------------------------------------------------------


@every_method
def test_with_donors_batches_do_not_matter(mix: Any) -> None:
    images, labels = pictures(33), np.arange(33) % CLASSES
    donors = list(zip(images, labels.tolist()))
    whole = mix(images, labels, keys=keys_of(33, 2), seed=9, donors=donors, workers=1)
    for size in (1, 7, 32):
        for start in range(0, 33, size):
            part = slice(start, start + size)
            found = mix(images[part], labels[part], keys=keys_of(33, 2)[part], seed=9, donors=donors, workers=1)
            np.testing.assert_array_equal(found.images, whole.images[part])
            np.testing.assert_array_equal(found.labels, whole.labels[part])
            np.testing.assert_array_equal(found.info.partners, whole.info.partners[part])
    for threads in (2, 8):
        found = mix(images, labels, keys=keys_of(33, 2), seed=9, donors=donors, workers=threads)
        np.testing.assert_array_equal(found.images, whole.images)
    shuffled = np.random.default_rng(0).permutation(33)
    found = mix(images[shuffled], keys=[keys_of(33, 2)[i] for i in shuffled], seed=9, donors=donors)
    np.testing.assert_array_equal(found.images, whole.images[shuffled])
    assert (mix(images, keys=keys_of(33, 3), seed=9, donors=donors).images != whole.images).any()
    assert (mix(images, keys=keys_of(33, 2), seed=8, donors=donors).images != whole.images).any()


@every_method
def test_threads_do_not_matter_within_a_batch(mix: Any) -> None:
    images = pictures(13)
    one = mix(images, keys=keys_of(13), workers=1).images
    for threads in (2, 8):
        np.testing.assert_array_equal(mix(images, keys=keys_of(13), workers=threads).images, one)


@every_method
def test_a_batch_with_donors_is_what_a_chain_gives(mix: Any) -> None:
    images, labels = pictures(6), np.arange(6) % CLASSES
    donors = [{"image": image, "label": label} for image, label in zip(images, labels.tolist())]
    batch = mix(images, labels, keys=keys_of(6), seed=4, donors=donors)
    chain = Compose([mix], seed=4)
    for i in range(6):
        one = chain(image=images[i], label=labels[i], key=(0, i), donors=donors)
        np.testing.assert_array_equal(one["image"], batch.images[i])
        np.testing.assert_array_equal(one["label"], batch.labels[i])
        assert one["mix"][0].lam == batch.info.lam[i]
        assert one["mix"][0].partners.tolist() == batch.info.partners[i].tolist()


@every_method
def test_replay_and_pickle(mix: Any) -> None:
    images, labels = pictures(7), np.arange(7) % CLASSES
    first = mix(images, labels, keys=keys_of(7))
    info = pickle.loads(pickle.dumps(first.info))
    again = mix.replay(info, images, labels)
    np.testing.assert_array_equal(again.images, first.images)
    np.testing.assert_array_equal(again.labels, first.labels)
    other = pickle.loads(pickle.dumps(mix))(images, labels, keys=keys_of(7))
    np.testing.assert_array_equal(other.images, first.images)
    with pytest.raises(ValueError, match="info must be of as many samples"):
        mix.replay(info, images[:3])
    with pytest.raises(TypeError, match="info must be a MixInfo"):
        mix.replay(None, images)
    with pytest.raises(TypeError, match="unexpected argument 'bokses'"):
        mix.replay(info, images, bokses=[])
    wrong = MixUp() if not isinstance(mix, MixUp) else CutMix()
    with pytest.raises(ValueError, match="info must come from a batch that"):
        wrong.replay(info, images)


def in_a_worker(index: int) -> bytes:
    chain, donors = _WORK
    return chain(**donors[index], key=(1, index), donors=donors)["image"].tobytes()


_WORK: Any = None


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_workers_mix_alike() -> None:
    global _WORK
    donors = DonorBuffer(6, samples(6))
    _WORK = Compose([Mosaic(num_classes=CLASSES), MixUp(num_classes=CLASSES)], seed=2), donors
    expected = [in_a_worker(i) for i in range(6)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(in_a_worker, range(6)) == expected


# --- refusals ---------------------------------------------------------------------------------------------------------

IMAGES = pictures(3)
WRONG_FIELDS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: MixUp(lam=1.5), ValueError, "lam must be <= 1, got 1.5"),
    (lambda: MixUp(lam=float("nan")), ValueError, "lam must be finite, got nan"),
    (lambda: MixUp(lam=("beta", 0.0)), ValueError, r"lam\[1\] must be > 0, got 0"),
    (lambda: MixUp(lam=("beta", float("nan"))), ValueError, r"lam\[1\] must be finite"),
    (lambda: MixUp(lam=("gamma", 1.0)), ValueError, r"lam\[0\] must be one of 'beta', 'uniform'"),
    (lambda: MixUp(lam=("uniform", 0.7, 0.3)), ValueError, "lam must have low <= high"),
    (lambda: MixUp(lam=("uniform", 0.7)), ValueError, "lam must be a number"),
    (lambda: MixUp(lam=(0.1, 0.3)), TypeError, "lam must be a number"),
    (lambda: MixUp(lam="beta"), TypeError, "lam must be a number"),
    (lambda: MixUp(p=2), ValueError, "p must be <= 1"),
    (lambda: MixUp(fit="crop"), ValueError, "fit must be one of"),
    (lambda: MixUp(donor=[augment.HorizontalFlip()]), TypeError, "donor must be a transform"),
    (lambda: MixUp(donor=Mosaic()), ValueError, "donor must hold no transform that mixes"),
    (lambda: MixUp(schedule=3), TypeError, "schedule must be an OnOffSchedule"),
    (lambda: MixUp(num_classes=0), ValueError, "num_classes must be >= 1"),
    (lambda: CutMix(min_visibility=-0.1), ValueError, "min_visibility must be >= 0"),
    (lambda: ResizeMix(scale=("uniform", 0.1, 1.2)), ValueError, r"scale\[2\] must be <= 1"),
    (lambda: FMix(decay=-1), ValueError, "decay must be >= 0"),
    (lambda: GridMix(grid=(0, 2)), ValueError, r"grid\[0\] must be >= 1"),
    (lambda: Mosaic(grid=4), TypeError, "grid must be a pair"),
    (lambda: Mosaic(center=(0.2, 1.3)), ValueError, "center"),
    (lambda: Mosaic(size=(0, 5)), ValueError, "size"),
    (lambda: CopyPaste(objects=(3, 1)), ValueError, "objects must be a pair"),
    (lambda: CopyPaste(blend=-1), ValueError, "blend must be >= 0"),
    (lambda: SamplePairing(weight=1.1), ValueError, "weight must be <= 1"),
    (lambda: DonorBuffer(0), ValueError, "capacity must be >= 1"),
    (lambda: DonorBuffer(2, copy=1), TypeError, "copy must be True or False"),
    (lambda: DonorBuffer(2, [{"mask": 1}]), ValueError, "sample must have an image"),
    (lambda: DonorBuffer(2, [3]), TypeError, "sample must be a numpy array"),
    (lambda: Compose([MixUp(num_classes=2), CutMix(num_classes=3)]), ValueError, "num_classes must be the same"),
]


@pytest.mark.parametrize(("make", "error", "message"), WRONG_FIELDS)
def test_wrong_fields(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


WRONG_BATCHES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"images": 5}, TypeError, "images must be a sequence of images, got int"),
    ({"images": np.zeros((3, 4), np.uint8)}, ValueError, r"images must be a sequence of images or an array"),
    ({"images": np.zeros((3, 4, 4), np.int32)}, TypeError, "dtype"),
    ({"images": np.zeros((3, 0, 4), np.uint8)}, ValueError, "at least one pixel"),
    ({"keys": keys_of(2)}, ValueError, "keys must have one entry an image, 3, got 2"),
    ({"keys": [1.5, 2, 3]}, TypeError, r"keys\[i\] must be an integer"),
    ({"keys": [1, (2, 3), 4]}, ValueError, "keys must all have as many words"),
    ({"labels": [0, 1]}, ValueError, r"labels must have shape \(3,\) or \(3, classes\), got \(2,\)"),
    ({"labels": [0, 1, 5]}, ValueError, "labels must be >= 0 and < num_classes, 5, got 5"),
    ({"labels": [0, 1, -1]}, ValueError, "labels must be >= 0"),
    ({"labels": [0.0, 1.0, 2.0]}, TypeError, "labels must be integers or rows of shares"),
    ({"labels": ["a", "b", "c"]}, TypeError, "labels must be integers or rows of shares"),
    ({"labels": np.eye(3)}, ValueError, "labels must have num_classes, 5, columns, got 3"),
    ({"labels": np.full((3, 5), np.nan)}, ValueError, "labels must be finite"),
    ({"boxes": [[[0, 0, 1, 1]]]}, ValueError, "boxes must have one entry an image, 3, got 1"),
    ({"boxes": 7}, TypeError, "boxes must be a sequence"),
    ({"boxes": [[[3, 0, 1, 1]], [], []]}, ValueError, "boxes must have x0 <= x1"),
    ({"boxes": [[[0, 0, np.nan, 1]], [], []]}, ValueError, "boxes must be finite"),
    ({"boxes": [[], [], []], "box_labels": [[1], [], []]}, ValueError, "box_labels must have one entry per row"),
    ({"boxes": [[[0, 0, 1, 1]], [], []], "box_weights": [[-1], [], []]}, ValueError, "box_weights must be finite"),
    ({"masks": [np.zeros((2, 2), np.uint8)] * 3}, ValueError, "mask must have the"),
    (
        {"instances": [[], [], []], "boxes": [[[0, 0, 1, 1]], [], []]},
        ValueError,
        "instances must have one mask per box",
    ),
    ({"donors": []}, ValueError, "donors must hold at least one sample"),
    ({"donors": 3}, TypeError, "donors must have a length"),
    ({"donors": ["x"]}, TypeError, r"donors\[0\] must be an image, a pair"),
    ({"donors": [IMAGES[0]], "labels": [0, 1, 2]}, ValueError, r"donors\[0\] must have a label"),
    (
        {"donors": [(IMAGES[0], 9)], "labels": [0, 1, 2]},
        ValueError,
        r"donors\[0\] label must be >= 0 and < num_classes",
    ),
    ({"donors": [IMAGES[0]], "boxes": [[], [], []]}, ValueError, r"donors\[0\] must have 'boxes'"),
    ({"donors": [IMAGES[0].astype(np.float32)]}, TypeError, "image of a donor must have the dtype"),
    ({"donors": [IMAGES[0][..., :1]]}, ValueError, "image of a donor must have the channels"),
    ({"seed": 1.5}, TypeError, "seed must be an integer"),
    ({"workers": 0}, ValueError, "workers must be >= 1"),
]


@pytest.mark.parametrize(("given", "error", "message"), WRONG_BATCHES)
@pytest.mark.parametrize("mix", [MixUp(num_classes=5), CutMix(num_classes=5)])
def test_wrong_batches(mix: Any, given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mix(**{"images": IMAGES, "keys": keys_of(3), **given})


def test_mixed_dtypes_and_classes_are_refused() -> None:
    with pytest.raises(TypeError, match="image of a partner must have the dtype"):
        MixUp()([IMAGES[0], IMAGES[1].astype(np.float32)], keys=keys_of(2))
    with pytest.raises(ValueError, match="num_classes must be given"):
        MixUp()(IMAGES, [0, 1, 2], keys=keys_of(3))
    with pytest.raises(ValueError, match="as many classes"):
        Compose([MixUp()])(image=IMAGES[0], label=[0.5, 0.5], key=1, donors=[(IMAGES[1], [1.0])])


def test_wrong_calls_of_chains() -> None:
    things = samples(3)
    chain = Compose([MixUp(num_classes=CLASSES)])
    with pytest.raises(ValueError, match="donors must be given: MixUp mixes the sample with others"):
        chain(**things[0], key=(0, 0))
    with pytest.raises(ValueError, match=r"donors\[\d\] must have 'keypoints', as the sample has"):
        chain(**things[0], key=(0, 0), donors=[{k: v for k, v in t.items() if k != "keypoints"} for t in things])
    with pytest.raises(TypeError, match="image is missing"):
        chain(mask=things[0]["mask"], key=(0, 0), donors=things)
    with pytest.raises(TypeError, match="unknown target 'bokses'"):
        chain(image=things[0]["image"], bokses=[], key=(0, 0), donors=things)
    with pytest.raises(ValueError, match="masks must be given for CopyPaste"):
        Compose([CopyPaste()])(image=IMAGES[0], key=(0, 0), donors=IMAGES)
    with pytest.raises(ValueError, match="boxes need instance masks"):
        Compose([CopyPaste(num_classes=CLASSES)])(**things[0], key=(0, 0), donors=things)
    record = chain.draw((0, 0), (48, 64, 3), donors=things)
    with pytest.raises(ValueError, match="record must name partners below 1"):
        chain.replay(record, **things[2], donors=things[:1])


def test_set_num_threads_is_heeded() -> None:
    before = imgproc.get_num_threads()
    images = pictures(9)
    try:
        found = []
        for threads in (1, 2, 8):
            imgproc.set_num_threads(threads)
            found.append(MixUp()(images, keys=keys_of(9)).images)
    finally:
        imgproc.set_num_threads(before)
    assert all((f == found[0]).all() for f in found)


# --- channels first ---------------------------------------------------------------------------------------------------


def masks_of(n: int) -> list[np.ndarray]:
    mask = np.zeros((40, 56), np.uint8)
    mask[5:15, 8:30] = 1
    return [np.roll(mask, 3 * k, axis=1) for k in range(n)]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("mix", [*METHODS, CopyPaste(num_classes=CLASSES)], ids=lambda mix: type(mix).__name__)
def test_channels_first_are_mixed_along_their_sides(mix: Any, dtype: Any) -> None:
    last = pictures(5, (40, 56), dtype)
    first = np.ascontiguousarray(last.transpose(0, 3, 1, 2))
    labels, keys, masks = [0, 1, 2, 1, 0], keys_of(5), masks_of(5)
    more: dict[str, Any] = {"masks": masks} if isinstance(mix, CopyPaste) else {}
    expected = mix(last, labels, keys=keys, **more)
    found = mix(first, labels, keys=keys, layout="first", **more)
    np.testing.assert_array_equal(found.images.transpose(0, 2, 3, 1), expected.images)
    np.testing.assert_array_equal(found.labels, expected.labels)
    assert found.images.shape == first.shape
    assert found.images.flags.c_contiguous
    out = np.empty_like(first)
    given = mix(list(first), labels, keys=keys, layout="first", out=out, **more)
    assert np.shares_memory(given.images, out)
    np.testing.assert_array_equal(out, found.images)
    again = mix.replay(found.info, first, labels, layout="first", **more)
    np.testing.assert_array_equal(again.images, found.images)
    donors = [{"image": image, "label": k % 3, **({"mask": masks[k]} if more else {})} for k, image in enumerate(first)]
    turned = [{**donor, "image": donor["image"].transpose(1, 2, 0)} for donor in donors]
    np.testing.assert_array_equal(
        mix(first, labels, keys=keys, layout="first", donors=donors, **more).images.transpose(0, 2, 3, 1),
        mix(last, labels, keys=keys, donors=turned, **more).images,
    )


@every_method
def test_the_other_layout_is_refused_with_what_to_write(mix: Any) -> None:
    last = pictures(3, (40, 56))
    first = np.ascontiguousarray(last.transpose(0, 3, 1, 2))
    for images, layout, other in ((first, "last", "first"), (last, "first", "last"), (list(first), "last", "first")):
        with pytest.raises(ValueError, match=f'layout="{layout}", got .*: .* come {other}, pass layout="{other}"'):
            mix(images, [0, 1, 2], layout=layout)
    with pytest.raises(ValueError, match="layout must be one of 'last', 'first', got 'chw'"):
        mix(last, [0, 1, 2], layout="chw")
    grey = last[..., 0]
    np.testing.assert_array_equal(
        mix(grey, [0, 1, 2], keys=keys_of(3), layout="first").images, mix(grey, [0, 1, 2], keys=keys_of(3)).images
    )


def test_black_and_white_tensors_have_one_share_in_all_channels() -> None:
    tensors = np.stack([np.zeros((3, 32, 32), np.float32), np.ones((3, 32, 32), np.float32)])
    mixed = CutMix(num_classes=2)(tensors, [0, 1], keys=keys_of(2), layout="first")
    np.testing.assert_allclose(mixed.images.mean(axis=(2, 3)), np.repeat(mixed.labels[:, 1:], 3, axis=1), atol=1e-6)
