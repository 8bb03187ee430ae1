"""Mixing: the law of shares, areas, labels, boxes under what is pasted, partners that depend on keys alone."""

from __future__ import annotations

import json
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from typing import Any

import cv2
import naive_mix
import numpy as np
import pytest
from scipy import stats

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
    OnOffSchedule,
    ResizeMix,
    SamplePairing,
)
from augment._examples import MIXES, build, sample, title
from augment.mix._content import fit_stage, seen_boxes, seen_points
from augment.mix._donors import partners_among, partners_within
from augment.mix._fmix import low_regions
from augment.mix._law import draw_law
from augment.mix._mixup import blend_bytes

CLASSES = 5
METHODS = [
    MixUp(num_classes=CLASSES),
    CutMix(num_classes=CLASSES),
    ResizeMix(num_classes=CLASSES),
    RICAP(num_classes=CLASSES),
    FMix(num_classes=CLASSES),
    GridMix(num_classes=CLASSES),
    Mosaic(num_classes=CLASSES),
    SamplePairing(num_classes=CLASSES),
]
every_method = pytest.mark.parametrize("mix", METHODS, ids=[type(m).__name__ for m in METHODS])
every_entry = pytest.mark.parametrize(("name", "parameters"), MIXES, ids=[title(*e) for e in MIXES])
DTYPES = (np.uint8, np.uint16, np.float32, np.float64)


def pictures(n: int, size: tuple[int, int] = (12, 17), dtype: Any = np.uint8, channels: int | None = 3) -> np.ndarray:
    rng = np.random.default_rng(n)
    shape = (n, *size) if channels is None else (n, *size, channels)
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max + 1, shape, dtype)
    return rng.random(shape).astype(dtype)


def keys_of(n: int, epoch: int = 0) -> list[tuple[int, int]]:
    return [(epoch, i) for i in range(n)]


def samples(n: int, *, instances: bool = False, label: bool = True) -> list[dict[str, Any]]:
    """Samples of the same things with other levels."""
    found = []
    for k in range(n):
        one = sample((48, 64))
        one["image"] = np.roll(one["image"], 7 * k, axis=1)
        one["labels"] = (one["labels"] + 10 * k).tolist()
        if label:
            one["label"] = k % CLASSES
        if instances:
            one["masks"] = [one["mask"] == v for v in (1, 2, 3)]
            del one["mask"]
        found.append(one)
    return found


def same(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert a.keys() == b.keys()
    for name in a:
        if name == "mix":
            assert [i.params for i in a[name]] == [i.params for i in b[name]]
        elif name == "masks":
            assert all((m == n).all() for m, n in zip(a[name], b[name], strict=True))
        elif isinstance(a[name], np.ndarray):
            assert a[name].dtype == b[name].dtype
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)
        else:
            assert a[name] == b[name], name


# --- the law of shares ------------------------------------------------------------------------------------------------


def law(of: Any, n: int = 20_000) -> np.ndarray:
    words = np.stack([np.zeros(n, np.uint64), np.arange(n, dtype=np.uint64)], 1)
    return draw_law(of, words, 7, 123)


@pytest.mark.parametrize("a", [0.1, 0.2, 0.4, 1.0, 1.5, 8.0, 32.0])
def test_beta_shares_follow_beta(a: float) -> None:
    found = law(("beta", a), 20_000 if a > 0.1 else 3000)  # of Beta(0.1, 0.1), 1 % is 1 in float64
    assert stats.kstest(found, stats.beta(a, a).cdf).pvalue > 0.01
    smaller = np.minimum(found, 1 - found).mean()
    expected = {0.2: 0.10, 0.4: 0.16, 1.0: 0.25, 32.0: 0.45}.get(a)
    assert expected is None or abs(smaller - expected) < 0.01


def test_uniform_and_fixed_shares() -> None:
    found = law(("uniform", 0.25, 0.75))
    assert stats.kstest(found, stats.uniform(0.25, 0.5).cdf).pvalue > 0.01
    assert (law(0.3, 5) == 0.3).all()


@pytest.mark.parametrize("a", [1e-4, 1e-3, 1e4])
def test_extreme_beta_shares_are_numbers_between_0_and_1(a: float) -> None:
    found = law(("beta", a), 500)
    assert ((found >= 0) & (found <= 1)).all()
    assert abs(found.mean() - 0.5) < 0.08


def test_info_has_the_law_of_its_method() -> None:
    images = np.zeros((4000, 1, 1), np.uint8)
    for mix, of in ((MixUp(lam=("beta", 0.4)), stats.beta(0.4, 0.4)), (MixUp(lam=("uniform", 0, 1)), stats.uniform())):
        _, _, info = mix(images, keys=keys_of(4000))
        assert stats.kstest(info.lam, of.cdf).pvalue > 0.01


def test_shares_and_partners_of_a_sample_change_from_epoch_to_epoch() -> None:
    images = pictures(64, (1, 1))
    found = [MixUp(lam=("uniform", 0, 1))(images, keys=keys_of(64, epoch), donors=images).info for epoch in range(3)]
    for a, b in ((0, 1), (1, 2), (0, 2)):
        assert (found[a].lam != found[b].lam).all()
        assert abs(np.corrcoef(found[a].lam, found[b].lam)[0, 1]) < 0.5
        assert (found[a].partners == found[b].partners).mean() < 0.2
    one = [MixUp()(images[:1], keys=[(epoch, 5)], donors=images).info.lam[0] for epoch in range(20)]
    assert len(set(one)) == 20


def test_cutmix_centres_and_resizemix_scales_follow_their_law() -> None:
    images = np.zeros((2000, 2, 2), np.uint8)
    _, _, info = CutMix()(images, keys=keys_of(2000))
    centers = np.array([p["center"] for p in info.params])
    assert stats.kstest([p["lam"] for p in info.params], stats.uniform().cdf).pvalue > 0.01  # Beta(1, 1)
    assert stats.kstest(centers[:, 0], stats.uniform().cdf).pvalue > 0.01
    assert stats.kstest(centers[:, 1], stats.uniform().cdf).pvalue > 0.01
    _, _, info = ResizeMix()(images, keys=keys_of(2000))
    assert stats.kstest([p["scale"] for p in info.params], stats.uniform(0.1, 0.7).cdf).pvalue > 0.01


