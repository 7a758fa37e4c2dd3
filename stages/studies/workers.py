"""Workers: processes on this machine or on others that train cells, through Dask."""

import asyncio
import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import dask
import numpy as np
from dask.system import CPU_COUNT
from distributed import Client, Future, LocalCluster, Security, as_completed
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError, connect
from distributed.scheduler import KilledWorker

from stages.studies import worker_data
from stages.studies.cells import Cell, CellResult, train_and_evaluate
from stages.studies.errors import CellError
from stages.training.errors import TrainingError
from stages.training.split import Data

_PROJECT = __name__.partition(".")[0]
_CONNECT_TIMEOUT = 10  # seconds

_DASK_CONFIG = {
    # A cell whose worker died is retried once on another worker.
    "distributed.scheduler.allowed-failures": 1,
    # One cell per worker and none queued there, so that a dead worker loses one cell only.
    "distributed.scheduler.worker-saturation": 1.0,
    # Arrays that workers cannot read from a disk are sent on purpose.
    "distributed.admin.large-graph-warning-threshold": "1 TB",
}


def run(
    cells: Sequence[Cell], folder: Path, scheduler: str | None, n_workers: int | None
) -> Iterator[tuple[Cell, CellResult]]:
    """Train cells on all workers at once, and yield each with its result when it is finished.

    Parameters
    ----------
    cells
        Cells to train: all different, all of the same data.
    folder
        Folder of the arrays on this machine. Workers that see the same arrays there read them from
        the disk; if one does not, they are sent to each worker once.
    scheduler
        Address of a running scheduler, as in `tcp://192.168.0.7:8786`; None to start workers on
        this machine.
    n_workers
        Number of workers to start on this machine; None for one per core.

    Raises
    ------
    CellError
        If training diverges, a worker lacks the code or the arrays, a cell lost two workers, or
        the scheduler does not answer.
    """
    if not cells:
        return
    by_key = {cell.key: cell for cell in cells}
    with _connected(scheduler, min(len(cells), n_workers or CPU_COUNT)) as client:
        data = _share_data(client, folder.absolute(), cells[0].data_hash)
        futures = client.map(train_and_evaluate, cells, key=list(by_key), data=data)
        for future in as_completed(futures):
            cell = by_key[future.key]
            try:
                result = future.result()
            except (CellError, TrainingError) as error:
                raise CellError(f"{cell.label}: {error}") from error
            except KilledWorker as error:
                raise CellError(
                    f"{cell.label}: its worker died, and so did a second one"
                ) from error
            except (FutureCancelledError, CommClosedError) as error:
                raise CellError(
                    "the connection to the scheduler is lost: start it and the study again"
                ) from error
            # Without this, Dask would train the cell again if its worker died later.
            future.release()
            yield cell, result


@contextmanager
def _connected(scheduler: str | None, n_workers: int) -> Iterator[Client]:
    """Connect to a scheduler that has workers, or start a local one that ends with the block."""
    # Errors become sentences; Dask's log would repeat them.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(_DASK_CONFIG):
        if scheduler is None:
            with _ignore_sigint():
                # No memory limit: Dask would count the pages of mapped files as the worker's own.
                cluster = LocalCluster(
                    n_workers=n_workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address="127.0.0.1:0",
                    # A scheduler runs any code it is sent. TLS keeps others out.
                    security=True,
                    silence_logs=logging.CRITICAL,
                )
            with cluster, Client(cluster) as client:
                yield client
            return
        try:
            asyncio.run(_shake_hands(scheduler))
            client = Client(scheduler, timeout=_CONNECT_TIMEOUT)
        # A TLS address without certificates is a TypeError, an unknown protocol a ValueError.
        except (OSError, ValueError, TypeError) as error:
            reason = str(error) or f"nothing is said within {_CONNECT_TIMEOUT} s"
            raise CellError(f"no scheduler answers at {scheduler}: {reason}") from error
        # Dask takes what another program answers for its own, and has no one kind of error then.
        except Exception as error:
            raise CellError(f"what answers at {scheduler} is no scheduler of Dask") from error
        with client:
            try:
                client.wait_for_workers(1, timeout=_CONNECT_TIMEOUT)
            except TimeoutError as error:
                raise CellError(f"{scheduler} has no workers: start some for it") from error
            yield client


async def _shake_hands(address: str) -> None:
    """Connect once within the time limit, which `Client` does not have for the handshake."""
    arguments = Security().get_connection_args("client")
    comm = await asyncio.wait_for(
        connect(address, timeout=_CONNECT_TIMEOUT, **arguments), _CONNECT_TIMEOUT
    )
    await comm.close()


@contextmanager
def _ignore_sigint() -> Iterator[None]:
    """Ignore Ctrl-C within the block.

    Processes that are started in the block inherit this; the study must stop them.
    """
    previous_handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous_handler)


def _share_data(client: Client, folder: Path, data_hash: str) -> Future[worker_data.Splits] | Path:
    """Return the folder if all workers see the arrays there; else send them, as a task's result.

    Dask computes the task again when all workers that hold its result have died.
    """
    # find_spec exists in every Python; a function of this project could not even be sent.
    specs = client.run_on_scheduler(find_spec, _PROJECT), *client.run(find_spec, _PROJECT).values()
    if not all(specs):
        raise CellError(
            "the scheduler or a worker does not find this project: start them in copies of its"
            " folder, as docs/studies.md says"
        )
    if all(client.run(worker_data.is_shared, folder, data_hash).values()):
        return folder
    in_memory = [Data(*map(np.array, split)) for split in worker_data.load(folder)]
    return client.submit(worker_data.Splits, *in_memory, key=f"arrays-{data_hash}")
