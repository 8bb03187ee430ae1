"""Laws about the images that a chain takes: further images, channels, dtypes, and what follows what.

* A further image becomes what it becomes in a chain of its own under the same key, whatever its dtype and channels.
* What could be drawn is asked before any work: a chain that fails for some keys fails for all.
* Any two transforms, one after the other: ``fuse=True`` and ``fuse=False`` give the same, or the same error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, MIXES, Kind, build, geometry, moves_pixels

import augment

H, W = 72, 88
CASES = [pytest.param(name, params, id=f"{name}-{k}") for k, (name, params) in enumerate(EXAMPLES)]
Image = np.ndarray


def picture(dtype: Any, channels: int | None, seed: int = 0, size: tuple[int, int] = (H, W)) -> Image:
    """Waves and some noise; (h, w) without `channels`."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    waves = 0.5 + 0.3 * np.sin(x / (9.0 + seed)) * np.cos(y / 7.0)
    levels = waves[..., np.newaxis] + 0.15 * rng.random((*size, channels or 1))
    levels = levels if channels else levels[..., 0]
    return np.rint(levels * np.iinfo(dtype).max).astype(dtype) if np.dtype(dtype).kind == "u" else levels.astype(dtype)


def things(size: tuple[int, int] = (H, W)) -> dict[str, Any]:
    mask = np.zeros(size, np.uint8)
    mask[5:20, 5:30] = 1
    mask[25:38, 32:46] = 2
    return {"mask": mask, "boxes": np.array([[5.0, 5, 30, 20], [32, 25, 46, 38]]), "labels": [0, 1]}


def outcome(call: Any, *given: Any, **targets: Any) -> Any:
    """What a call gives, or what it says in place of that."""
    try:
        return call(*given, **targets)
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def equal(a: Any, b: Any) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


# --- further images ---------------------------------------------------------------------------------------------------

FIRST = (np.uint8, 3), (np.float32, None)
FURTHER = (np.uint8, 3), (np.float32, None), (np.uint16, 3), (np.uint8, 1), (np.float64, 4)


@pytest.mark.parametrize("fuse", [True, False], ids=["fused", "stepwise"])
@pytest.mark.parametrize(("name", "params"), CASES)
def test_a_further_image_is_treated_as_in_a_chain_of_its_own(name: str, params: dict[str, Any], fuse: bool) -> None:
    chain = augment.Compose([build(name, params)], seed=4, image_names=["twin"], fuse=fuse)
    for first in FIRST:
        image = picture(*first)
        for seed, kind in enumerate(FURTHER, 1):
            twin, key = picture(*kind, seed), (seed, 2)
            alone = [outcome(chain, image=one, **things(), key=key) for one in (image, twin)]
            both = outcome(chain, image=image, twin=twin, **things(), key=key)
            if isinstance(both, str):
                assert isinstance(alone[0], str) or isinstance(alone[1], str), both
                assert isinstance(alone[0], str) or "twin" in both, both
            else:
                assert equal(both["image"], alone[0]["image"])
                assert equal(both["twin"], alone[1]["image"]), (first, kind)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_further_images_are_the_same_in_batches_streams_and_replay(name: str, params: dict[str, Any]) -> None:
    chain = augment.Compose([build(name, params)], seed=4, image_names=["twin"])
    image = picture(np.uint8, 3)
    for kind in FURTHER[1:]:
        twin = picture(*kind, seed=2)
        sample, keys = {"image": image, "twin": twin, **things()}, [1, 2]
        single = [outcome(chain, **sample, key=key) for key in keys]
        if isinstance(single[0], str):
            continue
        columns = {name: [value] * 2 for name, value in sample.items() if name not in ("image", "mask")}
        batch = chain.batch([image] * 2, masks=[sample["mask"]] * 2, **columns, keys=keys, workers=2)
        stream = list(chain.map([sample, sample], keys=keys, workers=2))
        for i, key in enumerate(keys):
            assert equal(batch["twin"][i], single[i]["twin"])
            assert equal(stream[i]["twin"], single[i]["twin"])
            if chain.transforms[0].needs_boxes or chain.transforms[0].needs_mask:
                continue
            again = outcome(chain.replay, chain.draw(key, image.shape), **sample)
            if isinstance(again, str):  # a record speaks of the channels that the first image has
                assert chain.transforms[0].draws_for_channels(), again
                assert "twin must have the channels of image" in again
            else:
                assert equal(again["twin"], single[i]["twin"])


def test_further_images_of_a_chain_that_mixes_have_stages_of_their_own() -> None:
    chain = augment.Compose(
        [augment.Equalize(p=1.0), augment.MixUp(donor=augment.AutoContrast(p=1.0)), augment.HueSaturationValue(p=1.0)],
        image_names=["depth"],
    )
    image, depth = picture(np.uint8, 3), picture(np.float32, None, 3)
    donors = [{"image": picture(np.uint8, 3, 5), "depth": picture(np.float32, None, 6)}]
    both = chain(image=image, depth=depth, donors=donors, key=(0, 1))
    for name, own, donor in (("image", image, donors[0]["image"]), ("depth", depth, donors[0]["depth"])):
        assert equal(both[name], chain(image=own, donors=[donor], key=(0, 1))["image"])


