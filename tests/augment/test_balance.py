"""Samplers: what lies where, dtypes and shapes, draws by key, recipes, errors."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import pickle
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sklearn.cluster  # noqa: F401  its threads are limited only once it is loaded
from helpers.samplers import TILE, OverSampler, nearest_floats, neighbors, numbers_of, points_of_tables
from helpers.threads import cut_small_images, threads_of
from oracles import balance as naive
from threadpoolctl import threadpool_limits

import augment

SYNTHESIZERS = ("SMOTE", "BorderlineSMOTE", "SVMSMOTE", "KMeansSMOTE", "ADASYN")
OTHERS = ("RandomOverSampler", "RandomUnderSampler", "TomekLinks", "EditedNearestNeighbours", "SMOTEENN", "SMOTETomek")
DTYPES = ("u1", "u2", "i2", "i4", "i8", "f4", "f8")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def clouds(dtype: Any = "f8", shape: tuple[int, ...] = (3,), n: tuple[int, ...] = (60, 25)) -> Any:
    """Overlapping classes 0, 1, ...: samples of this shape, over a part of the dtype's range."""
    rng = np.random.default_rng(5)
    y = np.repeat(np.arange(len(n)), n)
    X = rng.normal(y.reshape(-1, *(1,) * len(shape)) * 0.8, 1.0, (y.size, *shape))
    order = rng.permutation(y.size)
    X, y = X[order], y[order]
    if np.dtype(dtype).kind in "ui":
        X = np.clip(np.rint(128 + 24 * X), 0, 255 if dtype == "u1" else 400)
    return X.astype(dtype), y


def make(name: str, **options: Any) -> Any:
    more = {"KMeansSMOTE": {"kmeans_estimator": 3, "cluster_balance_threshold": 0.01}}.get(name, {})
    seed = {} if name in ("TomekLinks", "EditedNearestNeighbours") else {"random_state": 3}
    return getattr(augment, name)(**seed, **more, **options)


# --- what lies where --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SMOTE", "BorderlineSMOTE", "KMeansSMOTE", "ADASYN"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_synthetics_lie_between_their_parents(name: str, dtype: str) -> None:
    X, y = clouds(dtype, (20,))
    sampler = make(name)
    A, b = sampler.fit_resample(X, y)
    recipe = sampler.recipe(X, y)
    new = A[len(y) :]
    assert A.dtype == X.dtype
    assert len(new) == len(recipe) == 35
    np.testing.assert_array_equal(A[: len(y)], X)
    np.testing.assert_array_equal(b, np.concatenate([y, recipe.labels]))
    low, high = np.minimum(X[recipe.i], X[recipe.j]), np.maximum(X[recipe.i], X[recipe.j])
    assert (low <= new).all()
    assert (new <= high).all()
    assert (y[recipe.i] == recipe.labels).all()
    assert (y[recipe.j] == recipe.labels).all()
    np.testing.assert_array_equal(recipe.draw(X), new)


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_are_the_formula_rounded_to_nearest(dtype: str) -> None:
    X, y = clouds(dtype, (2, 3, 2))
    sampler = augment.SMOTE(random_state=1)
    recipe = sampler.recipe(X, y)
    new = recipe.draw(X)
    expected = np.stack([naive.between(X[i], X[j], g) for i, j, g in zip(recipe.i, recipe.j, recipe.gap)])
    if X.dtype.kind == "f":
        np.testing.assert_allclose(new, expected, rtol=4 * np.finfo(X.dtype).eps, atol=np.finfo(X.dtype).eps)
    else:
        # Bytes are mixed by shares of 16 bits: a 512th of a level.
        assert np.abs(new - expected).max() <= 0.5 + (0.002 if dtype == "u1" else 1e-9)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i1", "i2", "i4", "i8"])
def test_away_from_the_neighbour_saturates(dtype: str) -> None:
    info = np.iinfo(dtype)
    X = np.array([[info.min, info.max, 10], [info.min + 100, info.max - 100, 20]], dtype)
    recipe = augment.SampleRecipe(
        np.zeros(2, np.int32), np.ones(2, np.int32), np.array([-1.0, 1.0]), np.zeros(2, np.int64)
    )
    assert recipe.draw(X).tolist() == [[info.min, info.max, 0], X[1].tolist()]


def test_large_integers_keep_their_last_digits() -> None:
    X = np.array([[2**62 + 1, -(2**63), 2**53 + 1], [2**62 + 1, 2**63 - 1, 2**53 + 3]])
    recipe = augment.SampleRecipe(np.zeros(1, np.int32), np.ones(1, np.int32), np.array([0.5]), np.zeros(1, np.int64))
    assert recipe.draw(X).tolist() == [[2**62 + 1, 0, 2**53 + 2]]


def test_a_float_never_passes_its_parent() -> None:
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((2, 20000)) * 10.0 ** rng.integers(-9, 9, (2, 20000))).astype(np.float32)
    gap = np.array([np.nextafter(1.0, 0), 0.9999999, 1e-30, 0.0, 1.0])
    many = np.zeros(5, np.int32)
    new = augment.SampleRecipe(many, many + 1, gap, many).draw(X)
    assert (new >= X.min(axis=0)).all()
    assert (new <= X.max(axis=0)).all()


def test_away_from_safe_support_vectors() -> None:
    X, y = clouds()
    recipe = augment.SVMSMOTE(random_state=0, out_step=0.5).recipe(X, y)
    assert len(recipe) == 35
    away = recipe.gap[recipe.gap < 0]
    assert away.size
    assert away.min() > -0.5
    assert (recipe.gap < 1).all()


