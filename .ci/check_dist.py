"""What a wheel and a source distribution must have and must not have: ``python .ci/check_dist.py dist``.

``twine check`` and ``check-wheel-contents`` look at the rest.  Needs nothing but Python.
"""

from __future__ import annotations

import email
import email.message
import re
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("augment", "gallery", "imgproc")
TEMPLATES = sorted(f"gallery/templates/{path.name}" for path in (ROOT / "gallery" / "templates").glob("*"))
FOREIGN = re.compile(r"(^|/)(tests?|gallery_out|__pycache__|\.[a-z_]+_cache|build|dist)/|\.(pyc|nbi|nbc)$")


def main(folder: Path) -> int:
    """Check the one wheel and the one source distribution of a folder; return the exit status."""
    (wheel,), (sdist,) = folder.glob("imgproc_augment-*.whl"), folder.glob("imgproc_augment-*.tar.gz")
    wrong = [f"{wheel.name}: {said}" for said in _wheel(wheel)] + [f"{sdist.name}: {said}" for said in _sdist(sdist)]
    print("\n".join(wrong) or f"{wheel.name} and {sdist.name} have all that they should and nothing else")
    return 1 if wrong else 0


def _wheel(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as file:
        names = [name for name in file.namelist() if not name.endswith("/")]
        (info,) = {name.partition("/")[0] for name in names} - set(PACKAGES)
        metadata = email.message_from_bytes(file.read(f"{info}/METADATA"))
    needed = {f"{package}/py.typed" for package in PACKAGES} | set(TEMPLATES) | {f"{info}/licenses/LICENSE"}
    needed |= {path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    wrong = [f"{name} is missing" for name in sorted(needed - set(names))]
    others = [name for name in set(names) - needed if not name.startswith(f"{info}/")]
    wrong += [f"{name} should not be there" for name in sorted(others) + [n for n in names if FOREIGN.search(n)]]
    if not re.fullmatch(r"imgproc_augment-[\w.]+-py3-none-any\.whl", path.name):
        wrong.append("not a wheel for every Python and platform")
    return wrong + _metadata(metadata)


def _metadata(found: email.message.Message) -> list[str]:
    """The metadata are what pyproject.toml says, and in words that PyPI shows."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    expected = {
        "Name": [project["name"]],
        "Summary": [project["description"]],
        "Requires-Python": [project["requires-python"]],
        "License-Expression": [project["license"]],
        "License-File": project["license-files"],
        "Classifier": project["classifiers"],
        "Description-Content-Type": ["text/markdown"],
        "Project-URL": [f"{name}, {url}" for name, url in project.get("urls", {}).items()],
    }
    return [
        f"{key} is {found.get_all(key)}, not {value}" for key, value in expected.items() if _differ(found, key, value)
    ]


def _differ(found: email.message.Message, key: str, value: list[str]) -> bool:
    return sorted(found.get_all(key) or []) != sorted(value)


def _sdist(path: Path) -> list[str]:
    with tarfile.open(path) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    needed = {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        *TEMPLATES,
    }
    needed |= {".ci/run", ".ci/check_dist.py", ".github/workflows/ci.yml", "tests/conftest.py"}
    for package in (*PACKAGES, "tests"):
        needed |= {path.relative_to(ROOT).as_posix() for path in (ROOT / package).rglob("*.py")}
    wrong = [f"{name} is missing" for name in sorted(needed - names)]
    foreign = [name for name in sorted(names) if FOREIGN.search(name.removeprefix("tests/"))]
    return wrong + [f"{name} should not be there" for name in foreign]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
