"""What is no image, mask or box is refused with what the caller should have written, at every door."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment
import imgproc

PHOTO = np.zeros((8, 9, 3), np.uint8)


def foreign(module: str, name: str, **attributes: Any) -> Any:
    """An object of a class of another library, which need not be installed."""
    return type(name, (), {"__module__": module, **attributes})()


class Device:
    type = "cuda"


GIVEN: list[tuple[Any, str]] = [
    (foreign("torch", "Tensor", shape=(3, 8, 9)), "got Tensor; convert it with imgproc.channels_last({}.numpy())"),
    (foreign("torch", "Tensor", shape=(8, 9)), "got Tensor; convert it with {}.numpy()"),
    (
        foreign("torch", "Tensor", shape=(8, 9), requires_grad=True, device=Device),
        "got Tensor; convert it with {}.detach().cpu().numpy()",
    ),
    (foreign("tensorflow.python.framework.ops", "EagerTensor"), "got EagerTensor; convert it with {}.numpy()"),
    (foreign("jaxlib._jax", "ArrayImpl"), "got ArrayImpl; convert it with numpy.asarray({})"),
    (foreign("cupy", "ndarray"), "got ndarray; convert it with {}.get()"),
    (foreign("mine", "Thing", __array__=None), "got Thing; convert it with numpy.asarray({})"),
    (Image.new("L", (9, 8)), "got Image; convert it with imgproc.from_pil({})"),
    (b"\x89PNG", "got bytes; read it with imgproc.decode_image({})"),
    ("photo.jpg", "got str; read it with imgproc.read_image({})"),
    (Path("photo.jpg"), "; read it with imgproc.read_image({})"),
    ([[1, 2], [3, 4]], "got list; make it one with numpy.array({}, dtype=numpy.uint8)"),
    ([PHOTO, PHOTO], "got list; treat one at a time, {}[k]"),
    (io.BytesIO(), "got BytesIO"),
]

CHAIN = augment.Compose([augment.Invert(p=1.0)], image_names=["depth"])
DOORS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "function": ("image", lambda value: imgproc.gaussian_blur(value, sigma=1.0)),
    "guide": ("guide", lambda value: imgproc.guided_filter(PHOTO, radius=1, epsilon=0.1, guide=value)),
    "chain": ("image", lambda value: CHAIN(image=value, key=1)),
    "further image": ("depth", lambda value: CHAIN(image=PHOTO, depth=value, key=1)),
    "batch": ("image", lambda value: CHAIN.batch([value], keys=[1])),
    "mask of a chain": ("mask", lambda value: CHAIN(image=PHOTO, mask=value, key=1)),
    "reference image": ("references[0]", lambda value: augment.MatchHistogram(references=[value])),
}


@pytest.mark.parametrize(
    ("value", "end"), GIVEN, ids=[f"{k}-{type(given[0]).__name__}" for k, given in enumerate(GIVEN)]
)
@pytest.mark.parametrize("door", DOORS)
def test_the_message_ends_with_what_to_write(door: str, value: Any, end: str) -> None:
    name, call = DOORS[door]
    with pytest.raises(TypeError, match=rf"^{re.escape(name)} must be .*{re.escape(end.format(name))}$"):
        call(value)


def test_boxes_of_a_tensor_that_needs_a_gradient() -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    boxes = foreign("torch", "Tensor", shape=(2, 4), requires_grad=True, __array__=refuse)
    with pytest.raises(TypeError, match=r"^boxes must .* got Tensor; convert it with boxes.detach\(\).numpy\(\)$"):
        CHAIN(image=PHOTO, boxes=boxes, key=1)


@pytest.mark.parametrize("shape", [(3, 64, 64), (3, 48, 64), (30, 64, 64)], ids=str)
def test_planes_are_refused_at_every_door(shape: tuple[int, ...]) -> None:
    planes = np.zeros(shape, np.uint8)
    n, h, w = shape
    message = re.escape(f"which looks like {n} planes of {h} x {w}: use imgproc.channels_last(")
    for call in (
        lambda: imgproc.gaussian_blur(planes, sigma=1.0),
        lambda: imgproc.resize(planes, size=(5, 5)),
        lambda: CHAIN(image=planes, key=1),
        lambda: CHAIN(image=np.zeros(shape[:2], np.uint8), depth=planes, key=1),
        lambda: CHAIN.batch(np.zeros((12, *shape), np.uint8), keys=range(12)),
        lambda: CHAIN.batch([planes] * 12, keys=range(12)),
        lambda: list(CHAIN.map([planes])),
        lambda: augment.tile(planes, size=(32, 32), overlap=0.0),
    ):
        with pytest.raises(ValueError, match=message):
            call()


STRIP = (3, 640, 200)


@pytest.mark.parametrize(
    "then",
    [augment.BilateralBlur(p=1.0), augment.Equalize(color="per_channel", p=1.0), augment.CutMix(p=1.0)],
    ids=lambda transform: type(transform).__name__,
)
def test_what_is_an_image_at_the_door_of_a_chain_stays_one(then: Any) -> None:
    """A crop may leave three rows of an image of many channels."""
    image = np.random.default_rng(0).random((8, *STRIP[1:]), np.float32)
    chain = augment.Compose([augment.CenterCrop(size=STRIP[:2]), then])
    donors = {"donors": [image[::-1]]} if isinstance(then, augment.CutMix) else {}
    assert chain(image=image, key=1, **donors)["image"].shape == STRIP
    with pytest.raises(ValueError, match="which looks like 3 planes of 640 x 200"):
        chain(image=image[:3], key=1, **donors)


def test_a_caller_can_vouch_for_the_layout_in_all_threads() -> None:
    strip = np.random.default_rng(0).random(STRIP, np.float32)
    chain = augment.Compose([augment.BilateralBlur(radius=(1, 1), p=1.0)])
    with imgproc.trust_layout():
        alone = chain(image=strip, key=1)["image"]
        for found in (
            chain.batch([strip] * 9, keys=[1] * 9, workers=2)["images"],
            [sample["image"] for sample in chain.map([strip] * 9, keys=[1] * 9, workers=2)],
        ):
            assert all(np.array_equal(image, alone) for image in found)
    for call in (
        lambda: chain(image=strip, key=1),
        lambda: chain.batch([strip] * 9, keys=[1] * 9, workers=2),
        lambda: list(chain.map([strip] * 9, workers=2)),
    ):
        with pytest.raises(ValueError, match=r"call within imgproc\.trust_layout\(\)$"):
            call()


@pytest.mark.parametrize("channels", [1, 2, 6, 13])
@pytest.mark.parametrize("size", [(32, 32), (20, 50)], ids=str)
@pytest.mark.parametrize(
    "mix", [augment.CutMix(), augment.MixUp(), augment.RICAP()], ids=lambda mix: type(mix).__name__
)
def test_batches_of_the_other_layout_are_refused(mix: Any, channels: int, size: tuple[int, int]) -> None:
    first = np.zeros((4, channels, *size), np.float32)
    last = first.transpose(0, 2, 3, 1)
    for images, said, other in ((first, "last", "first"), (last, "first", "last")):
        for given in (images, list(images)):
            with pytest.raises(ValueError, match=rf'pass layout="{other}"; if they come {said}, call within imgproc'):
                mix(given, None, layout=said)
        with imgproc.trust_layout():
            assert mix(images, None, layout=said).images.shape == images.shape
    for images, layout in ((first, "first"), (last, "last")):
        assert mix(images, None, layout=layout).images.shape == images.shape


@pytest.mark.parametrize("shape", [(9, 9, 200), (11, 11, 103), (16, 24, 30), (64, 64, 3), (7, 40, 1), (20, 20, 40)])
def test_patches_of_many_channels_can_be_mixed(shape: tuple[int, ...]) -> None:
    images = np.zeros((4, *shape), np.float32)
    assert augment.CutMix()(images, None).images.shape == images.shape
