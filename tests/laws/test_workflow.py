"""The workflow tests on what pyproject.toml names, from the wheel, with pinned actions, and publishes tags only.

No service that runs workflows is asked: the file is read.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs() -> dict[str, dict[str, Any]]:
    return {f"{path.name}: {name}": job for path in FILES for name, job in read(path)["jobs"].items()}


def job(name: str) -> dict[str, Any]:
    return read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"][name]


def steps(found: dict[str, Any]) -> str:
    """The commands of a job."""
    return "\n".join(step.get("run", "") for step in found["steps"])


def pythons() -> list[str]:
    """The versions that the classifiers name, and that is all from `requires-python` on."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    found = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert project["requires-python"] == f">={found[0]}"
    first = int(found[0].partition(".")[2])
    assert found == [f"3.{first + k}" for k in range(len(found))], "a version between two that are named is left out"
    return found


def test_there_is_a_workflow() -> None:
    assert [path.name for path in FILES] == ["ci.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_the_version_beside_it(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if re.search(r"\buses:", line)]
    assert len(lines) > 5
    form = re.compile(r"\s*(?:- )?uses: ([\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+")
    loose = [line.strip() for line in lines if not form.fullmatch(line)]
    assert not loose, "pin the commit in full: uses: OWNER/NAME@<40 digits> # vX.Y.Z"
    pins = {match[1]: match[2] for line in lines if (match := form.fullmatch(line))}
    several = [line.strip() for line in lines if pins[form.fullmatch(line)[1]] != form.fullmatch(line)[2]]  # type: ignore[index]
    assert not several, "one action, one commit"


@pytest.mark.parametrize("name", ["test", "kernels"])
def test_the_pythons_are_those_of_the_classifiers(name: str) -> None:
    assert job(name)["strategy"]["matrix"]["python"] == pythons()


def test_every_system_is_tested() -> None:
    systems = job("test")["strategy"]["matrix"]["system"]
    assert [re.sub(r"-[\d.]+", "", system) for system in systems] == ["ubuntu", "ubuntu-arm", "macos", "windows"]
    assert not any("latest" in str(found["runs-on"]) for found in jobs().values()), "what that is changes unasked"


def test_the_wheel_is_tested_and_not_the_sources() -> None:
    found = job("test")
    assert "build" in found["needs"]
    assert not any("checkout" in step.get("uses", "") for step in found["steps"])
    assert "rm -r tree/imgproc tree/augment tree/gallery" in steps(found)
    assert steps(found).index("pip install") < steps(found).index("python -m pytest")
    assert "python -m gallery" in steps(found)


def test_built_once_and_checked() -> None:
    building = [name for name, found in jobs().items() if re.search(r"-m build *$", steps(found), re.MULTILINE)]
    assert building == ["ci.yml: build"]
    for command in ("twine", "check-wheel-contents", ".ci/check_dist.py"):
        assert re.search(rf"{re.escape(command)}\b", steps(job("build")))
        assert re.search(rf"{re.escape(command)}\b", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))


def test_only_a_tag_that_passed_everything_is_published_without_a_password() -> None:
    publishing = {name: found for name, found in jobs().items() if "id-token" in found.get("permissions", {})}
    assert list(publishing) == ["ci.yml: publish", "ci.yml: publish-kernels"]
    assert job("publish")["if"] == "github.event_name == 'push' && github.ref_type == 'tag'"
    assert {*job("publish")["needs"], "publish", "publish-kernels"} == read(FILES[0])["jobs"].keys()
    assert job("publish-kernels")["needs"] == "publish"
    for found in publishing.values():
        assert found["permissions"] == {"id-token": "write"}
        assert found["environment"]
        assert not steps(found).strip()
    assert "secrets." not in FILES[0].read_text(encoding="utf-8")


def test_jobs_may_only_read_and_end_in_time() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert read(path)["permissions"] == {"contents": "read"}
        assert "pull_request_target" not in text
        assert text.count("persist-credentials: false") == text.count("uses: actions/checkout@")
    for name, found in jobs().items():
        assert 0 < found["timeout-minutes"] <= 90, name
        # What others write, such as the title of a pull request, must not become a part of a command.
        assert "${{" not in steps(found), name


def test_the_kernels_are_built_by_the_command_of_the_library() -> None:
    commands = steps(job("kernels"))
    assert "python kernels/make.py --out " in commands
    assert "python tests/helpers/nothing_compiles.py" in commands
