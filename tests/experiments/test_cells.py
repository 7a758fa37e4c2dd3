from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_info

from stages.experiments import cells


def blas_threads() -> set[int]:
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


def blas_threads_in_a_cell() -> set[int]:
    with cells.one_blas_thread():
        return blas_threads()


def test_blas_has_one_thread_in_a_cell_in_any_thread() -> None:
    # The import above set the number of BLAS threads in this thread; Dask works in another.
    before = blas_threads()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(blas_threads_in_a_cell).result() == {1}
    assert blas_threads_in_a_cell() == {1}
    assert blas_threads() == before
