"""Processes of Python's own ``multiprocessing``, under PyTorch's name. Tensors sent to another process reach it as copies;
those of ``share_memory_`` are the same ones in a process that is started with them."""

import multiprocessing
from multiprocessing import *  # noqa: F403

__all__ = [*multiprocessing.__all__, "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy", "spawn"]


def get_all_sharing_strategies():
    """The one there is."""
    return {"file_system"}


def get_sharing_strategy():
    """The one there is."""
    return "file_system"


def set_sharing_strategy(new_strategy):
    """AssertionError for another than the one there is; nothing is shared."""
    assert new_strategy in ("file_system", "file_descriptor"), f"unknown sharing strategy {new_strategy}"


def spawn(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
    """``fn(number, *args)`` in each of nprocs processes; with join, waits for all. RuntimeError where one fails."""
    context = multiprocessing.get_context(start_method)
    processes = [context.Process(target=fn, args=(i, *args), daemon=daemon) for i in range(nprocs)]
    for process in processes:
        process.start()
    if not join:
        return processes
    for process in processes:
        process.join()
    failed = [i for i, process in enumerate(processes) if process.exitcode]
    if failed:
        raise RuntimeError(f"process {failed[0]} of {nprocs} ended with exit code {processes[failed[0]].exitcode}")
    return None
