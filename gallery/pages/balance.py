"""Class imbalance

Over-sampling, under-sampling, cleaning, weights and plans of augmented copies, for classes of unequal size.

SMOTE and its kin make new samples on the lines between samples of a class and their neighbours.  On tables, on features
and on aligned images (digits, cut-out faces, small medical patches) such a line stays near the class.  Between two
photos of a thing it is a double exposure: there, and for detection, let augmentation make the missing samples, as
``balance_plan`` counts them, or weigh the loss with ``class_weights``.

What is shown keeps its dtype: new bytes lie between the bytes of both parents, rounded to nearest.
"""

import importlib.util
import warnings

import numpy as np

import augment
from gallery import _plot, _scatter

GROUP = "Augmentation"

BOUNDS = (-2.6, -1.8, 3.4, 2.1)
MAKERS = {
    "SMOTE": ("On lines between neighbours, everywhere in the class.", {}),
    "BorderlineSMOTE": ("Only from samples half of whose neighbours are of the other class.", {}),
    "BorderlineSMOTE, kind 2": ("Towards neighbours of any class, less than half of the way to the other.", {}),
    "SVMSMOTE": ("From support vectors: inwards where they are in danger, outwards where they are safe.", {}),
    "KMeansSMOTE": ("Inside clusters where the class is at home, most where it is sparse.", {}),
    "ADASYN": ("Most where most neighbours are of the other class.", {}),
    "RandomOverSampler, shrinkage": ("Copies, a little off their originals.", {}),
}


def samplers():
    """Every sampler of the page, by its title."""
    return {
        "SMOTE": augment.SMOTE(random_state=0),
        "BorderlineSMOTE": augment.BorderlineSMOTE(random_state=0),
        "BorderlineSMOTE, kind 2": augment.BorderlineSMOTE(random_state=0, kind="borderline-2"),
        "SVMSMOTE": augment.SVMSMOTE(random_state=0),
        "KMeansSMOTE": augment.KMeansSMOTE(random_state=0, kmeans_estimator=8, cluster_balance_threshold=0.1),
        "ADASYN": augment.ADASYN(random_state=0),
        "RandomOverSampler, shrinkage": augment.RandomOverSampler(random_state=0, shrinkage=0.5),
        "RandomUnderSampler": augment.RandomUnderSampler(random_state=0),
        "TomekLinks": augment.TomekLinks(sampling_strategy="all"),
        "EditedNearestNeighbours": augment.EditedNearestNeighbours(),
        "SMOTEENN": augment.SMOTEENN(random_state=0),
        "SMOTETomek": augment.SMOTETomek(random_state=0),
    }


def clouds():
    """Two classes in the plane, 220 and 40, that overlap."""
    rng = np.random.default_rng(8)
    many = rng.normal((0.0, 0.3), (0.95, 0.65), (220, 2))
    few = np.concatenate([rng.normal((1.6, -0.6), (0.55, 0.35), (28, 2)), rng.normal((-0.9, -1.0), 0.32, (12, 2))])
    return np.concatenate([many, few]), np.repeat([0, 1], [220, 40])


def groups(X, y, A, b):
    """What was there, what came and what went, for a plot."""
    old = {tuple(row) for row in X.tolist()}
    now = {tuple(row) for row in A.tolist()}
    added = np.array([tuple(row) not in old for row in A.tolist()])
    gone = np.array([tuple(row) not in now for row in X.tolist()])
    found = {"majority": (A[(b == 0) & ~added], 0, "dot")}
    if gone.any():
        found["left out"] = (X[gone], 3, "cross")
    if added.any():
        found["new"] = (A[added], 2, "ring")
    found["minority"] = (A[(b == 1) & ~added], 1, "dot")
    return found


def once(page):
    """Everything, on one of scikit-learn's threads: on so few samples they wait for each other more than they work."""
    import sklearn.cluster  # noqa: F401  its threads can be limited only once it is loaded
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        samples(page)
        digits(page)
        photos(page)
        classifier(page)
        plan(page)


