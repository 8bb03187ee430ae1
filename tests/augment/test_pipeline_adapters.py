"""Chains in Hugging Face datasets, WebDataset and scikit-learn: the bytes that the chain gives, however rows come."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment
import imgproc
from augment.pipeline import ChainTransformer, HuggingFaceTransform, SampleError, WebDatasetTransform

COUNT = 10


def chain() -> augment.Compose:
    return augment.Compose(
        [augment.HorizontalFlip(), augment.Affine(rotate=(-15, 15), p=1), augment.Resize(size=(24, 32))], seed=4
    )


def image(index: int) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 256, (30 + index % 2, 40, 3), np.uint8)


def wanted(epoch: int) -> list[np.ndarray]:
    return [chain()(image=image(k), key=(epoch, k))["image"] for k in range(COUNT)]


# --- Hugging Face -----------------------------------------------------------------------------------------------------


def test_rows_of_hugging_face_without_it() -> None:
    transform = HuggingFaceTransform(chain(), key_column="row", targets={"boxes": "objects", "labels": "kinds"})
    rows = {"row": [3, 5], "image": [image(3), image(5)], "objects": [[(2, 3, 20, 20)], []], "kinds": [[1], []]}
    made = transform(rows)
    np.testing.assert_array_equal(made["image"][1], wanted(0)[5])
    assert [len(boxes) for boxes in made["objects"]] == [1, 0]
    one = transform({name: values[1] for name, values in rows.items()})
    np.testing.assert_array_equal(one["image"], wanted(0)[5])
    transform.set_epoch(2)
    np.testing.assert_array_equal(transform(rows)["image"][0], wanted(2)[3])
    again = HuggingFaceTransform(chain(), key_column="row", targets={"boxes": "objects", "labels": "kinds"}, epoch=2)
    assert pickle.dumps(again) == pickle.dumps(transform)
    with pytest.raises(SampleError, match=r"sample 3, key \(2, 3\)"):
        transform({**rows, "image": [np.zeros(3), image(5)]})
    with pytest.raises(ValueError, match="there must be a column 'row'"):
        transform({"image": [image(3)]})
    with pytest.raises(TypeError, match="key_column"):
        HuggingFaceTransform(chain())  # type: ignore[call-arg]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_datasets_of_hugging_face(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="pip install 'imgproc-augment[datasets]'")
    datasets.disable_progress_bars()
    files = [{"bytes": imgproc.encode_image(image(k), format="png"), "path": None} for k in range(COUNT)]
    features = datasets.Features({"image": datasets.Image(), "row": datasets.Value("int64")})
    datasets.Dataset.from_dict({"image": files, "row": list(range(COUNT))}, features=features).save_to_disk(tmp_path)
    rows = datasets.load_from_disk(tmp_path)

    lazy = rows.with_transform(HuggingFaceTransform(chain(), key_column="row"))
    order = [7, 0, 3]
    for found, index in zip(lazy.select(order)[:]["image"], order, strict=True):
        np.testing.assert_array_equal(found, wanted(0)[index])

    def mapped(epoch: int, **options: Any) -> Any:
        transform = HuggingFaceTransform(chain(), key_column="row", epoch=epoch, encode="png")
        return rows.map(transform, batched=True, **options)

    one = mapped(1, batch_size=3)
    assert isinstance(one.features["image"], datasets.Image)
    single = rows.map(HuggingFaceTransform(chain(), key_column="row", encode="png", epoch=1))
    for made in (one, mapped(1, num_proc=4), single):
        for found, expected in zip(made, wanted(1), strict=True):
            np.testing.assert_array_equal(np.asarray(found["image"]), expected)
    files = {each["filename"] for each in one.cache_files}
    assert {each["filename"] for each in mapped(1, batch_size=3).cache_files} == files  # found again
    assert {each["filename"] for each in mapped(2, batch_size=3).cache_files} != files


# --- WebDataset -------------------------------------------------------------------------------------------------------


def samples(count: int = COUNT) -> list[dict[str, Any]]:
    return [
        {"__key__": f"shard/{k:03}", "png": imgproc.encode_image(image(k), format="png"), "cls": b"%d" % (k % 3)}
        for k in range(count)
    ]


def test_a_stream_of_webdataset_without_it() -> None:
    transform = WebDatasetTransform(chain(), targets={"label": "cls"})
    first, second = (list(transform(iter(samples()))) for _ in range(2))
    assert transform.epoch == 2
    assert [each["cls"] for each in first] == [k % 3 for k in range(COUNT)]
    assert not np.array_equal(first[4]["png"], second[4]["png"])
    transform.set_epoch(1)
    np.testing.assert_array_equal(transform(samples()[4])["png"], second[4]["png"])
    with pytest.raises(ValueError, match="must have a __key__"):
        transform({"png": b""})
    with pytest.raises(SampleError, match="sample 'a', key"):
        transform({"__key__": "a", "png": b"no image", "cls": b"1"})


# WebDataset does not close its files.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_shards_of_webdataset(tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="pip install 'imgproc-augment[webdataset]'")
    given = samples()
    for shard in range(2):
        with webdataset.TarWriter(str(tmp_path / f"{shard}.tar")) as writer:
            for sample in given[shard::2]:
                writer.write({**sample, "__key__": sample["__key__"].replace("/", "_")})
    transform = WebDatasetTransform(chain(), targets={"label": "cls"})
    stream = webdataset.WebDataset([str(tmp_path / f"{shard}.tar") for shard in range(2)], shardshuffle=False).compose(
        transform
    )
    plain = {each["__key__"].replace("/", "_"): each for each in given}
    for epoch in range(2):
        for found in stream:
            own = WebDatasetTransform(chain(), epoch=epoch)({**plain[found["__key__"]], "__key__": found["__key__"]})
            np.testing.assert_array_equal(found["png"], own["png"])
    assert transform.epoch == 2


# --- scikit-learn -----------------------------------------------------------------------------------------------------


def test_a_chain_in_a_grid_search() -> None:
    pytest.importorskip("sklearn")
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline

    rng = np.random.default_rng(0)
    classes = np.arange(24) % 2
    images = (rng.integers(0, 60, (24, 12, 16)) + 120 * classes[:, None, None]).astype(np.uint8)
    rows = images.reshape(24, -1)
    sizes = [augment.Compose([augment.Resize(size=(k, k))]) for k in (3, 6)]
    transformer = ChainTransformer(sizes[0], image_shape=(12, 16), flatten=True)
    search = GridSearchCV(
        make_pipeline(transformer, KNeighborsClassifier(3)), {"chaintransformer__chain": sizes}, cv=2
    ).fit(rows, classes)
    assert search.best_score_ > 0.9
    assert search.best_estimator_.predict(rows).tolist() == classes.tolist()
    copied = clone(transformer)
    assert copied.get_params() == transformer.get_params() and copied is not transformer
    np.testing.assert_array_equal(copied.fit_transform(rows), transformer.fit(rows).transform(rows))


def test_when_a_chain_acts() -> None:
    images = [image(k) for k in range(4)]
    train = ChainTransformer(chain(), when="fit")
    made = train.fit_transform(images, keys=[3, 2, 1, 0])
    for k in range(4):
        np.testing.assert_array_equal(made[k], chain()(image=images[k], key=(0, 3 - k))["image"])
    assert train.transform(images) is images
    with pytest.raises(ValueError, match="one size"):
        ChainTransformer(augment.Compose([augment.HorizontalFlip()]), flatten=True).fit_transform(images)
    with pytest.raises(ValueError, match="when must be one of"):
        ChainTransformer(chain(), when="never").fit(images)


def test_samplers_need_the_pipeline_of_imbalanced_learn() -> None:
    """As the README says: scikit-learn's own refuses what changes the number of samples."""
    imblearn = pytest.importorskip("imblearn.pipeline", reason="pip install imbalanced-learn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    rng = np.random.default_rng(1)
    points, classes = rng.normal(size=(40, 3)), np.repeat([0, 1], [30, 10])
    steps = [("more", augment.SMOTE()), ("model", LogisticRegression())]
    with pytest.raises(TypeError, match=r"fit_resample|transform"):
        Pipeline(steps).fit(points, classes)
    assert imblearn.Pipeline(steps).fit(points, classes).predict(points).shape == (40,)


# --- what is missing --------------------------------------------------------------------------------------------------


def test_what_is_missing_is_named_with_its_extra(run_python: Callable[..., str]) -> None:
    """And the package itself is imported without any of it."""
    program = """
import sys

for name in ("torch", "torchdata", "datasets", "ray", "sklearn", "webdataset"):
    sys.modules[name] = None
import numpy as np
import augment
from augment import pipeline

chain = augment.Compose([augment.HorizontalFlip()])
made = pipeline.AugmentedDataset([np.zeros((9, 9, 3), np.uint8)], chain)
for call in (
    lambda: pipeline.ThreadLoader(made, workers=1),
    lambda: pipeline.loader(made),
    lambda: pipeline.loader(made, stateful=True),
    lambda: pipeline.augment_dataset(None, chain, key_column="id"),
):
    try:
        call()
    except ImportError as error:
        print(error)
print(len(pipeline.KeyedSampler(3, shuffle=True)))
"""
    said = run_python(program).splitlines()
    assert said == [
        "ThreadLoader needs torch, which is not installed: pip install 'imgproc-augment[torch]'",
        "loader needs torch, which is not installed: pip install 'imgproc-augment[torch]'",
        "loader needs torchdata, which is not installed: pip install 'imgproc-augment[torch]'",
        "augment_dataset needs ray, which is not installed: pip install 'imgproc-augment[ray]'",
        "3",
    ]