def test_danger_only() -> None:
    X, y = clouds()
    recipe = augment.BorderlineSMOTE(random_state=0, m_neighbors=6).recipe(X, y)
    for i in set(recipe.i.tolist()):
        foreign = sum(y[o] != y[i] for o in naive.nearest(X, i, 6))
        assert 3 <= foreign < 6
    second = augment.BorderlineSMOTE(random_state=0, m_neighbors=6, kind="borderline-2").recipe(X, y)
    other = y[second.j] != second.labels
    assert other.any()
    assert second.gap[other].max() < 0.5 < second.gap[~other].max()


def test_no_danger_warns() -> None:
    X = np.concatenate([np.random.default_rng(0).normal(c, 0.1, (n, 2)) for c, n in ((0, 30), (9, 12))])
    with pytest.warns(UserWarning, match="class 1 has no sample in danger"):
        A, _ = augment.BorderlineSMOTE(random_state=0).fit_resample(X, np.repeat([0, 1], [30, 12]))
    assert len(A) == 42


def test_hard_samples_get_more() -> None:
    X, y = clouds()
    recipe = augment.ADASYN(random_state=0).recipe(X, y)
    hardness = {i: sum(y[o] != 1 for o in naive.nearest(X, i, 5)) for i in np.flatnonzero(y == 1).tolist()}
    total = sum(hardness.values())
    made = Counter(recipe.i.tolist())
    assert all(abs(made[i] - 35 * h / total) < 1 for i, h in hardness.items())


@pytest.mark.parametrize("target", [60, 70, 100])
def test_even_allocation(target: int) -> None:
    X, y = clouds()
    recipe = augment.SMOTE(random_state=0, allocation="even", sampling_strategy={1: target}).recipe(X, y)
    made = Counter(recipe.i.tolist())
    counts = [made[i] for i in np.flatnonzero(y == 1).tolist()]
    assert sum(counts) == target - 25
    assert max(counts) - min(counts) <= 1


def test_tomek_links_by_their_definition() -> None:
    X, y = clouds(n=(40, 30, 20))
    sampler = augment.TomekLinks(sampling_strategy="all")
    sampler.fit_resample(X, y)
    linked = {i for pair in naive.tomek_links(X, y.tolist()) for i in pair}
    assert linked
    assert sampler.sample_indices_.tolist() == sorted(set(range(90)) - linked)


# --- neighbours -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "shape"), [("u1", (17,)), ("u1", (5, 7, 3)), ("u1", (4,)), ("u2", (30,)), ("f4", (20,))]
)
@pytest.mark.parametrize("n", [7, 24, 61])
def test_neighbours_are_the_nearest_others(dtype: str, shape: tuple[int, ...], n: int) -> None:
    rng = np.random.default_rng(1)
    X = rng.integers(0, 256, (n, *shape)).astype(dtype)
    if X.dtype.kind == "f":
        X += rng.random(X.shape, np.float32)
    found = neighbors(numbers_of(X), None, 5, name="k", of="samples")
    flat = X.reshape(n, -1).astype(np.float64)
    for i in range(n):
        expected = naive.nearest(X, i, 5)
        assert i not in found[i]
        assert len(set(found[i].tolist())) == 5
        # ties may come in either order, and floats in that of their places
        apart = sorted(((flat[i] - flat[o]) ** 2).sum() for o in found[i])
        assert apart == [((flat[i] - flat[o]) ** 2).sum() for o in expected]


def test_bytes_and_floats_have_the_same_neighbours() -> None:
    X = np.random.default_rng(2).integers(0, 256, (150, 300), dtype=np.uint8)
    bytes_found = neighbors(numbers_of(X), None, 5, name="k", of="samples")
    floats_found = neighbors(numbers_of(X.astype(np.float64)), None, 5, name="k", of="samples")
    np.testing.assert_array_equal(bytes_found, floats_found)


FLOATS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "spread": lambda rng: rng.normal(size=(60, 200)),
    "far from zero": lambda rng: 1000 + 0.01 * rng.normal(size=(60, 30)),
    "of unlike size": lambda rng: rng.normal(size=(60, 1)) * rng.normal(size=(1, 50)) * 10.0 ** rng.integers(0, 4, 50),
    "on a line": lambda rng: np.linspace(0, 1, 60)[:, None] * np.ones(40) + 1e-6 * rng.normal(size=(60, 40)),
    "with ties": lambda rng: rng.integers(0, 3, (60, 25)),
}


@pytest.mark.parametrize("name", FLOATS)
def test_rounding_of_the_products_misses_no_neighbour(name: str) -> None:
    X = FLOATS[name](np.random.default_rng(3)).astype(np.float32)
    exact = ((X[:, None].astype(np.float64) - X) ** 2).sum(axis=2)
    np.fill_diagonal(exact, np.inf)
    found = nearest_floats(X, 5)
    assert (np.diff(found, axis=1) > 0).all(), "each once, by place"
    apart = np.sort(np.take_along_axis(exact, found.astype(np.int64), axis=1), axis=1)
    np.testing.assert_array_equal(apart, np.sort(exact, axis=1)[:, :5])
    ordered = neighbors(numbers_of(X), None, 5, name="k", of="samples", distinct=False, ordered=True)
    if name != "with ties":
        np.testing.assert_array_equal(np.sort(ordered, axis=1), found)


