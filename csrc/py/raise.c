/* From a status of the rooms below to a Python exception, and back. One table. */
#include "py/py.h"
#include <string.h>

/* PyTorch raises RuntimeError when memory is exhausted, Python programs expect MemoryError: both catch this one. linalg raises the other. */
static PyObject *out_of_memory, *no_solution;

static PyObject *exception_class(ct_status status)
{
    switch (status) {
    case CT_VALUE: return PyExc_ValueError;
    case CT_TYPE: return PyExc_TypeError;
    case CT_INDEX: return PyExc_IndexError;
    case CT_MEMORY: return out_of_memory ? out_of_memory : PyExc_MemoryError;
    case CT_RUNTIME: case CT_OVERFLOW: return PyExc_RuntimeError; /* overflow: sizes that cannot be counted */
    case CT_NOTIMPL: return PyExc_NotImplementedError;
    default: return PyExc_SystemError;
    }
}

PyObject *py_raise(void)
{
    ct_status status = ct_failed();
    const char *message = status == CT_OK ? "a call failed without saying why" : ct_message();
    ct_clear();
    if (status == CT_FOREIGN && PyErr_Occurred())
        return NULL;
    /* The message may have been cut inside a character that a user wrote. */
    PyObject *text = PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "replace");
    if (text)
        PyErr_SetObject(exception_class(status), text);
    Py_XDECREF(text);
    return NULL;
}

int py_raise_int(void)
{
    py_raise();
    return -1;
}

void py_note_foreign(void) { ct_fail(CT_FOREIGN, "%s", ""); }

void py_set_aside(py_told *told)
{
    told->status = ct_failed();
    told->message = NULL;
    if (CT_UNLIKELY(told->status != CT_OK)) {
        size_t bytes = strlen(ct_message()) + 1;
        if ((told->message = PyMem_RawMalloc(bytes)))
            memcpy(told->message, ct_message(), bytes);
    }
}

void py_put_back(const py_told *told)
{
    if (CT_UNLIKELY(told->status != CT_OK))
        ct_fail(told->status, "%s", told->message ? told->message : "out of memory");
    PyMem_RawFree(told->message);
}

static void __attribute__((noinline)) drop_aside(PyObject *o)
{
    py_told told;
    py_set_aside(&told);
    Py_XDECREF(o);
    py_put_back(&told);
}
/* No frame where nothing failed: chains of releases nest deep. */
void py_drop(PyObject *o)
{
    if (CT_UNLIKELY(ct_failed() != CT_OK))
        drop_aside(o);
    else
        Py_XDECREF(o);
}

/* ---- warnings that are shown once -------------------------------------------------------------------------- */
static bool warn_always;

int py_warn_once(bool *warned, const char *text)
{
    if (*warned && !warn_always)
        return 0;
    *warned = true;
    return PyErr_WarnEx(PyExc_UserWarning, text, 1);
}

static int warn(bool *once, const char *text)
{
    if ((once ? py_warn_once(once, text) : PyErr_WarnEx(PyExc_UserWarning, text, 1)) == 0)
        return 0;
    py_note_foreign();
    return -1;
}

static PyObject *set_warn_always(PyObject *module, PyObject *value)
{
    (void)module;
    if (!PyBool_Check(value))
        return PyErr_Format(PyExc_TypeError, "setWarnOnlyOnce expects a bool, but got %s", py_type_name(value));
    warn_always = value == Py_True;
    Py_RETURN_NONE;
}
static PyObject *is_warn_always_enabled(PyObject *module, PyObject *none) { (void)module, (void)none; return PyBool_FromLong(warn_always); }

static PyMethodDef functions[] = {
    {"set_warn_always", set_warn_always, METH_O, "set_warn_always(b, /)\n--\n\nWhether warnings that are shown once in a process are shown every time."},
    {"is_warn_always_enabled", is_warn_always_enabled, METH_NOARGS, "is_warn_always_enabled()\n--\n\nWhat set_warn_always() was told last; False at first."},
    {0},
};

int py_raise_setup(PyObject *module)
{
    op_warn = warn;
    if (PyModule_AddFunctions(module, functions) < 0)
        return -1;
    PyObject *bases = PyTuple_Pack(2, PyExc_RuntimeError, PyExc_MemoryError);
    if (bases && !out_of_memory)
        out_of_memory = PyErr_NewExceptionWithDoc("ctgrad.OutOfMemoryError", "Memory for a tensor could not be had; its size is in the text.", bases, NULL);
    Py_XDECREF(bases);
    if (!no_solution)
        no_solution = PyErr_NewExceptionWithDoc("ctgrad._C._LinAlgError", "A matrix that has no such factorization, inverse or solution.", PyExc_RuntimeError, NULL);
    return !out_of_memory || !no_solution || PyModule_AddObjectRef(module, "OutOfMemoryError", out_of_memory) < 0 ? -1 :
           PyModule_AddObjectRef(module, "_LinAlgError", no_solution);
}
