"""Studies through the real command: on this machine's cores, and on a real Dask cluster."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from click.testing import CliRunner
from threadpoolctl import threadpool_limits

from stages.datasets import arrays, bundled
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.evaluate import evaluate
from stages.experiments.study_spec import read
from stages.network import products  # noqa: F401  (gives BLAS its threads when it is imported
from stages.study import study
from stages.train import train
from tests.helpers.commands import ROOT, run

PATIENCE = 60
STUDY = """
seeds: 3
baseline: sigmoid
published_by: somebody
variants:
  - name: relu
    published: 91
    train: {hidden: [32], augment: 0, validation_fraction: 0, epochs: 120}
  - name: sigmoid
    train: {hidden: [32], augment: 0, validation_fraction: 0, epochs: 120, activation: sigmoid}
claims:
  - {says: Sigmoid is worse., better: relu, worse: sigmoid}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder with params.yaml, a study and the arrays of few images."""
    folder = tmp_path_factory.mktemp("study")
    shutil.copy(ROOT / "params.yaml", folder)
    (folder / "small.yaml").write_text(STUDY)
    images, labels = bundled.load()
    for part, chosen in (("train", slice(0, 300)), ("test", slice(300, 400))):
        images_path, labels_path = arrays.paths(folder / "data" / "npy", part)
        images_path.parent.mkdir(parents=True, exist_ok=True)
        np.save(images_path, images[chosen])
        np.save(labels_path, labels[chosen])
    npy = folder / "data" / "npy"
    write_manifest(create_manifest(npy, "digits", CATALOGUE["digits"]), npy)
    return folder


def command(*args):
    return [sys.executable, "-m", "stages.study", *map(str, args)]


def start(*args, cwd):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        args, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def kept(folder, name):
    return list((folder / name).glob("*.json"))


def written(folder, name):
    return [(folder / name / f"small.{suffix}").read_bytes() for suffix in ("csv", "md", "png")]


@pytest.fixture(scope="module")
def local(folder):
    """Run the study on two workers of its own."""
    done = run(*command("small.yaml", "--workers", 2), cwd=folder, PYTHONPATH=str(ROOT))
    assert "6 cells, 6 of them to be trained" in done.stdout
    assert done.stdout.count("accuracy ") == 6
    assert done.stderr == ""
    return written(folder, "reports/study")


def test_table_has_every_variant_and_an_answer_to_the_claim(local):
    table, page, _ = (content.decode(errors="replace") for content in local)
    heading, relu, sigmoid = table.splitlines()
    assert heading.endswith("points,p_value,seed_1,seed_2,seed_3")
    assert relu.startswith("relu,0.91,")
    assert sigmoid.startswith("sigmoid,,")
    assert "| somebody |" in page
    assert "Sigmoid is worse. | relu with sigmoid" in page


def test_cell_is_what_the_pipelines_own_stages_come_to(folder, local, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    files = f"--model {tmp_path / 'model'} --history {tmp_path / 'history'}"
    options = f"--hidden 32 --augment 0 --validation-fraction 0 --epochs 120 --seed 2 {files}"
    with threadpool_limits(1):
        assert CliRunner().invoke(train, options).exit_code == 0
        assert CliRunner().invoke(evaluate, f"--out {tmp_path} {files}").exit_code == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    contents = [json.loads(path.read_text()) for path in kept(folder, "data/cells")]
    cells = [
        content["metrics"]
        for content in contents
        if (content["recipe"]["seed"], content["recipe"]["activation"]) == (2, "relu")
    ]
    assert cells == [metrics]


def test_stopped_and_started_again_it_trains_only_what_is_missing(folder, local):
    options = ("small.yaml", "--workers", 1, "--cells", "cells", "--out", "again")
    stopped = start(*command(*options), cwd=folder)
    wait_for(lambda: kept(folder, "cells"))
    stopped.send_signal(signal.SIGINT)
    _, errors = stopped.communicate(timeout=PATIENCE)
    assert stopped.returncode == 130
    assert errors == ""
    assert not (folder / "again").exists()
    missing = 6 - len(kept(folder, "cells"))
    assert 0 < missing < 6
    kept(folder, "cells")[0].write_text("{")  # as if the disk had been full
    done = run(*command(*options), cwd=folder, PYTHONPATH=str(ROOT))
    assert f"6 cells, {missing + 1} of them to be trained" in done.stdout
    assert done.stdout.count("accuracy ") == missing + 1
    assert written(folder, "again") == local


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Start a real scheduler and two real workers on loopback, in a folder without arrays."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    found = elsewhere / "scheduler.json"
    started = []

    def module(name, *args):
        command = (sys.executable, "-m", f"distributed.cli.{name}", *args, "--no-dashboard")
        started.append(start(*command, cwd=elsewhere))

    module("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(found))
    wait_for(lambda: found.exists() and found.read_text().rstrip().endswith("}"))
    address = json.loads(found.read_text())["address"]
    for _ in range(2):
        module("dask_worker", address, "--nthreads", "1", "--no-nanny")
    yield address, started[-1]
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs Linux's /proc")
def test_two_workers_that_share_no_disk_one_killed_give_the_same_table(folder, local, cluster):
    address, victim = cluster
    # A path that means another folder in each process: the workers do not find the arrays there.
    options = ("--scheduler", address, "--data", "/proc/self/cwd/data/npy")
    going = start(
        *command("small.yaml", *options, "--cells", "far", "--out", "far-away"), cwd=folder
    )
    wait_for(lambda: kept(folder, "far"))
    victim.kill()
    assert len(kept(folder, "far")) < 5
    _, errors = going.communicate(timeout=PATIENCE)
    assert going.returncode == 0, errors
    assert written(folder, "far-away") == local


def test_training_that_goes_wrong_names_the_variant(folder, cluster, monkeypatch):
    monkeypatch.chdir(folder)
    Path("wild.yaml").write_text(STUDY.replace("epochs: 120", "learning_rate: 1e30"))
    options = ["wild.yaml", "--scheduler", cluster[0]]
    found = CliRunner().invoke(study, options)
    assert found.exit_code == 1
    assert found.stderr.startswith("Error: relu, seed ")
    assert "lower the learning rate (it is 1e+30)" in found.stderr
    assert found.stderr.count("\n") == 1


def test_cell_that_loses_two_workers_ends_the_study_with_a_sentence(folder, tmp_path):
    text = STUDY.replace("seeds: 3", "seeds: 1").replace("epochs: 120", "epochs: 1000000")
    (tmp_path / "long.yaml").write_text(text)
    options = (tmp_path / "long.yaml", "--workers", 1, "--cells", tmp_path / "cells")
    going = start(*command(*options), cwd=folder)
    killed = 0
    while going.poll() is None:
        for child in psutil.Process(going.pid).children(recursive=True):
            try:
                busy = child.cpu_times().user > 1.5  # no longer starting
                if busy:
                    child.kill()
                    killed += 1
            except psutil.NoSuchProcess:
                pass
        time.sleep(0.05)
    _, errors = going.communicate()
    assert going.returncode == 1
    assert errors == ("Error: relu, seed 1: the worker died, and so did the one that tried again\n")
    assert killed == 2


def test_missing_dask_is_one_sentence(folder):
    code = "import sys; sys.modules['distributed'] = None; from stages.study import study; study()"
    found = run(
        sys.executable, "-c", code, "small.yaml", cwd=folder, expect=2, PYTHONPATH=str(ROOT)
    )
    assert found.stderr == (
        "Error: a study needs Dask, which is not installed: pip install -e '.[study]'\n"
    )


def test_scheduler_that_is_not_there_is_one_sentence(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr("stages.experiments.workers._SECONDS_TO_CONNECT", 0.5)
    options = ["small.yaml", "--cells", "none", "--scheduler", "tcp://127.0.0.1:1"]
    found = CliRunner().invoke(study, options)
    assert found.exit_code == 1
    assert "Error: no scheduler answers at tcp://127.0.0.1:1" in found.output


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "epochs: 120",
            "epoch: 3",
            "relu: no parameter is called train.epoch; did you mean train.ep",
        ),
        ("epochs: 120", "epochs: -3", "relu: train.epochs: -3 is not in the range x>=0"),
        ("epochs: 120", "seed: 3", "relu: no parameter is called train.seed"),
        ("epochs: 120", "model: m", "relu: no parameter is called train.model"),
        ("seeds: 3", "seeds: 0", "seeds: must be a whole number from 1 up"),
        ("seeds: 3", "", "seeds is missing"),
        ("seeds: 3", "seeds: 3\nsede: 1", "sede means nothing here; did you mean seeds?"),
        ("baseline: sigmoid", "baseline: sigmod", "no variant is called sigmod; did you mean sig"),
        ("name: sigmoid", "name: relu", "variants: relu is there twice"),
        ("published: 91", "published: good", "published: must be a number, in percent, not 'good'"),
        ("worse: sigmoid", "worse: tanh", "no variant is called tanh"),
        ("says:", "say:", "claims: say means nothing here; did you mean says?"),
        ("  - name: relu", "  - nme: relu", "variants: nme means nothing here; did you mean name?"),
        ("seeds: 3", "seeds: [", "not YAML"),
    ],
)
def test_wrong_study_is_one_sentence_that_says_where(params, old, new, says):
    assert old in STUDY
    Path("wrong.yaml").write_text(STUDY.replace(old, new))
    found = CliRunner().invoke(study, ["wrong.yaml"])
    assert found.exit_code == 2, found.output
    assert found.output.startswith("Error: wrong.yaml: ")
    assert says in found.output
    assert found.output.count("\n") == 1


def test_parameter_that_nobody_gives_is_named(params):
    params.write_text(params.read_text().replace("  momentum: 0.9", "  #"))
    Path("small.yaml").write_text(STUDY)
    found = CliRunner().invoke(study, ["small.yaml"])
    assert found.exit_code == 2
    assert "relu: train.momentum is neither here nor in params.yaml" in found.output


def test_misspelt_key_of_params_is_not_blamed_on_the_study(params):
    params.write_text(params.read_text().replace("epochs: 100", "epoch: 100"))
    Path("small.yaml").write_text(STUDY)
    found = CliRunner().invoke(study, ["small.yaml"])
    assert found.output.startswith("Error: params.yaml: no parameter is called train.epoch")


def test_the_diary_is_a_study_that_can_be_read(params):
    plan = read(ROOT / "study" / "diary.yaml")
    variants = {variant.name: variant for variant in plan.variants}
    assert variants["[16, 16] sigmoid"].params["hidden"] == (16, 16)
    assert variants["[128] sigmoid"].published == 94.17
    assert variants["ours"].params["loss"] == "cross_entropy"
    assert len(plan.claims) == 4
