"""`python -m ctgrad script.py`: what a script sees, what it prints, and how it ends."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import ctgrad
import pytest

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(ctgrad.__file__).parent.parent)}


def python(*args, cwd=None):
    done = subprocess.run(
        [sys.executable, *args], capture_output=True, text=True, cwd=cwd, timeout=120, env=ENVIRONMENT
    )
    return done.stdout, done.stderr, done.returncode


def run(*args, cwd=None):
    return python("-m", "ctgrad", *args, cwd=cwd)


@pytest.fixture
def script(tmp_path):
    def write(text, name="script.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


def test_every_form_of_import(script):
    out, err, code = run(
        script("""
        import torch
        import torch.nn as nn, torch.nn.functional as F
        import torch.optim as optim
        from torch import Tensor, manual_seed
        from torch.autograd import Variable
        from torch.nn import Parameter
        from torch.autograd.gradcheck import GradcheckError
        from torch.utils.checkpoint import checkpoint
        import ctgrad
        assert torch.nn is nn and nn.functional is F and torch.optim is optim
        assert Tensor is ctgrad.Tensor and nn.Linear is ctgrad.nn.Linear
        assert torch.autograd.gradcheck is ctgrad.autograd.gradcheck
        print(torch.__name__, nn.__name__, F.__name__, torch.__version__)
        print(ctgrad.__name__, ctgrad.nn.__name__, type(ctgrad).__name__)
        """)
    )
    assert (err, code) == ("", 0)
    first, second = out.splitlines()
    assert first.startswith("torch torch.nn torch.nn.functional 2.13.0+ctgrad")
    assert second == "ctgrad ctgrad.nn module"


def test_what_the_script_sees(script, tmp_path):
    path = script("import sys; print(__name__, __file__, sys.argv, sys.path[0], __package__)", "inner/s.py")
    out, _, _ = run("inner/s.py", "a", "--b", cwd=tmp_path)
    assert out.split() == ["__main__", path, "['inner/s.py',", "'a',", "'--b']", str(tmp_path / "inner"), "None"]


def test_neighbours_can_be_imported_and_see_torch_too(script):
    script("import torch\ndef f(): return torch.__name__", "neighbour.py")
    out, err, _ = run(script("import neighbour; print(neighbour.f())"))
    assert (out, err) == ("torch\n", "")


@pytest.mark.parametrize(
    ("line", "error", "text"),
    [
        ("torch.xyz", "AttributeError", "module 'torch' has no attribute 'xyz'"),
        ("torch.nn.xyz", "AttributeError", "module 'torch.nn' has no attribute 'xyz'"),
        ("import torch.xyz", "ModuleNotFoundError", "No module named 'torch.xyz'"),
        ("from torch import xyz", "ModuleNotFoundError", "'torch.xyz'"),
        ("from torch.nn import xyz", "ModuleNotFoundError", "'torch.nn.xyz'"),
        ("import torch.nn.functional.xyz", "ModuleNotFoundError", "'torch.nn.functional.xyz'"),
    ],
)
def test_what_ctgrad_lacks(script, line, error, text):
    _, err, code = run(script(f"import torch\n{line}"))
    last = err.splitlines()[-1]
    assert last.startswith(error) and text in last and "ctgrad" in last
    assert code == 1


def test_tracebacks_start_in_the_script(script):
    path = script("def f():\n    raise ValueError('here')\nf()")
    _, err, code = run(path)
    assert err.splitlines()[:3] == ["Traceback (most recent call last):", f'  File "{path}", line 3, in <module>', "    f()"]
    assert err.splitlines()[-1] == "ValueError: here"
    assert code == 1


def test_syntax_errors_show_no_frame(script):
    _, err, code = run(script("x = = 1"))
    assert "Traceback" not in err and "SyntaxError" in err
    assert code == 1


@pytest.mark.parametrize(("ending", "code"), [("sys.exit(3)", 3), ("sys.exit()", 0), ("sys.exit('bye')", 1)])
def test_exit_codes(script, ending, code):
    assert run(script(f"import sys; {ending}"))[2] == code


def test_a_missing_script():
    out, err, code = run("no_such_script.py")
    assert code == 2 and "can't open file" in err and not out


def test_code_and_modules(script, tmp_path):
    assert run("-c", "import torch, sys; print(torch.ones(1).item(), sys.argv)", "x")[0] == "1.0 ['-c', 'x']\n"
    script("import torch, sys; print(torch.ones(2).sum().item(), __name__, len(sys.argv))", "mod.py")
    assert run("-m", "mod", "x", cwd=tmp_path)[0] == "2.0 __main__ 2\n"
    script("import torch; print(torch.zeros(1).item())", "app/__main__.py")
    assert run("app", cwd=tmp_path)[0] == "0.0\n"


def test_names_set_on_torch_reach_ctgrad(script):
    out, _, _ = run(script("import torch, ctgrad\ntorch.mine = 5\nprint(ctgrad.mine, torch.mine)\ndel torch.mine\nprint(hasattr(ctgrad, 'mine'))"))
    assert out == "5 5\nFalse\n"


def test_an_installed_torch_is_neither_used_nor_touched(script, tmp_path):
    script("print('the other torch')", "torch.py")
    assert run(script("import torch; print(torch.__version__[:6])"), cwd=tmp_path)[0] == "2.13.0\n"
    assert python("-c", "import ctgrad, torch", cwd=tmp_path)[0] == "the other torch\n"


def test_usage():
    assert "script.py" in run("--help")[0]
    assert run("--version")[0].startswith("ctgrad ")
    assert run("--nonsense")[2] == 2
    assert run("-c")[2] == 2


def test_the_demo():
    out, err, code = run()
    assert (err, code) == ("", 0)
    assert "\033" not in out
    lines = {line[:32].strip(): line[32:].strip() for line in out.splitlines()}
    assert lines["bytes held"].startswith("16") and lines["bytes seen"] == "64"
    assert "strides (0, 1)" in lines["W"]
    assert lines["gradcheck, gradgradcheck"] == "True True"
    assert lines["same w.grad"] == "True"
    assert "ExpandBackward0 <- w" in lines["the tape"]


def test_classes_and_results_are_shown_as_torch_shows_them(script):
    out, err, code = run(
        script("""
        import pickle
        import torch
        import torch.nn as nn
        net = nn.Sequential(nn.Linear(1, 1))
        print(type(torch.ones(1)), type(net[0]), type(net[0].weight), torch.ones(2).shape.__class__, torch.float32.__class__)
        print(torch.linalg.qr(torch.eye(1)))
        print(type(pickle.loads(pickle.dumps(net))), pickle.loads(pickle.dumps(net.state_dict()))["0.bias"].shape)
        """)
    )
    assert code == 0, err
    first, *rest = out.splitlines()
    assert first == ("<class 'torch.Tensor'> <class 'torch.nn.modules.linear.Linear'> <class 'torch.nn.parameter.Parameter'> "
                     "<class 'torch.Size'> <class 'torch.dtype'>")
    assert rest[0] == "torch.return_types.linalg_qr(" and rest[-1] == "<class 'torch.nn.modules.container.Sequential'> torch.Size([1])"


def test_functions_and_classes_are_looked_up_in_the_dictionary(script):
    text = ("import torch, torch.distributions\nprint(torch.optim.__dict__['SGD'] is torch.optim.SGD, vars(torch.nn.functional)['relu'] is torch.nn.functional.relu)\n"
            "print([n for n, k in torch.distributions.__dict__.items() if isinstance(k, type) and issubclass(k, torch.distributions.Normal)])\n"
            "torch.relu = abs\nprint(torch.relu(-3))")
    assert run(script(text))[0] == "True True\n['Normal']\n3\n"


def test_processes_started_anew_are_answered_too(script):
    out, err, code = run(
        script("""
        import torch
        import torch.multiprocessing as mp
        from torch import nn

        def work(net, row, answers):
            answers.put((torch.__version__, type(net[0]).__module__, net(row).tolist()))

        if __name__ == "__main__":
            context = mp.get_context("spawn")
            net, row, answers = nn.Sequential(nn.Linear(2, 1)), torch.ones(1, 2), context.Queue()
            process = context.Process(target=work, args=(net, row, answers))
            process.start()
            version, module, result = answers.get(timeout=100)
            process.join()
            print(version == torch.__version__, module, result == net(row).tolist(), process.exitcode)
        """)
    )
    assert (out, code) == ("True torch.nn.modules.linear True 0\n", 0), err