def test_products_beyond_float32_are_left_to_scikit_learn() -> None:
    for size in (5e37, 1e19):
        X = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32) * np.float32(size)
        assert nearest_floats(X, 5) is None
    close = np.ones((300, 20), np.float32) + np.random.default_rng(0).normal(size=(300, 20)).astype(np.float32) * 1e-30
    close[0] = 1e6
    assert nearest_floats(close, 5) is None, "all in doubt"
    found = neighbors(numbers_of(X), None, 5, name="k", of="samples")
    same = neighbors(numbers_of(X.astype(np.float64)), None, 5, name="k", of="samples")
    np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(same, axis=1))  # scaled first


def test_extreme_bytes_do_not_overflow() -> None:
    X = np.zeros((9, 60000), np.uint8)
    for k in range(9):
        X[k, : 7000 * k] = 255
    found = neighbors(numbers_of(X), None, 2, name="k", of="samples")
    assert found[0].tolist() == [1, 2]
    assert [set(row) for row in found[1:-1].tolist()] == [{k - 1, k + 1} for k in range(1, 8)]


@pytest.mark.parametrize("dtype", ["u1", "f8"])
@pytest.mark.parametrize("name", ["SMOTE", "ADASYN"])
def test_copies_are_no_neighbours(name: str, dtype: str) -> None:
    X, y = clouds(dtype, (20,), n=(60, 12))
    X, y = np.concatenate([X, X[y == 1], X[y == 1]]), np.concatenate([y, [1] * 24])
    recipe = make(name, sampling_strategy={1: 500}).recipe(X, y)
    assert (X[recipe.i] != X[recipe.j]).any(axis=1).all()
    for i, j in zip(recipe.i.tolist(), recipe.j.tolist()):
        members = np.flatnonzero(y == 1)
        kinds = np.unique(X[members], axis=0)
        me = np.flatnonzero((kinds == X[i]).all(axis=1))[0]
        nearest = naive.nearest(kinds, me, 5)
        assert any((kinds[o] == X[j]).all() for o in nearest)


def test_a_copy_of_another_class_is_a_neighbour() -> None:
    """It says that a sample is in danger, so cleaning must see it."""
    X, y = clouds(n=(30, 10))
    X = np.concatenate([X, X[y == 1][:1]])
    y = np.append(y, 0)
    sampler = augment.TomekLinks(sampling_strategy="all")
    sampler.fit_resample(X, y)
    assert 40 not in sampler.sample_indices_


def test_an_object_that_finds_neighbours() -> None:
    from sklearn.neighbors import NearestNeighbors

    X, y = clouds("u1", (20,))
    a, _ = augment.SMOTE(random_state=0, k_neighbors=NearestNeighbors(n_neighbors=6)).fit_resample(X, y)
    b, _ = augment.SMOTE(random_state=0, k_neighbors=5).fit_resample(X, y)
    np.testing.assert_array_equal(a, b)


class Finder:
    """An object with `kneighbors` whose answer the test decides."""

    n_neighbors = 4

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"answer": self.answer}

    def kneighbors_graph(self) -> None: ...

    def fit(self, X: np.ndarray) -> Finder:
        return self

    def kneighbors(self, X: np.ndarray, return_distance: bool) -> np.ndarray:
        return np.zeros((len(X), 4), int) + self.answer if np.ndim(self.answer) < 2 else self.answer


@pytest.mark.parametrize("answer", [-1, 99, np.zeros((25, 3), int)], ids=("none", "beyond", "few"))
def test_an_object_that_finds_none_is_refused(answer: Any) -> None:
    X, y = clouds()
    with pytest.raises(ValueError, match=r"Finder\.kneighbors must return 4 places in the samples"):
        augment.SMOTE(k_neighbors=Finder(answer)).fit_resample(X, y)


# --- shapes and kinds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYNTHESIZERS + OTHERS)
@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_images_keep_shape_and_dtype(name: str, dtype: str) -> None:
    X, y = clouds(dtype, (4, 3, 2))
    flat, labels = make(name).fit_resample(X.reshape(len(X), -1), y)
    A, b = make(name).fit_resample(X, y)
    assert A.dtype == X.dtype
    assert A.shape[1:] == X.shape[1:]
    assert A.flags.c_contiguous
    assert not np.shares_memory(A, X)
    np.testing.assert_array_equal(A.reshape(len(A), -1), flat)
    np.testing.assert_array_equal(b, labels)


@pytest.mark.parametrize("name", SYNTHESIZERS + OTHERS)
def test_views_and_read_only_inputs(name: str) -> None:
    X, y = clouds("f4", (4, 4))
    expected = make(name).fit_resample(X, y)
    wide = np.zeros((len(X), 8, 4), np.float32)
    wide[:, ::2] = X
    for view in (wide[:, ::2], np.asfortranarray(X), X.astype(">f4")):
        before = view.tobytes()
        view.flags.writeable = False
        A, b = make(name).fit_resample(view, y)
        np.testing.assert_array_equal(A, expected[0])
        np.testing.assert_array_equal(b, expected[1])
        assert view.tobytes() == before


@pytest.mark.parametrize("name", SYNTHESIZERS + OTHERS)
def test_tables_lists_and_names(name: str) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y = clouds()
    X[:, 1] = np.rint(X[:, 1] * 50)
    names = np.array(["no", "yes"])[y]
    A, b = make(name).fit_resample(X, names)
    frame = pandas.DataFrame(X, columns=["a", "b", "c"]).astype({"b": np.int32})
    F, s = make(name).fit_resample(frame, pandas.Series(names, name="answer"))
    assert F.dtypes.tolist() == frame.dtypes.tolist()
    np.testing.assert_array_equal(F["a"], A[:, 0])
    np.testing.assert_array_equal(F["b"], np.rint(A[:, 1]))
    assert s.name == "answer"
    assert (F.index == s.index).all()
    np.testing.assert_array_equal(s, b)
    L, m = make(name).fit_resample(X.tolist(), names.tolist())
    assert A.tolist() == L
    assert m == b.tolist()


