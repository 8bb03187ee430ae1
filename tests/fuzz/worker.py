"""Runs calls in a process of its own, which may crash or hang; see `__main__`.

It writes the number of each call into a file before it makes the call, and prints each finding as a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import time

from .calls import draw
from .judge import judged

MEMORY = 12 << 30
"""Addresses that a process may use: a call on a small image that wants gigabytes is a finding."""


def main(arguments: list[str] | None = None) -> None:
    """Make the calls of the numbers first, first + step, ... until a number or a time."""
    parser = argparse.ArgumentParser()
    for name in ("seed", "first", "step", "last"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--until", type=float, default=float("inf"))
    parser.add_argument("--journal", required=True)
    parser.add_argument("--only", default="")
    given = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    journal = os.open(given.journal, os.O_WRONLY | os.O_CREAT, 0o600)
    made = refused = 0
    for number in range(given.first, given.last, given.step):
        if time.time() > given.until:
            break
        call = draw(number, given.seed)
        if given.only and not re.fullmatch(given.only, call.subject):
            continue
        os.pwrite(journal, f"{number:20d}".encode(), 0)
        verdict = judged(call)
        made, refused = made + 1, refused + verdict.raised
        if verdict.kind:
            print(json.dumps({"number": number, "kind": verdict.kind, "what": verdict.what}), flush=True)
    print(json.dumps({"made": made, "refused": refused}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
