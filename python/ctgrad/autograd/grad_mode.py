"""Switches for recording: whether operations on tensors that require gradients are put on the tape.

Each is a context manager and a decorator, of functions, generators and coroutines alike. The state itself belongs to the engine
and to the thread.
"""

import functools
import inspect
import threading
import warnings

from ctgrad import _C
from ctgrad._C import (
    _set_grad_enabled,
    _set_inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
)

__all__ = ["enable_grad", "inference_mode", "no_grad", "set_grad_enabled", "set_multithreading_enabled"]


def _wrap_generator(new_context, func):
    """Run the body of a generator inside a context, and its consumer, between two values, outside of it."""

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        gen = func(*args, **kwargs)
        step, value = gen.send, None
        try:
            while True:
                try:
                    with new_context():
                        item = step(value)
                except StopIteration as end:
                    return end.value
                try:
                    step, value = gen.send, (yield item)
                except GeneratorExit:
                    with new_context():
                        gen.close()
                    raise
                except BaseException as error:
                    step, value = gen.throw, error
        finally:
            with new_context():
                gen.close()

    return wrapped


def _wrap(new_context, func):
    if inspect.isclass(func):
        warnings.warn(
            f"Decorating classes is deprecated, and applies to __init__ of {func.__name__} only: decorate the methods, or use a `with` block",
            FutureWarning,
            stacklevel=3,
        )
        func.__init__ = _wrap(new_context, func.__init__)
        return func
    if inspect.isgeneratorfunction(func):
        return _wrap_generator(new_context, func)

    if inspect.iscoroutinefunction(func):

        @functools.wraps(func)
        async def awaited(*args, **kwargs):
            with new_context():
                return await func(*args, **kwargs)

        return awaited

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        with new_context():
            return func(*args, **kwargs)

    return wrapped


class _Mode:
    """What the modes share: a fresh instance guards each call of a decorated function, so recursion is safe."""

    __slots__ = ("_before",)

    def __call__(self, func):
        return _wrap(self.clone, func)

    def clone(self):
        return type(self)()


class _Recording(_Mode):
    """Records inside, or does not; the class itself also decorates."""

    __slots__ = ()

    def __new__(cls, func=None):
        self = object.__new__(cls)
        return self if func is None else _wrap(self.clone, func)

    def __enter__(self):
        self._before = is_grad_enabled()
        _set_grad_enabled(self._records)

    def __exit__(self, *error):
        _set_grad_enabled(self._before)


class no_grad(_Recording):
    """Do not record: results computed inside do not require gradients.

    `with no_grad():`, `@no_grad()` and `@no_grad` are all accepted.
    """

    __slots__ = ()
    _records = False


class enable_grad(_Recording):
    """Record again, inside `no_grad` or `set_grad_enabled(False)`. Usable like `no_grad`."""

    __slots__ = ()
    _records = True


class set_grad_enabled(_Mode):
    """Record or not, by a flag. Takes effect at once; as a context manager or decorator it is undone at the end."""

    __slots__ = ("mode",)

    def __init__(self, mode):
        if not isinstance(mode, bool):
            kind = type(mode).__name__
            raise TypeError(f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {kind}")
        self._before = is_grad_enabled()
        self.mode = mode
        _set_grad_enabled(mode)

    def __call__(self, func):
        _set_grad_enabled(self._before)
        return super().__call__(func)

    def __enter__(self):
        _set_grad_enabled(self.mode)

    def __exit__(self, *error):
        _set_grad_enabled(self._before)

    def __str__(self):
        return f"ctgrad.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def __repr__(self):
        return str(self)

    def clone(self):
        return type(self)(self.mode)


_threads = threading.local()  # enabled: of each thread, True where it is not set


def _is_multithreading_enabled():
    return getattr(_threads, "enabled", True)


_C._is_multithreading_enabled = _is_multithreading_enabled  # where PyTorch has it


class set_multithreading_enabled(_Mode):
    """Whether backward may hand work to threads of devices, of this thread; at once, until the end of the block. The CPU's part of it,
    all there is here, always runs on the thread that calls, so results and times are the same either way."""

    __slots__ = ("mode",)

    def __init__(self, mode):
        if not isinstance(mode, bool):
            raise TypeError(f"set_multithreading_enabled(): argument 'enabled' (position 1) must be bool, not {type(mode).__name__}")
        self._before, self.mode = _is_multithreading_enabled(), mode
        _threads.enabled = mode

    def __enter__(self):
        pass

    def __exit__(self, *error):
        _threads.enabled = self._before

    def clone(self):
        return type(self)(self.mode)


class inference_mode(_Mode):
    """Do not record, and make tensors that can never be recorded: no version counters, no views tracked.

    `mode=False` inside an inference block records again.
    """

    __slots__ = ("mode",)

    def __new__(cls, mode=True):
        if isinstance(mode, bool):
            return object.__new__(cls)
        return cls()(mode)

    def __init__(self, mode=True):
        self.mode = mode

    def __enter__(self):
        self._before = is_grad_enabled(), is_inference_mode_enabled()
        _set_inference_mode(self.mode)
        _set_grad_enabled(not self.mode)

    def __exit__(self, *error):
        grad, inference = self._before
        _set_inference_mode(inference)
        _set_grad_enabled(grad)

    def clone(self):
        return type(self)(self.mode)
