/* How many threads share long work, and PyTorch's number of interop threads, which nothing here uses. */
#include "base/pool.h"
#include "py/py.h"

static int interop;         /* 0: not set */

static long positive(const char *name, PyObject *value)
{
    if (PyBool_Check(value) || !PyLong_Check(value)) {
        PyErr_Format(PyExc_RuntimeError, "%s expects an int, but got %s", name, Py_TYPE(value)->tp_name);
        return -1;
    }
    int overflow;
    long n = PyLong_AsLongAndOverflow(value, &overflow);
    if (overflow > 0)
        PyErr_SetString(PyExc_ValueError, "Overflow when unpacking long");
    else if (n <= 0)
        PyErr_Format(PyExc_RuntimeError, "%s expects a positive integer", name);
    return overflow || n <= 0 ? -1 : n;
}

static PyObject *get_threads(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyLong_FromLong(ct_threads()); }
static PyObject *set_threads(PyObject *m, PyObject *value)
{
    (void)m;
    long n = positive("set_num_threads", value);
    if (n < 0)
        return NULL;
    ct_set_threads(n > POOL_MOST ? POOL_MOST : (int)n);
    Py_RETURN_NONE;
}

static PyObject *get_interop(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyLong_FromLong(interop ? interop : ct_threads()); }
static PyObject *set_interop(PyObject *m, PyObject *value)
{
    (void)m;
    long n = positive("set_num_interop_threads", value);
    if (n < 0)
        return NULL;
    if (interop)
        return PyErr_Format(PyExc_RuntimeError, "Error: cannot set number of interop threads after parallel work has started or set_num_interop_threads called");
    interop = n > INT_MAX ? INT_MAX : (int)n;
    Py_RETURN_NONE;
}

/* ---- for tests ---- */
static PyObject *share_always(PyObject *m, PyObject *value)
{
    (void)m;
    int truth = PyObject_IsTrue(value);
    if (truth < 0)
        return NULL;
    ct_share_always = truth;
    Py_RETURN_NONE;
}
static PyObject *shared(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyLong_FromLongLong(ct_shared()); }

static PyMethodDef methods[] = {
    {"get_num_threads", get_threads, METH_NOARGS, "get_num_threads()\n--\n\nHow many threads share an op that is long enough."},
    {"set_num_threads", set_threads, METH_O,
     "set_num_threads(int, /)\n--\n\nHow many threads share an op that is long enough: one a core unless told, here or by CTGRAD_NUM_THREADS. Results do not\ndepend on it. RuntimeError below 1; more than 64 are 64."},
    {"get_num_interop_threads", get_interop, METH_NOARGS, "get_num_interop_threads()\n--\n\nWhat was set, else the number of threads."},
    {"set_num_interop_threads", set_interop, METH_O,
     "set_num_interop_threads(int, /)\n--\n\nKept for scripts that set it, once: ops run one after another. RuntimeError below 1 and at the second call."},
    {"_share_always", share_always, METH_O, "_share_always(yes, /)\n--\n\nWhether work is shared that is too short to gain by it."},
    {"_shared", shared, METH_NOARGS, "_shared()\n--\n\nHow often work was shared since this process began."},
    {NULL},
};

int py_threads_setup(PyObject *module) { return PyModule_AddFunctions(module, methods); }
