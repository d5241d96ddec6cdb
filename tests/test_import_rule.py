"""Each room imports only what ARCHITECTURE.md lets it: so a change in one stays in one."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SMALL = {
    "shared.errors",
    "shared.etags",
    "shared.paging",
    "shared.together",
    "shared.settings",
    "shared.version",
    "shared.problem_document",
}
AZURE = {"azure"}
GRAPH = {"azure", "httpx", "kiota_abstractions", "kiota_authentication_azure", "kiota_http", "msgraph", "msgraph_core"}
RULES: dict[str, set[str]] = {
    "shared/mail": {"shared.mail"},
    "shared/sales": {"shared.sales", "shared.errors"},
    "shared/jobs": {"shared.jobs", "shared.mail", "shared.sales", *SMALL - {"shared.settings"}},
    "shared/graph": {"shared.graph", "shared.mail", "shared.secrets", *SMALL, *GRAPH},
    "shared/storage": {"shared.storage", "shared.mail", "shared.sales", "pydantic", *SMALL, *AZURE},
    "shared/web": {
        *("shared.web", "shared.jobs", "shared.mail", "shared.sales", *SMALL),
        *("fastapi", "starlette", "pydantic", "jinja2"),
    },
    "functions": {
        "shared.wiring",
        "shared.jobs",
        "shared.web",
        "shared.telemetry",
        "shared.errors",
        "shared.problem_document",
        "azure",
    },
    "function_app.py": {"functions", "azure"},
    "shared/errors.py": set(),
    "shared/paging.py": set(),
    "shared/problem_document.py": set(),
    "shared/together.py": set(),
    "shared/settings.py": set(),
    "shared/version.py": set(),
    "shared/etags.py": {"shared.errors", "shared.mail"},
    "shared/telemetry.py": {"shared.jobs", "shared.mail", "shared.errors"},
    "shared/secrets.py": {"shared.errors", "shared.settings", *AZURE},
}
PRODUCT = [ROOT / "function_app.py", *(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "core", "manager", "misc"}


@pytest.mark.parametrize("room", RULES)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    place = ROOT / room
    for file in [place] if place.is_file() else place.rglob("*.py"):
        for module in _imported(file):
            name = ".".join(module.split(".")[:2]) if module.startswith("shared.") else module.split(".")[0]
            assert name in RULES[room] or name in sys.stdlib_module_names, f"{file.relative_to(ROOT)} imports {module}"


def test_every_file_of_the_product_has_a_rule_but_the_one_that_knows_all() -> None:
    places = [ROOT / room for room in RULES]
    free = {file.name for file in PRODUCT if not any(file == place or place in file.parents for place in places)}
    assert free == {"wiring.py", "__init__.py"}
    for file in PRODUCT:
        assert {module.split(".")[0] for module in _imported(file)}.isdisjoint({"local", "tests", "bench"}), file


def test_only_the_doors_know_the_functions_platform() -> None:
    for file in PRODUCT:
        if "azure.functions" in _imported(file):
            assert file.parent.name == "functions" or file.name == "function_app.py", file


def test_no_file_is_longer_than_can_be_read_at_once_or_named_for_nothing() -> None:
    for file in PRODUCT:
        assert len(file.read_text().splitlines()) <= 300, file
        assert file.stem not in EMPTY_NAMES, file


def test_nothing_heavy_is_loaded_at_import() -> None:
    code = "import sys, function_app; print([m for m in ('msgraph', 'fastapi', 'pydantic_core') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in {"[]", "['pydantic_core']"}


def _imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "shared":
            found |= {f"shared.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
