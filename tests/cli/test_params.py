"""Wrong parameters, in params.yaml and on the command line."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from stages.check import check
from stages.cli.parameters import PARAMETERS
from stages.cli.suggestions import did_you_mean
from stages.train import train
from tests.helpers.commands import ROOT


def invoke(command: click.Command, *args: str) -> Result:
    return CliRunner().invoke(command, args)


def replace(params: Path, old: str, new: str) -> None:
    text = params.read_text(encoding="utf-8")
    assert old in text
    params.write_text(text.replace(old, new), encoding="utf-8")


def assert_one_sentence(result: Result, problem: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.output.startswith("Error: params.yaml: ")
    assert problem in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("epochs: 40", "epoch: 20", "no parameter is called train.epoch; did you mean train.ep"),
        ("train:", "trian:", "no parameter is called trian.hidden; did you mean train.hidden?"),
        ("dataset:", "datset:", "no parameter is called datset; did you mean dataset?"),
        ("dataset:", "epochs: 3\ndataset:", "called epochs; did you mean train.epochs?"),
        ("dataset:", "check:\n  x: 1\ndataset:", "no parameter is called check"),
        ("dataset:", "evaluate:\n  out: x\ndataset:", "no parameter is called evaluate"),
        ("epochs: 40", "epochs: 2.7", "train.epochs: '2.7' is not a valid integer.\n"),
        ("epochs: 40", "epochs: 10.0", "train.epochs: '10.0' is not a valid integer.\n"),
        ("scale: 0.1", "scale: small", "augment.scale: 'small' is not a valid number.\n"),
        ("epochs: 40", "epochs: true", "train.epochs: 'True' is not a valid"),
        ("epochs: 40", "epochs: -1", "train.epochs: -1 is not in the range"),
        ("epochs: 40", "epochs:", "train.epochs: must be a single value"),
        ("epochs: 40", "epochs: [[1]]", "train.epochs: must be a single value"),
        ("epochs: 40", "epochs: 2024-01-13", "train.epochs: '2024-01-13' is not a valid"),
        ("  epochs: 40", "  #", "train.epochs is missing"),
        ("momentum: 0.9", "momentum: 1", "train.momentum: 1.0 is not in the range 0<=x<1"),
        ("momentum: 0.9", "momentum: .nan", "train.momentum: 'nan' is not a finite number"),
        ("scale: 0.1", "scale: 1", "augment.scale: 1.0 is not in the range 0<=x<1"),
        ("hidden: [256]", "hidden: [12, 0]", "train.hidden: '12,0' is not a list of at most 100"),
        ("hidden: [256]", "hidden: [[1]]", "train.hidden: must be a list of numbers"),
        ("hidden: [256]", "hidden: wide", "train.hidden: 'wide' is not a list of at most 100"),
        ("activation: relu", "activation: swish", "train.activation: 'swish' is not one of"),
        ("dataset: mnist-5k", "dataset: letters", "dataset: 'letters' is not one of"),
        ("dataset: mnist-5k", "dataset: letters", "DVC: `dvc add data/own/letters` where it is"),
        ("dataset: mnist-5k", "dataset: [mnist-5k]", "dataset: must be a single value"),
        ("dataset: mnist-5k", "dataset: [", "params.yaml: not YAML"),
        ("train:", "train: 5\nevaluate:", "train: must be a section"),
        ("  epochs", "\tepochs", "not YAML: line 11 has a tab: use spaces"),
        ("epochs: ", "epochs:\t", "not YAML: line 11 has a tab: use spaces"),
        (
            "  epochs: 40",
            "<<<<<<< HEAD\n  epochs: 3\n=======\n  epochs: 4\n>>>>>>> b\n  #",
            "not YAML: line 11 is the mark of a merge conflict: keep one of the two versions",
        ),
    ],
)
def test_wrong_params_are_one_sentence_that_names_the_key(
    params: Path, old: str, new: str, problem: str
) -> None:
    replace(params, old, new)
    assert_one_sentence(invoke(check), problem)


@pytest.mark.parametrize(
    "value",
    [
        "2024-13-45",
        "2024-01-32 25:61:61",
        "!!int x",
        "!!float x",
        "!!bool x",
        "!!timestamp x",
        "!!binary ä",
        "!!omap x",
        "!!set [1]",
        "!!python/object:os.system x",
        "*missing",
        "9" * 5000,
        "0x" + "f" * 5000,
        "-" + "9" * 5000 + ".5e9999",
        "[" * 5000,
        "[" * 5000 + "]" * 5000,
        "{a: " * 3000 + "1" + "}" * 3000,
        "&a [*a]",
        "\x07",
    ],
    ids=lambda value: value[:20],
)
def test_every_invalid_value_is_one_sentence(params: Path, value: str) -> None:
    replace(params, "epochs: 40", f"epochs: {value}")
    assert_one_sentence(invoke(check), "")


def test_params_in_utf_16_which_dvc_does_not_read_are_refused(params: Path) -> None:
    params.write_text(params.read_text(encoding="utf-8"), encoding="utf-16")
    assert_one_sentence(invoke(check), "it is text in UTF-16, which DVC does not read: save it")


def test_check_without_parameters_fails(params: Path) -> None:
    params.unlink()
    assert_one_sentence(invoke(check), "no such file here")


def test_anchors_that_multiply_do_not_fill_the_memory(params: Path) -> None:
    layers = [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    bomb = "\n".join(["  a0: &a0 [1]", *layers, "  hidden: [*a11]"])
    replace(params, "  hidden: [256]", bomb)
    assert_one_sentence(invoke(check), "holds more than 100,000 values")


@pytest.mark.parametrize(
    ("key", "too_large"),
    [
        ("hidden: [256]", "hidden: [1000001]"),
        ("hidden: [256]", f"hidden: [{', '.join(['1'] * 101)}]"),
        ("hidden: [256]", f"hidden: [{2**62}]"),
        ("epochs: 40", f"epochs: {10**400}"),
        ("batch_size: 32", f"batch_size: {2**63}"),
        ("ensemble_size: 1", f"ensemble_size: {10**20}"),
        ("seed: 1", f"seed: {2**63}"),
        ("learning_rate: 0.05", "learning_rate: 1e31"),
    ],
)
def test_every_number_has_an_upper_end(params: Path, key: str, too_large: str) -> None:
    replace(params, key, too_large)
    assert_one_sentence(invoke(check), f"train.{key.partition(':')[0]}: ")


@pytest.mark.parametrize(
    ("elsewhere", "here"),
    [
        ("lr", "learning_rate"),
        ("eta", "learning_rate"),
        ("max_iter", "epochs"),
        ("hidden_layer_sizes", "hidden"),
        ("random_state", "seed"),
    ],
)
def test_the_name_of_another_library_is_answered_with_the_one_here(
    params: Path, elsewhere: str, here: str
) -> None:
    replace(params, "  epochs: 40", f"  epochs: 40\n  {elsewhere}: 1")
    expected = f"no parameter is called train.{elsewhere}; did you mean train.{here}?"
    assert_one_sentence(invoke(check), expected)


def test_only_near_names_are_suggested() -> None:
    assert did_you_mean("train.epoch", PARAMETERS) == "; did you mean train.epochs?"
    assert did_you_mean("train.batchsize", PARAMETERS) == "; did you mean train.batch_size?"
    for name in ("train.zzz", "x", ""):
        assert did_you_mean(name, PARAMETERS) == ""


def test_help_works_with_wrong_params(params: Path) -> None:
    replace(params, "epochs: 40", "epoch: 30")
    result = invoke(train, "--help")
    assert result.exit_code == 0
    assert "--epochs" in result.output


def test_unreadable_params_are_one_sentence(params: Path) -> None:
    params.unlink()
    assert_one_sentence(invoke(check), "no such file")
    params.mkdir()
    result = invoke(check)
    assert result.exit_code == 2
    assert result.output == "Error: params.yaml: cannot be read: Is a directory\n"


def test_command_refuses_wrong_params_itself(params: Path) -> None:
    replace(params, "epochs: 40", "epoch: 20")
    result = invoke(train)
    assert result.exit_code == 2
    assert "did you mean train.epochs?" in result.output


@pytest.mark.parametrize(
    "args",
    [("--epochs", "many"), ("--epochs", "-1"), ("--hidden", "0"), ("--loss", "x"), ("--epoc", "3")],
)
def test_wrong_command_line_is_exit_2(params: Path, args: tuple[str, str]) -> None:
    result = invoke(train, *args)
    assert result.exit_code == 2
    assert args[0] in result.output
    assert "Traceback" not in result.output


def test_missing_key_is_named(params: Path) -> None:
    replace(params, "  epochs: 40", "  #")
    result = invoke(train)
    assert result.exit_code == 2
    assert "params.yaml has no train.epochs, and --epochs is not given either" in result.output
    params.unlink()
    assert "params.yaml is not in this folder" in invoke(train).output


def test_missing_data_is_exit_2_and_says_what_to_run(params: Path) -> None:
    result = invoke(train)
    assert result.exit_code == 2
    assert "no such file: run `python -m stages.convert`" in result.output


def test_command_line_overrides_params_and_numbers_are_read_as_dvc_reads_them(
    params: Path,
) -> None:
    replace(params, "learning_rate: 0.05", "learning_rate: 1e-3")
    ctx = train.make_context("train", ["--epochs", "7", "--hidden", "3,4"])
    assert ctx.params["epochs"] == 7
    assert ctx.params["hidden"] == (3, 4)
    assert ctx.params["learning_rate"] == 0.001
    replace(params, "hidden: [256]", "hidden: []")
    assert train.make_context("train", []).params["hidden"] == ()


def test_comments_of_params_are_the_help_texts(params: Path) -> None:
    command = [sys.executable, "-m", "docs.params_comments", "--check"]
    subprocess.run(command, cwd=ROOT, check=True)
    for key, parameter in PARAMETERS.items():
        name = key.rpartition(".")[2]
        line = re.search(rf"^ *{name}: .*$", params.read_text(encoding="utf-8"), re.MULTILINE)
        assert line is not None
        assert line.group().partition("# ")[2] == parameter.help


def test_anchor_that_is_used_twice_is_no_warning(params: Path) -> None:
    replace(params, "epochs: 40", "epochs: &a 100")
    replace(params, "batch_size: 32", "batch_size: &a 32")
    result = invoke(check)
    assert result.exit_code == 0
    assert result.stderr == ""
