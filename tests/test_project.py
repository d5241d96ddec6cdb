"""Promises about the project itself."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from shared.version import VERSION

ROOT = Path(__file__).parent.parent


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"(?m)^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text())
    assert versions[0] == VERSION


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_library_is_pinned(file: str) -> None:
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith(("#", "-r"))]
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9.\-\[\]]+==\S+", line) for line in lines)


def test_azurite_is_the_one_that_runs_on_this_node() -> None:
    assert json.loads((ROOT / "package.json").read_text())["dependencies"]["azurite"] == "3.35.0"


def test_what_is_not_the_product_is_not_deployed() -> None:
    ignored = (ROOT / ".funcignore").read_text().split()
    assert {"local", "tests", "bench", "docs"} <= {entry.strip("/") for entry in ignored}


def test_no_path_of_a_developers_machine_is_in_the_project() -> None:
    for path in (str(ROOT), str(Path.home()) + "/"):
        found = subprocess.run(
            ["git", "grep", "-lF", path, "--", ".", ":!package-lock.json"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.stdout == ""


def test_the_licence_is_mit() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_everything_that_others_use_says_what_it_is() -> None:
    product = [ROOT / "function_app.py", *(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]
    silent = []
    for file in product:
        module = ast.parse(file.read_text())
        public = [module, *_public(module), *(one for part in _public(module) for one in _public(part))]
        silent += [(file.name, getattr(one, "name", "")) for one in public if not ast.get_docstring(one)]
    assert silent == []


type Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _public(parent: Documented) -> list[Documented]:
    """Public classes, functions and methods, except a Protocol's that say all by their names: `...`."""
    return [
        node
        for node in (parent.body if isinstance(parent, ast.Module | ast.ClassDef) else [])
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and ast.unparse(node.body[-1]) != "..."
    ]