# --- the schedule -----------------------------------------------------------------------------------------------------


def test_the_schedule_of_the_paper() -> None:
    schedule = OnOffSchedule()
    on = [schedule(epoch) for epoch in range(1000)]
    assert not any(on[:100])
    assert not any(on[800:])
    assert on[100:120] == [True] * 8 + [False] * 2 + [True] * 8 + [False] * 2
    assert sum(on) == 560


def test_a_schedule_that_closes_mosaic() -> None:
    schedule = OnOffSchedule(0, 1, 0, 285)
    assert all(schedule(epoch) for epoch in range(285))
    assert not schedule(285)
    assert OnOffSchedule(0, 1, 0, None)(10**9)
    assert pickle.loads(pickle.dumps(schedule)) == schedule == eval(repr(schedule), vars(augment))


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"warmup": -1}, ValueError, "warmup must be >= 0, got -1"),
        ({"on": 0}, ValueError, "on must be >= 1, got 0"),
        ({"off": 1.5}, TypeError, "off must be an integer, got float"),
        ({"warmup": 10, "finetune_from": 9}, ValueError, "finetune_from must be >= warmup, 10, got 9"),
    ],
)
def test_wrong_schedules(fields: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        OnOffSchedule(**fields)


@pytest.mark.parametrize("kind", [MixUp, Mosaic, SamplePairing])
def test_a_schedule_turns_a_mixing_on_and_off(kind: Any) -> None:
    images = pictures(4)
    mix = kind(schedule=OnOffSchedule(2, 1, 1, 6))
    for epoch in range(8):
        mixed, _, info = mix(images, keys=keys_of(4, epoch))
        on = epoch in (2, 4)
        assert info.applied.tolist() == [on] * 4
        assert (mixed == images).all() == (not on)
        chain = Compose([mix])
        result = chain(image=images[0], key=(epoch, 0), donors=images)
        assert bool(result["mix"]) == on
    with pytest.raises(ValueError, match=r"key must be \(epoch, index\)"):
        mix(images, keys=range(4))
    with pytest.raises(ValueError, match="keys must be given"):
        mix(images)


def test_schedules_need_epochs_and_explain_does_not() -> None:
    images = pictures(3)
    schedule = OnOffSchedule(5, 1, 1, None)
    chain = Compose([MixUp(schedule=schedule)])
    assert "MixUp: mixes" in chain.explain((12, 17, 3))
    assert "MixUp" not in chain.explain((12, 17, 3), key=(0, 1))
    with pytest.raises(ValueError, match="keys must be given"):
        chain.batch(images, donors=images)
    with pytest.raises(ValueError, match=r"key must be \(epoch, index\)"):
        chain(image=images[0], key=1, donors=images)
    mix = MixUp(schedule=schedule)
    first = mix(images, keys=keys_of(3, 5))
    np.testing.assert_array_equal(mix.replay(first.info, images).images, first.images)


# --- partners ---------------------------------------------------------------------------------------------------------


def words(n: int, epoch: int = 0, first: int = 0) -> np.ndarray:
    return np.stack([np.full(n, epoch), np.arange(first, first + n)], 1).astype(np.uint64)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 16, 17, 100, 1000])
@pytest.mark.parametrize("many", [1, 3, 8])
def test_partners_are_permutations_without_fixed_points(n: int, many: int) -> None:
    found = partners_among(words(n), n, many, 5, 99)
    for k in range(many):
        assert sorted(found[:, k].tolist()) == list(range(n))
        assert n == 1 or (found[:, k] != np.arange(n)).all()
    distinct = min(many, n - 1)
    assert all(len(set(row[:distinct].tolist())) == distinct for row in found)


def test_partners_change_with_epoch_seed_and_transform() -> None:
    base = partners_among(words(500), 500, 1, 5, 99)[:, 0]
    for other in (
        partners_among(words(500, epoch=1), 500, 1, 5, 99),
        partners_among(words(500), 500, 1, 6, 99),
        partners_among(words(500), 500, 1, 5, 98),
    ):
        assert (base == other[:, 0]).mean() < 0.02


def test_every_partner_is_as_likely() -> None:
    found = np.concatenate([partners_among(words(8, epoch), 8, 1, 0, 1)[:1, 0] for epoch in range(7000)])
    counts = np.bincount(found, minlength=8)
    assert counts[0] == 0
    assert stats.chisquare(counts[1:]).pvalue > 0.001


def test_indices_beyond_the_donors_go_round_again() -> None:
    found = partners_among(words(40), 10, 2, 0, 1)
    assert found.min() >= 0
    assert found.max() < 10
    for start in range(0, 40, 10):
        assert sorted(found[start : start + 10, 0].tolist()) == list(range(10))
    assert (found[:10] != found[10:20]).any()
    huge = np.array([[1 << 63, (1 << 64) - 1]], np.uint64)
    assert 0 <= partners_among(huge, 10, 1, 0, 1)[0, 0] < 10


def test_partners_within_a_batch_do_not_depend_on_its_order() -> None:
    keys = words(9)
    found = partners_within(keys, 2, 3, 4)
    order = np.random.default_rng(0).permutation(9)
    moved = partners_within(np.ascontiguousarray(keys[order]), 2, 3, 4)
    np.testing.assert_array_equal(order[moved], found[order])
    for k in range(2):
        assert sorted(found[:, k].tolist()) == list(range(9))
        assert (found[:, k] != np.arange(9)).all()
    assert partners_within(words(1), 3, 0, 0).tolist() == [[0, 0, 0]]
    assert partners_within(words(2), 3, 0, 0).tolist() == [[1, 1, 1], [0, 0, 0]]


# --- batches against their definitions --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [None, 1, 3, 5])
def test_mixup_is_the_weighted_sum(dtype: Any, channels: int | None) -> None:
    images = pictures(5, (6, 7), dtype, channels)
    mixed, _, info = MixUp(lam=("beta", 1.0))(images, keys=keys_of(5))
    exact = images.astype(float) * info.lam.reshape(5, *[1] * (images.ndim - 1))
    exact += images[info.partners[:, 0]].astype(float) * (1 - info.lam).reshape(5, *[1] * (images.ndim - 1))
    assert mixed.dtype == dtype
    if images.dtype.kind == "u":
        assert np.abs(mixed.astype(float) - exact).max() <= 0.5 + (255 / 2**17 if dtype == np.uint8 else 1e-9)
        naive = naive_mix.mix_up(images, info)
        assert (mixed != naive).mean() <= (0 if dtype == np.uint16 else 0.01)
        assert abs((mixed - exact).mean()) < 0.1, "truncated?"
    else:
        np.testing.assert_allclose(mixed, exact, rtol=1e-6 if dtype == np.float32 else 1e-14)


