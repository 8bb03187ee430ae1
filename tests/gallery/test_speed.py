"""The speed benchmark: what it counts and what it says.  How fast anything is, no test asserts."""

import gc
import inspect
import itertools
import json
import sys
import time

import numpy as np
import pytest
from helpers.declarations import REGISTRY, Case, Peer, declared, levels_from_darkest
from helpers.declarations import readme as readme_parts
from helpers.timing import compare, ratio

import augment
import imgproc
from gallery import speed
from gallery.speed import cases as speed_cases
from gallery.speed import chain_rows as speed_rows
from gallery.speed import chains as speed_chains
from gallery.speed import functions as speed_functions
from gallery.speed import measure
from gallery.speed import page as speed_page
from gallery.speed import run as speed_run
from gallery.speed import tables as speed_report
from gallery.speed import transforms as speed_transforms

BEGIN, END = readme_parts.markers("speed")


class Clock:
    """Time that passes only when a fake call lets it pass."""

    def __init__(self):
        self.now = 0.0
        self.log = []

    def __call__(self):
        return self.now

    def call(self, name, *seconds):
        """A callable that takes the given times in turn, over and over; the first one is its warm-up."""
        times = iter(np.resize(seconds, 10_000))

        def run():
            self.log.append(name)
            self.now += next(times)

        return run


def rounds(log, names):
    warmup, rest = log[: len(names)], log[len(names) :]
    assert warmup == names
    return [rest[i : i + len(names)] for i in range(0, len(rest), len(names))]


def test_two_calls_swap_their_order_every_round():
    clock = Clock()
    compare({n: clock.call(n, 1) for n in "ab"}, seconds=0, min_runs=4, clock=clock)
    assert rounds(clock.log, ["a", "b"]) == [["a", "b"], ["b", "a"], ["a", "b"], ["b", "a"]]


def test_three_calls_take_every_place_and_follow_every_other():
    clock = Clock()
    compare({n: clock.call(n, 1) for n in "abc"}, seconds=0, min_runs=6, clock=clock)
    orders = rounds(clock.log, ["a", "b", "c"])
    for place in range(3):
        assert sorted(order[place] for order in orders) == ["a", "a", "b", "b", "c", "c"]
    followed = {(a, b) for order in orders for a, b in itertools.pairwise(order)}
    assert followed == {(a, b) for a in "abc" for b in "abc" if a != b}


def test_median_and_quartiles_leave_out_the_warm_up():
    clock = Clock()
    timing = compare({"a": clock.call("a", 99, 1, 2, 3, 4, 5)}, seconds=0, min_runs=5, clock=clock)["a"]
    assert timing.runs == (1, 2, 3, 4, 5)
    assert timing.median == 3
    assert timing.quartiles == (2, 4)


def test_ratio_of_each_round_withstands_a_slow_spell_that_medians_do_not():
    clock = Clock()
    slow = [1, 1, 1, 1, 10, 10, 10]  # the machine, round by round
    times = compare(
        {"a": clock.call("a", 0, *[2 * s for s in slow]), "b": clock.call("b", 0, *slow[:3], 9, *slow[4:])},
        seconds=0,
        min_runs=7,
        clock=clock,
    )
    assert times["a"].median / times["b"].median < 0.5
    assert ratio(times["a"], times["b"]) == 2
    assert ratio(times["b"], times["a"]) == 0.5


@pytest.mark.parametrize("rounds", [2, 5, 6])
def test_ratio_does_not_say_who_came_first(rounds):
    clock = Clock()
    read, cached = [3, 1] * 4, [1, 3] * 4  # in turns each finds in the cache what the other has read
    calls = {"a": clock.call("a", 0, *read), "b": clock.call("b", 0, *cached)}
    times = compare(calls, seconds=0, min_runs=rounds, clock=clock)
    assert ratio(times["a"], times["b"]) == 1


@pytest.mark.parametrize(("seconds", "min_runs", "expected"), [(10, 1, 5), (10, 8, 8), (0, 3, 3)])
def test_budget_ends_the_rounds_but_not_before_the_fewest(seconds, min_runs, expected):
    clock = Clock()
    calls = {n: clock.call(n, 1) for n in "ab"}
    times = compare(calls, seconds=seconds, min_runs=min_runs, clock=clock)
    assert {len(t.runs) for t in times.values()} == {expected}