def test_the_draws_of_channels_are_those_that_say_so() -> None:
    """`draws_for_channels` is asked where a record is replayed."""
    for name, params in EXAMPLES:
        transform = build(name, params)
        if transform.needs_mask or transform.needs_boxes or "transforms" in params:
            continue
        records = [outcome(augment.Compose([transform]).draw, 5, (H, W, channels)) for channels in (3, 4, 5)]
        found = [record["steps"] for record in records if not isinstance(record, str)]
        assert any(record != found[0] for record in found) == transform.draws_for_channels(), name


# --- channels and dtypes before any work ------------------------------------------------------------------------------


def chains(name: str, params: dict[str, Any]) -> dict[str, augment.Compose]:
    """Chains in which a transform may be drawn, and hardly ever is."""
    rare, never = build(name, {**params, "p": 1e-9}), augment.HorizontalFlip(p=1.0)
    return {
        "alone": augment.Compose([rare]),
        "one of": augment.Compose([augment.OneOf([rare, never])]),
        "some of": augment.Compose([augment.SomeOf([never, rare], n=(0, 1), shuffle=True)]),
        "nested": augment.Compose([augment.OneOf([augment.Sequential([never, augment.SomeOf([rare], n=1)]), never])]),
    }


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize(("name", "params"), CASES)
def test_a_chain_refuses_an_image_exactly_when_what_it_could_draw_does(
    name: str, params: dict[str, Any], dtype: Any
) -> None:
    rare = chains(name, params)
    for channels in (None, 1, 2, 3, 4, 6) if dtype in (np.uint8, np.float32) else (None, 3):
        image = picture(dtype, channels)
        surely = augment.Compose([build(name, params)])
        expected = outcome(surely, image=image, key=1)
        for where, chain in rare.items():
            found = outcome(chain, image=image, key=1)
            if isinstance(expected, str):
                assert found == expected, (where, channels)
            else:
                assert not isinstance(found, str), (where, channels, found)
        if isinstance(expected, str):
            who = "HorizontalFlip" if name in ("Sequential", "OneOf", "SomeOf") else name
            assert who in expected or "references" in expected, expected
            assert f"got {channels or 1}" in expected or "got 3" in expected, expected
            continue
        kind = surely.transforms[0].leads_to(Kind(channels or 1, np.dtype(dtype)))
        result = expected["image"]
        assert result.dtype == kind.dtype
        assert (result.shape[2] if result.ndim == 3 else 1) == kind.channels


@pytest.mark.parametrize(
    ("name", "params"), [pytest.param(*entry, id=f"{entry[0]}-{k}") for k, entry in enumerate(MIXES)]
)
def test_a_chain_that_mixes_refuses_an_image_exactly_when_the_mixing_does(name: str, params: dict[str, Any]) -> None:
    surely, rare = (augment.Compose([build(name, {**params, "p": p})]) for p in (1.0, 1e-9))
    for channels in (1, 2, 3, 4, 6):
        mask = np.zeros((1, H, W), np.uint8)
        mask[:, 20:40, 30:60] = 1
        sample = {"image": picture(np.uint8, channels), "masks": mask, "label": np.array([1.0, 0.0])}
        found = [outcome(chain, **sample, donors=[sample] * 4, key=(0, 1)) for chain in (surely, rare)]
        if isinstance(found[0], str):
            assert found[0] == found[1]
            assert f"{name} must be one level or one a channel of image, {channels}" in found[0]
        else:
            assert not isinstance(found[1], str), found[1]


def test_six_bands_in_a_rare_jitter_fail_at_the_first_call_and_every_other() -> None:
    chain = augment.Compose([augment.HorizontalFlip(), augment.ColorJitter(p=0.5)])
    six = picture(np.uint8, 6)
    calls = [lambda key=key: chain(image=six, key=key) for key in range(6)]
    calls += [lambda: chain.batch(np.stack([six] * 8), keys=range(8)), lambda: list(chain.map([six]))]
    calls += [lambda: chain.replay(augment.Compose([augment.ColorJitter(p=1)]).draw(1, (H, W, 3)), image=six)]
    for call in calls:
        with pytest.raises(ValueError, match="image must be grey or RGB for ColorJitter, got 6 channels"):
            call()
    with_depth = augment.Compose([augment.RGBShift(p=0.01)], image_names=["depth"])
    with pytest.raises(ValueError, match="depth must be RGB for RGBShift, got 1 channel"):
        with_depth(image=picture(np.uint8, 3), depth=picture(np.float32, None), key=1)