def test_mixup_agrees_with_opencv() -> None:
    images = pictures(6, (40, 50))
    mixed, _, info = MixUp(lam=("uniform", 0.0, 1.0))(images, keys=keys_of(6))
    for i in range(6):
        lam, other = float(info.lam[i]), images[info.partners[i, 0]]
        theirs = cv2.addWeighted(images[i], lam, other, 1 - lam, 0.0)
        difference = np.abs(mixed[i].astype(int) - theirs)
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.01


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_halves_are_rounded_to_even(dtype: Any) -> None:
    a, b = np.array([[0, 1, 2, 3, 255, 254]], dtype), np.array([[1, 2, 3, 4, 254, 255]], dtype)
    mixed, _, _ = MixUp(lam=0.5)(np.stack([a, b]), keys=keys_of(2))
    assert mixed[0].tolist() == mixed[1].tolist() == [[0, 2, 2, 4, 254, 254]]


@pytest.mark.parametrize("weight", [1, 3, 255, 256, 257, 20_001, 32_767, 32_768, 32_769, 45_000, 65_280, 65_535])
def test_every_pair_of_bytes_is_rounded_exactly(weight: int) -> None:
    a, b = (v.astype(np.uint8) for v in np.divmod(np.arange(65536), 256))
    out = np.empty((1, 65536), np.uint8)
    one = np.zeros(1, np.intp)
    blend_bytes(a[np.newaxis], b[np.newaxis], one, np.array([weight / 65536]), one, out, 0, 1)
    exact = (a.astype(float) * weight + b.astype(float) * (65536 - weight)) / 65536
    np.testing.assert_array_equal(out[0], np.rint(exact))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_share_of_1_or_0_is_a_copy(dtype: Any) -> None:
    images = pictures(3, dtype=dtype)
    if images.dtype.kind == "f":
        images[1, 0, 0, 0] = np.nan
    for lam in (1.0, 0.0):
        mixed, _, info = MixUp(lam=lam)(images, keys=keys_of(3))
        np.testing.assert_array_equal(mixed, images if lam else images[info.partners[:, 0]])
        assert not np.shares_memory(mixed, images)


def test_cutmix_cuts_and_corrects_its_share() -> None:
    images = pictures(15)
    mixed, _, info = CutMix()(images, keys=keys_of(15))
    naive, lam = naive_mix.cut_mix(images, info)
    np.testing.assert_array_equal(mixed, naive)
    np.testing.assert_allclose(info.lam, lam, atol=1e-12)
    drawn = np.array([p["lam"] for p in info.params])
    assert (info.lam > drawn + 0.05).any(), "some rectangles leave the image"


def test_ricap_is_four_pieces() -> None:
    images = pictures(9)
    mixed, _, info = RICAP(lam=("beta", 1.0))(images, keys=keys_of(9))
    np.testing.assert_array_equal(mixed, naive_mix.ricap(images, info))


def test_gridmix_is_cells() -> None:
    images = pictures(9)
    mixed, _, info = GridMix(grid=(3, 4))(images, keys=keys_of(9))
    np.testing.assert_array_equal(mixed, naive_mix.grid_mix(images, info, (3, 4)))
    cells = np.array([len(p["cells"]) for p in info.params])
    drawn = np.array([p["lam"] for p in info.params])
    np.testing.assert_array_equal(cells, 12 - np.rint(12 * drawn))


def test_resizemix_shrinks_all_of_the_partner() -> None:
    images = pictures(8, (40, 60))
    mixed, _, info = ResizeMix()(images, keys=keys_of(8))
    for i, params in enumerate(info.params):
        h, w = round(40 * params["scale"]), round(60 * params["scale"])
        y, x = round(params["at"][0] * (40 - h)), round(params["at"][1] * (60 - w))
        small = cv2.resize(images[info.partners[i, 0]], (w, h), interpolation=cv2.INTER_AREA)
        assert np.abs(mixed[i, y : y + h, x : x + w].astype(int) - small).max() <= 1
        rest = np.ones((40, 60), bool)
        rest[y : y + h, x : x + w] = False
        np.testing.assert_array_equal(mixed[i][rest], images[i][rest])
        assert info.lam[i] == pytest.approx(rest.mean())


def test_fmix_regions_have_the_area_and_the_spectrum_of_the_paper() -> None:
    for lam in (0.0, 0.2, 0.5, 1.0):
        assert np.count_nonzero(low_regions((33, 40), lam, 3.0, 5) == 0) == round(lam * 33 * 40)
    assert low_regions((1, 1), 0.4, 3.0, 5).tolist() == [[1]]
    rough, smooth = (low_regions((64, 64), 0.5, decay, 5) for decay in (0.0, 3.0))
    edges = [np.count_nonzero(np.diff(m.astype(int), axis=1)) for m in (rough, smooth)]
    assert edges[0] > 10 * edges[1]
    assert (low_regions((64, 64), 0.5, 3.0, 6) != smooth).any()


def numbered(n: int, size: tuple[int, int] = (20, 30)) -> np.ndarray:
    """Image i is all i."""
    return np.broadcast_to(np.arange(n, dtype=np.uint8).reshape(n, 1, 1), (n, *size))


