"""What is built can be installed where nothing else is, and runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from wireglass import __version__

ROOT = Path(__file__).parent.parent
LOCKS = [ROOT / "requirements" / "run.txt", ROOT / "requirements" / "dev.txt"]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True, timeout=600)
    return folder


def test_the_wheel_has_the_package_and_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "wireglass/cli/program.py" in names
    assert {"wireglass/launch/pages/index.html", "wireglass/launch/pages/style.css"} <= set(names)
    assert "wireglass/api/web/index.html" in names
    assert [name for name in names if name.startswith("wireglass/api/web/assets/") and name.endswith(".js")]
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names} == {"wireglass", f"wireglass-{__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name]


@pytest.fixture(scope="module")
def source(dist: Path) -> Path:
    """The folder that the sdist unpacks to."""
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(dist, filter="data")
    return dist / f"wireglass-{__version__}"


def test_the_sdist_has_what_it_takes_to_build_and_test(source: Path) -> None:
    names = {file.relative_to(source).as_posix() for file in source.rglob("*") if file.is_file()}
    assert {"pyproject.toml", "README.md", "LICENSE", "Makefile", "scripts/setup", ".ci/run"} <= names
    (code,) = re.findall(r"^CODE := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(code.split()) <= {name.partition("/")[0] for name in names if name.endswith(".py")}
    # Without git (in an unpacked sdist) the list is empty, and the line above is all there is to go by.
    tracked = subprocess.run(["git", "ls-files", *code.split()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert set(tracked.stdout.split()) <= names
    assert not [name for name in names if name.startswith((".venv", ".git/"))]
    assert {"ui/package.json", "ui/package-lock.json", "ui/.npmrc", "ui/src/main.tsx"} <= names
    assert not [name for name in names if "node_modules" in name]


def test_a_wheel_is_made_from_the_sdist_without_node(source: Path, tmp_path: Path) -> None:
    """The sdist holds the web UI as it was built, and says of which sources."""
    environment = {**os.environ, "PATH": str(tmp_path)}  # nothing is found there, so no node either
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    done = subprocess.run(build, cwd=source, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "building the web UI" not in done.stderr
    assert not (source / "ui/node_modules").exists()
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert "wireglass/api/web/index.html" in zipfile.ZipFile(wheel).namelist()


def test_the_lock_of_the_ui_names_no_place() -> None:
    """Each package by its hash alone: from whichever registry it comes."""
    packages = json.loads((ROOT / "ui/package-lock.json").read_text())["packages"]
    assert len(packages) > 100
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_every_test_of_the_sdist_is_found(source: Path) -> None:
    """The path goes before the installation that is tested here: what is imported is what was unpacked."""
    environment = {**os.environ, "PYTHONPATH": str(source / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(collect, cwd=source, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_runs_in_an_empty_environment(dist: Path, tmp_path: Path) -> None:
    """The dependencies come from the lock; that they are all the wheel asks for is checked by installing it without an
    index."""
    folder = tmp_path / "venv"
    venv.create(folder, with_pip=True)
    bin = folder / ("Scripts" if os.name == "nt" else "bin")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PIP_FIND_LINKS")}
    environment["WIREGLASS_HOME"] = str(tmp_path / "home")

    def run(*command: str | Path, code: int = 0) -> str:
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == code, done.stderr
        return done.stdout

    pip = (bin / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    (wheel,) = dist.glob("*.whl")
    run(*pip, "--require-hashes", "-r", LOCKS[0])
    run(*pip, "--no-index", wheel)
    assert run(bin / "wireglass", "--version") == f"wireglass {__version__}\n"
    assert run(bin / "pmproxy", "--version") == f"pmproxy {__version__} (wireglass)\n"
    assert "BEGIN CERTIFICATE" in run(bin / "wireglass", "ca", "--export", "-")
    run(bin / "wireglass", "ls")
    run(bin / "wireglass", "show", "1", code=1)
    run(bin / "python", "-c", "import wireglass.app.main")
    run(bin / "python", "-c", "from wireglass.api.web_files import is_built; assert is_built()")


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", lock.read_text(), re.MULTILINE))


def test_what_is_tested_is_what_runs() -> None:
    run, dev = map(_pins, LOCKS)
    assert run
    assert {name: dev.get(name) for name in run} == run


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_has_hashes_and_no_lock_names_a_place(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    for name, block in re.findall(r"^([a-z0-9._-]+)==(.*\n(?:    .*\n)*)", text, re.MULTILINE):
        assert "--hash=sha256:" in block, name


def test_the_scripts_can_be_run() -> None:
    for name in ("scripts/setup", "scripts/test-peers", "scripts/lock", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), name
        subprocess.run(["sh", "-n", ROOT / name], check=True)
