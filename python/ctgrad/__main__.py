"""`python -m ctgrad`: the demo. `python -m ctgrad script.py [args]`: run a PyTorch script on ctgrad.

A script sees what `python script.py [args]` would show it: `sys.argv`, `sys.path[0]`, `__name__`, `__file__`, its exit
code and its tracebacks.
"""

import builtins
import io
import os
import runpy
import sys
from functools import partial
from importlib.machinery import SourceFileLoader
from types import ModuleType

USAGE = """\
usage: python -m ctgrad                       the demo: a tied layer
       python -m ctgrad script.py [args]      run a PyTorch script, `import torch` answered by ctgrad
       python -m ctgrad -m module [args]      the same for a module
       python -m ctgrad -c "code" [args]      the same for a line of code
       python -m ctgrad --version"""


def _hide_own_frames(is_script_frame):
    """Print tracebacks from the script's first frame on. Exit codes stay the interpreter's business."""
    shown = sys.excepthook

    def hook(kind, error, trace):
        while trace is not None and not is_script_frame(trace.tb_frame):
            trace = trace.tb_next
        shown(kind, error.with_traceback(trace), trace)

    sys.excepthook = hook


def _put_first_on_path(folder):
    """Replace what `python -m` put first on the path by what `python script.py` puts there."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _main_module(**attributes):
    module = ModuleType("__main__")
    vars(module).update(__builtins__=builtins, **attributes)
    sys.modules["__main__"] = module
    _hide_own_frames(lambda frame: frame.f_globals is vars(module))
    return vars(module)


def _run_code(source, args):
    sys.argv = ["-c", *args]
    _put_first_on_path("")
    names = _main_module()
    exec(compile(source, "<string>", "exec"), names)


def _run_by_runpy(run, target, args):
    """A module or a directory: the tracebacks start where runpy's frames do, as `python -m module` has them."""
    sys.argv = [target, *args]
    _hide_own_frames(lambda frame: frame.f_back is not None and frame.f_back.f_code is _run_by_runpy.__code__)
    run(target, run_name="__main__")


def _run_module(name, args):
    _run_by_runpy(partial(runpy.run_module, alter_sys=True), name, args)


def _run_file(name, args):
    path = os.path.abspath(name)
    if os.path.isdir(path):
        return _run_by_runpy(runpy.run_path, name, args)
    sys.argv = [name, *args]
    try:
        with io.open_code(path) as file:
            source = file.read()
    except OSError as error:
        print(f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        sys.exit(2)
    _put_first_on_path(os.path.dirname(os.path.realpath(path)))
    names = _main_module(__file__=path, __loader__=SourceFileLoader("__main__", path), __cached__=None)
    exec(compile(source, path, "exec"), names)
    return None


def main(argv):
    if not argv:
        from ctgrad import _demo

        return _demo.main()
    head, *rest = argv
    if head in ("-h", "--help"):
        return print(USAGE)
    if head in ("-V", "--version"):
        import ctgrad

        return print("ctgrad", ctgrad.__version__)
    if (head.startswith("-") and head not in ("-c", "-m")) or (head in ("-c", "-m") and not rest):
        print(USAGE, file=sys.stderr)
        sys.exit(2)
    from ctgrad import _as_torch

    _as_torch.install()
    if head == "-c":
        _run_code(rest[0], rest[1:])
    elif head == "-m":
        _run_module(rest[0], rest[1:])
    else:
        _run_file(head, rest)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
