"""What a person can get wrong, in params.yaml and on the command line alike."""

import re
from importlib import import_module

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from stages.check import COMMANDS, check
from stages.cli.options import SHARED_KEYS
from stages.train import train


def invoke(command, *args) -> Result:
    return CliRunner().invoke(command, args)


def replace(params, old, new):
    text = params.read_text()
    assert old in text
    params.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("epochs: 100", "epoch: 20", "no option is called train.epoch; did you mean train.epochs?"),
        ("train:", "trian:", "no option is called trian; did you mean train?"),
        ("dataset:", "datset:", "no option is called datset; did you mean dataset?"),
        ("dataset:", "check:\n  x: 1\ndataset:", "no option is called check"),
        ("epochs: 100", "epochs: 2.7", "train.epochs: '2.7' is not a valid integer range"),
        ("epochs: 100", "epochs: true", "train.epochs: 'True' is not a valid"),
        ("epochs: 100", "epochs: -1", "train.epochs: -1 is not in the range x>=0"),
        ("epochs: 100", "epochs:", "train.epochs: must be a single value or a list"),
        ("momentum: 0.9", "momentum: 1", "train.momentum: 1.0 is not in the range 0<=x<1"),
        ("momentum: 0.9", "momentum: .nan", "train.momentum: 'nan' is not a finite number"),
        ("hidden: [128]", "hidden: [12, 0]", "train.hidden: '12,0' is not a list of whole"),
        ("hidden: [128]", "hidden: wide", "train.hidden: 'wide' is not a list of whole"),
        ("activation: relu", "activation: tanh", "train.activation: 'tanh' is not one of"),
        ("dataset: digits", "dataset: letters", "dataset: 'letters' is not one of"),
        ("dataset: digits", "dataset: [", "params.yaml: not YAML"),
        ("train:", "train: 5\nevaluate:", "train: must be a section"),
    ],
)
def test_wrong_params_are_one_sentence_that_names_the_key(params, old, new, says):
    replace(params, old, new)
    found = invoke(check)
    assert found.exit_code == 2, found.output
    assert found.output.startswith("Error: params.yaml: ")
    assert says in found.output
    assert found.output.count("\n") == 1


def test_help_is_there_for_who_misspelt_a_key(params):
    replace(params, "epochs: 100", "epoch: 100")
    found = invoke(train, "--help")
    assert found.exit_code == 0
    assert "--epochs" in found.output


def test_params_that_cannot_be_read_are_one_sentence(params):
    params.unlink()
    params.mkdir()
    found = invoke(check)
    assert found.exit_code == 2
    assert found.output == "Error: params.yaml: cannot be read: Is a directory\n"


def test_command_itself_refuses_wrong_params_too(params):
    replace(params, "epochs: 100", "epoch: 20")
    found = invoke(train)
    assert found.exit_code == 2
    assert "did you mean train.epochs?" in found.output


@pytest.mark.parametrize(
    "args",
    [("--epochs", "many"), ("--epochs", "-1"), ("--hidden", "0"), ("--loss", "x"), ("--epoc", "3")],
)
def test_wrong_command_line_is_exit_2(params, args):
    found = invoke(train, *args)
    assert found.exit_code == 2
    assert args[0] in found.output
    assert "Traceback" not in found.output


def test_lacking_key_is_named(params):
    replace(params, "  epochs: 100", "  #")
    found = invoke(train)
    assert found.exit_code == 2
    assert "params.yaml has no train.epochs, and --epochs is not given either" in found.output
    params.unlink()
    assert "params.yaml is not in this folder" in invoke(train).output


def test_missing_data_is_exit_2_and_says_what_to_run(params):
    found = invoke(train)
    assert found.exit_code == 2
    assert "data/npy/manifest.json: no such file: run `python -m stages.convert`" in found.output


def test_command_line_wins_over_params_and_numbers_are_read_as_dvc_reads_them(params):
    replace(params, "learning_rate: 0.05", "learning_rate: 1e-3")
    ctx = train.make_context("train", ["--epochs", "7", "--hidden", "3,4"])
    assert ctx.params["epochs"] == 7
    assert ctx.params["hidden"] == (3, 4)
    assert ctx.params["learning_rate"] == 0.001
    replace(params, "hidden: [128]", "hidden: []")
    assert train.make_context("train", []).params["hidden"] == ()


def test_every_key_of_params_has_its_options_help_as_comment(params):
    options = {
        name: {
            option.name: option for option in getattr(import_module(f"stages.{name}"), name).params
        }
        for name in COMMANDS
    }
    for name, section in YAML(typ="safe").load(params).items():
        keys = (
            {name: options["download"][name]}
            if name in SHARED_KEYS
            else {key: options[name][key] for key in section}
        )
        for key, option in keys.items():
            line = re.search(rf"^ *{key}: .*$", params.read_text(), re.MULTILINE)
            assert line is not None
            assert line.group().partition("# ")[2] == option.help
