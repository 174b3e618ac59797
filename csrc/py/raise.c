/* From a status of the rooms below to a Python exception, and back. One table. */
#include "py/py.h"
#include <string.h>

/* PyTorch raises RuntimeError when memory is exhausted, Python programs expect MemoryError: both catch this one. */
static PyObject *out_of_memory;

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

int py_raise_setup(PyObject *module)
{
    PyObject *bases = PyTuple_Pack(2, PyExc_RuntimeError, PyExc_MemoryError);
    if (bases && !out_of_memory)
        out_of_memory = PyErr_NewExceptionWithDoc("ctgrad.OutOfMemoryError", "Memory for a tensor could not be had; its size is in the text.", bases, NULL);
    Py_XDECREF(bases);
    return out_of_memory ? PyModule_AddObjectRef(module, "OutOfMemoryError", out_of_memory) : -1;
}
