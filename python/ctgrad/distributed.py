"""Processes that train together: there is one here, and it says so to those who ask."""

__all__ = ["get_rank", "get_world_size", "is_available", "is_initialized", "is_gloo_available", "is_mpi_available", "is_nccl_available"]


def is_available():
    """False."""
    return False


is_initialized = is_gloo_available = is_mpi_available = is_nccl_available = is_available


def get_rank(group=None):
    """ValueError, as before init_process_group."""
    raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")


get_world_size = get_rank
