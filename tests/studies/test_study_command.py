"""Studies through the real command: on this machine's cores, and on a real Dask cluster."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest
from click.testing import CliRunner
from distributed import LocalCluster
from threadpoolctl import threadpool_limits

from stages.cli.errors import UserError
from stages.datasets import arrays
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.evaluate import evaluate
from stages.studies import cache as cell_cache
from stages.studies.cells import Cell, CellResult
from stages.studies.specification import read
from stages.study import study
from stages.train import train
from tests.helpers import mnist_5k
from tests.helpers.commands import HANGS_AFTER, ROOT, run
from tests.helpers.config import CONFIG

STUDY = """
seeds: 3
baseline: sigmoid
published_by: somebody
variants:
  - name: relu
    published: 91
    train: {hidden: [32], validation_fraction: 0, epochs: 120}
    augment: {strength: 0}
  - name: sigmoid
    train: {hidden: [32], validation_fraction: 0, epochs: 120, activation: sigmoid}
    augment: {strength: 0}
claims:
  - {says: Sigmoid is worse., better: relu, worse: sigmoid}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with params.yaml, a study and the arrays of few images."""
    folder = tmp_path_factory.mktemp("study")
    # Another dataset than that of the arrays: a study is of what it has learnt from.
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (folder / "params.yaml").write_text(params.replace("dataset: mnist-5k", "dataset: kmnist"))
    (folder / "small.yaml").write_text(STUDY)
    images, labels = mnist_5k.load()
    chosen_by_split = {"train": slice(0, 300), "test": slice(300, 400)}
    for split in arrays.SPLITS:
        chosen = chosen_by_split[split]
        images_path, labels_path = arrays.paths(folder / "data" / "npy", split)
        images_path.parent.mkdir(parents=True, exist_ok=True)
        np.save(images_path, images[chosen])
        np.save(labels_path, labels[chosen])
    npy = folder / "data" / "npy"
    write_manifest(create_manifest(npy, "mnist-5k", CATALOGUE["mnist-5k"]), npy)
    return folder


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "stages.study", *map(str, args)]


def start(*args: str, cwd: Path, modules: Path = ROOT) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": f"{modules}{os.pathsep}{ROOT}"}
    return subprocess.Popen(
        args, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + HANGS_AFTER
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.02)


def cached(folder: Path, name: str) -> list[Path]:
    return list((folder / name).glob("*.json"))


def written(folder: Path, name: str) -> list[bytes]:
    suffixes = ("csv", "md", "comparisons.csv", "png")
    return [(folder / name / f"small.{suffix}").read_bytes() for suffix in suffixes]


class Results(NamedTuple):
    """A study that was stopped and started again: cells missing then, printed text, and files."""

    n_missing: int
    printed: str
    files: list[bytes]


# Loaded before the study: it stays at its second cell, and so is stopped in time.
STAY = f"""
import sys, time
def stay(event, args, done=[]):
    if event == "os.rename" and str(args[1]).endswith(".json"):
        if done: time.sleep({HANGS_AFTER})
        done.append(args)
sys.addaudithook(stay)
"""


@pytest.fixture(scope="module")
def local(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run the study on one worker of its own, stop it, and run it on two."""
    modules = tmp_path_factory.mktemp("modules")
    (modules / "sitecustomize.py").write_text(STAY)
    stopped = start(*command("small.yaml", "--workers", 1), cwd=folder, modules=modules)
    wait_for(lambda: cached(folder, "data/cells"))
    stopped.send_signal(signal.SIGINT)
    _, errors = stopped.communicate(timeout=HANGS_AFTER)
    assert stopped.returncode == 130
    assert errors == ""
    assert not (folder / "reports" / "study").exists()
    n_missing = 6 - len(cached(folder, "data/cells"))
    cached(folder, "data/cells")[0].write_text("{")  # as if the disk had been full
    done = run(*command("small.yaml", "--workers", 2), cwd=folder, PYTHONPATH=str(ROOT))
    assert done.stderr == ""
    return Results(n_missing, done.stdout, written(folder, "reports/study"))


def test_stopped_and_started_again_it_trains_only_the_missing_cells(local: Results) -> None:
    assert local.n_missing == 5
    assert f"6 cells, {local.n_missing + 1} of them to be trained" in local.printed
    assert local.printed.count("accuracy ") == local.n_missing + 1