@pytest.mark.parametrize(
    "mix", [CutMix(), RICAP(), FMix(), GridMix(), ResizeMix(), Mosaic(), Mosaic(grid=(3, 2)), Mosaic(grid=(1, 1))]
)
def test_shares_are_the_areas(mix: Any) -> None:
    images = numbered(11)
    mixed, _, info = mix(images, keys=keys_of(11))
    np.testing.assert_allclose(info.shares.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_array_equal(info.lam, info.shares[:, 0])
    for i in range(11):
        who = [i, *info.partners[i].tolist()]
        assert len(set(who)) == len(who)
        counts = [np.mean(mixed[i] == k) for k in who]
        np.testing.assert_allclose(counts, info.shares[i], atol=1e-12)


@every_method
@pytest.mark.parametrize("n", [1, 2, 7])
def test_soft_labels_add_up_to_1_in_batches_of_any_size(mix: Any, n: int) -> None:
    labels = np.arange(n) % CLASSES
    mixed, soft, info = mix(pictures(n), labels, keys=keys_of(n))
    assert mixed.shape == (n, 12, 17, 3)
    assert soft.shape == (n, CLASSES)
    assert soft.dtype == np.float32
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-6)
    rows = np.eye(CLASSES)[labels]
    expected = rows if isinstance(mix, SamplePairing) else naive_mix.labels_of(rows, info)
    np.testing.assert_allclose(soft, expected, atol=1e-6)
    again = mix(pictures(n), rows, keys=keys_of(n)).labels
    assert again.dtype == np.float64
    np.testing.assert_allclose(again, expected, atol=1e-12)


def test_sample_pairing_keeps_the_label_of_the_first() -> None:
    images = pictures(5)
    mixed, soft, info = SamplePairing(num_classes=5)(images, np.arange(5), keys=keys_of(5))
    np.testing.assert_array_equal(soft, np.eye(5))
    exact = (images.astype(float) + images[info.partners[:, 0]]) / 2
    np.testing.assert_array_equal(mixed, np.rint(exact))
    mixed, _, info = SamplePairing(weight=0.2)(images, keys=keys_of(5))
    exact = 0.8 * images + 0.2 * images[info.partners[:, 0]]
    assert np.abs(mixed - exact).max() <= 0.502


def test_p_says_how_many_are_mixed() -> None:
    images = pictures(2000, (1, 1))
    mixed, soft, info = MixUp(p=0.3, lam=0.4, num_classes=2)(images, np.arange(2000) % 2, keys=keys_of(2000))
    assert abs(info.applied.mean() - 0.3) < 0.03
    np.testing.assert_array_equal(mixed[~info.applied], images[~info.applied])
    assert (info.lam[~info.applied] == 1).all()
    assert (info.lam[info.applied] == 0.4).all()
    assert (soft[~info.applied].max(axis=1) == 1).all()


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


# --- boxes, masks, keypoints ------------------------------------------------------------------------------------------


