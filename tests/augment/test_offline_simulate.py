"""Forecasts of large runs: what is simulated agrees with what can be computed, and every wrong number is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.forecasts import Blocks, expected, played

from augment.__main__ import main
from augment.pipeline import simulate_run

PLAIN = {
    "count": 400, "pieces": 20, "piece": 1.0, "start": 2.0, "nodes": 1, "cores": 1, "task_rate": 0.0, "node_rate": 0.0,
    "repair": 30.0, "retries": None, "spread": 0.0,
}  # fmt: skip
"""22 seconds a block."""


def simulated(blocks: Blocks, trials: int = 60, **options: Any) -> np.ndarray:
    return np.array([each.seconds for each in played(blocks, trials, 1, **options)])


def test_nothing_fails() -> None:
    """Whole rounds of blocks on the cores."""
    assert simulated(Blocks(**PLAIN), 1) == 400 * 22
    assert simulated(Blocks(**{**PLAIN, "nodes": 3, "cores": 7}), 1) == math.ceil(400 / 21) * 22


@pytest.mark.parametrize("pieces", (20, 1))
@pytest.mark.parametrize(("tasks", "nodes"), ((1 / 60, 0), (0, 1 / 200), (1 / 90, 1 / 300)))
def test_one_core_takes_the_time_that_is_computed(pieces: int, tasks: float, nodes: float) -> None:
    """On one core nothing waits: the mean run is so many mean blocks, with what is kept of a block and without."""
    blocks = Blocks(**{**PLAIN, "pieces": pieces, "piece": 20 / pieces, "task_rate": tasks, "node_rate": nodes})
    found = simulated(blocks)
    error = found.std() / math.sqrt(len(found))
    assert error < 0.02 * found.mean()
    assert abs(found.mean() - blocks.count * expected(blocks).seconds) < 4 * error


def test_the_computed_time_is_that_of_the_textbook() -> None:
    """Duda 1983: (exp(r t) - 1) / r without repairs, for work of t seconds that begins anew after each failure."""
    blocks = Blocks(**{**PLAIN, "pieces": 1, "piece": 20.0, "start": 0.0, "task_rate": 0.1})
    assert expected(blocks).seconds == pytest.approx((math.exp(2) - 1) / 0.1)
    # Many retries are as good as no limit, and a limit costs what it should: one attempt lasts (1 - exp(-r t)) / r.
    many = expected(Blocks(**{**PLAIN, "task_rate": 0.1, "node_rate": 0.05, "retries": 400}))
    assert many.seconds == pytest.approx(expected(Blocks(**{**PLAIN, "task_rate": 0.1, "node_rate": 0.05})).seconds)
    once = expected(Blocks(**{**PLAIN, "pieces": 1, "piece": 20.0, "start": 0.0, "task_rate": 0.1, "retries": 0}))
    assert once.seconds == pytest.approx((1 - math.exp(-2)) / 0.1)
    assert once.given_up == once.lost == pytest.approx(1 - math.exp(-2))


def test_blocks_that_are_given_up() -> None:
    blocks = Blocks(**{**PLAIN, "count": 2000, "task_rate": 0.05, "retries": 1})
    found = [each.lost for each in played(blocks, 20, 3)]
    assert np.mean(found) == pytest.approx(blocks.count * expected(blocks).lost, rel=0.05)


def test_many_cores_stay_within_the_bounds_of_list_scheduling() -> None:
    """Graham 1969: not sooner than the work on all cores, and at most the longest block later."""
    blocks = Blocks(**{**PLAIN, "nodes": 4, "cores": 8, "task_rate": 1 / 300, "node_rate": 1 / 4000, "spread": 0.2})
    work = blocks.count * expected(blocks).seconds / blocks.slots
    found = simulated(blocks)
    assert work < found.mean() < work + 4 * blocks.undisturbed + blocks.repair
    # A node takes all of its cores with it: once for all, so that runs differ more than with as many of single tasks.
    assert all(each.nodes < each.seconds / 1000 + 12 for each in played(blocks, 20, 1))


def test_taking_blocks_together_changes_nothing() -> None:
    """Of large runs only the last blocks are played; played in full they have the same mean and the same spread."""
    blocks = Blocks(
        **{**PLAIN, "count": 3000, "nodes": 5, "cores": 4, "task_rate": 1 / 600, "node_rate": 1 / 3000, "spread": 0.3}
    )
    short, full = simulated(blocks, 300), simulated(blocks, 100, rounds=10_000)
    assert short.mean() == pytest.approx(full.mean(), rel=0.01)
    for q in (0.05, 0.95):
        assert np.quantile(short, q) == pytest.approx(np.quantile(full, q), rel=0.02)
    tasks = [np.mean([each.tasks for each in played(blocks, 50, 5, rounds=r)]) for r in (8, 10_000)]
    assert tasks[0] == pytest.approx(tasks[1], rel=0.05)


GIVEN: dict[str, Any] = {"cores": 8, "nodes": 2, "decode": 1000, "chain": 4000, "encode": 500, "trials": 5}


def test_where_the_wall_is() -> None:
    assert simulate_run(10**6, **GIVEN).wall == "encode"
    assert simulate_run(10**6, **{**GIVEN, "encode": 5000}).wall == "decode"
    moved = {"bytes_in": 1e5, "bytes_out": 2e5}
    made = simulate_run(10**6, **GIVEN, **moved, network=1e8)
    assert made.wall == "network out"
    assert made.limits == pytest.approx(
        {"cores": 16 / 0.00325, "network in": 2e3, "network out": 1e3, "store": math.inf}
    )
    assert made.undisturbed_hours == pytest.approx(1000 / 3600)
    assert simulate_run(10**6, **GIVEN, **moved, network=1e8, store=1e8).wall == "store"
    # A source that is read once for several images costs each of them less.
    once, four = (simulate_run(10**6, **GIVEN, bytes_in=1e5, copies=n) for n in (1, 4))
    assert four.steps == {**once.steps, "decode": once.steps["decode"] / 4}
    assert four.bytes_read == once.bytes_read / 4


def test_what_it_says() -> None:
    made = simulate_run(
        10**6, **GIVEN, bytes_in=1e5, bytes_out=2e5, node_price=3, traffic_price=0.01, node_failures=0.5, repair=60
    )
    assert made.blocks == 1000
    assert sum(made.steps.values()) == pytest.approx(3.25)
    assert made.undisturbed_hours == pytest.approx(0.00325 * 10**6 / 16 / 3600)
    assert made.undisturbed_hours < made.mean_hours == pytest.approx(made.hours, rel=0.05)
    assert list(made.quantiles) == [0.05, 0.5, 0.95]
    assert made.bytes_read == pytest.approx(1e11 * (1 + made.repeated))
    assert made.cost == pytest.approx(made.node_hours * 3 + (made.bytes_read + made.bytes_written) / 1e9 * 0.01)
    assert made.core_hours == 8 * made.node_hours == 16 * made.hours
    text = str(made)
    assert "the wall: encode" in text and "NOT MADE" not in text
    assert simulate_run(10**6, **GIVEN, seed=1) == simulate_run(10**6, **GIVEN, seed=1)
    assert json.loads(json.dumps(made.as_dict()))["limits"].keys() == {"cores"}
    lossy = simulate_run(10**5, **GIVEN, resume="block", task_failures=200, retries=0)
    assert 0.1 < lossy.lost_images / 10**5 < 0.25
    assert "NOT MADE" in lossy.report()


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"cores": 0}, ValueError, "cores must be >= 1, got 0"),
    ({"nodes": 1.5}, TypeError, "nodes must be an integer"),
    ({"nodes": 10**6}, ValueError, "nodes \\* cores must be <= 200000"),
    ({"decode": 0}, ValueError, "decode must be > 0"),
    ({"copies": 0}, ValueError, "copies must be >= 1"),
    ({"decode": None, "chain": None, "encode": None}, ValueError, "decode, chain or encode must be given"),
    ({"bytes_in": -1}, ValueError, "bytes_in must be >= 0"),
    ({"network": 0}, ValueError, "network must be > 0"),
    ({"store": "fast"}, TypeError, "store must be a number"),
    ({"block_size": 0}, ValueError, "block_size must be >= 1"),
    ({"resume": "shard"}, ValueError, "resume must be one of 'image', 'block', got 'shard'"),
    ({"start": math.nan}, ValueError, "start must be finite"),
    ({"spread": 2}, ValueError, "spread must be <= 1"),
    ({"task_failures": -1}, ValueError, "task_failures must be >= 0"),
    ({"node_failures": math.inf}, ValueError, "node_failures must be finite"),
    ({"repair": True}, TypeError, "repair must be a number"),
    ({"retries": -1}, ValueError, "retries must be >= 0"),
    ({"node_price": -1}, ValueError, "node_price must be >= 0"),
    ({"traffic_price": -1}, ValueError, "traffic_price must be >= 0"),
    ({"quantiles": 0.5}, TypeError, "quantiles must be a sequence"),
    ({"quantiles": [50]}, ValueError, "quantiles\\[0\\] must be <= 1"),
    ({"trials": 0}, ValueError, "trials must be >= 1"),
    ({"seed": -1}, ValueError, "seed must be >= 0"),
    ({"start": 3600, "task_failures": 60}, ValueError, "must leave time for a task to start and do one image"),
    ({"resume": "block", "task_failures": 36_000}, ValueError, "do a whole block"),
]


@pytest.mark.parametrize(("changed", "error", "said"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_numbers_are_refused(changed: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        simulate_run(10**6, **{**GIVEN, **changed})


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dry.json").write_text(json.dumps({"cost": {"decode": 1000, "encode": 500, "bytes_in": 100_000}}))
    arguments = ["plan", "--images", "1e6", "--cores", "8", "--nodes", "1,10", "--network", "10Gbit", "--trials", "3"]
    rest = ["--measured", str(tmp_path / "dry.json"), "--bytes-out", "2kB", "--json", str(tmp_path / "plan.json")]
    assert main([*arguments, *rest]) == 0
    made = json.loads((tmp_path / "plan.json").read_text())["forecasts"]
    assert [each["nodes"] for each in made] == [1, 10]
    assert made[0]["bytes_written"] == 2e9
    assert made[0]["limits"] == pytest.approx({"cores": 8 / 0.003, "network in": 12_500, "network out": 625_000})
    assert made[0]["steps"] == {"decode": 1.0, "encode": 2.0}
    shown = capsys.readouterr().out
    assert shown.count("the wall: encode") == 2 and "node-hours" in shown.splitlines()[-3]
    assert main([*arguments, "--decode", "-5"]) == 2
    assert "decode must be > 0, got -5" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*arguments, "--decode", "5 parsecs"])
    assert "such as 110kB or 25Gbit" in capsys.readouterr().err
    (tmp_path / "dry.json").write_text("[]")
    assert main([*arguments, "--measured", str(tmp_path / "dry.json")]) == 2
    assert "as --report of run --dry-run writes it" in capsys.readouterr().err


def test_the_fewest_nodes_that_are_in_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One node less would be too late, and a store that is too slow is named."""
    arguments = ["plan", "--images", "1e7", "--cores", "16", "--encode", "500", "--trials", "5", "--bytes-out", "1MB"]
    file = tmp_path / "plan.json"
    assert main([*arguments, "--within", "0.1", "--json", str(file)]) == 0
    (made,) = json.loads(file.read_text())["forecasts"]
    assert made["quantiles"]["0.95"] <= 0.1
    fewer = simulate_run(10**7, cores=16, nodes=made["nodes"] - 1, encode=500, trials=5, bytes_out=1e6)
    assert fewer.quantiles[0.95] > 0.1
    assert main([*arguments, "--within", "0.1", "--store", "1GB"]) == 2
    assert "the wall is store" in capsys.readouterr().err