def test_table_has_every_variant_and_a_verdict_on_the_claim(local: Results) -> None:
    table, page, *_ = (content.decode(errors="replace") for content in local.files)
    heading, relu, sigmoid = table.splitlines()
    assert heading.endswith("worst,best,n_failed,seed_1,seed_2,seed_3")
    assert "with 3 seeds and 1 comparison there are figures and no verdicts" in local.printed
    assert relu.startswith("relu,0.91,")
    assert sigmoid.startswith("sigmoid,,")
    assert "| somebody |" in page
    assert page.startswith("Accuracy on the test images of mnist-5k")
    assert "Sigmoid is worse. | relu with sigmoid" in page


def test_cell_has_the_metrics_of_the_pipelines_own_stages(
    folder: Path, local: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    files = f"--model {tmp_path / 'model'} --reports {tmp_path}"
    options = f"--hidden 32 --strength 0 --validation-fraction 0 --epochs 120 --seed 2 {files}"
    with threadpool_limits(1):
        assert CliRunner().invoke(train, options).exit_code == 0
        assert CliRunner().invoke(evaluate, files).exit_code == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    contents = [json.loads(path.read_text()) for path in cached(folder, "data/cells")]
    cells = [
        content["metrics"]
        for content in contents
        if (content["config"]["seed"], content["config"]["activation"]) == (2, "relu")
    ]
    assert cells == [metrics]


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {}},
        {"metrics": {"accuracy": 5}},
        {"metrics": {"accuracy": float("nan")}},
        {"metrics": None},
        {"is_correct": ""},
        {"is_correct": 5},
        {"n_images": 10**30},
        {"n_images": -8},
        {"n_images": 0, "is_correct": ""},
        "{}",
        "[]",
        "",
        "[" * 100_000,
    ],
)
def test_a_broken_cell_is_trained_again(tmp_path: Path, change: str | dict[str, object]) -> None:
    cell = Cell("relu, seed 1", CONFIG, ("0", "1"), "data", "code")
    is_correct = np.arange(10) < 9
    cell_cache.write(tmp_path, cell, CellResult({"accuracy": 0.9, "loss": 0.5}, is_correct))
    result = cell_cache.read(tmp_path, cell)
    assert result is not None
    assert result.is_correct.tolist() == is_correct.tolist()
    (path,) = tmp_path.iterdir()
    if isinstance(change, dict):
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    else:
        path.write_text(change)
    assert cell_cache.read(tmp_path, cell) is None


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a real scheduler and two real workers on loopback, in a folder without arrays."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    scheduler_file = elsewhere / "scheduler.json"
    started = []

    def module(name: str, *args: str) -> None:
        command = (sys.executable, "-m", f"distributed.cli.{name}", *args, "--no-dashboard")
        started.append(start(*command, cwd=elsewhere))

    module(
        "dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--scheduler-file",
        str(scheduler_file),
    )
    wait_for(lambda: scheduler_file.exists() and scheduler_file.read_text().rstrip().endswith("}"))
    address = json.loads(scheduler_file.read_text())["address"]
    for _ in range(2):
        module("dask_worker", address, "--nthreads", "1", "--no-nanny")
    yield address, started[-1]
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs Linux's /proc")
@pytest.mark.slow
def test_two_workers_without_a_shared_disk_one_killed_give_the_table_of_the_study_that_was_stopped(
    folder: Path, local: Results, cluster: tuple[str, subprocess.Popen[str]]
) -> None:
    address, victim = cluster
    # A path that means another folder in each process: the workers do not find the arrays there.
    options = ("--scheduler", address, "--data", "/proc/self/cwd/data/npy")
    process = start(
        *command("small.yaml", *options, "--cells", "far", "--out", "far-away"), cwd=folder
    )
    wait_for(lambda: cached(folder, "far"))
    victim.kill()
    assert len(cached(folder, "far")) < 5
    _, errors = process.communicate(timeout=HANGS_AFTER)
    assert process.returncode == 0, errors
    assert written(folder, "far-away") == local.files