def samples(page):
    """Scatter plots, for each method."""
    X, y = clouds()
    before = groups(X, y, X, y)
    plots = {}
    for name, sampler in samplers().items():
        page.step(name)
        plots[name] = groups(X, y, *sampler.fit_resample(X, y))
    page.thumbnail(_scatter.picture(before, BOUNDS), _scatter.picture(plots["SMOTE"], BOUNDS))
    page.heading("New samples", "Filled dots are samples, rings are new ones; every method starts from the first plot.")
    makers = {name: groups for name, groups in plots.items() if name in MAKERS}
    drawn = {"before": before, **makers}
    rows = list(drawn.items())
    for start in range(0, len(rows), 3):
        part = dict(rows[start : start + 3])
        look = " ".join(f"{name}: {MAKERS[name][0]}" for name in part if name in MAKERS)
        page.plots({name: svg(name, found) for name, found in part.items()}, look)
    page.heading("Samples left out", "Crosses are left out.")
    others = {name: found for name, found in plots.items() if name not in MAKERS}
    page.plots(
        {name: svg(name, found) for name, found in list(others.items())[:3]},
        "Random, or the members of Tomek links (pairs of nearest neighbours of different classes), or those of the "
        "majority with a neighbour in the minority.",
    )
    page.plots(
        {name: svg(name, found) for name, found in list(others.items())[3:]},
        "SMOTE first, then cleaning: with edited neighbours both classes withdraw from the border, with Tomek links a "
        "few pairs go.",
    )


def svg(name, found):
    """One plot."""
    return _scatter.scatter(found, title=f"Samples after {name}", bounds=BOUNDS)


def enlarged(images, times=9):
    """Images of 8 x 8 side by side, their pixels as squares."""
    row = np.concatenate([np.pad(image, 1, constant_values=128) for image in images], axis=1)
    return np.kron(row, np.ones((times, times), np.uint8))


def digits(page):
    """Synthetic digits between their parents; the peer's on bytes."""
    from sklearn.datasets import load_digits

    page.heading(
        "Synthetic digits",
        "scikit-learn's digits, 8×8: they are aligned, so between two eights there is an eight.  Each triple is a "
        "sample, the synthetic one, and the neighbour; ``SMOTE.recipe`` says which they were.",
    )
    data = load_digits()
    images = np.minimum(data.images * 16, 255).astype(np.uint8)
    y = (data.target == 8).astype(int)
    few = np.flatnonzero(y == 1)[:40]
    keep = np.concatenate([np.flatnonzero(y == 0)[:400], few])
    images, y = images[keep], y[keep]
    recipe = augment.SMOTE(random_state=3).recipe(images, y)
    chosen = np.flatnonzero(np.abs(recipe.gap - 0.5) < 0.15)[:3]
    made = recipe.draw(images, chosen)
    triples = {}
    for number, (k, new) in enumerate(zip(chosen, made)):
        i, j, gap = recipe.i[k], recipe.j[k], recipe.gap[k]
        triples[f"pair {number + 1}, gap {gap:.2f}"] = enlarged([images[i], new, images[j]])
    page.figures(
        triples, "Strokes of both parents, as bright as their share: blurred where they do not meet.", pixels=True
    )
    if importlib.util.find_spec("imblearn") is None:
        return
    from imblearn.over_sampling import SMOTE

    flat = images.reshape(len(images), -1)
    theirs = SMOTE(random_state=3).fit_resample(flat, y)[0][len(y) :].reshape(-1, 8, 8)
    same = augment.SMOTE(random_state=3, rng="imblearn").fit_resample(images, y)[0][len(y) :]
    page.figures(
        {
            "augment, the same draws": enlarged(same[:8], 6),
            "imbalanced-learn, on uint8": enlarged(theirs[:8], 6),
        },
        "The same seed and draws on bytes: imbalanced-learn's differences wrap round at 256, ours do not.",
        pixels=True,
    )


