"""The repository: imports form no circle, modules are short, data is found in one place."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PACKAGES = ("generative", "ingest", "katheder", "language", "rag", "training", "ui")
SCRIPTS = ("benchmarks", "corpus", "docs")  # not part of the package
LONGEST = 400  # lines


def modules(*folders: str) -> list[Path]:
    """The Python files below some folders of the repository."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def imports_of(*packages: str) -> dict[str, set[str]]:
    """For each module those that it imports, inside functions too, but not for types alone."""
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=True, cache_dir=None)
    return {
        module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules
    }


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of one circle of imports in order, [] if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def parent_lookups(source: str) -> list[int]:
    """The lines that look a folder up by `parents[n]`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(".parents")
    ]


def test_a_circle_is_detected_in_functions_but_not_for_types_alone(tmp_path, monkeypatch):
    package = tmp_path / "rings"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "one.py").write_text("from rings import two\n")
    (package / "two.py").write_text("def later():\n    from rings.one import x\n")
    (package / "three.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rings import four\n"
    )
    (package / "four.py").write_text("from rings import three\n")
    monkeypatch.syspath_prepend(tmp_path)
    imports = imports_of("rings")
    assert set(circle(imports)) == {"rings.one", "rings.two"}
    imports["rings.two"].clear()
    assert circle(imports) == []


def test_no_two_modules_import_each_other():
    assert circle(imports_of(*PACKAGES)) == []


def test_no_module_is_longer_than_400_lines():
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in modules(*PACKAGES, *SCRIPTS)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_a_lookup_by_parents_is_detected():
    assert parent_lookups("a = Path(__file__).parents[1] / 'x'\n") == [1]
    assert parent_lookups("# Path(__file__).parents[1]\nb = folder in file.parents\n") == []


def test_the_package_finds_its_data_by_resources_alone():
    files = modules(*PACKAGES)
    lookups = {
        str(file.relative_to(ROOT)): parent_lookups(file.read_text(encoding="utf-8"))
        for file in files
    }
    assert {name: lines for name, lines in lookups.items() if lines} == {}


def test_the_guide_names_paths_and_functions_that_exist():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = guide.partition("## Where is ...?")[2].partition("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ") and "`" in row]
    assert len(rows) >= 12
    for row in rows:
        for path, names in re.findall(r"`([\w/.]+/[\w./]*)`(?: \(([^)]*)\))?", row):
            assert (ROOT / path).exists(), row
            for name in re.findall(r"`(\w+)`", names):
                content = (ROOT / path).read_text(encoding="utf-8")
                assert re.search(rf"^\s*(def|class) {name}\b", content, re.MULTILINE), row
