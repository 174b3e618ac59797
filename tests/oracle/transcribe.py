"""Run the programs of a file and write, line by line, what a reader of an interactive session would see.

`python transcribe.py FILES` runs them on PyTorch, `python -m ctgrad transcribe.py FILES` on ctgrad. Each top-level statement's
value is shown as the interactive interpreter shows it; a statement that raises shows the class of its exception, and
the program goes on. One JSON line a program, with its file's name, written at once, so that a crash tells which program it was.
A file is run by a child of the process, which has all that importing the library brought and nothing that another file left.
"""

import ast
import contextlib
import importlib.util
import io
import json
import math
import os
import re
import sys
import warnings

import numpy as np
import torch
import torch.nn
import torch.nn.functional
import torch.optim


def statements(program):
    for statement in ast.parse(program).body:
        yield ast.unparse(statement), compile(ast.Interactive([statement]), "<program>", "single")


def fresh_names():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    torch.set_printoptions(profile="default")
    torch.set_grad_enabled(True)
    return {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "np": np, "math": math, "__name__": "__main__"}


def _plain(shown):
    """Without what differs from run to run: addresses, and the library's own name."""
    return re.sub(r"<[\w.]+ object at 0x\w+>", "<object>", shown).replace("ctgrad", "torch")


def transcript(program):
    """[(statement, what it showed, message of its exception)]"""
    names, lines = fresh_names(), []
    for text, code in statements(program):
        shown, message = io.StringIO(), ""
        with contextlib.redirect_stdout(shown):
            try:
                exec(code, names)
            except Exception as error:
                kind = type(error)
                kind = ImportError if issubclass(kind, ImportError) else kind
                print(kind.__name__)
                message = str(error)
        lines.append((text, _plain(shown.getvalue()), message))
    return lines


def load(path):
    spec = importlib.util.spec_from_file_location("programs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PROGRAMS


def first_uses():
    """What a library imports when it is first used: once, before there are children."""
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0).step()
    torch.broadcast_to(torch.zeros(1), (1,))


def run(path):
    for program in load(path):
        print(json.dumps([path, transcript(program)]), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    first_uses()
    for path in sys.argv[1:]:
        child = os.fork()
        if not child:
            run(path)
            os._exit(0)
        os.waitpid(child, 0)
