"""The one door to methods of inpainting, and networks behind it: tiny ones, made here."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import imgproc

onnx = pytest.importorskip("onnx", reason="onnx, of the extra 'test', makes the networks")


def save(
    path: Path, nodes, inputs: dict, weights: dict | None = None, size=(16, 24), outputs=3, answers=None, numbers=None
) -> Path:
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, c, *size]) for n, c in inputs.items()],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, outputs, *(answers or size)])],
        [numpy_helper.from_array(np.asarray(w, np.float32), n) for n, w in (weights or {}).items()]
        + [numpy_helper.from_array(np.asarray(w, np.int64), n) for n, w in (numbers or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, str(path))
    return path


@pytest.fixture
def swapping(tmp_path: Path) -> Path:
    """Answers with BGR for RGB, as a convolution."""
    from onnx import helper

    weights = np.zeros((3, 3, 1, 1))
    weights[[0, 1, 2], [2, 1, 0]] = 1
    node = helper.make_node("Conv", ["image", "w"], ["out"], kernel_shape=[1, 1])
    return save(tmp_path / "swap.onnx", [node], {"image": 3}, {"w": weights})


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    """Adds the mask to the image."""
    from onnx import helper

    return save(
        tmp_path / "masked.onnx", [helper.make_node("Add", ["image", "mask"], ["out"])], {"image": 3, "mask": 1}
    )


@pytest.fixture
def hole() -> np.ndarray:
    mask = np.zeros((32, 48), bool)
    mask[10:20, 12:30] = True
    return mask


def test_what_the_network_sees_and_what_comes_back(swapping, hole) -> None:
    image = np.full((32, 48, 3), (51, 102, 204), np.uint8)
    fill = imgproc.OnnxInpainter(swapping, size=(16, 24), mean=(0.5, 0.25, 0), mask_value=(0.1, 0.2, 0.3))
    found = imgproc.inpaint(image, hole, method=fill)
    np.testing.assert_array_equal(found[~hole], image[~hole])
    # what it sees less its mean, swapped, plus the mean
    expected = np.array([0.3 - 0 + 0.5, 0.2 - 0.25 + 0.25, 0.1 - 0.5 + 0])
    np.testing.assert_allclose(
        found[13:17, 16:26] / 255, np.broadcast_to(np.clip(expected, 0, 1), (4, 10, 3)), atol=2e-3
    )


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_every_dtype_and_grey(masked, hole, dtype, channels) -> None:
    """The hole is the mean, black here, plus the mask: white."""
    top = {"u1": 255, "u2": 65535}.get(dtype, 1)
    image = np.full((32, 48) if channels is None else (32, 48, channels), top // 5 or 0.2).astype(dtype)
    if dtype[0] == "f":
        image[hole] = np.nan
    image.flags.writeable = False
    fill = imgproc.OnnxInpainter(masked, size=(16, 24), inputs=("image", "mask"))
    found = imgproc.inpaint(image, hole, method=fill)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[~hole], image[~hole])
    np.testing.assert_allclose(found[13:17, 16:26].astype(float), top, rtol=1e-5)


def test_scales(masked, hole) -> None:
    image = np.zeros((32, 48, 3), np.float32)
    options = {"size": (16, 24), "inputs": ("image", "mask"), "mask_value": 0.5}
    for scale, output, expected in ((1, None, 1.0), (2, None, 1.0), (2, 4, 0.5), (4, 5, 0.6)):
        fill = imgproc.OnnxInpainter(masked, scale=scale, output_scale=output, **options)
        np.testing.assert_allclose(fill(image, hole)[13:17, 16:26], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "where", [np.s_[10:20, 12:30], np.s_[0:6, 0:9], np.s_[28:32, 40:48], np.s_[5:30, 20:21], np.s_[0:32, 3:40]]
)
@pytest.mark.parametrize("size", [(16, 24), (16, 16)])
def test_networks_that_answer_with_the_centre(tmp_path, where, size) -> None:
    """The answer is a ramp over its own frame: it has to lie over the hole's box, wherever that is."""
    from onnx import helper

    h, w = (n // 2 for n in size)
    ramp = np.broadcast_to((np.arange(w) + 0.5) / w, (1, 3, h, w))
    nodes = [
        helper.make_node("Slice", ["image", "first", "last", "axes"], ["cut"]),
        helper.make_node("Mul", ["cut", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "ramp"], ["out"]),
    ]
    path = save(
        tmp_path / "centre.onnx",
        nodes,
        {"image": 3},
        {"zero": np.zeros((1, 3, h, w)), "ramp": ramp},
        size=size,
        numbers={"first": [h // 2, w // 2], "last": [h // 2 + h, w // 2 + w], "axes": [2, 3]},
        answers=(h, w),
    )
    mask = np.zeros((32, 48), bool)
    mask[where] = True
    found = imgproc.OnnxInpainter(path, size=size, center=True)(np.zeros((32, 48), np.float32), mask)
    y, x = np.nonzero(mask)
    # the window: as many of the network's pixels each way, twice the box
    scale = max(2 * (np.ptp(y) + 1) / size[0], 2 * (np.ptp(x) + 1) / size[1])
    middle, length = (x.min() + x.max() + 1) / 2, max(np.ceil(scale * size[1]), 2 * (np.ptp(x) + 1))
    expected = (x + 0.5 - middle) / (length / 2) + 0.5
    inner = np.abs(expected - 0.5) < 0.35
    np.testing.assert_allclose(found[y, x][inner], expected[inner], atol=0.08)


def test_a_centre_that_is_too_small_is_refused(tmp_path, hole) -> None:
    from onnx import helper

    node = helper.make_node("MaxPool", ["image"], ["out"], kernel_shape=[4, 4], strides=[4, 4])
    path = save(tmp_path / "small.onnx", [node], {"image": 3}, answers=(4, 6))
    with pytest.raises(ValueError, match="at least the central half"):
        imgproc.OnnxInpainter(path, size=(16, 24), center=True)(np.zeros((32, 48), np.float32), hole)


def test_pickles_and_shares_between_threads(swapping, hole, photos) -> None:
    from concurrent.futures import ThreadPoolExecutor

    image = photos("astronaut")[:32, :48]
    fill = imgproc.OnnxInpainter(swapping, size=(16, 24))
    expected = fill(image, hole)
    copy = pickle.loads(pickle.dumps(fill))
    assert repr(copy) == repr(fill)
    np.testing.assert_array_equal(copy(image, hole), expected)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: fill(image, hole), range(20)):
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(fill(image, hole & False), image)


def test_networks_that_cannot_be_used(tmp_path, masked, hole) -> None:
    from onnx import helper

    image = np.zeros((32, 48, 3), np.float32)
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    one = save(
        tmp_path / "one.onnx", [helper.make_node("ReduceMean", ["image"], ["out"], axes=[1])], {"image": 3}, outputs=1
    )
    for path, message in ((tmp_path / "bad.onnx", "that OpenCV can run"), (one, r"answers with \(1, 3, h, w\)")):
        with pytest.raises(ValueError, match=message):
            imgproc.OnnxInpainter(path, size=(16, 24))(image, hole)


def test_refusals(swapping, hole, tmp_path) -> None:
    make = imgproc.OnnxInpainter
    for error, message, args, kwargs in (
        (TypeError, "path must be a str", (3,), {"size": (8, 8)}),
        (FileNotFoundError, "path must be an ONNX file", (tmp_path / "none.onnx",), {"size": (8, 8)}),
        (TypeError, "size must be a pair", (swapping,), {"size": 8}),
        (ValueError, "mean must be one number or three", (swapping,), {"size": (8, 8), "mean": (1, 2)}),
        (TypeError, "mask_value must be a number", (swapping,), {"size": (8, 8), "mask_value": "grey"}),
        (ValueError, "scale must be > 0", (swapping,), {"size": (8, 8), "scale": 0}),
        (TypeError, "inputs must be a sequence of names", (swapping,), {"size": (8, 8), "inputs": "image"}),
        (TypeError, "center must be True or False", (swapping,), {"size": (8, 8), "center": 1}),
        (ValueError, "inputs must be at most two", (swapping,), {"size": (8, 8), "inputs": ("a", "b", "c")}),
    ):
        with pytest.raises(error, match=message):
            make(*args, **kwargs)
    fill, image = make(swapping, size=(16, 24)), np.zeros((32, 48, 3), np.float32)
    for error, message, args in (
        (ValueError, "image must have 1 or 3 channels", (image[..., :2], hole)),
        (ValueError, "mask must have the", (image, hole[1:])),
        (ValueError, "image must be finite", (image * np.nan, hole)),
    ):
        with pytest.raises(error, match=message):
            fill(*args)


# --- the door ---------------------------------------------------------------------------------------------------------


def test_any_function_is_a_method(photos, hole) -> None:
    image = photos("astronaut")[:32, :48]

    def mean(image, mask, *, offset=0):
        assert not image.flags.writeable
        out = image.copy()
        out[...] = 7 + offset
        return out

    found = imgproc.inpaint(image, hole, method=mean, offset=3)
    assert (found[hole] == 10).all()
    np.testing.assert_array_equal(found[~hole], image[~hole])
    for method, message in (
        (lambda image, mask: image[:-1], r"method must return uint8, \(32, 48, 3\), <lambda> returned uint8, \(31"),
        (lambda image, mask: image / 2, "method must return uint8"),
        (lambda image, mask: None, "NoneType"),
    ):
        with pytest.raises(ValueError, match=message):
            imgproc.inpaint(image, hole, method=method)


@pytest.mark.parametrize(
    "method, function, options",
    [
        ("exemplar", imgproc.inpaint_exemplar, {"patch_size": 7, "blend": 1}),
        ("diffusion", imgproc.inpaint_diffusion, {"order": "biharmonic"}),
    ],
)
def test_methods_by_name(photos, hole, method, function, options) -> None:
    image = photos("astronaut")[:32, :48]
    found = imgproc.inpaint(image, hole, method=method, **options)
    np.testing.assert_array_equal(found, function(image, hole, **options))
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        imgproc.inpaint(image, hole, method=method, magic=1)


def test_exemplars_are_the_default(photos, hole) -> None:
    image = photos("astronaut")[:32, :48]
    np.testing.assert_array_equal(imgproc.inpaint(image, hole), imgproc.inpaint_exemplar(image, hole))


def test_an_empty_mask_gives_a_copy(photos) -> None:
    image = photos("astronaut")[:32, :48]
    found = imgproc.inpaint(image, np.zeros((32, 48), bool))
    np.testing.assert_array_equal(found, image)
    assert not np.shares_memory(found, image)


def test_the_door_refuses(photos, hole) -> None:
    image = photos("astronaut")[:32, :48]
    with pytest.raises(ValueError, match="method must be one of 'exemplar', 'diffusion'"):
        imgproc.inpaint(image, hole, method="magic")
    with pytest.raises(TypeError, match="method must be a string"):
        imgproc.inpaint(image, hole, method=3)
    with pytest.raises(TypeError, match="mask must be a numpy array of bool"):
        imgproc.inpaint(image, None)