def test_channels_are_followed_through_what_changes_them() -> None:
    image, shift = picture(np.uint8, 3), augment.RGBShift(p=0.1)
    for chain in (
        augment.Compose([augment.ToGray(channels=1, p=0.5), shift]),
        augment.Compose([augment.OneOf([augment.ToGray(channels=1), augment.Gamma()]), shift]),
        augment.Compose([augment.ColorSpace(target="gray"), shift]),
        augment.Compose([augment.SomeOf([shift, augment.ToGray(channels=1)], n=2, shuffle=True)]),
    ):
        with pytest.raises(ValueError, match="image must be RGB for RGBShift, got 1 channel"):
            chain(image=image, key=1)
    for chain in (
        augment.Compose([shift, augment.ToGray(channels=1, p=0.5)]),
        augment.Compose([augment.OneOf([augment.ToGray(channels=1), shift])]),
        augment.Compose([augment.ToGray(channels=1, p=0.0), shift]),
        augment.Compose([augment.SomeOf([shift, augment.ToGray(channels=1)], n=2)]),
    ):
        chain(image=image, key=1)


# --- pairs ------------------------------------------------------------------------------------------------------------

SMALL = 40, 48
ONES = [(name, params) for k, (name, params) in enumerate(EXAMPLES) if name not in {n for n, _ in EXAMPLES[:k]}]
CHANGING: list[tuple[str, dict[str, Any]]] = [
    ("Normalize", {"p": 1.0}),
    ("Normalize", {"p": 1.0, "mean": 0.0, "std": 1.0}),
    ("ToGray", {"p": 1.0, "channels": 1}),
    ("ColorSpace", {"p": 1.0}),
    ("ColorSpace", {"p": 1.0, "target": "gray"}),
]


def small(params: dict[str, Any]) -> dict[str, Any]:
    """The same for a small image: nothing is cut out that is larger."""
    size = params.get("size")
    return {**params, "size": (30, 34)} if isinstance(size, tuple) else params


def fused_is_stepwise(first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]], image: Image) -> bool:
    """Whether both ways give bytes; they are compared, or what they say is."""
    pair = [build(name, small(params)) for name, params in (first, second)]
    ways = [augment.Compose(pair, fuse=fuse) for fuse in (True, False)]
    fused, stepwise = (outcome(way, image=image, **things(SMALL), key=3) for way in ways)
    if isinstance(fused, str) or isinstance(stepwise, str):
        assert fused == stepwise
        assert any(word in fused for word in (second[0], "Gamma", "references", "size")), fused
        return False
    fused, stepwise = fused["image"], stepwise["image"]
    assert (fused.shape, fused.dtype) == (stepwise.shape, stepwise.dtype)
    # Where an interpolation meets other maps, all of them become one, which sees other pixels along the frames between.
    free = [transform for transform in pair if not (transform.needs_boxes or transform.needs_mask)]
    maps = geometry(augment.Compose(free)._chain, 3, image.shape)
    merged = len(maps) + any(transform.needs_boxes for transform in pair) > 1
    assert equal(fused, stepwise) or (merged and not all(map(moves_pixels, maps)))
    return True


@pytest.mark.parametrize("first", [pytest.param(one, id=one[0]) for one in ONES])
def test_any_pair_of_transforms_is_the_same_fused_and_stepwise(first: tuple[str, dict[str, Any]]) -> None:
    image = picture(np.uint8, 3, size=SMALL)
    assert sum(fused_is_stepwise(first, second, image) for second in ONES) >= len(ONES) // 2


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("first", [pytest.param(one, id=f"{one[0]}-{k}") for k, one in enumerate(CHANGING)])
def test_what_follows_a_change_of_dtype_or_channels_is_the_same_fused_and_stepwise(
    first: tuple[str, dict[str, Any]], dtype: Any
) -> None:
    image = picture(dtype, 3, size=SMALL)
    assert sum(fused_is_stepwise(first, second, image) for second in EXAMPLES) >= len(EXAMPLES) // 2


def test_what_takes_levels_for_fractions_stands_before_normalize() -> None:
    image = picture(np.uint8, 3)
    for fuse in (True, False):
        for transform in (augment.CLAHE(p=0.1), augment.RandAugment(), augment.Gamma(), augment.SaltAndPepper()):
            chain = augment.Compose([augment.Normalize(), transform], fuse=fuse)
            name = type(transform).__name__
            with pytest.raises(ValueError, match=rf"image must have levels in \[0, 1\] for {name}, got .*: put {name}"):
                chain(image=image, key=1)
        noisy = augment.Compose([augment.Normalize(), augment.GaussianNoise(p=1.0), augment.Erase(p=1.0)], fuse=fuse)
        assert noisy(image=image, key=1)["image"].min() < -1
        stretched = augment.Compose([augment.Normalize(), augment.AutoContrast(p=1.0), augment.Gamma()], fuse=fuse)
        stretched = stretched(image=image, key=1)["image"]
        assert (stretched.dtype, stretched.min(), stretched.max()) == (np.float32, 0.0, 1.0)
        scaled = augment.Compose([augment.Normalize(mean=0.0, std=1.0), augment.Equalize(p=1.0)], fuse=fuse)
        expected = augment.Compose([augment.Equalize(p=1.0)])(image=(image / np.float32(255)), key=1)["image"]
        np.testing.assert_array_equal(scaled(image=image, key=1)["image"], expected)
    with pytest.raises(ValueError, match="dtype must be a float where Normalize"):
        augment.Compose([augment.Normalize()], dtype="uint8")(image=image, key=1)