def test_freeing_the_result_is_not_timed():
    clock = Clock()

    class Costly:
        def __del__(self):
            clock.now += 100

    def call():
        clock.now += 1
        return Costly()

    assert compare({"a": call}, seconds=0, min_runs=3, clock=clock)["a"].runs == (1, 1, 1)


def test_garbage_collection_rests_and_comes_back_even_after_an_error():
    seen = []
    compare({"a": lambda: seen.append(gc.isenabled())}, seconds=0, min_runs=2)
    assert seen == [False] * 3
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        compare({"a": lambda: 1 / 0}, seconds=0)
    assert gc.isenabled()


def test_compare_refuses_nothing_and_no_runs():
    with pytest.raises(ValueError, match="calls must name at least one callable"):
        compare({}, seconds=1)
    with pytest.raises(ValueError, match="min_runs must be >= 1, got 0"):
        compare({"a": int}, seconds=1, min_runs=0)


PLANE = 1 << 22


def three_planes_extra():
    extra = [np.ones(PLANE, np.uint8) for _ in range(3)]
    return np.ones(PLANE, np.uint8) + extra[0][0], [np.full(PLANE, len(extra), np.uint8)]


def test_peak_extra_memory_leaves_out_what_is_returned():
    # Three planes, and the one that the sum is made of; two are returned.
    assert measure.peak_extra_bytes(three_planes_extra) == pytest.approx(3 * PLANE, rel=0.01)
    assert measure.peak_extra_bytes(lambda: np.ones(PLANE, np.uint8)) < PLANE / 100


@pytest.mark.skipif(sys.platform != "linux", reason="peak resident memory is read from /proc")
def test_resident_memory_sees_the_same_peak():
    assert measure.peak_resident_bytes(three_planes_extra) == pytest.approx(3 * PLANE, rel=0.25)


def test_first_call_is_measured_in_a_new_process_with_its_own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    runs = tmp_path / "runs"
    line = "os.environ['NUMBA_CACHE_DIR'] + chr(10)"
    before = time.perf_counter()
    cost = measure.first_call(
        f"import os; assert image.shape == (512, 512); open({str(runs)!r}, 'a').write({line})", runs=2
    )
    assert cost.start > 0 and cost.imported > 0 and cost.warm > 0 and cost.cold > 0
    assert cost.start + cost.imported + cost.warm < time.perf_counter() - before
    folders = runs.read_text().splitlines()
    assert len(folders) == 3, "once cold, twice warm"
    assert len(set(folders)) == 1 and folders[0] != str(tmp_path / "mine")


def test_first_call_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"imgproc\.no_such failed in a new process: AttributeError: .*no_such"):
        measure.first_call("imgproc.no_such", runs=1)


def test_first_call_imports_the_module_it_is_told():
    cost = measure.first_call("assert 'imgproc' not in sys.modules and json.loads('1') == 1", module="json", runs=1)
    assert cost.warm < 1


def test_every_case_is_named_once_and_has_a_photo():
    names = [(case.name, case.size) for case in speed.CASES]
    assert len(set(names)) == len(names)
    for case in speed.CASES:
        image = speed_cases.photo(case.kind, 64)
        assert image.shape[:2] == (64, 64)
        assert len(np.unique(image)) > 50, "a photo, not a blank"
    assert speed_cases.photo("grey 16-bit", 64).dtype == np.uint16


def test_a_peer_with_its_darkest_level_above_black_is_compared_from_there():
    cdf = np.array([0.2, 0.6, 1.0])
    assert levels_from_darkest(np.array([0, 128, 255], np.uint8), cdf) == pytest.approx(0.5)
    assert levels_from_darkest(np.array([0, 32768, 60000], np.uint16), cdf) == pytest.approx(5535)
    assert levels_from_darkest(np.zeros(3, np.uint8), np.ones(3)) == 0


