"""Processes that train together: there is one here, and it says so to those who ask. What would speak to others fails as it does in PyTorch
before `init_process_group`; scripts and libraries name it, and call it only where `is_initialized()`."""

import enum

__all__ = ["ProcessGroup", "ReduceOp", "destroy_process_group", "get_rank", "init_process_group", "is_available", "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available"]


class ReduceOp(enum.Enum):
    """How tensors of several processes would become one."""

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR, PREMUL_SUM = range(9)


class ProcessGroup:
    """What annotations name; there is none."""

    def __init__(self, *args, **kwargs):
        raise ValueError("ProcessGroup(): there is one process, and none to make a group of")


def is_available():
    """False."""
    return False


is_initialized = is_gloo_available = is_mpi_available = is_nccl_available = is_available


def init_process_group(backend=None, *args, **kwargs):
    """ValueError: no process is spoken to."""
    raise ValueError(f"init_process_group(): backend {backend!r} is not there, ctgrad trains in one process: leave the call out, or run the script without its launcher")


def destroy_process_group(group=None):
    """AssertionError, as before init_process_group."""
    raise AssertionError("destroy_process_group(): there is no group; call it only where is_initialized()")


def get_rank(group=None):
    """ValueError, as before init_process_group."""
    raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")


def _among_processes(name):
    def call(*args, **kwargs):
        get_rank()

    call.__name__ = call.__qualname__ = name
    call.__doc__ = "ValueError, as before init_process_group."
    return call


_AMONG = """get_world_size get_backend get_process_group_ranks new_group barrier monitored_barrier all_gather all_gather_into_tensor all_gather_object all_reduce
    all_to_all all_to_all_single broadcast broadcast_object_list gather gather_object reduce reduce_scatter reduce_scatter_tensor scatter scatter_object_list
    send recv isend irecv""".split()
for _name in _AMONG:
    globals()[_name] = _among_processes(_name)
__all__ += _AMONG