def test_seen_boxes_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    for k in range(25):
        h, w = rng.integers(1, 14, 2)
        owner = (rng.random((h, w)) < rng.random()).astype(np.uint8)
        if k % 3 == 0:
            owner = np.zeros((h, w), np.uint8)
            owner[: h // 2 + 1, : w // 2] = 1
        corners = np.sort(rng.uniform(-3, max(h, w) + 3, (9, 2, 2)), axis=1)
        boxes = corners.transpose(0, 1, 2).reshape(9, 4)
        boxes[::2] = np.round(boxes[::2])
        for who in (0, 1):
            for least in (0.0, 0.4, 1.0):
                found, kept = seen_boxes(boxes, owner, who, least)
                expected, rows = naive_mix.seen_boxes(boxes, owner, who, least)
                assert kept.tolist() == rows
                np.testing.assert_allclose(found, np.reshape(expected, (-1, 4)), atol=1e-12)


def test_seen_points() -> None:
    owner = np.array([[0, 1], [0, 0]], np.uint8)
    points = np.array([[0.5, 0.5], [1.5, 0.5], [2.0, 0.0], [2.0, 2.0], [-0.1, 0.5], [0.5, 2.1], [np.nan, 1.0]])
    assert seen_points(points, owner, 0).tolist() == [0, 3]
    assert seen_points(points, owner, 1).tolist() == [1, 2]


def test_boxes_under_cutmix_follow_one_rule() -> None:
    images = np.stack([np.zeros((20, 20), np.uint8), np.full((20, 20), 255, np.uint8)])
    host = [[0, 0, 10, 4], [5, 5, 15, 15], [6, 6, 14, 14], [0, 8, 20, 12]]
    theirs = [[0, 0, 6, 6], [7, 7, 9, 9], [10, 10, 30, 30]]
    mix = CutMix(lam=0.75, min_visibility=0.1)
    for k in range(50):  # until the rectangle, 10 x 10, is in the middle
        info = mix(images, keys=[(k, 0), (k, 1)]).info
        center = info.params[0]["center"]
        if [int(20 * c) for c in center] == [10, 10]:
            break
    else:
        info.params[0]["center"][:] = [0.5, 0.5]
    found = mix.replay(info, images, boxes=[host, theirs], box_labels=[list("abcd"), list("xyz")])
    assert found.images[0][5:15, 5:15].all()
    assert found.images[0].sum() == 100 * 255
    assert found.box_labels[0] == ["a", "d", "y", "z"], "b and c are covered, of x 1 of 36 is seen"
    assert found.boxes[0] == [[0, 0, 10, 4], [0, 8, 20, 12], [7, 7, 9, 9], [10, 10, 15, 15]]
    assert found.box_weights[0].tolist() == [1, 1, 1, 1]
    strict = CutMix(lam=0.75, min_visibility=0.6).replay(info, images, boxes=[host, theirs])
    assert strict.boxes[0] == [[0, 0, 10, 4], [7, 7, 9, 9]], "of d a half is seen, of z a quarter of what it shows"


def test_a_covered_side_shortens_a_box() -> None:
    owner = np.zeros((10, 10), np.uint8)
    owner[:, 6:] = 1
    found, _ = seen_boxes(np.array([[2.0, 2.5, 9.0, 7.5]]), owner, 0, 0.0)
    assert found.tolist() == [[2.0, 2.5, 6.0, 7.5]]


def test_mixup_keeps_the_boxes_of_both_with_their_weights() -> None:
    images = pictures(2)
    mix = MixUp(lam=0.25)
    masks = [np.full((12, 17), k, np.uint8) for k in (1, 2)]
    found = mix(
        images,
        keys=keys_of(2),
        boxes=[[[1, 1, 5, 5]], np.array([[2.0, 2, 7, 7], [0, 0, 3, 3]])],
        box_labels=[["cat"], ["dog", "cow"]],
        keypoints=[[(3, 4)], []],
        masks=masks,
    )
    assert found.boxes[0] == [[1, 1, 5, 5], [2, 2, 7, 7], [0, 0, 3, 3]]
    assert isinstance(found.boxes[1], np.ndarray)
    assert found.box_labels == [["cat", "dog", "cow"], ["dog", "cow", "cat"]]
    assert found.box_weights[0].tolist() == [0.25, 0.75, 0.75]
    assert found.box_weights[1].tolist() == [0.25, 0.25, 0.75]
    assert found.keypoints == [[(3, 4)], [(3, 4)]]
    assert [w.tolist() for w in found.keypoint_weights] == [[0.25], [0.75]]
    assert [m[0, 0] for m in found.masks] == [2, 1], "the mask of the larger share"
    weighted = mix(images, keys=keys_of(2), boxes=[[[1, 1, 5, 5]], []], box_weights=[[0.5], []])
    assert weighted.box_weights[0].tolist() == [0.125]


@pytest.mark.parametrize("fit", ["cover", "contain", "stretch"])
@pytest.mark.parametrize("grid", [(2, 2), (3, 3), (1, 4)])
def test_boxes_follow_their_things_in_a_mosaic(fit: str, grid: tuple[int, int]) -> None:
    things = samples(9)
    chain = Compose([Mosaic(grid=grid, size=(180, 240), fit=fit, mask_fill=0, num_classes=CLASSES)])
    for index in range(3):
        out = chain(**things[index], key=(0, index), donors=things)
        assert out["image"].shape == (180, 240, 3)
        assert out["mask"].shape == (180, 240)
        assert len(out["boxes"]) == len(out["labels"]) == len(out["box_weights"])
        assert out["label"].sum() == pytest.approx(1)
        for (x0, y0, x1, y1), label in zip(out["boxes"], out["labels"]):
            inside = out["mask"][round(y0) : round(y1), round(x0) : round(x1)] == label % 10
            assert inside.mean() > 0.6 or inside.size < 40
        covered = np.zeros((180, 240), bool)
        for x0, y0, x1, y1 in out["boxes"]:
            covered[max(int(y0) - 1, 0) : int(y1) + 2, max(int(x0) - 1, 0) : int(x1) + 2] = True
        assert covered[out["mask"] > 0].all(), "a thing without its box"


def test_mosaic_drops_boxes_by_what_is_seen_of_them() -> None:
    things = samples(4, label=False)
    counts = {}
    for least in (0.0, 0.9):
        chain = Compose([Mosaic(min_visibility=least)])
        counts[least] = sum(len(chain(**things[0], key=(k, 0), donors=things)["boxes"]) for k in range(8))
    assert counts[0.9] < counts[0.0] <= 8 * 12


def test_mosaic_lines_stay_in_order_and_in_range() -> None:
    images = numbered(40, (30, 30))
    _, _, info = Mosaic(grid=(3, 3), center=(0.0, 1.0))(images, keys=keys_of(40))
    for params in info.params:
        assert params["down"] == sorted(params["down"])
    _, _, info = Mosaic(center=(0.3, 0.7))(images, keys=keys_of(40))
    lines = np.array([p["down"] + p["across"] for p in info.params])
    assert stats.kstest(lines.ravel(), stats.uniform(0.3, 0.4).cdf).pvalue > 0.01


def test_mosaic_with_fewer_donors_than_cells() -> None:
    images = numbered(2)
    for grid in ((2, 2), (3, 3)):
        mixed, _, info = Mosaic(grid=grid)(images, keys=keys_of(2))
        assert set(np.unique(mixed)) == {0, 1}
        np.testing.assert_allclose(info.shares.sum(axis=1), 1)
        alone = Compose([Mosaic(grid=grid)])(image=images[0], key=(0, 0), donors=images[1:])
        assert set(np.unique(alone["image"])) == {0, 1}
    assert (Mosaic()(images[:1], keys=[(0, 0)]).images == 0).all()


def test_mosaic_fills_what_no_image_covers() -> None:
    wide = np.full((4, 10, 100), 200, np.uint8)
    mix = Mosaic(fit="contain", size=(40, 40), fill=114 / 255, num_classes=4)
    mixed, soft, info = mix(wide, np.arange(4), keys=keys_of(4))
    assert set(np.unique(mixed)) == {114, 200}
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-6)
    for i in range(4):
        seen = (mixed[i] == 200).sum()
        assert info.shares[i].sum() == pytest.approx(1)
        assert 0 < seen < 1600


def test_fit_stages_keep_whole_pixels() -> None:
    stage = fit_stage((10, 20), (20, 20), "contain", (0.5, 0.5))
    assert stage.pull[:6] == (1, 0, 0, 0, 1, -5)
    stage = fit_stage((10, 20), (10, 10), "cover", (0.0, 1.0))
    assert stage.pull[:6] == (1, 0, 10, 0, 1, 0)
    stage = fit_stage((10, 20), (20, 10), "stretch")
    assert stage.pull[:6] == (2, 0, 0, 0, 0.5, 0)


@every_entry
def test_masks_boxes_and_keypoints_follow_the_pixels(name: str, parameters: dict[str, Any]) -> None:
    """A mask that numbers samples says whose pixels are where: rows of fields must agree with it."""
    if name in ("MixUp", "SamplePairing", "CopyPaste"):
        return
    donors = []
    for k in range(6):
        one = sample((48, 64))
        one["mask"] = np.full((48, 64), k + 1, np.uint8)
        one["labels"] = [k + 1] * 3
        one["keypoint_labels"] = [k + 1] * 3
        donors.append(one)
    chain = Compose([build(name, {**parameters, **({"mask_fill": 0} if name == "Mosaic" else {})})])
    for index in range(6):
        out = chain(**donors[index], key=(0, index), donors=donors)
        for box, label in zip(out["boxes"], out["labels"], strict=True):
            x0, y0, x1, y1 = np.round(box).astype(int)
            assert (out["mask"][y0:y1, x0:x1] == label).any()
        for (x, y), label in zip(out["keypoints"], out["keypoint_labels"], strict=True):
            area = out["mask"][max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2]
            assert (area == label).any()


# --- copy-paste -------------------------------------------------------------------------------------------------------


def scene(level: int, rectangles: list[tuple[int, int, int, int]]) -> dict[str, Any]:
    masks = []
    for x0, y0, x1, y1 in rectangles:
        mask = np.zeros((30, 40), np.uint8)
        mask[y0:y1, x0:x1] = 1
        masks.append(mask)
    return {
        "image": np.full((30, 40, 3), level, np.uint8),
        "masks": masks,
        "boxes": [list(map(float, r)) for r in rectangles],
        "labels": [f"{level}-{k}" for k in range(len(rectangles))],
    }


