"""dvc.yaml: each stage depends on the code that it imports, and on no other."""

import shutil
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.helpers.commands import ROOT, dvc, run

STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
CODE = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_module(sys.argv[0], run_name="__main__")
finally:
    names = [name.replace(".", "/") + ".py" for name in sys.modules if name.startswith("stages.")]
    open("imported", "w").write(" ".join(names))
"""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_the_code_that_it_imports(
    stage: str, reproduced: Path, tmp_path: Path
) -> None:
    clone = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)
    run(sys.executable, "-c", CODE, f"stages.{stage}", cwd=clone)
    imported = [
        Path(name) for name in (clone / "imported").read_text().split() if (clone / name).is_file()
    ]
    declared = [Path(dep) for dep in STAGES[stage]["deps"] if dep.startswith("stages/")]
    for path in imported:
        assert any(dep in (path, *path.parents) for dep in declared), f"{stage}: add {path}"
    for dep in declared:
        is_used = any(dep in (path, *path.parents) for path in imported)
        assert is_used or dep.suffix == ".yaml" or dep.stem == stage, f"{stage}: remove {dep}"


@pytest.mark.parametrize(
    ("path", "stages"),
    [
        ("stages/pictures/reader.py", {"demo", "report"}),
        ("stages/pages/html.py", {"demo", "lab", "report"}),
        ("stages/comparison/report.py", set()),
        ("stages/studies/cells.py", set()),
        ("stages/reporting/plots.py", {"convert", "evaluate", "demo", "report"}),
        ("stages/datasets/idx.py", set(STAGES) - {"check"}),
        ("stages/network/dense.py", {"train", "evaluate", "demo", "report"}),
        ("stages/training/loop.py", {"train", "demo"}),
        ("stages/classifier/novelty.py", {"train", "evaluate", "demo", "report"}),
        ("stages/cli/terminal.py", set(STAGES)),
        ("stages/runtime/files.py", set(STAGES)),
    ],
)
def test_an_edit_runs_the_stages_again_that_import_it(path: str, stages: set[str]) -> None:
    found = {
        name
        for name, stage in STAGES.items()
        if any(Path(dep) in (Path(path), *Path(path).parents) for dep in stage["deps"])
    }
    assert found == stages


@pytest.mark.parametrize("frozen", [(), ("download", "train")])
def test_no_stage_runs_with_a_misspelt_key(
    frozen: tuple[str, ...], reproduced: Path, tmp_path: Path
) -> None:
    clone = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)
    if frozen:
        dvc("freeze", *frozen, cwd=clone)
    with (clone / "params.yaml").open("a", encoding="utf-8") as file:
        file.write("datset: mnist\n")
    for target in ("convert", "evaluate"):
        done = dvc("repro", target, cwd=clone, expect=255)
        assert "no parameter is called datset; did you mean dataset?" in done.stderr
