from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_info

from stages.studies import cells


def n_blas_threads() -> set[int]:
    assert cells  # its import loads NumPy's BLAS
    return {
        library["num_threads"] for library in threadpool_info() if "numpy" in library["filepath"]
    }


def test_blas_has_one_thread_in_any_thread_of_a_worker() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(n_blas_threads).result() == {1}
    assert n_blas_threads() == {1}