def test_copy_paste_updates_what_is_covered() -> None:
    host = scene(10, [(0, 0, 10, 10), (12, 0, 20, 10), (30, 20, 40, 30)])
    donor = scene(200, [(5, 0, 20, 10)])
    out = Compose([CopyPaste()])(**host, key=(0, 0), donors=[donor])
    pasted = np.zeros((30, 40), bool)
    pasted[0:10, 5:20] = True
    np.testing.assert_array_equal(out["image"], np.where(np.dstack([pasted] * 3), 200, 10))
    assert out["labels"] == ["10-0", "10-2", "200-0"], "the second is gone"
    assert out["boxes"] == [[0, 0, 5, 10], [30, 20, 40, 30], [5, 0, 20, 10]]
    assert [int(m.sum()) for m in out["masks"]] == [50, 100, 150]
    assert sum(m.astype(int) for m in out["masks"]).max() == 1, "one owner a pixel"
    assert host["masks"][0].sum() == 100
    assert out["mix"][0].lam == pytest.approx(1 - pasted.mean())
    strict = Compose([CopyPaste(min_visibility=0.6)])(**host, key=(0, 0), donors=[donor])
    assert strict["labels"] == ["10-2", "200-0"]


def test_copy_paste_draws_its_objects() -> None:
    host = scene(10, [])
    host["boxes"] = np.empty((0, 4))
    donor = scene(200, [(5 * k, 0, 5 * k + 4, 10) for k in range(6)])
    chain = Compose([CopyPaste(objects=(2, 4))])
    found = [chain(**host, key=(0, k), donors=[donor])["labels"] for k in range(60)]
    assert {len(f) for f in found} == {2, 3, 4}
    assert {name for f in found for name in f} == set(donor["labels"])
    assert all(f == sorted(f) for f in found)
    assert Compose([CopyPaste(objects=(0, 0))])(**host, key=(0, 1), donors=[donor])["labels"] == []


def test_copy_paste_without_boxes_and_with_a_label_mask() -> None:
    host, donor = scene(10, [(0, 0, 10, 10)]), scene(200, [(0, 0, 10, 10), (20, 5, 30, 20)])
    for one in (host, donor):
        del one["boxes"], one["labels"]
    out = Compose([CopyPaste(objects=(2, 2))])(**host, key=(0, 0), donors=[donor])
    assert [int(m.sum()) for m in out["masks"]] == [100, 150]
    labelled = [
        {"image": d["image"], "mask": d["masks"][0] * 3 + 5 * d["masks"][-1] * (d is donor)} for d in (host, donor)
    ]
    out = Compose([CopyPaste(objects=(2, 2))])(**labelled[0], key=(0, 0), donors=labelled[1:])
    assert (out["mask"] == labelled[1]["mask"]).all()
    batch = CopyPaste(objects=(2, 2))(
        np.stack([host["image"], donor["image"]]), keys=keys_of(2), instances=[host["masks"], np.stack(donor["masks"])]
    )
    assert [len(m) for m in batch.instances] == [2, 2]
    assert isinstance(batch.instances[1], np.ndarray)


@pytest.mark.parametrize("dtype", DTYPES)
def test_copy_paste_softens_edges(dtype: Any) -> None:
    host, donor = scene(0, []), scene(0, [(10, 10, 30, 20)])
    host["boxes"] = []
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    host["image"] = np.zeros((30, 40), dtype)
    donor["image"] = np.full((30, 40), top, dtype)
    sharp = Compose([CopyPaste()])(**host, key=(0, 0), donors=[donor])["image"]
    soft = Compose([CopyPaste(blend=1.5)])(**host, key=(0, 0), donors=[donor])["image"]
    assert set(np.unique(sharp)) == {0, top}
    assert soft.dtype == dtype
    assert abs(float(soft[15, 9]) + float(soft[15, 10]) - top) < 0.02 * top
    assert 0 < soft[15, 8] < soft[15, 9] < soft[15, 10] < soft[15, 11]
    assert soft[15, 20] >= 0.99 * top
    assert soft[0, 0] == 0


def test_instance_masks_follow_their_boxes_through_a_chain() -> None:
    host = scene(10, [(0, 0, 4, 4), (20, 10, 36, 26)])
    donor = scene(200, [(18, 12, 24, 18), (0, 25, 4, 30)])
    chain = Compose(
        [augment.CenterCrop(size=(20, 30), p=1.0), CopyPaste(), augment.CenterCrop(size=(14, 20), p=1.0)],
        box_format="yolo",
    )
    for one in (host, donor):
        one["boxes"] = [
            ((x0 + x1) / 80, (y0 + y1) / 60, (x1 - x0) / 40, (y1 - y0) / 30) for x0, y0, x1, y1 in one["boxes"]
        ]
    out = chain(**host, key=(0, 0), donors=[donor])
    assert len(out["masks"]) == len(out["boxes"]) == len(out["labels"]) > 0
    for mask, (x, y, w, h) in zip(out["masks"], out["boxes"]):
        rows, columns = np.nonzero(mask)
        assert (columns.min(), columns.max() + 1) == pytest.approx(((x - w / 2) * 20, (x + w / 2) * 20))
        assert (rows.min(), rows.max() + 1) == pytest.approx(((y - h / 2) * 14, (y + h / 2) * 14))


# --- chains -----------------------------------------------------------------------------------------------------------


def entry_chain(name: str, parameters: dict[str, Any], **options: Any) -> tuple[Compose, list[dict[str, Any]]]:
    mix = build(name, {**parameters, "num_classes": CLASSES})
    between = [augment.Affine(rotate=(-20, 20), p=1.0), mix, augment.HorizontalFlip(), augment.Gamma()]
    return Compose(between, seed=11, **options), samples(6, instances=name == "CopyPaste")


