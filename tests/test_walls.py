"""The walls of docs/architecture.md: who may import what, and what an import costs."""

import ast
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import REPOSITORY

PACKAGES = [
    *("imaging", "datasets", "training", "models", "inference", "evaluation", "publishing", "reports"),
    *("cluster", "hospital", "upkeep", "app", "cli"),
]
LEAVES = ["metrics", "jobs"]
HEAVY = {"tensorflow", "keras", "streamlit", "jax"}
SLOW = {"tensorflow", "keras", "pandas", "scipy", "sklearn", "pydicom", "reportlab", "psutil", "cxr_core.hospital"}


def modules() -> list[Path]:
    return sorted((REPOSITORY / "cxr_core").rglob("*.py"))


def imports(file: Path, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(file.read_text())
    nodes = tree.body if top_level_only else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("package", [*PACKAGES, *LEAVES])
def test_a_package_imports_only_from_packages_to_its_left(package: str) -> None:
    others = [*PACKAGES, *LEAVES] if package in LEAVES else PACKAGES[PACKAGES.index(package) + 1 :]
    forbidden = {f"cxr_core.{other}" for other in others if other != package}
    for file in (REPOSITORY / "cxr_core" / package).rglob("*.py"):
        crossing = {name for name in imports(file) if any(f"{name}.".startswith(f"{wall}.") for wall in forbidden)}
        assert not crossing, f"{file.relative_to(REPOSITORY)} imports {crossing}"


def test_what_all_packages_share_imports_none_of_them() -> None:
    for file in (REPOSITORY / "cxr_core").glob("*.py"):
        if file.name != "__main__.py":
            walls = tuple(f"cxr_core.{package}" for package in [*PACKAGES, *LEAVES])
            crossing = {name for name in imports(file) if name.startswith(walls)}
            assert not crossing, f"{file.name} imports {crossing}"


def test_no_module_is_over_300_lines_and_no_folder_over_20_modules() -> None:
    folders = [REPOSITORY / name for name in ("cxr_core", "pages", "tests", "benchmarks", "tools")]
    files = [file for folder in folders for file in folder.rglob("*.py")]
    assert [str(file) for file in files if len(file.read_text().splitlines()) > 300] == []
    sizes = Counter(file.parent for file in files if file.name != "__init__.py")
    assert [str(folder) for folder, modules in sizes.items() if modules > 20] == []


def test_streamlit_stays_in_the_app() -> None:
    for file in modules():
        if "app" not in file.parts:
            assert not any(name.split(".")[0] == "streamlit" for name in imports(file)), file


def test_tf_stays_behind_one_door() -> None:
    for file in modules():
        if file.name not in ("backend.py", "accelerator.py"):
            assert not any(name.split(".")[0] in ("tensorflow", "jax") for name in imports(file)), file


def test_metrics_know_no_keras() -> None:
    for file in (REPOSITORY / "cxr_core" / "metrics").rglob("*.py"):
        assert not any(name.split(".")[0] in HEAVY for name in imports(file)), file


@pytest.mark.parametrize(
    "module",
    [
        "cxr_core.cli.main",
        "cxr_core.datasets.index",
        "cxr_core.datasets.demo",
        "cxr_core.training.run_actions",
        "cxr_core.inference.predictor",
    ],
)
def test_importing_a_door_loads_nothing_heavy(module: str) -> None:
    probe = f"import sys, {module}; print(*({HEAVY!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", probe], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_a_film_is_read_without_the_libraries_of_tables() -> None:
    probe = "import sys, cxr_core.inference.predictor; print(*({'pandas', 'scipy', 'pyarrow'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", probe], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_the_first_page_is_drawn_without_the_slow_libraries() -> None:
    page = ast.parse((REPOSITORY / "pages" / "diagnose.py").read_text())
    doors = "\n".join(ast.unparse(node) for node in page.body if isinstance(node, ast.Import | ast.ImportFrom))
    probe = f"import sys, cxr_core.app.navigation\n{doors}\nprint(*({SLOW!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", probe], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_nothing_that_only_posix_has_is_imported_at_import_time() -> None:
    for file in [*modules(), *(REPOSITORY / "pages").glob("*.py"), REPOSITORY / "streamlit_app.py"]:
        assert not imports(file, top_level_only=True) & {"fcntl", "resource", "pwd", "grp", "termios"}, file


@pytest.mark.parametrize("journey", ["predict", "diagnose", "evaluate"])
def test_reading_films_loads_neither_tensorflow_nor_keras(journey: str, cxr_home: Path) -> None:
    command = [sys.executable, "-m", "tests.support.journeys", journey]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


def test_the_wheel_asks_for_every_package_that_is_pinned() -> None:
    """`pyproject.toml` gives ranges for what `requirements.in` pins; each range holds the pinned version."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    asked = {canonicalize_name(one.name): one for one in map(Requirement, project["dependencies"])}
    lines = (line.split("#")[0].strip() for line in (REPOSITORY / "requirements.in").read_text().splitlines())
    pinned = {canonicalize_name(one.name): one for one in map(Requirement, filter(None, lines))}
    assert asked.keys() == pinned.keys()
    for name, one in pinned.items():
        assert asked[name].specifier.contains(next(iter(one.specifier)).version), name