def photos(page):
    """Two photos and what is between them."""
    page.heading("Between photos", "The line between two photos has no photo on it, however near they are as vectors.")
    a, b = (np.ascontiguousarray(page.photo(name).rgb[:240, :320, :3]) for name in ("chelsea", "coffee"))
    both = np.stack([a[: min(len(a), len(b))], b[: min(len(a), len(b))]])
    one = np.ones(1, np.int32)
    half = augment.SampleRecipe(0 * one, one, np.array([0.5]), one).draw(both)[0]
    page.figures({"sample": both[0], "synthetic, gap 0.5": half, "neighbour": both[1]}, "A double exposure.")


def classifier(page):
    """F and G-mean of a classifier with each method."""
    from sklearn.base import clone
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split

    page.heading(
        "A classifier with each method",
        "Logistic regression on 1,500 samples of ten values, 5 % of them of the minority, with 3 % wrong labels; "
        "measured on half of them, means of five draws.  F is the harmonic mean of precision and sensitivity of the "
        "minority, G the geometric mean of both classes' sensitivities.",
    )
    methods = {"nothing": None, **samplers(), "class_weights": "weights", "BalancedEnsemble": "ensemble"}
    figures = {name: [] for name in methods}
    for seed in range(5):
        X, y = make_classification(
            1500, 10, n_informative=4, weights=[0.95], class_sep=0.9, flip_y=0.03, random_state=seed
        )
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)
        for name, method in methods.items():
            model = LogisticRegression()
            A, b = X_train, y_train
            if method == "weights":
                model.set_params(class_weight=augment.class_weights(y_train))
            elif method == "ensemble":
                model = augment.BalancedEnsemble(estimator=model, random_state=seed)
            elif method is not None:
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", "class .* has no sample in danger")
                    sampler = clone(method)
                    if "random_state" in sampler.get_params():
                        sampler.set_params(random_state=seed)
                    A, b = sampler.fit_resample(X_train, y_train)
            model.fit(A, b)
            found = model.predict(X_test)
            figures[name].append(
                (
                    augment.f_measure(y_test, found),
                    augment.g_mean(y_test, found),
                    augment.sensitivity(y_test, found),
                    augment.specificity(y_test, found),
                    augment.auc(y_test, model.predict_proba(X_test)[:, 1]),
                )
            )
    means = {name: np.mean(rows, axis=0) for name, rows in figures.items()}
    page.plots(
        {
            "F and G": _plot.bars(
                {name: row[:2].tolist() for name, row in means.items()},
                title="F and geometric mean of a classifier with each method",
                series=("F", "G"),
            )
        },
        "Balancing moves the threshold towards the minority: G rises most, F less, as some of the majority are lost "
        "for it; cleaning alone changes little.  The area under the ROC curve, which knows no threshold, hardly "
        "changes.",
    )
    page.table(
        ("method", "F", "G", "sensitivity", "specificity", "area under ROC"),
        [(name, *(f"{value:.3f}" for value in row)) for name, row in means.items()],
    )


def plan(page):
    """A plan for boxes."""
    page.heading(
        "A plan of augmented copies",
        "``balance_plan(labels, target=...)`` counts the copies each image gets; a copy adds all boxes of its image, "
        "so common classes that stand beside rare ones grow too.  ``plan.samples()`` lists images and copies, which "
        "together make the key of a chain.",
    )
    rng = np.random.default_rng(2)
    names = np.array(["person", "car", "dog", "bicycle", "bus"])
    labels = [rng.choice(names, rng.integers(1, 6), p=(0.5, 0.3, 0.12, 0.06, 0.02)).tolist() for _ in range(400)]
    rows = []
    for target in ("max", "median", "cap=3", "repeat=0.2"):
        found = augment.balance_plan(labels, target=target)
        rows.append(
            (f'target="{target}"', *(found.after[n] for n in names), int(found.copies.sum()), found.copies.max())
        )
    before = augment.balance_plan(labels, max_copies=0).before
    rows.insert(0, ("before", *(before[n] for n in names), 0, 0))
    page.table(("boxes", *names, "copies", "most of one image"), rows)