@every_entry
def test_the_same_key_gives_the_same_bytes(name: str, parameters: dict[str, Any]) -> None:
    chain, things = entry_chain(name, parameters)
    for thing in things:
        for value in thing.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
    for key in (3, (1, 4), (0, 1, 2)):
        one, other = (chain(**things[0], key=key, donors=things) for _ in range(2))
        same(one, other)
        assert one["key"] == key
        assert len(one["mix"]) == 1
        for result in ("image", "boxes", "keypoints", "mask"):
            if result in one:
                assert not any(np.shares_memory(one[result], t[result]) for t in things)
                assert one[result].flags.writeable


@every_entry
def test_recipes_records_and_copies_do_the_same(name: str, parameters: dict[str, Any]) -> None:
    parameters = {**parameters, "schedule": OnOffSchedule(0, 2, 1, 50), "donor": augment.VerticalFlip()}
    chain, things = entry_chain(name, parameters)
    expected = chain(**things[1], key=(1, 1), donors=things)
    assert expected["mix"]
    copies = [
        pickle.loads(pickle.dumps(chain)),
        Compose.from_json(chain.to_json()),
        Compose.from_yaml(chain.to_yaml()),
        eval(repr(chain), vars(augment)),
    ]
    for copy in copies:
        assert copy == chain
        same(copy(**things[1], key=(1, 1), donors=things), expected)
    record = json.loads(json.dumps(chain.draw((1, 1), (48, 64, 3), donors=things)))
    same(chain.replay(record, **things[1], donors=things), expected)
    del record["steps"][1]["params"]["partners"]
    with pytest.raises(ValueError, match="record must name the partners"):
        chain.replay(record, **things[1], donors=things)


@every_entry
def test_p_0_changes_nothing_but_labels(name: str, parameters: dict[str, Any]) -> None:
    things = samples(3, instances=name == "CopyPaste")
    chain = Compose([build(name, {**parameters, "p": 0.0, "num_classes": CLASSES})])
    out = chain(**things[1], key=(0, 1), donors=things)
    np.testing.assert_array_equal(out["image"], things[1]["image"])
    np.testing.assert_array_equal(out["boxes"], things[1]["boxes"])
    assert out["label"].tolist() == [0, 1, 0, 0, 0]
    assert out["box_weights"].tolist() == [1, 1, 1]
    assert out["mix"] == ()


@every_entry
def test_batches_and_streams_are_single_calls(name: str, parameters: dict[str, Any]) -> None:
    chain, things = entry_chain(name, parameters, box_format="coco")
    keys = keys_of(6)
    singles = [chain(**thing, key=key, donors=things) for thing, key in zip(things, keys)]
    streamed = chain.map(things, workers=3, donors=things)
    for single, one in zip(singles, streamed, strict=True):
        same(one, single)
    if name == "CopyPaste":
        return
    batch = chain.batch(
        [t["image"] for t in things],
        keys=keys,
        masks=[t["mask"] for t in things],
        boxes=[t["boxes"] for t in things],
        labels=[t["labels"] for t in things],
        donors=things,
        workers=2,
    )
    for i, single in enumerate(singles):
        np.testing.assert_array_equal(batch["images"][i], single["image"])
        np.testing.assert_array_equal(batch["masks"][i], single["mask"])
        np.testing.assert_array_equal(batch["boxes"][i], single["boxes"])
        np.testing.assert_array_equal(batch["box_weights"][i], single["box_weights"])
        assert batch["labels"][i] == single["labels"]


def test_inserting_a_mixing_leaves_other_draws_alone() -> None:
    things = samples(4)
    plain = Compose([augment.Rotate(p=1.0), augment.Gamma(p=1.0)], seed=3)
    mixing = Compose([augment.Rotate(p=1.0), MixUp(lam=1.0, num_classes=CLASSES), augment.Gamma(p=1.0)], seed=3)
    a, b = ({s["transform"]: s["params"] for s in c.draw((0, 1), (48, 64, 3))["steps"]} for c in (plain, mixing))
    assert a["Rotate"] == b["Rotate"]
    assert a["Gamma"] == b["Gamma"]
    one = {k: v for k, v in things[1].items() if k not in ("label", "mask", "keypoints", "boxes", "labels")}
    expected = plain(**one, key=(0, 1))["image"].astype(int)
    assert np.abs(mixing(**one, key=(0, 1), donors=things)["image"] - expected).max() <= 1


def test_two_mixings_of_a_chain_are_independent() -> None:
    images = pictures(200, (2, 2))
    chain = Compose([MixUp(), MixUp(), CutMix()])
    info = [chain(image=images[i], key=(0, i), donors=images)["mix"] for i in range(200)]
    partners = np.array([[one.partners[0] for one in infos] for infos in info])
    assert (partners[:, 0] == partners[:, 1]).mean() < 0.05
    assert abs(np.corrcoef([i[0].lam for i in info], [i[1].lam for i in info])[0, 1]) < 0.25


def test_weights_of_boxes_multiply() -> None:
    things = samples(3)
    chain = Compose([MixUp(lam=0.5, num_classes=CLASSES), MixUp(lam=0.25, num_classes=CLASSES)])
    out = chain(**things[0], key=(0, 0), donors=things)
    assert sorted(set(out["box_weights"].tolist())) == [0.125, 0.75]
    assert out["label"].sum() == pytest.approx(1)


def test_one_of_several_mixings() -> None:
    things = samples(5)
    chain = Compose([augment.OneOf([MixUp(num_classes=CLASSES), CutMix(num_classes=CLASSES)])])
    found = [chain(**things[i], key=(e, i), donors=things)["mix"][0].transform for e in range(6) for i in range(5)]
    assert {"MixUp", "CutMix"} == set(found)


def test_the_donor_chain_has_draws_of_its_own() -> None:
    images = np.zeros((5, 16, 16, 3), np.uint8)
    images[:, :4, :4] = 255
    donor = augment.Sequential([augment.Rotate90(p=1.0), augment.HorizontalFlip(p=0.5)])
    chain = Compose([augment.HorizontalFlip(p=0.0), SamplePairing(weight=1.0, donor=donor)])
    found = {chain(image=images[0], key=(e, 0), donors=images)["image"].tobytes() for e in range(40)}
    assert len(found) == 4, "the corner goes everywhere"
    batch = SamplePairing(weight=1.0, donor=donor)(images, keys=keys_of(5), donors=images)
    for i in range(5):
        single = chain(image=images[i], key=(0, i), donors=images)
        np.testing.assert_array_equal(batch.images[i], single["image"])


