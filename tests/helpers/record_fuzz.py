"""Records and recipes with one value wrong: a run in a process of its own, as a wrong one might end it.

``python -m tests.helpers.record_fuzz SEED COUNT`` prints what it did, and findings: anything but a TypeError, a
ValueError or a result.
"""

from __future__ import annotations

import copy
import functools
import json
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

import augment as A
from augment._inventory import EXAMPLES, MIXES, build, sample

SIZE = (96, 128)
_NUMBERS = (-1, 0, 1, 3, -0.5, 0.5, 2.0, 1e18, -1e18, 2**31, 2**63, -(2**63) - 1, 10**400, 5e-324, 40000)
_NO_NUMBERS = (float("nan"), float("inf"), -float("inf"), None, True, "", "x", "mean", b"y", np.float32(3.5))
_PLAIN = ([], {}, [1], [0.5, 0.5], [[1, 2]], {"transform": "Invert"})
WRONG: list[Any] = [*_NUMBERS, *_NO_NUMBERS, *_PLAIN]


def places(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to all values of plain data."""
    if path:
        yield path
    if isinstance(plain, dict):
        for name, value in plain.items():
            yield from places(value, (*path, name))
    elif isinstance(plain, list):
        for k, value in enumerate(plain):
            yield from places(value, (*path, k))


def mutated(plain: Any, rng: np.random.Generator) -> tuple[Any, str]:
    """A copy with one or two values wrong, missing or too many, and what was changed."""
    made, said = copy.deepcopy(plain), []
    for _ in range(int(rng.integers(1, 3))):
        ways = list(places(made))
        inner = [way for way in ways if "params" in way[:-1]]
        if inner and rng.random() < 0.7:
            ways = inner
        if not ways:
            break
        *way, last = ways[rng.integers(len(ways))]
        where = made
        for step in way:
            where = where[step]
        turn = rng.integers(12)
        if turn == 0:
            del where[last]
            said.append(f"{(*way, last)} deleted")
        elif turn == 1 and isinstance(where, list):
            where.insert(last, copy.deepcopy(where[last]))
            said.append(f"{(*way, last)} twice")
        elif turn == 2 and isinstance(where, dict):
            where["extra"] = 1
            said.append(f"{tuple(way)} extra")
        else:
            value = copy.deepcopy(WRONG[rng.integers(len(WRONG))])
            old = where[last]
            if isinstance(old, (int, float)) and not isinstance(old, bool) and abs(old) < 1e300 and rng.random() < 0.4:
                value = [old + 1, old - 1, -old, old * 1000, old * 1e6, float(old)][rng.integers(6)]
            where[last] = value
            said.append(f"{(*way, last)} = {value!r:.40}")
    return made, "; ".join(said)


def subjects() -> list[tuple[A.Compose, dict[str, Any], dict[str, Any], Any]]:
    """Chains, records of theirs, their targets and donors."""
    given, found = sample(SIZE), []
    donors = [sample(SIZE) for _ in range(4)]
    for name, params in (*EXAMPLES, *MIXES):
        chain = A.Compose([A.HorizontalFlip(), build(name, params)], seed=1)
        targets = {k: given[k] for k in ("image", "mask")} if name == "CopyPaste" else given
        seen = {k: v for k, v in targets.items() if k in ("boxes", "mask")}
        for key in range(2):
            record = chain.draw((0, key), (*SIZE, 3), donors=donors, **(seen if chain._chain.looks else {}))
            found.append((chain, json.loads(json.dumps(record)), targets, donors))
    return found


def _recipe(chain: A.Compose) -> dict[str, Any] | None:
    try:
        return chain.to_dict()
    except ValueError:  # it holds data of the caller
        return None


def run(seed: int, count: int) -> list[str]:
    """So many records and recipes; returns the findings."""
    rng = np.random.default_rng(seed)
    chains = subjects()
    recipes = [recipe for chain, _, _, _ in chains if (recipe := _recipe(chain)) is not None]
    findings = []
    refused = done = 0
    for k in range(count):
        if k % 4 == 3:
            made, said = mutated(recipes[rng.integers(len(recipes))], rng)
            name, act = "recipe", functools.partial(A.Compose.from_dict, made)
        else:
            chain, record, targets, donors = chains[rng.integers(len(chains))]
            made, said = mutated(record, rng)
            name = repr(chain.transforms[1])[:80]
            door = rng.integers(3)
            if door == 0 and not chain._chain.mixes:
                act = functools.partial(chain.invert, made, (*SIZE, 3), keypoints=[(3.0, 4.0)])
            else:
                act = functools.partial(chain.replay, made, **targets, donors=donors)
        print(f"{k}: {name}: {said}", file=sys.stderr, flush=True)  # the last line names what ended the process
        start = time.perf_counter()
        try:
            act()
            done += 1
        except (TypeError, ValueError) as error:
            refused += 1
            if len(str(error)) < 15:
                findings.append(f"{name}: {said}: a message without words: {error!r}")
        except BaseException as error:
            findings.append(f"{name}: {said}: {type(error).__name__}: {error!s:.100}")
        if time.perf_counter() - start > 30:
            findings.append(f"{name}: {said}: took {time.perf_counter() - start:.1f} s")
    print(f"{count} tried, {refused} refused, {done} done")
    return findings


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    wrong = run(int(sys.argv[1]), int(sys.argv[2]))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)
