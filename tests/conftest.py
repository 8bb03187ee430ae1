"""Fixtures, Hypothesis' profile, and the images that the tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# Examples are the same in every run: a failure seen in CI is a failure seen here.
hypothesis.settings.register_profile(
    "imgproc", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
hypothesis.settings.load_profile("imgproc")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nojit: the small part that also runs with NUMBA_DISABLE_JIT=1 (tiny images)")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of its own for each test, always with the same seed."""
    return np.random.default_rng(20240229)


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Data that is not part of the repository, by name: its path, or the test is skipped."""
    from gallery._shared import VARIABLE, shared_data

    def found(name: str) -> Path:
        path = shared_data(name)
        if not path.exists():
            pytest.skip(f"{path} is not there; the environment variable {VARIABLE} can name its folder")
        return path

    return found


@pytest.fixture(scope="session")
def photos() -> Callable[[str], np.ndarray]:
    """Photos out of the scikit-image wheel, by name: ``photos("camera")``; read-only."""
    from skimage import data

    loaded: dict[str, np.ndarray] = {}

    def photo(name: str) -> np.ndarray:
        if name not in loaded:
            loaded[name] = np.asarray(getattr(data, name)())
            loaded[name].flags.writeable = False
        return loaded[name]

    return photo


@pytest.fixture(scope="session")
def photo(photos: Callable[[str], np.ndarray]) -> np.ndarray:
    """A small RGB uint8 photo of odd, unequal sides, (97, 131, 3)."""
    return photos("astronaut")[40:137, 150:281]


@pytest.fixture(scope="session")
def grey_photo(photos: Callable[[str], np.ndarray]) -> np.ndarray:
    """A small grey uint8 photo of odd, unequal sides, (97, 131)."""
    return photos("camera")[60:157, 170:301]


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[..., str]:
    """Run code in a fresh interpreter; return what it prints, fail with what it complains about.

    ``run_python(code, cwd=..., KEY="value")``: keywords in capitals are environment variables (None removes one).
    Numba's own variables are not inherited, so the mode the suite runs in does not reach the subprocess.
    """

    def run(code: str, *, cwd: Path | None = None, timeout: float = 300, **environment: str | None) -> str:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_") and k != "PYTHONWARNINGS"}
        inherited["PYTHONPATH"] = str(cwd or Path(__file__).resolve().parent.parent)
        changed = {**inherited, **environment}
        file = tmp_path / "code.py"
        file.write_text(code)
        done = subprocess.run(
            [sys.executable, str(file)],
            cwd=tmp_path,
            env={k: v for k, v in changed.items() if v is not None},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    return run
