"""Flags of what is no function of an image: boxes, samplers, labels, loaders.  They take bools, and nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment as A
import imgproc
from augment import pipeline

BOXES = np.array([[0.0, 0, 8, 8], [1, 1, 9, 8], [20, 20, 30, 30]])
SCORES = np.array([0.9, 0.8, 0.7])
X = np.random.default_rng(3).normal(size=(40, 2))
Y = np.repeat([0, 1], [30, 10])
IMAGES = [np.zeros((8, 9, 3), np.uint8)] * 4
CHAIN = A.Compose([A.HorizontalFlip()])


def fitted(kind: Any) -> Callable[..., Any]:
    return lambda **given: kind(**given).fit_resample(X, Y)


def read(**given: Any) -> Any:
    return A.read_labels(Path(__file__).parent / "no such folder", **given)


CALLS: dict[str, Callable[..., Any]] = {
    "kmeans_plus_plus": lambda **given: A.kmeans_plus_plus(X, 3, **given),
    "weighted_boxes_fusion": lambda **given: A.weighted_boxes_fusion([BOXES], [SCORES], **given),
    **{name: lambda name=name, **given: getattr(A, name)(BOXES, BOXES, **given) for name in ("iou", "giou", "diou")},
    "ciou": lambda **given: A.ciou(BOXES, BOXES, **given),
    **{
        name: lambda name=name, **given: getattr(A, name)(BOXES, SCORES, **given)
        for name in ("nms", "diou_nms", "matrix_nms", "soft_nms")
    },
    "read_labels": read,
    "remove_small": lambda **given: imgproc.remove_small(np.zeros((8, 9), bool), size=4, **given),
    "augment_folder": lambda **given: pipeline.augment_folder(CHAIN, Path(__file__).parent / "none", "none", **given),
    "from_albumentations": lambda **given: A.from_albumentations({}, **given),
    "from_torchvision": lambda **given: A.from_torchvision([], **given),
    "DonorBuffer": lambda **given: A.DonorBuffer(4, **given),
    "KeyedSampler": lambda **given: pipeline.KeyedSampler(4, **given),
    "AugmentedDataset": lambda **given: pipeline.AugmentedDataset(IMAGES, CHAIN, **given),
    "merge_tiles": lambda **given: A.merge_tiles([], [], [], **given),
    "ChainTransformer": lambda **given: pipeline.ChainTransformer(CHAIN, **given).fit(IMAGES),
    **{
        name: fitted(getattr(A, name))
        for name in ("ADASYN", "BorderlineSMOTE", "KMeansSMOTE", "RandomUnderSampler", "SMOTE", "SVMSMOTE")
    },
    "SMOTENC": lambda **given: A.SMOTENC([0], **given).fit_resample(np.round(X), Y),
}
ELSEWHERE = {
    "OnnxInpainter": "tests/imgproc/test_inpaint_methods.py",
    "SceneCompletion": "made by complete_scene",
    "Annotation": "made by read_labels",
    "OfflineReport": "made by augment_folder",
    "loader": "needs PyTorch: tests/augment/test_pipeline_torch.py",
    "ThreadLoader": "needs PyTorch: tests/augment/test_pipeline_torch.py",
}


def flags() -> Iterator[tuple[str, str]]:
    """Parameters that are flags, of what is no transform and takes no image first."""
    for module in (imgproc, A, pipeline):
        for name in module.__all__:
            value = getattr(module, name)
            if name in vars(A) and isinstance(value, type) and issubclass(value, A.Transform | A.Compose):
                continue
            called = value.__init__ if inspect.isclass(value) else value
            parameters = list(inspect.signature(called).parameters.values()) if callable(called) else []
            if parameters and parameters[0].name == "image" and inspect.isfunction(value):
                continue
            yield from ((name, each.name) for each in parameters if each.annotation in ("bool", bool))


FLAGS = sorted(set(flags()))


def test_every_flag_is_tried() -> None:
    assert {name for name, _ in FLAGS} == CALLS.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("value", [1, "yes", None, np.array([True])], ids=["1", "text", "None", "array"])
@pytest.mark.parametrize(("name", "flag"), [each for each in FLAGS if each[0] in CALLS])
def test_nothing_else_is_taken(name: str, flag: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{flag} must be True or False, got "):
        CALLS[name](**{flag: value})