def test_a_table_with_nominal_columns() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [40, 15])
    frame = pandas.DataFrame(
        {
            "size": rng.integers(0, 100, 55),
            "kind": pandas.Categorical(rng.choice(["a", "b", "c"], 55)),
            "mass": rng.normal(size=55),
            "on": rng.random(55) < 0.3,
        }
    )
    results = [
        augment.SMOTENC(chosen, random_state=1).fit_resample(frame, y)[0]
        for chosen in (["kind", "on"], [1, 3], [False, True, False, True])
    ]
    for found in results:
        assert found.dtypes.tolist() == frame.dtypes.tolist()
        assert set(found["kind"]) <= set("abc")
        pandas.testing.assert_frame_equal(found, results[0])
    assert len(found) == 80
    with pytest.raises(TypeError, match="X must be of numbers in the continuous columns"):
        augment.SMOTENC([3]).fit_resample(frame, y)
    only = augment.SMOTENC("auto", random_state=1).fit_resample(frame.drop(columns="on"), y)[0]
    assert only["kind"].dtype == frame["kind"].dtype


def test_the_most_frequent_category_of_the_neighbours() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [100, 30])
    X = np.column_stack([rng.normal(size=(130, 2)), rng.integers(0, 3, 130)])
    A, _ = augment.SMOTENC([2], random_state=0).fit_resample(X, y)
    members = X[y == 1]
    median = np.median(members[:, :2].std(axis=0))
    hot = np.eye(3)[members[:, 2].astype(int)] * median / np.sqrt(2)
    points = np.column_stack([members[:, :2], hot])
    votes = [Counter(members[naive.nearest(points, i, 5), 2].tolist()) for i in range(30)]
    allowed = [{c for c, n in vote.items() if n == max(vote.values())} for vote in votes]
    # Each synthetic is on a line from some sample whose neighbours agree with its category.
    for new in A[130:]:
        fits = False
        for i in range(30):
            for j in naive.nearest(points, i, 5):
                step, way = new[:2] - members[i, :2], members[j, :2] - members[i, :2]
                share = step @ way / (way @ way)
                on_line = np.allclose(step, share * way, atol=1e-9) and -1e-9 <= share < 1
                fits = fits or (on_line and new[2] in allowed[i])
        assert fits
    ties = {i for i in range(30) if len(allowed[i]) > 1}
    assert ties, "the test wants some"


# --- draws ------------------------------------------------------------------------------------------------------------


def test_equal_classes_get_different_synthetics() -> None:
    X, _ = clouds(n=(30,))
    X = np.concatenate([X, X[:20] + 50, X[:20] + 100])
    y = np.repeat([0, 1, 2], [30, 20, 20])
    A, b = augment.SMOTE(random_state=0, sampling_strategy={1: 60, 2: 60}).fit_resample(X, y)
    new = A[70:]
    assert not np.isclose(new[b[70:] == 1] - 50, new[b[70:] == 2] - 100).all(axis=1).any()


def test_a_synthetic_depends_on_its_number_only() -> None:
    X, y = clouds()
    few = augment.SMOTE(random_state=9, sampling_strategy={1: 40}).recipe(X, y)
    many = augment.SMOTE(random_state=9, sampling_strategy={1: 400, 0: 70}).recipe(X, y)
    own = many.labels == 1
    np.testing.assert_array_equal(few.i, many.i[own][:15])
    np.testing.assert_array_equal(few.gap, many.gap[own][:15])