def test_diverging_training_names_the_variant(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    Path("wild.yaml").write_text(
        STUDY.replace("epochs: 120", "learning_rate: 1e30"), encoding="utf-8"
    )
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        options = ["wild.yaml", "--scheduler", cluster.scheduler_address]
        result = CliRunner().invoke(study, options)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: relu, seed ")
    assert "lower train.learning_rate (it is 1e+30)" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's /proc")
def test_cell_that_loses_two_workers_ends_the_study_with_a_sentence(
    folder: Path, tmp_path: Path
) -> None:
    text = STUDY.replace("seeds: 3", "seeds: 1").replace("epochs: 120", "epochs: 1000000")
    (tmp_path / "long.yaml").write_text(text)
    options = (tmp_path / "long.yaml", "--workers", 1, "--cells", tmp_path / "cells")
    process = start(*command(*options), cwd=folder)
    killed = 0
    while process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            try:
                # A worker that trains has mapped the images.
                if any("train_images.npy" in mapped.path for mapped in child.memory_maps()):
                    child.kill()
                    killed += 1
            except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
                pass
        time.sleep(0.05)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert errors == ("Error: relu, seed 1: its worker died, and so did a second one\n")
    # A third may have started before the study gave up.
    assert killed >= 2


def test_missing_dask_is_one_sentence(folder: Path) -> None:
    code = "import sys; sys.modules['distributed'] = None; from stages.study import study; study()"
    result = run(
        sys.executable, "-c", code, "small.yaml", cwd=folder, expect=2, PYTHONPATH=str(ROOT)
    )
    assert result.stderr == (
        "Error: a study needs Dask: install it with `python tools/environment.py study`\n"
    )


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "tls://127.0.0.1:1", "nonsense://x", "tcp://127.0.0.1:abc", ""]
)
def test_unreachable_scheduler_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("stages.studies.workers._CONNECT_TIMEOUT", 0.5)
    options = ["small.yaml", "--cells", "none", "--scheduler", address]
    result = CliRunner().invoke(study, options)
    assert result.exit_code == 1
    assert f"Error: no scheduler answers at {address}" in result.output
    assert result.output.count("Error") == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "nothing is said within 0.5 s"),
        (b"HTTP/1.0 400 Bad request\r\n\r\n", "is no scheduler"),
        (b"SSH-2.0-OpenSSH\r\n", "is no scheduler"),
        (b"\0" * 100, "is no scheduler"),
    ],
    ids=["silent", "http", "ssh", "zeros"],
)
def test_a_program_that_is_no_scheduler_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, said: bytes, reason: str
) -> None:
    monkeypatch.chdir(folder)
    timeout = 0.5 if said == b"" else HANGS_AFTER
    monkeypatch.setattr("stages.studies.workers._CONNECT_TIMEOUT", timeout)
    connections = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):  # the server is closed
                while True:
                    connections.append(server.accept()[0])
                    connections[-1].sendall(said)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        options = ["small.yaml", "--cells", "none", "--scheduler", address]
        result = CliRunner().invoke(study, options)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in connections:
        connection.close()
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert f"{address}" in result.stderr
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--out", "--cells"])
def test_study_that_cannot_write_fails_before_it_trains(
    folder: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.chdir(folder)
    Path("file").touch()
    for place, reason in (("file/folder", "Not a directory"), ("/proc/cells", "/proc: No such")):
        if Path(place).parent.exists():
            result = CliRunner().invoke(study, ["small.yaml", option, place])
            assert result.exit_code in (1, 2)
            assert "to be trained" not in result.output
            assert reason in result.stderr
            assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "epochs: 120",
            "epoch: 3",
            "relu: no parameter is called train.epoch; did you mean train.ep",
        ),
        ("epochs: 120", "epochs: -3", "relu: train.epochs: -3 is not in the range 0<=x<=1000000"),
        ("epochs: 120", "seed: 3", "relu: no parameter is called train.seed"),
        ("epochs: 120", "model: m", "relu: no parameter is called train.model"),
        ("seeds: 3", "seeds: 0", "seeds: must be a whole number from 1 to 1000"),
        ("seeds: 3", f"seeds: {10**12}", "seeds: must be a whole number from 1 to 1000"),
        ("seeds: 3", "", "seeds is missing"),
        ("seeds: 3", "seeds: 3\nsede: 1", "unknown key sede; did you mean seeds?"),
        ("baseline: sigmoid", "baseline: sigmod", "no variant is called sigmod; did you mean sig"),
        ("name: sigmoid", "name: relu", "variants: relu is there twice"),
        ("name: relu", 'name: "relu\\e[31m"', "a name must be printable text on one line"),
        (
            "published: 91",
            "published: good",
            "published: must be a number from 0 to 100, in percent, not 'good'",
        ),
        ("published: 91", "published: .nan", "published: must be a number from 0 to 100"),
        ("published: 91", "published: true", "published: must be a number from 0 to 100"),
        ("worse: sigmoid", "worse: tanh", "no variant is called tanh"),
        ("says:", "say:", "claims: unknown key say; did you mean says?"),
        ("  - name: relu", "  - nme: relu", "variants: unknown key nme; did you mean name?"),
        ("seeds: 3", "seeds: [", "not YAML"),
    ],
)
def test_invalid_study_is_one_sentence_that_says_where(
    params: Path, old: str, new: str, message: str
) -> None:
    assert old in STUDY
    Path("wrong.yaml").write_text(STUDY.replace(old, new), encoding="utf-8")
    result = CliRunner().invoke(study, ["wrong.yaml"])
    assert result.exit_code == 2, result.output
    assert result.output.startswith("Error: wrong.yaml: ")
    assert message in result.output
    assert result.output.count("\n") == 1