def test_names_choose_cases():
    assert speed.select([]) == list(speed.CASES)
    names = [case.name for case in speed_functions.function_cases()]
    assert [case.name for case in speed.CASES[: len(names)]] == names
    assert {case.name for case in speed.select(["clahe"])} == {"clahe", "clahe, 16-bit"}
    assert [case.name for case in speed.select(["clahe, 16-bit", "clahe, 16-bit"])] == ["clahe, 16-bit"]
    assert [case.name for case in speed.select(["local_*7"])] == ["local_mean+local_std, radius 7"]


def test_unknown_name_is_refused_with_the_list(capsys, tmp_path):
    with pytest.raises(SystemExit) as error:
        speed.main(["no_such_case", "--out", str(tmp_path / "out")])
    assert error.value.code == 2
    message = capsys.readouterr().err
    assert "no case is called 'no_such_case'" in message
    assert all(case.name in message for case in speed.CASES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "8"], "must be at least 64, got 8"),
        (["--seconds", "0"], "must be above 0"),
        (["--json", "no/such/folder/x.json"], "must be a file in a folder that exists"),
        (["--readme", "README-that-is-not.md"], "No such file"),
    ],
)
def test_wrong_arguments_are_refused_before_measuring(arguments, message, capsys, tmp_path):
    with pytest.raises(SystemExit) as error:
        speed.main([*arguments, "--out", str(tmp_path / "out")])
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_a_tiny_run_writes_everything(tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    docs = tmp_path / "speed.md"
    files = {"--json": tmp_path / "s.json", "--markdown": tmp_path / "s.md", "--readme": readme, "--docs": docs}
    arguments = [str(part) for pair in files.items() for part in pair]
    status = speed.main(
        [
            "equalize_histogram",
            "--size",
            "64",
            "--seconds",
            "0.01",
            "--no-first-call",
            "--out",
            str(tmp_path),
            *arguments,
        ]
    )
    out, err = capsys.readouterr()
    assert status == 0, out
    assert "100%" in err
    figures = json.loads(files["--json"].read_text())
    chosen = speed.select(["equalize_histogram"])
    assert [d["case"] for d in figures["duels"]] == [case.name for case in chosen for _ in case.peers]
    assert [m["case"] for m in figures["memory"]] == [case.name for case in chosen]
    assert all(d["ours"] > 0 and d["theirs"] > 0 and d["runs"] >= 5 for d in figures["duels"])
    assert figures["duels"][0]["difference"] == 0 and figures["duels"][0]["agrees"] is True
    assert all(d["images"] >= 12 for d in figures["duels"]), "no image comes twice in a row"
    assert json.loads(json.dumps(speed_run.Report.from_json(figures).as_json())) == figures
    markdown = files["--markdown"].read_text()
    for case in chosen:
        assert f"| {case.name} | {'default' if case.default else 'matched'} | 64² {case.kind} |" in markdown
        assert case.name in out
    before, told = readme.read_text().split(f"{BEGIN}\n")
    told, after = told.split(END)
    assert (before, after) == ("before\n", "\nafter\n")
    rows = [line.strip("| ").split(" | ") for line in told.splitlines() if line.startswith("| ")]
    columns = ["case", "options", "image", "ours [ms]", "peer", "peer [ms]", "ours is", "same result?"]
    assert rows[0] == [*columns, "notes"]
    # The same figures as in the full report, peer by peer.
    full = [line.strip("| ").split(" | ")[: len(columns)] for line in markdown.splitlines() if line.startswith("| ")]
    assert len(rows) > 2
    assert {tuple(row[: len(columns)]) for row in rows} <= {tuple(row) for row in full}
    text = docs.read_text()
    assert text.startswith("# Speed") and all(f"| {case.name} |" in text for case in chosen)
    docs.unlink()
    assert speed.main(["--from", str(files["--json"]), "--docs", str(docs), "--out", str(tmp_path)]) == 0
    assert docs.read_text() == text, "the figures are all that the page is made of"
    page = (tmp_path / "speed.html").read_text()
    assert page.count("<figure>") == len(chosen)
    assert "<svg" in page and "Peak extra memory" in page
    assert 'href="speed.html"' in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize("text", ["none", f"{END}{BEGIN}", BEGIN])
def test_readme_without_its_markers_is_left_alone(text, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match=r"README\.md must hold <!-- speed:begin -->"):
        readme_parts.replace(readme, "speed", "new")
    assert readme.read_text() == text
    assert [file.name for file in tmp_path.iterdir()] == ["README.md"]


def run_cases(monkeypatch, tmp_path, cases, *arguments):
    monkeypatch.setattr(speed, "CASES", tuple(cases))
    common = ["--size", "64", "--seconds", "0.01", "--no-first-call", "--out", str(tmp_path)]
    status = speed.main([*common, "--json", str(tmp_path / "s.json"), *arguments])
    return status, json.loads((tmp_path / "s.json").read_text())


def test_one_failure_is_told_and_keeps_the_other_figures(monkeypatch, tmp_path, capsys):
    def fail(image):
        raise ValueError("no such luck")

    cases = [
        Case("broken", "", "grey", fail, {"peer": Peer(np.copy)}),
        Case("sound", "", "grey", np.copy, {"peer": Peer(np.copy, tolerance=0)}),
    ]
    status, figures = run_cases(monkeypatch, tmp_path, cases)
    assert status == 1
    assert [d["case"] for d in figures["duels"]] == ["sound"]
    assert "broken 64² peer: ValueError: no such luck" in figures["failures"]
    assert "ValueError: no such luck" in capsys.readouterr().out
    assert "no such luck" in (tmp_path / "speed.html").read_text()


def test_results_that_disagree_are_told(monkeypatch, tmp_path, capsys):
    case = Case(
        "wrong", "", "grey", np.copy, {"peer": Peer(lambda x: 255 - x, tolerance=1), "else": Peer(np.zeros_like)}
    )
    status, figures = run_cases(monkeypatch, tmp_path, [case])
    assert status == 1
    assert [d["agrees"] for d in figures["duels"]] == [False, None]
    assert "wrong 64² and peer" in capsys.readouterr().out
    assert "DISAGREES" in (tmp_path / "speed.html").read_text()


def test_two_threads_must_give_the_same_result(monkeypatch, tmp_path):
    monkeypatch.setattr(speed_cases, "THREADS_FROM", 64)
    monkeypatch.setattr(speed_run, "available_cpus", lambda: 2)
    cases = [
        Case("same", "", "grey", np.copy, {}),
        Case("other", "", "grey", lambda x: x + np.uint8(imgproc.get_num_threads()), {}),
    ]
    before = imgproc.get_num_threads()
    status, figures = run_cases(monkeypatch, tmp_path, cases)
    assert status == 1
    assert [t["case"] for t in figures["threads"]] == ["same"]
    assert figures["failures"] == ["other two threads: AssertionError: the result depends on the number of threads"]
    assert imgproc.get_num_threads() == before


def report_with(relative, limit):
    duel = speed_run.Duel(
        "a case", "what", "grey", 512, "a peer", "", 5, 2e-3 * relative, (1e-3, 3e-3), 1.0, 2e-3, (1e-3, 3e-3),
        relative, limit, 0.0, "levels", 0.0,
    )  # fmt: skip
    memory = speed_run.Memory("a case", "grey", 512, 1, 1.0, 3.5)
    first = speed_run.First("a case", "a()", 0.4, 0.1, 2.9)
    report = speed_run.Report("today", "machine", 2, 0.0, 1.0, [duel], [], [memory], [first])
    report.threads.append(speed_run.Threads("a case", "grey", 512, 2.0, 1.0, 1.69, 1.9))
    return report


def test_a_miss_is_shown_everywhere():
    report = report_with(1.31, 1.3)
    missed = [what for what, met in report.targets() if not met]
    assert missed == [
        "a case 512² against a peer",
        "a case 512² on two threads",
        "a case 512² memory",
        "a case import",
        "a case first call, cold",
    ]
    for text in (speed_report.as_text(report), speed_report.as_markdown(report), speed_page.body(report)):
        assert text.count("MISSED") == 4
        assert "1 of 6 targets met; missed:" in text
        assert all(what in text for what in missed)
        assert "1.31× its time" in text and "≤ 1.3× its time" in text


def test_a_target_met_is_said_so():
    report = report_with(1 / 25, 1 / 20)
    assert next(iter(report.targets())) == ("a case 512² against a peer", True)
    text = speed_report.as_text(report)
    assert "25× faster" in text and "≥ 20× faster" in text
    assert text.count("MISSED") == 3


def test_bars_are_logarithmic():
    bars = speed_page._plot("p", [("ours", 1e-3, True), ("theirs", 1e-2, False)], (-5, 0))
    assert 'class="ours" x="0" y="21" width="40.00%"' in bars
    assert 'class="theirs" x="0" y="55" width="60.00%"' in bars
    assert [f">{tick}</text>" in bars for tick in ("10 µs", "1 ms", "100 ms", "1 s")] == [True] * 4


# --- chains and single transforms -----------------------------------------------------------------------------------


def everything_that_can_be_measured():
    """Public functions, transforms and estimators, by name; of other classes only their making could be measured."""
    found = {name: getattr(library, name) for library in (imgproc, augment) for name in library.__all__}
    return {
        name: thing
        for name, thing in found.items()
        if inspect.isfunction(thing) or name in REGISTRY or hasattr(thing, "fit") or hasattr(thing, "fit_resample")
    }


@pytest.mark.parametrize(("name", "thing"), everything_that_can_be_measured().items())
def test_everything_has_a_row_or_says_why_not(name, thing):
    rows, why = declared(thing).peers, declared(thing).no_peer
    scenarios = [module.__name__ for module in speed.SCENARIOS if name in module.MEASURES]
    assert bool(rows) + bool(why) + len(scenarios) == 1, "declare peers beside it, or no_peer with the reason"


def test_no_row_yet_is_no_reason():
    waiting = {name for name, thing in everything_that_can_be_measured().items() if "yet" in declared(thing).no_peer}
    assert not waiting, "declare peers, or a reason that holds"


def test_what_scenarios_measure_is_public():
    for module in speed.SCENARIOS:
        assert set(module.MEASURES) <= {*everything_that_can_be_measured(), "SceneDatabase"}


def test_a_row_of_a_transform_has_parameters_that_both_take():
    for row in speed_transforms.SINGLES:
        name, given = row.ours
        assert getattr(augment, name)(**{"p": 1.0, **given}).p == 1
        if not callable(row.theirs):
            assert not any(isinstance(value, str) and value.startswith("cv2.") for value in row.theirs[1].values())
            assert not row.declared.by
        else:
            assert row.declared.by and not row.default


TWICE = {
    "GaussianNoise", "ISONoise", "PoissonNoise", "Elastic", "Equalize", "CLAHE", "UnsharpMask", "HueSaturationValue",
    "ColorJitter", "LightGradient", "Normalize", "ResizedCrop",
}  # fmt: skip
FIVE_TIMES = {
    "ChromaticAberration", "Fog", "GlassBlur", "Rain", "Ringing", "Shadow", "Snow", "Spatter",
    "StainJitter", "SunFlare", "ZoomBlur",
}  # fmt: skip


def test_targets_are_those_asked_for():
    assert {s.ours[0] for s in speed_transforms.SINGLES if s.declared.at_least == 2} == TWICE
    assert {s.ours[0] for s in speed_transforms.SINGLES if s.declared.at_least != 2} & TWICE <= {
        "Normalize",
        "ResizedCrop",
    }
    assert {s.ours[0] for s in speed_transforms.SINGLES if s.declared.at_least == 5} == FIVE_TIMES
    assert {s.declared.at_least for s in speed_transforms.SINGLES} == {0.5, 0.6, 1, 1.5, 2, 2.5, 3, 5}
    times = {row.name: row.limit and round(1 / row.limit) for row in speed_rows.ROWS}
    assert (
        times.items()
        >= {
            "chain, detection": 5,
            "chain, detection in batches": None,
            "chain, ImageNet": 3,
            "chain, ImageNet without jitter": 2,
            "chain, colour": 3,
            "chain, small images": 5,
            "chain, small images in batches": 10,
            "chain, segmentation": 3,
        }.items()
    )
    # By default no chain is less than 1.2 times as fast, but for area from a large picture.
    assert {row.limit for row in speed_rows.ROWS if row.default} == {1 / 1.2, None}
    assert [row.name for row in speed_rows.ROWS if row.default and row.limit is None] == [
        "chain, ImageNet from 1080p, default"
    ]
    assert [row.threads for row in speed_rows.ROWS if row.batch == 16] == [1.8]


def test_both_sides_of_a_row_act_equally_often():
    for row in speed_rows.ROWS:
        assert len(row.ours) == len(row.theirs)
        for (_, ours), (_, theirs), transform in zip(row.ours, row.theirs, speed_chains.our_chain(row).transforms):
            assert transform.p == ours.get("p", 1) == theirs.get("p", 1)


def image_of(result):
    if isinstance(result, dict):
        return result["image"]
    return np.stack([r["image"] for r in result]) if isinstance(result, list) else result


def test_chains_of_a_row_do_the_same_job_and_no_call_repeats_the_one_before():
    pytest.importorskip("albumentations")
    for case in speed_chains.chain_cases():
        if case.full:
            continue
        image = speed_cases.photo(case.kind, case.size)
        (peer,) = case.peers.values()
        assert peer.tolerance is None
        ours, theirs = image_of(case.ours(image)), image_of(peer.call(image))
        # albumentations gives the image normalized by itself as float64.
        assert ours.dtype == theirs.dtype or case.name.startswith("transform, Normalize, "), case.name
        if not any(word in case.name for word in ("crop", "SafeCrop", "CropBorders", "Scale")):  # drawn
            assert ours.shape == theirs.shape, case.name
        if case.group == speed_rows.CHAINS:
            assert case.explain().startswith(f"image of {case.size[1]} x {case.size[0]}")
            if not any(word in case.name for word in ("batches", "validation")):
                assert any(not np.array_equal(theirs, image_of(peer.call(image))) for _ in range(9)), case.name
                assert any(not np.array_equal(ours, image_of(case.ours(image))) for _ in range(9)), case.name


def test_boxes_and_masks_go_along():
    pytest.importorskip("albumentations")
    for case in speed_chains.chain_cases():
        if case.full or case.group != speed_rows.CHAINS:
            continue
        image = speed_cases.photo(case.kind, case.size)
        (peer,) = case.peers.values()
        if case.name == "chain, detection":
            assert 0 < len(case.ours(image)["boxes"]) <= 3
            assert 0 < len(peer.call(image)["bboxes"]) <= 3
        if case.name == "chain, segmentation":
            for result in (case.ours(image), peer.call(image)):
                assert set(np.unique(result["mask"])) == {0, 1, 2, 3}
        if case.name == "chain, detection, mask, 100 boxes, 100 points":
            for result, name in ((case.ours(image), "boxes"), (peer.call(image), "bboxes")):
                assert 50 < len(result[name]) <= 100 and 50 < len(result["keypoints"]) <= 100
                assert set(np.unique(result["mask"])) == {0, 1, 2, 3}
        if " 50 " in case.name:
            for result in (case.ours(image), peer.call(image)):
                assert len(result["masks"]) == 50 and max(mask.max() for mask in result["masks"]) == 1


def test_batches_have_different_images_and_two_threads_give_the_same():
    images = speed_chains.batch_of((64, 64), 5)
    assert images.shape == (5, 64, 64, 3)
    assert len(np.unique(images.reshape(5, -1), axis=0)) == 5
    row = next(row for row in speed_rows.ROWS if row.name == "chain, small images in batches")
    call = speed_chains._our_call(row)
    first, again = call(None), call(None)
    assert first.shape == (256, 64, 64, 3)
    assert np.array_equal(first, again)


def test_without_albumentations_the_page_says_how_to_install_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(speed_chains, "available", lambda: False)
    assert speed_chains.chain_cases() == ()
    status, figures = run_cases(monkeypatch, tmp_path, [Case("sound", "", "grey", np.copy, {"peer": Peer(np.copy)})])
    assert status == 0
    line = "chains against albumentations, which is not installed: pip install 'imgproc-augment[bench]'"
    assert line in figures["left_out"]
    printed = capsys.readouterr()
    assert line in printed.out
    assert line in printed.err, "said before minutes of measuring, too"
    assert "imgproc-augment[bench]" in (tmp_path / "speed.html").read_text()


def test_the_peer_is_imported_quietly_and_kept_off_the_network(monkeypatch, tmp_path):
    package = tmp_path / "albumentations.py"
    package.write_text("import os, warnings\nwarnings.warn('old')\nseen = os.environ.get('NO_ALBUMENTATIONS_UPDATE')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "albumentations", raising=False)
    monkeypatch.setenv("NO_ALBUMENTATIONS_UPDATE", "")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert speed_chains.peer.__wrapped__().seen == "1"
    del sys.modules["albumentations"]


def test_a_case_with_a_size_of_its_own_is_measured_there_alone(monkeypatch, tmp_path, capsys):
    shapes = []

    def ours(image):
        shapes.append(image.shape)
        return image

    peer = Peer(np.copy, limit=1e9, difference=None, note="slow")
    case = Case(
        "chain, mine", "", "RGB", ours, {"peer": peer}, size=(40, 60), group="Chains", explain=lambda: "pass 1: <all>"
    )
    monkeypatch.setattr(speed_cases, "THREADS_FROM", 64)
    monkeypatch.setattr(speed_run, "available_cpus", lambda: 2)
    status, figures = run_cases(monkeypatch, tmp_path, [case])
    assert status == 0
    assert set(shapes) == {(40, 60, 3)}
    assert [d["size"] for d in figures["duels"]] == [[40, 60]]
    assert figures["memory"] == figures["threads"] == []
    assert figures["explained"] == {"chain, mine": "pass 1: <all>"}
    assert "chain, mine  matched  40×60 RGB" in capsys.readouterr().out
    page = (tmp_path / "speed.html").read_text()
    assert "<h2>Chains</h2>" in page and "<pre>pass 1: &lt;all&gt;</pre>" in page
    assert "40×60 RGB" in page


def test_two_threads_at_the_size_of_a_case(monkeypatch, tmp_path):
    monkeypatch.setattr(speed_run, "available_cpus", lambda: 2)
    case = Case("chain, mine", "", "RGB", np.copy, {}, size=(40, 60), group="Chains", threads=1.8)
    _, figures = run_cases(monkeypatch, tmp_path, [case])
    assert [(t["size"], t["at_least"]) for t in figures["threads"]] == [([40, 60], 1.8)]


def test_the_first_call_of_a_chain_counts_from_the_start_of_the_interpreter():
    def first(start, imported, warm):
        return speed_run.First("a chain", "a()", imported, warm, 99.0, start, "augment").met

    assert first(0.1, 0.4, 0.3) == (True, True, None)
    assert first(0.1, 0.41, 0.2) == (False, True, None)
    assert first(0.15, 0.4, 0.3) == (True, False, None)
    report = report_with(1.0, 1.0)
    report.first[:] = [speed_run.First("a chain", "a()", 0.3, 0.2, 99.0, 0.1, "augment")]
    assert [what for what, _ in report.targets() if "a chain" in what] == [
        "a chain import",
        "a chain first call, warm cache",
    ]
    assert "a chain       0.10        0.30           0.20" in speed_report.as_text(report)


def test_first_calls_of_chains_are_made_of_what_they_need():
    chosen = [row for row in speed_rows.ROWS if row.first]
    assert [row.name for row in chosen] == ["chain, detection"]
    expression = speed_chains._first(chosen[0])
    compile(expression, "first", "eval")
    assert expression.startswith("augment.Compose([augment.HorizontalFlip(**{'p': 0.5}), augment.Affine(")


def test_a_photo_can_be_oblong():
    assert speed_cases.photo("RGB", (375, 500)).shape == (375, 500, 3)
    assert [speed_cases.size_text(size) for size in (512, (64, 64), (375, 500))] == ["512²", "64²", "375×500"]
