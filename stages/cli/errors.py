"""Errors of wrong use: one sentence, exit code 2."""

import click


class UserError(click.ClickException):
    """Wrong use in one sentence; click's own `UsageError` would print the usage first."""

    exit_code = 2


class ParamsError(UserError):
    """A key or value of params.yaml is wrong; `problem` says how, without the file's name."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"params.yaml: {problem}")
        self.problem = problem