def test_names_of_variants_may_be_numbers(params: Path) -> None:
    Path("small.yaml").write_text(
        STUDY.replace("relu\n", "1\n").replace("sigmoid\n", "2\n"), encoding="utf-8"
    )
    with pytest.raises(UserError, match="no variant is called relu"):
        read(Path("small.yaml"))
    text = STUDY.replace("baseline: sigmoid", "baseline: 2").replace("name: relu", "name: 1")
    text = text.replace("name: sigmoid", "name: 2").replace("better: relu", "better: 1")
    Path("small.yaml").write_text(text.replace("worse: sigmoid", "worse: 2"), encoding="utf-8")
    spec = read(Path("small.yaml"))
    assert [[group.name for group in pair] for pair in spec.comparisons] == [["1", "2"]]
    assert spec.claims[0][1:] == ("1", "2")


def test_missing_parameter_is_named(params: Path) -> None:
    params.write_text(
        params.read_text(encoding="utf-8").replace("  momentum: 0.9", "  #"), encoding="utf-8"
    )
    Path("small.yaml").write_text(STUDY, encoding="utf-8")
    result = CliRunner().invoke(study, ["small.yaml"])
    assert result.exit_code == 2
    assert "relu: train.momentum is neither here nor in params.yaml" in result.output


def test_misspelt_key_of_params_is_not_blamed_on_the_study(params: Path) -> None:
    params.write_text(
        params.read_text(encoding="utf-8").replace("epochs: 40", "epoch: 30"), encoding="utf-8"
    )
    Path("small.yaml").write_text(STUDY, encoding="utf-8")
    result = CliRunner().invoke(study, ["small.yaml"])
    assert result.output.startswith("Error: params.yaml: no parameter is called train.epoch")


def test_the_diarys_study_can_be_read(params: Path) -> None:
    spec = read(ROOT / "study" / "diary.yaml")
    variants = {variant.name: variant for variant in spec.variants}
    assert variants["[16, 16] sigmoid"].params["hidden"] == (16, 16)
    assert variants["[128] sigmoid"].published == 94.17
    assert variants["[16] sigmoid"].params["epochs"] == 100
    last = spec.variants[-1].params
    assert (last["loss"], last["momentum"], last["strength"]) == ("cross_entropy", 0.9, 1)
    assert len(spec.claims) == 4
    assert len(read(ROOT / "study" / "grid.yaml").variants) == 9


def test_study_does_not_overwrite_its_own_file(params: Path) -> None:
    Path("small.md").write_text(STUDY, encoding="utf-8")
    result = CliRunner().invoke(study, ["small.md", "--out", "."])
    assert result.exit_code == 2
    assert result.output == "Error: small.md: this command reads it, and would overwrite it\n"
    assert Path("small.md").read_text(encoding="utf-8") == STUDY
