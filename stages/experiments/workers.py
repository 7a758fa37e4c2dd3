"""Workers: processes on this machine or on others that train cells, through Dask."""

import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import dask
import numpy as np
from dask.system import CPU_COUNT
from distributed import Client, Future, LocalCluster, as_completed
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from stages.experiments import worker_data as arrays
from stages.experiments.cells import Cell, work
from stages.experiments.errors import CellError
from stages.network.errors import NetworkError

_PROJECT = __name__.partition(".")[0]
_SECONDS_TO_CONNECT = 10

_SETTINGS = {
    # A cell whose worker died is given to another once.
    "distributed.scheduler.allowed-failures": 1,
    # One cell a worker, none in waiting there: no other is lost with it.
    "distributed.scheduler.worker-saturation": 1.0,
    # Arrays that workers cannot read from a disk are sent on purpose.
    "distributed.admin.large-graph-warning-threshold": "1 TB",
}


def run(
    cells: Sequence[Cell], folder: Path, scheduler: str | None, at_once: int | None
) -> Iterator[tuple[Cell, dict[str, float]]]:
    """Work on cells, on all workers at once.

    Parameters
    ----------
    cells
        What to work on: all different, all of the same data.
    folder
        Where the arrays are on this machine. Workers that see them there too read them from the
        disk; if one does not, they are sent to each worker, once.
    scheduler
        Address of a scheduler that is running, as in `tcp://192.168.0.7:8786`; None for workers of
        our own on this machine.
    at_once
        How many of our own; None for one a core.

    Yields
    ------
    cell : Cell
        As each is done, in whatever order.
    metrics : dict
        What `work` returned for it.

    Raises
    ------
    CellError
        If training goes wrong, a worker lacks what it needs, a cell has lost two workers, or the
        scheduler does not answer.
    """
    if not cells:
        return
    by_key = {cell.key: cell for cell in cells}
    with _connected(scheduler, min(len(cells), at_once or CPU_COUNT)) as client:
        given = _given(client, folder.absolute(), cells[0].data)
        for future in as_completed(client.map(work, cells, key=list(by_key), given=given)):
            cell = by_key[future.key]
            try:
                metrics = future.result()
            except (CellError, NetworkError) as error:
                raise CellError(f"{cell.label}: {error}") from error
            except KilledWorker as error:
                raise CellError(
                    f"{cell.label}: the worker died, and so did the one that tried again"
                ) from error
            except (FutureCancelledError, CommClosedError) as error:
                raise CellError("the scheduler is lost: start it and the study again") from error
            # Nobody waits for it any more: it is not to be worked on again if its worker dies now.
            future.release()
            yield cell, metrics


@contextmanager
def _connected(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Reach a scheduler that has workers, or start one of our own that ends with the block."""
    # What goes wrong is told in a sentence, not in Dask's log too.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(_SETTINGS):
        if scheduler is None:
            with _deaf_to_interrupts():
                # Memory is not watched: Dask would count the pages of mapped files as a worker's.
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address="127.0.0.1:0",
                    # A scheduler runs whatever it is asked to: by TLS, only us.
                    security=True,
                    silence_logs=logging.CRITICAL,
                )
            with cluster, Client(cluster) as client:
                yield client
            return
        try:
            client = Client(scheduler, timeout=_SECONDS_TO_CONNECT)
        except (OSError, ValueError) as error:
            raise CellError(f"no scheduler answers at {scheduler}: {error}") from error
        with client:
            try:
                client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
            except TimeoutError as error:
                raise CellError(f"{scheduler} has no workers: start some for it") from error
            yield client


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C for as long as the block takes.

    Processes that are started meanwhile go on ignoring it: ending them is the study's affair.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _given(client: Client, folder: Path, fingerprint: str) -> Future[arrays.Arrays] | Path:
    """Tell all workers where the arrays are, or send them, as the result of a task.

    As such they are computed anew when all workers that hold them have died.
    """
    # By a function that every Python has, for what is not there cannot be asked.
    found = client.run_on_scheduler(find_spec, _PROJECT), *client.run(find_spec, _PROJECT).values()
    if not all(found):
        raise CellError(
            "the scheduler or a worker does not find this project: start them in copies of its"
            " folder, as README.md says"
        )
    if all(client.run(arrays.has, folder, fingerprint).values()):
        return folder
    held = arrays.Arrays(*(np.array(array) for array in arrays.load(folder)))
    return client.submit(_as_they_are, held, key=f"arrays-{fingerprint}")


def _as_they_are(held: arrays.Arrays) -> arrays.Arrays:
    return held
