from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_info

from stages.experiments import cells as cell


def blas_threads():
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


def limited():
    with cell.one_blas_thread():
        return blas_threads()


def test_blas_has_one_thread_in_a_cell_whichever_thread_works_on_it():
    # The import above set BLAS's threads in this thread; Dask works in another.
    before = blas_threads()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(limited).result() == {1}
    assert limited() == {1}
    assert blas_threads() == before
