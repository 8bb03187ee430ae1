"""``python -m tests.fuzz --minutes 60``: starts workers, makes findings small, and writes the report.

    python -m tests.fuzz --count 2000 --seed 3       so many calls
    python -m tests.fuzz --only 'imgproc.blur' --count 100000
    NUMBA_BOUNDSCHECK=1 python -m tests.fuzz --minutes 30

The report is ``fuzz-report/report.md``; beside it there is a script for each finding.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from .calls import Call, draw, subjects
from .judge import judged

ROOT = Path(__file__).resolve().parents[2]
MODULE = "tests.fuzz.worker"
"""What a worker runs."""

HANGS = 240
"""Seconds after which a call that does not come back is given up.  It may have to compile."""


class Finding(NamedTuple):
    """A call that did what it may not."""

    number: int
    kind: str
    what: str


class Worker:
    """A process that makes calls, and is replaced when it dies."""

    def __init__(self, first: int, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.next = options, first
        self.journal = folder / f"journal{first}"
        self.output = folder / f"output{first}"
        self.made = self.refused = 0
        self.findings: list[Finding] = []
        self._start()

    def _start(self) -> None:
        self.journal.write_text("")
        self.at, self.since = "", time.time()
        o = self.options
        command = [
            sys.executable,
            "-m",
            MODULE,
            f"--seed={o.seed}",
            f"--first={self.next}",
            f"--step={o.workers}",
            f"--last={o.count}",
            f"--until={o.until}",
            f"--journal={self.journal}",
            f"--only={o.only}",
        ]
        with self.output.open("w") as out, self.output.with_suffix(".err").open("w") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT)

    def is_done(self) -> bool:
        """Look after the process; whether it has made all its calls."""
        at, status = self.journal.read_text(), self.process.poll()
        if at != self.at:
            self.at, self.since = at, time.time()
        if status is None and time.time() - self.since < HANGS:
            return False
        hangs = status is None
        if hangs:
            self.process.kill()
            self.process.wait()
        finished = False
        for line in self.output.read_text().splitlines():
            said = json.loads(line)
            if "made" in said:
                finished, self.made, self.refused = True, self.made + said["made"], self.refused + said["refused"]
            else:
                self.findings.append(Finding(**said))
        if finished and not hangs:
            return True
        if not self.at.strip():
            raise RuntimeError(f"a worker did not start:\n{self.output.with_suffix('.err').read_text()[-2000:]}")
        number = int(self.at)
        self.made += (number - self.next) // self.options.workers + 1
        end = "" if hangs else self.output.with_suffix(".err").read_text()[-500:].strip()
        self.findings.append(Finding(number, "hang" if hangs else f"crash {status}", end))
        self.next = number + self.options.workers
        self._start()
        return False


def run(options: argparse.Namespace) -> tuple[int, int, list[Finding]]:
    """Make the calls; how many, how many of them were refused, and the findings."""
    with tempfile.TemporaryDirectory() as folder:
        workers = [Worker(k, options, Path(folder)) for k in range(options.workers)]
        busy = list(workers)
        try:
            while busy:
                time.sleep(0.2)
                busy = [worker for worker in busy if not worker.is_done()]
        finally:
            for worker in workers:
                worker.process.kill()
    findings = sorted(finding for worker in workers for finding in worker.findings)
    return sum(w.made for w in workers), sum(w.refused for w in workers), findings


def told_apart(findings: list[Finding], seed: int) -> dict[tuple[str, str, str], list[Finding]]:
    """Findings of one cause together, as far as that can be told: same subject, kind and place."""
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        stem = re.sub(r"[\d.]+|'.*?'|0x\w+", "#", finding.what)[:120]
        found.setdefault((draw(finding.number, seed).subject, finding.kind, stem), []).append(finding)
    return found


def smaller(call: Call, kind: str) -> Call:
    """The same finding with fewer arguments and a simpler picture, if it does not end the process."""
    if kind.startswith(("crash", "hang", "slow")):
        return call
    for group in list(call.groups):
        for name in list(call.groups[group]):
            if name in call.required:
                continue
            shorter = call.with_argument(group, name, None)
            if judged(shorter).kind == kind:
                call = shorter
    for group, given in call.groups.items():
        if "image" in given:
            for simple in (
                "picture('noise', (5, 7), 'uint8')",
                "picture('noise', (13, 11, 3), 'uint8')",
                "picture('noise', (5, 7), 'float32')",
                "picture('noise', (13, 11, 3), 'float32')",
            ):
                shorter = call.with_argument(group, "image", simple)
                if given["image"] != simple and judged(shorter).kind == kind:
                    return shorter
    return call


def report(folder: Path, made: int, refused: int, findings: list[Finding], options: Any) -> str:
    """Write the report and the scripts; the text of the report."""
    folder.mkdir(parents=True, exist_ok=True)
    bounds = os.environ.get("NUMBA_BOUNDSCHECK", "0")
    lines = [
        "# Fuzzing",
        "",
        f"{made} calls of {len(subjects())} names, {refused} of them refused; seed {options.seed}, "
        f"NUMBA_BOUNDSCHECK={bounds}.",
        "",
    ]
    for k, ((subject, kind, _), these) in enumerate(told_apart(findings, options.seed).items()):
        call = smaller(draw(these[0].number, options.seed), kind)
        script = folder / f"{k:03d}_{subject.replace('.', '_')}.py"
        *before, last = call.script().split("\n")
        script.write_text(
            f'"""{subject}: {kind}.  Run at the root of the project."""\n\n'
            "from tests.fuzz.calls import *\nfrom tests.fuzz.values import *\n\n"
            + "\n".join([*before, f"print({last})", ""])
        )
        lines += [f"## {subject}: {kind} ({len(these)})", "", these[0].what, "", "```python", call.script(), "```", ""]
    text = "\n".join(lines)
    (folder / "report.md").write_text(text)
    return text


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Call everything with anything.")
    parser.add_argument("--minutes", type=float, default=0.0, help="for so long (0: as many calls as --count says)")
    parser.add_argument("--count", type=int, default=0, help="so many calls (0: until the time is over)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", metavar="PATTERN", help="names that match, such as 'augment.*'")
    parser.add_argument("--out", type=Path, default=Path("fuzz-report"))
    options = parser.parse_args(arguments)
    if not options.minutes and not options.count:
        parser.error("say --minutes or --count")
    options.until = time.time() + 60 * options.minutes if options.minutes else float("inf")
    options.count = options.count or 1 << 60
    made, refused, findings = run(options)
    print(report(options.out, made, refused, findings, options))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
