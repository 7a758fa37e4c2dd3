"""The readers under a coverage-guided fuzzer (needs atheris)."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["stages", "numpy.lib", "gzip"]):
    from tests.torture import fuzz


def main() -> None:
    """Fuzz the reader of that name; the other arguments are libFuzzer's, such as -runs=100000."""
    name, *arguments = sys.argv[1:]
    target = next(target for target in fuzz.targets() if target.name == name)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as corpus:
        for index, seed in enumerate(target.seeds):
            (Path(corpus) / str(index)).write_bytes(seed)
        trial = fuzz.Trial(target, Path(folder))

        def read(content: bytes) -> None:
            for wrap in target.wraps:
                if failure := trial.failure(wrap(content)):
                    raise RuntimeError(failure)

        atheris.Setup([sys.argv[0], *arguments, corpus], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