@pytest.mark.parametrize("name", SYNTHESIZERS + OTHERS)
def test_the_seed_decides(name: str) -> None:
    X, y = clouds()
    sampler = make(name)
    first, second = (sampler.fit_resample(X, y)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    if hasattr(sampler, "random_state"):
        other = sampler.set_params(random_state=4).fit_resample(X, y)[0]
        assert first.shape != other.shape or (first != other).any()
        for state in (np.random.default_rng(0), np.random.RandomState(0), None):
            sampler.set_params(random_state=state)
            one, two = (sampler.fit_resample(X, y)[0] for _ in range(2))
            assert one.shape != two.shape or (one != two).any()


def test_gaps_bases_and_neighbours_are_uniform() -> None:
    from scipy import stats

    X, y = clouds(n=(60, 10))
    recipe = augment.SMOTE(random_state=2, sampling_strategy={1: 20010}).recipe(X, y)
    assert stats.kstest(recipe.gap, "uniform").pvalue > 0.001
    pairs = Counter(zip(recipe.i.tolist(), recipe.j.tolist()))
    assert len(pairs) == 50
    assert stats.chisquare(list(pairs.values())).pvalue > 0.001


def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small_images(monkeypatch)
    for dtype in ("u1", "i4", "f4"):
        X, y = clouds(dtype, (5, 5))
        with threads_of(1):
            expected = augment.SMOTE(random_state=0).fit_resample(X, y)[0]
        with threads_of(3):
            np.testing.assert_array_equal(augment.SMOTE(random_state=0).fit_resample(X, y)[0], expected)


# --- recipes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYNTHESIZERS)
def test_a_recipe_is_what_would_be_added(name: str) -> None:
    X, y = clouds("u1", (4, 4))
    A, b = make(name).fit_resample(X, y)
    recipe = pickle.loads(pickle.dumps(make(name).recipe(X, y)))
    assert recipe.i.nbytes + recipe.j.nbytes + recipe.gap.nbytes == 16 * len(recipe)
    np.testing.assert_array_equal(recipe.draw(X), A[len(X) :])
    rows = [3, 0, 3, -1]
    np.testing.assert_array_equal(recipe.draw(X, rows), A[len(X) :][rows])
    np.testing.assert_array_equal(recipe.draw(X, slice(2, None, 3)), A[len(X) :][2::3])
    assert recipe.draw(X, []).shape == (0, 4, 4)
    batches = list(recipe.iter_batches(X, 8))
    assert {len(s) for s, _ in batches[:-1]} == {8}
    np.testing.assert_array_equal(np.concatenate([s for s, _ in batches]), A[len(X) :])
    np.testing.assert_array_equal(np.concatenate([t for _, t in batches]), b[len(X) :])
    out = np.empty((len(recipe), 4, 4), np.uint8)
    assert recipe.draw(X, out=out) is out
    np.testing.assert_array_equal(out, A[len(X) :])


def test_a_recipe_draws_from_disk(tmp_path: Any) -> None:
    X, y = clouds("f4", (6,))
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    recipe = augment.SMOTE(random_state=0).recipe(X, y)
    np.testing.assert_array_equal(recipe.draw(mapped), recipe.draw(X))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"X": [[1.0]]}, TypeError, "X must be a numpy array"),
        ({"X": np.zeros((3, 2))}, ValueError, "X must have at least the"),
        ({"X": np.zeros((99, 2), bool)}, TypeError, "X must have dtype"),
        ({"X": np.zeros(99)}, ValueError, "X must have shape"),
        ({"rows": [0.5]}, TypeError, "rows must be a list of integers"),
        ({"rows": [99]}, ValueError, "rows must be below the length of the recipe, 35, got 99"),
        ({"out": np.zeros((35, 3), np.float32)}, TypeError, "out must be a numpy array of dtype float64"),
        ({"out": np.zeros((35, 4))}, ValueError, r"out must be C-contiguous, of shape \(35, 3\)"),
    ],
)
def test_errors_of_recipes(change: dict[str, Any], error: type[Exception], message: str) -> None:
    X, y = clouds()
    recipe = augment.SMOTE(random_state=0).recipe(X, y)
    given = {"X": X, "rows": None, "out": None} | change
    with pytest.raises(error, match=message):
        recipe.draw(given["X"], given["rows"], out=given["out"])


def test_batches_have_a_size() -> None:
    X, y = clouds()
    with pytest.raises(ValueError, match="batch_size must be >= 1, got 0"):
        list(augment.SMOTE().recipe(X, y).iter_batches(X, 0))


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_memory_is_little_more_than_the_result(dtype: str) -> None:
    X, y = clouds(dtype, (32, 32, 3), n=(1000, 100))
    sampler = augment.SMOTE(random_state=0)
    sampler.fit_resample(X[-300:], y[-300:])
    tracemalloc.start()
    try:
        A, _ = sampler.fit_resample(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 1.3 * A.nbytes


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYNTHESIZERS + OTHERS)
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": lambda y: y * 0}, ValueError, "y must hold at least two classes, got one class: 0"),
        ({"y": lambda y: y[:-1]}, ValueError, "y must have a label for each of the 85 samples, got 84"),
        ({"y": lambda y: y + 0.5}, ValueError, "y must be labels of classes, got continuous"),
        ({"y": lambda y: np.stack([y, y], 1)}, ValueError, "y must have one label a sample"),
        ({"y": lambda y: None}, TypeError, "y must be an array, a list, or a Series of labels, got None"),
        ({"y": lambda y: np.array([*y[:-1], "a"], object)}, TypeError, "y must have labels of one type"),
        ({"y": lambda y: [*y.tolist()[:-1], None]}, TypeError, "y must have labels of one type"),
        ({"X": lambda X: np.ma.array(X)}, TypeError, "X must be a plain array, got a masked array"),
        ({"X": lambda X: X[:, 0]}, ValueError, r"X must have shape \(n, ...\)"),
        ({"X": lambda X: X[:, :0]}, ValueError, "X must have at least one value a sample"),
        ({"X": lambda X: "table"}, TypeError, "X must be an array, a list, a DataFrame or a sparse matrix, got str"),
        ({"X": lambda X: [[1, 2], [3]]}, ValueError, "X must have samples of one shape, got a ragged list"),
        ({"strategy": "most"}, ValueError, "sampling_strategy must be one of .*, got 'most'"),
        ({"strategy": None}, TypeError, "sampling_strategy must be a string, a number, a dict"),
        ({"strategy": {7: 100}}, ValueError, "sampling_strategy must (name classes of y|be a list)"),
    ],
)
def test_bad_input_is_named(name: str, change: dict[str, Any], error: type[Exception], message: str) -> None:
    X, y = clouds()
    X, y = change.get("X", lambda X: X)(X), change.get("y", lambda y: y)(y)
    sampler = make(name, sampling_strategy=change.get("strategy", "auto"))
    with pytest.raises(error, match=message):
        sampler.fit_resample(X, y)


