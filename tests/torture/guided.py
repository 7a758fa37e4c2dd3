"""The readers under a fuzzer that looks for inputs that reach new code (needs atheris)."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["stages", "numpy.lib", "gzip"]):
    from tests.torture import fuzz


def main() -> None:
    """Fuzz the reader that is named; what follows goes to libFuzzer, as in -runs=100000."""
    name, *arguments = sys.argv[1:]
    target = next(target for target in fuzz.targets() if target.name == name)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as corpus:
        for index, seed in enumerate(target.seeds):
            (Path(corpus) / str(index)).write_bytes(seed)
        trial = fuzz.Trial(target, Path(folder))

        def try_one(content: bytes) -> None:
            # As it came, and such as passes the first checks.
            for wrap in target.wraps:
                if fault := trial.fault(wrap(content)):
                    raise RuntimeError(fault)

        atheris.Setup([sys.argv[0], *arguments, corpus], try_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
