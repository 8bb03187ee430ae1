"""Mixing: the law of shares, schedules, partners that depend on keys alone, batches against their definitions."""

from __future__ import annotations

import pickle
from typing import Any

import cv2
import numpy as np
import pytest
from helpers.mix_samples import CLASSES, DTYPES, every_method, keys_of, numbered, pictures, words
from oracles import mix as naive_mix
from scipy import stats

import augment
from augment import (
    RICAP,
    Compose,
    CutMix,
    FMix,
    GridMix,
    MixUp,
    Mosaic,
    OnOffSchedule,
    ResizeMix,
    SamplePairing,
)
from augment.mix._donors import partners_among, partners_within
from augment.mix._fmix import low_regions
from augment.mix._law import draw_law
from augment.mix._mixup import blend_bytes

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