@pytest.mark.parametrize("name", (*SYNTHESIZERS, "TomekLinks", "EditedNearestNeighbours", "SMOTEENN", "SMOTETomek"))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(name: str, value: float) -> None:
    X, y = clouds()
    X[17, 1] = value
    with pytest.raises(ValueError, match="X must be finite, got NaN or infinity"):
        make(name).fit_resample(X, y)


@pytest.mark.parametrize("dtype", ["f2", "c16", "u8"])
def test_dtypes_without_lines_are_refused(dtype: Any) -> None:
    X, y = clouds()
    with pytest.raises(TypeError, match="X must have dtype float32, float64 or an integer one"):
        augment.SMOTE().fit_resample(np.abs(X).astype(dtype), y)


def test_too_few_samples_for_the_neighbours() -> None:
    X, y = clouds(n=(30, 4))
    with pytest.raises(ValueError, match=r"k_neighbors must be below the number of samples of class 1, 4, got 5"):
        augment.SMOTE().fit_resample(X, y)
    X, y = np.concatenate([X, X[y == 1], X[y == 1]]), np.concatenate([y, [1] * 8])
    with pytest.raises(ValueError, match=r"k_neighbors must be below the number of .* that differ, 4, got 5"):
        augment.SMOTE(strict=True).fit_resample(X, y)
    with pytest.raises(ValueError, match="X must have a cluster with more than 2 samples of class"):
        augment.KMeansSMOTE(random_state=0, cluster_balance_threshold=1.5).fit_resample(X, y)
    apart = X + 100 * (y == 1)[:, None]
    with pytest.raises(ValueError, match=r"X must have samples of class .* with neighbours in other classes"):
        augment.ADASYN(n_neighbors=3).fit_resample(apart, y)


@pytest.mark.parametrize(
    ("sampler", "error", "message"),
    [
        (augment.SMOTE(k_neighbors=0), ValueError, "k_neighbors must be >= 1, got 0"),
        (augment.SMOTE(k_neighbors=2.5), TypeError, "k_neighbors must be an integer or an object with kneighbors"),
        (augment.SMOTE(random_state=1.5), TypeError, "random_state must be None, an integer or a NumPy generator"),
        (augment.SMOTE(allocation="fair"), ValueError, "allocation must be one of 'random', 'even', got 'fair'"),
        (augment.SMOTE(rng="numpy"), ValueError, "rng must be one of 'keyed', 'imblearn', got 'numpy'"),
        (augment.SMOTE(rng="imblearn"), ValueError, "random_state must be an integer with rng='imblearn'"),
        (
            augment.SMOTE(rng="imblearn", random_state=0, allocation="even"),
            ValueError,
            "allocation must be 'random' with rng='imblearn'",
        ),
        (augment.SMOTE(sampling_strategy={1: 3}), ValueError, r"sampling_strategy\[1\] must be >= 25, .*, got 3"),
        (augment.SMOTE(sampling_strategy="majority"), ValueError, "another than 'majority' for over-sampling"),
        (augment.SMOTE(sampling_strategy=0.2), ValueError, "sampling_strategy must be above 0.41"),
        (augment.SMOTE(sampling_strategy=1.5), ValueError, "sampling_strategy must be above 0 and at most 1"),
        (augment.SMOTE(sampling_strategy=True), TypeError, "sampling_strategy must be a string"),
        (augment.SMOTE(sampling_strategy=lambda y: 3), TypeError, "sampling_strategy must return a dict, got int"),
        (augment.RandomUnderSampler(sampling_strategy={0: 99}), ValueError, "must be <= 60"),
        (augment.RandomUnderSampler(sampling_strategy=0.1), ValueError, "sampling_strategy must be at least 0.41"),
        (augment.RandomUnderSampler(replacement=1), TypeError, "replacement must be True or False"),
        (augment.RandomOverSampler(shrinkage=-1), ValueError, "shrinkage must be >= 0, got -1"),
        (augment.RandomOverSampler(shrinkage={0: 1}), ValueError, "shrinkage must have every class"),
        (augment.TomekLinks(sampling_strategy=0.5), ValueError, "sampling_strategy must be a string or a list"),
        (augment.TomekLinks(sampling_strategy={0: 5}), ValueError, "sampling_strategy must be a list of classes"),
        (augment.TomekLinks(sampling_strategy=[5]), ValueError, "sampling_strategy must name classes of y"),
        (augment.SMOTE(sampling_strategy=[1]), ValueError, "sampling_strategy must be a dict of numbers"),
        (augment.BorderlineSMOTE(kind="borderline-3"), ValueError, "kind must be one of"),
        (augment.SVMSMOTE(out_step=-1), ValueError, "out_step must be >= 0, got -1"),
        (augment.SVMSMOTE(svm_estimator=3), TypeError, "svm_estimator must be an estimator or None, got int"),
        (augment.KMeansSMOTE(kmeans_estimator=0), ValueError, "kmeans_estimator must be >= 1, got 0"),
        (augment.EditedNearestNeighbours(kind_sel="some"), ValueError, "kind_sel must be one of 'all', 'mode'"),
        (augment.SMOTEENN(enn="enn"), TypeError, "enn must be EditedNearestNeighbours or another sampler, got str"),
        (augment.SMOTENC([0, 1, 2]), ValueError, "categorical_features must leave nominal and continuous columns"),
        (augment.SMOTENC([3]), ValueError, "categorical_features must be below the number of columns, 3, got 3"),
        (augment.SMOTENC(["a"]), ValueError, "categorical_features must name columns of a DataFrame, got 'a'"),
        (augment.SMOTENC([True]), ValueError, "categorical_features must have a bool for each column, 3, got 1"),
        (augment.SMOTENC("auto"), ValueError, "'auto' is for a DataFrame"),
        (augment.SMOTENC(1.5), TypeError, "categorical_features must be a list of columns or 'auto'"),
        (augment.SMOTENC([0.5]), TypeError, "categorical_features must be a list of columns or 'auto'"),
        (augment.SMOTENC([[0], [1]]), TypeError, "categorical_features must be a list of columns or 'auto'"),
    ],
    ids=lambda v: type(v).__name__ if hasattr(v, "fit_resample") else "",
)
def test_bad_parameters_are_named(sampler: Any, error: type[Exception], message: str) -> None:
    X, y = clouds()
    with pytest.raises(error, match=message):
        sampler.fit_resample(X, y)