def test_float_images_after_normalize_need_donors_alike() -> None:
    things = samples(3)
    chain = Compose([MixUp(num_classes=CLASSES), augment.Normalize(p=1.0)])
    assert chain(**things[0], key=(0, 0), donors=things)["image"].dtype == np.float32
    with pytest.raises(TypeError, match="image of a donor must have the dtype of the sample's, float32, got uint8"):
        Compose([augment.Normalize(p=1.0), MixUp(num_classes=CLASSES)])(**things[0], key=(0, 0), donors=things)


def test_output_dtype_layout_and_buffer() -> None:
    things = samples(3, label=False)
    chain = Compose([CutMix()], dtype="float32", layout="first")
    out = np.empty((3, 48, 64), np.float32)
    result = chain(**things[0], key=(0, 0), donors=things, out=out)
    assert result["image"] is out
    plain = Compose([CutMix()])(**things[0], key=(0, 0), donors=things)["image"]
    np.testing.assert_allclose(out, plain.transpose(2, 0, 1) / 255, atol=1e-6)


def test_further_images_and_masks_are_mixed_alike() -> None:
    rng = np.random.default_rng(0)
    donors = [
        {
            "image": np.full((10, 12, 3), k, np.uint8),
            "depth": np.full((10, 12), k / 10, np.float32),
            "parts": np.full((10, 12), k, np.int32),
            "score": [float(k)],
            "boxes": rng.uniform(0, 5, (1, 4)) + np.array((0, 0, 5, 5)),
        }
        for k in range(6)
    ]
    chain = Compose([GridMix()], image_names=["depth"], mask_names=["parts"], box_fields=["score"])
    out = chain(**donors[0], key=(0, 0), donors=donors)
    np.testing.assert_array_equal(out["image"][..., 0], out["parts"])
    np.testing.assert_allclose(out["depth"], out["parts"] / 10, rtol=1e-6)
    assert len(out["score"]) == len(out["boxes"])


def test_explain_and_what_a_chain_that_mixes_cannot_say() -> None:
    chain = Compose([augment.Affine(p=1.0), Mosaic(size=(64, 80)), augment.Gamma(p=1.0)])
    text = chain.explain((48, 64, 3))
    assert "pass 2: Mosaic: mixes the sample with its donors -> 80 x 64" in text
    assert "pass 3: Gamma" in text
    assert "result: 80 x 64" in text
    with pytest.raises(ValueError, match="a chain that mixes samples has no geometry of one image"):
        chain.matrix((0, 0), (48, 64))


def test_donors_are_not_needed_where_nothing_is_mixed() -> None:
    chain = Compose([augment.HorizontalFlip()])
    chain(image=pictures(1)[0], key=1, donors=None)
    chain(image=pictures(1)[0], key=1, donors=[1, 2])
    off = Compose([MixUp(p=0.0)])
    assert off(image=pictures(1)[0], key=1)["mix"] == ()


# --- the buffer -------------------------------------------------------------------------------------------------------


def test_the_buffer_keeps_the_last() -> None:
    buffer = DonorBuffer(3)
    for k in range(5):
        buffer.add(np.full((2, 2), k, np.uint8))
    assert [int(d[0, 0]) for d in buffer] == [2, 3, 4]
    assert len(buffer) == buffer.capacity == 3
    again = pickle.loads(pickle.dumps(buffer))
    assert [int(d[0, 0]) for d in again] == [2, 3, 4]
    again.add({"image": np.zeros((2, 2), np.uint8), "boxes": [[0, 0, 1, 1]]})
    assert len(again) == 3
    assert repr(buffer) == "DonorBuffer(3) with 3 samples"


def test_the_buffer_takes_pairs() -> None:
    images = pictures(3)
    buffer = DonorBuffer(3, [(image, k) for k, image in enumerate(images)])
    found = MixUp(num_classes=3)(images, np.arange(3), keys=keys_of(3), donors=buffer)
    listed = MixUp(num_classes=3)(images, np.arange(3), keys=keys_of(3), donors=list(zip(images, range(3))))
    np.testing.assert_array_equal(found.images, listed.images)
    np.testing.assert_array_equal(found.labels, listed.labels)


def test_what_lies_outside_is_cut_at_a_mixing() -> None:
    things = samples(4, label=False)
    for options in ({}, {"clip": False, "remove_invisible": False}):
        chain = Compose([augment.CenterCrop(size=(24, 32), p=1.0), ResizeMix()], **options)
        donors = [{**d, "keypoints": d["keypoints"] - 20} for d in things]
        out = chain(**things[0], key=(0, 0), donors=donors)
        assert ((out["boxes"] >= 0) & (out["boxes"] <= (32, 24, 32, 24))).all()
        assert ((out["keypoints"] >= 0) & (out["keypoints"] <= (32, 24))).all()
        off = Compose([augment.CenterCrop(size=(24, 32), p=1.0), ResizeMix(p=0.0)], **options)(**things[0], key=(0, 0))
        assert (out["mix"] != ()) and (off["boxes"].min() < 0) == bool(options)


def test_the_buffer_owns_copies() -> None:
    image = np.zeros((2, 2), np.uint8)
    mask = np.ones((2, 2), bool)
    copied, shared = DonorBuffer(2), DonorBuffer(2, copy=False)
    for buffer in (copied, shared):
        buffer.add({"image": image, "masks": [mask], "boxes": [(0, 0, 1, 1)]})
    image[:] = 7
    mask[:] = False
    assert copied[0]["image"].max() == 0
    assert copied[0]["masks"][0].all()
    assert shared[0]["image"] is image


def test_the_buffer_is_for_streams() -> None:
    buffer = DonorBuffer(4)
    chain = Compose([Mosaic(num_classes=CLASSES)])
    for index, thing in enumerate(samples(8)):
        buffer.add(thing)
        out = chain(**thing, key=(0, index), donors=buffer)
        assert (out["mix"][0].partners < len(buffer)).all()


def test_threads_share_a_buffer() -> None:
    buffer = DonorBuffer(5, [pictures(1)[0]])
    chain, errors = Compose([Mosaic(), MixUp()]), []

    def work(offset: int) -> None:
        try:
            for k in range(60):
                buffer.add(pictures(1)[0])
                chain(image=buffer[0], key=(0, offset + k), donors=buffer)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(100 * t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(buffer) == 5


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
