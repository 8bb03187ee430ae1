"""Command line: ``python -m augment plan --images 1e9 --nodes 1,10,100 --cores 64 --decode 1100 --encode 500``."""

from __future__ import annotations

import argparse
import functools
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imgproc._core.arguments import default_of
from imgproc._core.check import positive
from imgproc.io._standard import STANDARD, write_bytes

from ._simulate import MOST_CORES, RunForecast, simulate_run

__all__: list[str] = []

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}

RATES = ("decode", "chain", "encode")
TEXTS = {
    "copies": ("N", "images of one source, which is read and decoded once (default: %(default)s)"),
    "decode": ("RATE", "images a second that a core decodes; leave out what is not done"),
    "chain": ("RATE", "images a second that a core takes through the chain"),
    "encode": ("RATE", "images a second that a core encodes"),
    "bytes_in": ("BYTES", "of a source, such as 110kB"),
    "bytes_out": ("BYTES", "of an image that is written"),
    "network": ("RATE", "of a node in each direction, such as 25Gbit or 3GB a second (default: no limit)"),
    "store": ("RATE", "of the store for all nodes together (default: no limit)"),
    "block_size": ("N", "images of a task (default: %(default)s)"),
    "start": ("SECONDS", "of a task before its first image (default: %(default)s)"),
    "spread": ("FRACTION", "standard deviation of a block's time (default: %(default)s)"),
    "task_failures": ("RATE", "of a core an hour (default: %(default)s)"),
    "node_failures": ("RATE", "of a node an hour (default: %(default)s)"),
    "repair": ("SECONDS", "until a node that failed is back (default: %(default)s)"),
    "retries": ("N", "of a block before it is given up (default: no limit)"),
    "node_price": ("PRICE", "of a node for an hour (default: %(default)s)"),
    "traffic_price": ("PRICE", "of a GB read or written (default: %(default)s)"),
    "trials": ("N", "runs that are simulated (default: %(default)s)"),
    "seed": ("N", "of the simulation (default: %(default)s)"),
}


def quantity(text: str) -> float:
    """A number with a unit: ``110kB``, ``2.5MB``, ``25Gbit``, ``1e9``; bits are eighths of bytes.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    word = text.strip().replace("_", "").replace(",", "").lower().removesuffix("/s")
    eighths = word.endswith("bit")
    word = word.removesuffix("bit") if eighths else word.removesuffix("b")
    digits = word.rstrip("kmgti")
    unit = word[len(digits) :]
    try:
        return float(digits) * UNITS[unit] / (8 if eighths else 1)
    except (ValueError, KeyError):
        raise argparse.ArgumentTypeError(
            f"must be a number with or without a unit, such as 110kB or 25Gbit, got {text!r}"
        ) from None


def count(text: str) -> int:
    """A whole number: ``1000``, ``1_000_000``, ``1e9`` or ``2M``.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    number = quantity(text)
    if not number.is_integer():
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}")
    return int(number)


def counts(text: str) -> list[int]:
    """Whole numbers with commas between."""
    return [count(part) for part in text.split(",")]


def add_plan(commands: Any) -> None:
    """Add the command to a parser's commands."""
    said = "Say how long a run over many images takes, where its wall is, what it moves and what it costs."
    more = "Rates are those of one core; `run --dry-run` measures them. BYTES and RATE may have units: 110kB, 25Gbit."
    parser = commands.add_parser("plan", help=said, description=f"{said} {more}")
    parser.set_defaults(command=plan, name="plan")
    default = functools.partial(default_of, simulate_run)
    parser.add_argument("--images", metavar="N", type=count, required=True, help="that are written, such as 1e9")
    parser.add_argument("--cores", metavar="N", type=count, required=True, help="of each node")
    parser.add_argument(
        "--nodes", metavar="N,...", type=counts, default=default("nodes"), help="machines; several to compare"
    )
    parser.add_argument(
        "--within", metavar="HOURS", type=quantity, help="find the fewest nodes: 95 of 100 runs end by then"
    )
    parser.add_argument("--resume", choices=("image", "block"), default=default("resume"), help="default: %(default)s")
    for name, (metavar, text) in TEXTS.items():
        parse = count if metavar == "N" else quantity
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, metavar=metavar, type=parse, default=default(name), help=text)
    parser.add_argument("--measured", metavar="FILE", type=Path, help="rates and bytes as `run --dry-run` reports them")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the forecasts (-: to standard output)")


def plan(chosen: argparse.Namespace) -> int:
    """Print a forecast for each number of nodes, and a table if there are several.

    Parameters
    ----------
    chosen : argparse.Namespace
        The arguments.

    Returns
    -------
    int
        0, or 1 if images would be lost.
    """
    names = set(inspect.signature(simulate_run).parameters) - {"images", "nodes", "quantiles"}
    given = {name: getattr(chosen, name) for name in names}
    if chosen.measured is not None:
        given.update({name: value for name, value in measured(chosen.measured).items() if not given[name]})
    forecast = functools.partial(simulate_run, chosen.images, **given)
    if chosen.within is not None:
        made = [fewest_nodes(chosen.within, chosen.cores, forecast)]
    else:
        several = chosen.nodes if isinstance(chosen.nodes, list) else [chosen.nodes]
        made = [forecast(nodes=nodes) for nodes in several]
    if str(chosen.json) != STANDARD:
        print("\n\n".join(map(str, made)))
        if len(made) > 1:
            print("\n" + table(made))
    if chosen.json is not None:
        data = {"forecasts": [each.as_dict() for each in made]}
        write_bytes(chosen.json, (json.dumps(data, indent=1) + "\n").encode())
    return int(any(each.lost_images for each in made))


def fewest_nodes(hours: float, cores: int, forecast: Callable[..., RunForecast]) -> RunForecast:
    """The forecast with the fewest nodes of which 95 of 100 runs end in time.

    Raises
    ------
    ValueError
        If no number of nodes is enough.
    """
    positive(hours, "within")

    def in_time(made: RunForecast) -> bool:
        return made.quantiles[0.95] <= hours

    low, high, best = 0, 1, forecast(nodes=1)
    most = max(MOST_CORES // cores, 1)
    while not in_time(best):
        if high >= most:
            raise ValueError(
                f"within must be longer: {high} nodes take {best.quantiles[0.95]:.3g} hours, got {hours:g}; "
                f"the wall is {best.wall}"
            )
        low, high = high, min(2 * high, most)
        best = forecast(nodes=high)
    while high - low > 1:
        middle = (low + high) // 2
        made = forecast(nodes=middle)
        if in_time(made):
            high, best = middle, made
        else:
            low = middle
    return best


def measured(file: Path) -> dict[str, float]:
    """Rates and bytes from the report of ``run --dry-run``, or from a file with such a table ``"cost"``.

    Raises
    ------
    ValueError
        If the file has none.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["cost"]
        return {name: float(found[name]) for name in (*RATES, "bytes_in", "bytes_out") if found.get(name)}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{file} must be a JSON object with 'cost', as --report of run --dry-run writes it") from None


def table(made: list[RunForecast]) -> str:
    """Nodes, hours and cost, a line for each forecast."""
    lines = [f"{'nodes':>8} {'hours':>10} {'node-hours':>12} {'images/s':>12} {'cost':>12}  wall"]
    for each in made:
        per_second = each.images / each.hours / 3600
        lines.append(
            f"{each.nodes:>8,} {each.hours:>10,.2f} {each.node_hours:>12,.1f} {per_second:>12,.0f} "
            f"{each.cost:>12,.2f}  {each.wall}"
        )
    return "\n".join(lines)