def test_three_classes_need_a_dict() -> None:
    X, y = clouds(n=(30, 20, 10))
    with pytest.raises(ValueError, match="sampling_strategy must be a dict for more than two classes"):
        augment.SMOTE(sampling_strategy=0.5).fit_resample(X, y)


# --- the estimators ---------------------------------------------------------------------------------------------------

ESTIMATORS = [getattr(augment, name) for name in (*SYNTHESIZERS, *OTHERS, "SMOTENC")]


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_documented_parameters_are_the_fields(kind: type) -> None:
    doc = inspect.getdoc(kind)
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", doc, re.DOTALL | re.MULTILINE)
    documented = re.findall(r"^(\w+) :", section[1], re.MULTILINE)
    assert documented == [field.name for field in dataclasses.fields(kind)]


def test_parameters_by_name() -> None:
    combined = augment.SMOTEENN(smote=augment.SMOTE(k_neighbors=3))
    assert combined.get_params()["smote__k_neighbors"] == 3
    combined.set_params(smote__k_neighbors=4, random_state=2)
    assert combined.smote.k_neighbors == 4
    assert "smote__k_neighbors" not in combined.get_params(deep=False)
    assert repr(combined) == "SMOTEENN(random_state=2, smote=SMOTE(k_neighbors=4))"
    with pytest.raises(ValueError, match="SMOTE has no parameter 'neighbours'; it has allocation, k_neighbors"):
        augment.SMOTE().set_params(neighbours=3)
    assert pickle.loads(pickle.dumps(combined)).get_params(deep=False)["random_state"] == 2


def test_importing_augment_imports_no_scikit_learn(run_python: Callable[..., str]) -> None:
    code = """
import sys
import augment
augment.SMOTE(k_neighbors=3).get_params()
print(sorted({"sklearn", "scipy", "imblearn", "pandas", "numba", "matplotlib"} & set(sys.modules)))
"""
    assert run_python(code) == "[]"


def test_nothing_of_ours_imports_imbalanced_learn(run_python: Callable[..., str]) -> None:
    code = """
import sys
import numpy as np
import augment
X = np.random.default_rng(0).normal(size=(60, 3))
y = np.repeat([0, 1], [40, 20])
for kind in (augment.SMOTE, augment.KMeansSMOTE, augment.SVMSMOTE, augment.SMOTEENN, augment.SMOTETomek):
    kind(random_state=0).fit_resample(X, y)
print("imblearn" in sys.modules)
"""
    assert run_python(code, OMP_NUM_THREADS="1") == "False"


@pytest.mark.nojit
def test_small_work_without_compiling() -> None:
    X, y = clouds("u1", (4, 4), n=(12, 7))
    for dtype in ("u1", "i2", "f4"):
        A, b = augment.SMOTE(random_state=0, k_neighbors=3).fit_resample(X.astype(dtype), y)
        assert Counter(b.tolist()) == {0: 12, 1: 12}
        assert A.dtype == dtype
    assert TILE % 3 == 0
    assert issubclass(augment.SMOTE, OverSampler)
    assert next(itertools.count(len(A))) == 24


SERVED = ["SMOTE", "BorderlineSMOTE", "SVMSMOTE", "KMeansSMOTE", "ADASYN", "SMOTENC"]


def _between(made: np.ndarray, kinds: np.ndarray) -> bool:
    return bool(((made >= kinds.min(axis=0) - 1e-9) & (made <= kinds.max(axis=0) + 1e-9)).all())


@pytest.mark.parametrize("name", SERVED)
def test_classes_of_few_different_samples_are_served(name: str) -> None:
    """A class whose samples are mostly copies gets fewer neighbours, with a warning, as it gets some elsewhere."""
    rng = np.random.default_rng(1)
    kinds = np.array([[0.0, 0.0, 1.0], [0.3, 0.1, 0.0], [0.1, 0.4, 1.0]])
    X = np.concatenate([np.c_[rng.normal(size=(40, 2)), np.arange(40) % 2], np.repeat(kinds, 4, axis=0)])
    y = np.array([0] * 40 + [1] * 12)
    given = {"categorical_features": [2]} if name == "SMOTENC" else {}
    if name == "KMeansSMOTE":
        given = {"kmeans_estimator": 1, "k_neighbors": 5}
    sampler = getattr(augment, name)(random_state=0, **given)
    with pytest.warns(UserWarning, match=r"that differ, 3, got 5: only 2 used") as caught:
        made, labels = sampler.fit_resample(X, y)
    assert caught[0].filename == __file__
    assert (labels == 1).sum() == 40
    if name != "SVMSMOTE":  # which also goes away from the class
        assert _between(made[52:], kinds)
    sampler.strict = True
    with pytest.raises(ValueError, match=r"_neighbors must be below the number of .* that differ, 3, got 5"):
        sampler.fit_resample(X, y)
    sampler.strict = 1
    with pytest.raises(TypeError, match="strict must be True or False, got 1"):
        sampler.fit_resample(X, y)


