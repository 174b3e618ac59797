"""Threads and host code that change, in the middle of a call, what it works on."""
import pytest

from .test_threads import python


def test_a_reader_in_a_loop_lets_a_writer_in():
    """The write of a compressed tensor waits for the kernels that read it, not for the end of the thread that runs them."""
    assert python("""
import threading
import ctgrad
r, x = ctgrad.randn(700, 700), ctgrad.zeros(700, 700)
stop = threading.Event()
def read(out=ctgrad.empty(700, 700), d=x.detach()):
    while not stop.is_set():
        ctgrad.atan2(r, d, out=out)
reader = threading.Thread(target=read, daemon=True)
reader.start()
writer = threading.Thread(target=lambda: [x.add_(r), x.numpy()], daemon=True)
writer.start()
writer.join(30)
print(not writer.is_alive(), ctgrad.equal(x, r))
stop.set()
reader.join()
""", PYTHONWARNINGS="ignore") == "True True\n"


@pytest.mark.parametrize("write", ["x.mul_(r)", "x.masked_fill_(r > 0, 1)", "x.cumsum_(0)", "x.copy_(r)", "x[0] = r[0]", "step()", "x.numpy()", "x.data_ptr()"])
def test_a_write_that_waits_while_its_tensor_is_given_another_array(write):
    assert python(f"""
import threading, time
import ctgrad
r, x = ctgrad.randn(2000, 2000), ctgrad.nn.Parameter(ctgrad.zeros(2000, 2000), requires_grad=False)
told, stop = [], threading.Event()
def read(out=ctgrad.empty(2000, 2000), d=x.detach()):
    while not stop.is_set():
        ctgrad.atan2(r, d, out=out)
def step():
    x.requires_grad_().grad = r
    ctgrad.optim.SGD([x], 0.1).step()
def work():
    try:
        {write}
    except RuntimeError as e:
        told.append("given another" in str(e) or "size" in str(e) or str(e))
threads = [threading.Thread(target=read), threading.Thread(target=work)]
threads[0].start()
time.sleep(0.02)
threads[1].start()
x.data = ctgrad.ones(3, 3)
threads[1].join(30)
stop.set()
threads[0].join()
print(threads[1].is_alive(), told in ([], [True]), x.shape == (3, 3))
""", PYTHONWARNINGS="ignore") == "False True True\n"


def test_a_failure_is_told_whatever_runs_at_the_end_of_what_failed():
    """__del__ of a packed value runs while the call that failed lets go of it; it fails by itself, which is another matter."""
    assert python("""
import ctgrad
class Token:
    def __del__(self):
        try:
            ctgrad.ones(2) + ctgrad.ones(3)
        except RuntimeError:
            pass
x, y = ctgrad.ones(3, 3).requires_grad_(), ctgrad.ones(3, 3)
def late(t):
    if t.data_ptr() == x.data_ptr():
        raise KeyError("told")
    return Token()
with ctgrad.autograd.graph.saved_tensors_hooks(late, lambda t: t):
    for args in ((x, y.requires_grad_()), (y, x)):
        try:
            ctgrad.mul(*args)
        except KeyError as e:
            print(e)
""", PYTHONWARNINGS="ignore") == "'told'\n'told'\n"
