"""The older home of the profiler's names."""

from ctgrad.profiler import EventList, profile, record_function

__all__ = ["EventList", "profile", "record_function"]