def test_a_class_of_copies_is_repeated() -> None:
    X = np.concatenate([np.arange(40.0).reshape(20, 2), np.full((6, 2), 7.0)])
    with pytest.warns(UserWarning, match=r"that differ, 1, got 5: copies of each used"):
        made, _ = augment.SMOTE(random_state=0).fit_resample(X, [0] * 20 + [1] * 6)
    assert (made[26:] == 7).all()


def test_samples_that_differ_by_category_are_no_copies() -> None:
    """Where numbers do not differ at all, categories decide."""
    X = np.concatenate([np.c_[np.arange(20.0), np.arange(20) % 3], np.c_[np.full(8, 5.0), np.arange(8)]])
    sampler = augment.SMOTENC([1], random_state=0, strict=True)
    made, labels = sampler.fit_resample(X, [0] * 20 + [1] * 8)
    assert (made[labels == 1, 0] == 5).all()
    assert set(made[28:, 1]) <= set(range(8))
    # Numbers go before categories where the median of the deviations is 0.
    X = np.zeros((12, 4))
    X[:, 0], X[:, 3] = np.arange(12) // 2, np.arange(12) % 2
    points = points_of_tables(X[:, :3], X[:, 3:].astype(np.int32))
    found = neighbors(numbers_of(points), None, 1, name="k", of="samples", ordered=True)[:, 0]
    np.testing.assert_array_equal(found, np.arange(12) ^ 1)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e-35, 1e35, 1e160, 1e300])
@pytest.mark.parametrize(
    "name", [*SERVED, "TomekLinks", "EditedNearestNeighbours", "SMOTEENN", "SMOTETomek", "RandomOverSampler"]
)
def test_values_of_any_size(name: str, size: float, dtype: str) -> None:
    """Distances whose squares leave the range of floats: the same samples as of ordinary values, scaled."""
    if dtype == "f4" and not 1e-37 < size < 1e37:
        pytest.skip("beyond float32")
    X, y = clouds(n=(40, 12))
    scale = float(2.0 ** np.rint(np.log2(size)))
    given: dict[str, Any] = {"categorical_features": [2]} if name == "SMOTENC" else {}
    if name == "RandomOverSampler":
        given = {"shrinkage": 0.5}
    if "random_state" in getattr(augment, name).__dataclass_fields__:
        given["random_state"] = 0
    X = X.astype(dtype)
    X[:, 2] = np.rint(X[:, 2])
    large = X * np.dtype(dtype).type(scale)
    if name == "SMOTENC":
        large[:, 2] = X[:, 2]
    expected, classes = getattr(augment, name)(**given).fit_resample(X, y)
    found, labels = getattr(augment, name)(**given).fit_resample(large, y)
    assert np.isfinite(found).all()
    if name not in ("SVMSMOTE", "KMeansSMOTE", "SMOTENC"):  # whose models and medians depend on the unit
        np.testing.assert_array_equal(labels, classes)
        np.testing.assert_allclose(found / np.dtype(dtype).type(scale), expected, rtol=1e-5)


def test_truth_is_rounded_to_nearest() -> None:
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    half = np.arange(40) % 2 == 0
    y = [0] * 28 + [1] * 12
    numbers = pandas.DataFrame({"a": rng.normal(size=40), "b": half.astype(int)})
    for dtype in ("bool", "boolean"):
        frame = numbers.astype({"b": dtype})
        made, _ = augment.SMOTE(random_state=0).fit_resample(frame, y)
        expected, _ = augment.SMOTE(random_state=0).fit_resample(numbers, y)
        assert str(made.dtypes["b"]) == dtype
        np.testing.assert_array_equal(made["b"].astype(int), expected["b"])
        assert 0 < made["b"][40:].mean() < 1
    array = rng.random((40, 5)) > 0.5
    made, _ = augment.SMOTE(random_state=0).fit_resample(array, y)
    expected, _ = augment.SMOTE(random_state=0).fit_resample(array.astype(np.uint8), y)
    assert made.dtype == bool
    np.testing.assert_array_equal(made, expected)


def test_nothing_is_refused() -> None:
    for name in (*SERVED, "TomekLinks", "RandomOverSampler"):
        given = {"categorical_features": [0]} if name == "SMOTENC" else {}
        with pytest.raises(ValueError, match="two classes, got no samples"):
            getattr(augment, name)(**given).fit_resample(np.zeros((0, 3)), [])


FORKED = """
import os, sys
import numpy as np
import augment

rng = np.random.default_rng(0)
X, y = rng.normal(size=(4000, 20)), np.repeat([0, 1], [3000, 1000])
for name in ("BorderlineSMOTE", "SMOTE", "KMeansSMOTE"):
    given = {"cluster_balance_threshold": 0.0} if name == "KMeansSMOTE" else {}
    sampler = getattr(augment, name)(random_state=0, **given)
    sampler.fit_resample(X, y)
    child = os.fork()
    if child == 0:
        sampler.fit_resample(X, y)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
print("done")
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")
def test_a_forked_process_does_not_wait_for_threads_that_are_gone(run_python: Any) -> None:
    code = "import warnings\nwarnings.simplefilter('ignore')\n" + FORKED
    assert run_python(code, timeout=120, OMP_NUM_THREADS="2") == "done"
