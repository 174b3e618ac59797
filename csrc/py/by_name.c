/* x.__add__(y) and its like, called by name. The operators are slots of the type and do not come here; subclasses have the same slots for as long
 * as they inherit the names. */
#include "py/tensor_type.h"
#include <stddef.h>

typedef enum how { METHOD, FUNCTION, TURNED, QUOTIENT } how;
typedef struct by_name {
    const char *is;
    how how;
    size_t slot;            /* in a PyHeapTypeObject; 0: none */
    PyObject *name, *shown; /* the name, and what Tensor shows for it */
    PyObject *called;       /* kept for the life of the process */
} by_name;

/* Borrowed; found at the first call, since some are Python functions that come later than the type. */
static PyObject *called_of(by_name *b)
{
    if (!b->called) {
        PyObject *function = b->how == FUNCTION || b->how == TURNED ? py_op_object(b->is) : NULL;
        b->called = function ? Py_NewRef(function) : PyObject_GetAttrString((PyObject *)py_tensor_type, b->is);
    }
    return b->called;
}

enum { MOST = 16 };
static PyObject *method(PyObject *f, PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kwnames)
{
    Py_ssize_t all = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    PyObject *put[MOST + 1] = {self};
    if (all > MOST)
        return PyErr_Format(PyExc_TypeError, "too many arguments");
    memcpy(put + 1, args, (size_t)all * sizeof *put);
    return PyObject_Vectorcall(f, put, (size_t)n + 1, kwnames);
}

static PyObject *quotient(PyObject *f, PyObject *self, PyObject *other)
{
    PyObject *inverse = PyObject_CallOneArg(f, self), *result = inverse ? PyNumber_Multiply(inverse, other) : NULL;
    Py_XDECREF(inverse);
    return result;
}

static PyObject *call_by_name(by_name *b, PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kwnames)
{
    PyObject *f = called_of(b), *result;
    bool one = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0) == 1 && (n || PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0), "other") == 0);
    if (!f)
        return NULL;
    if (b->how == METHOD)
        result = method(f, self, args, n, kwnames);
    else if (!one)
        Py_RETURN_NOTIMPLEMENTED;
    else if (b->how == QUOTIENT)
        result = quotient(f, self, args[0]);
    else
        result = PyObject_Vectorcall(f, b->how == TURNED ? (PyObject *[]){args[0], self} : (PyObject *[]){self, args[0]}, 2, NULL);
    if (result || !PyErr_ExceptionMatches(PyExc_TypeError))
        return result;
    PyErr_Clear();
    Py_RETURN_NOTIMPLEMENTED;
}

#define NUMBER(slot) offsetof(PyHeapTypeObject, as_number.slot)
#define TYPE(slot) offsetof(PyHeapTypeObject, ht_type.slot)
#define NONE 0
#define BY_NAME(how, name, is, slot) ROW_##name,
enum {
#include "table/by_name.def"
    ROWS
};
#undef BY_NAME
#define BY_NAME(how, name, is, slot) {is, how, slot, NULL, NULL, NULL},
static by_name rows[] = {
#include "table/by_name.def"
};
#undef BY_NAME
#define BY_NAME(how, name, is, slot)                                                                                \
    static PyObject *name##_by_name(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kwnames)         \
    {                                                                                                               \
        return call_by_name(&rows[ROW_##name], self, args, n, kwnames);                                             \
    }
#include "table/by_name.def"
#undef BY_NAME
#define BY_NAME(how, name, is, slot) {"__" #name "__", (PyCFunction)(void (*)(void))name##_by_name, METH_FASTCALL | METH_KEYWORDS, "__" #name "__($self, value, /)\n--\n\n"},
static PyMethodDef methods[] = {
#include "table/by_name.def"
};
#undef BY_NAME

/* The interpreter gives a subclass slots that look the names up. Where it has Tensor's own they do what Tensor's slots do, and these are at hand. */
static void inherit_slots(PyTypeObject *cls)
{
    for (int i = 0, next; i < ROWS; i = next) {
        bool same = true;
        for (next = i; next < ROWS && rows[next].slot == rows[i].slot; next++)
            same = same && _PyType_Lookup(cls, rows[next].name) == rows[next].shown;
        if (same && rows[i].slot)
            *(void **)((char *)cls + rows[i].slot) = *(void **)((char *)py_tensor_type + rows[i].slot);
    }
}

static PyObject *init_subclass(PyObject *cls, PyObject *unused)
{
    (void)unused;
    inherit_slots((PyTypeObject *)cls);
    Py_RETURN_NONE;
}
static PyMethodDef init_subclass_def = {"__init_subclass__", init_subclass, METH_NOARGS | METH_CLASS, NULL};

/* Into the type's dict itself: an attribute that is set would take the slot's place. */
static int offer(const char *name, PyObject *shown)
{
    int result = shown ? PyDict_SetItemString(py_tensor_type->tp_dict, name, shown) : -1;
    Py_XDECREF(shown);
    return result;
}

int py_by_name_setup(void)
{
    for (int i = 0; i < ROWS; i++) {
        rows[i].name = PyUnicode_InternFromString(methods[i].ml_name);
        rows[i].shown = PyDescr_NewMethod(py_tensor_type, &methods[i]);
        if (!rows[i].name || offer(methods[i].ml_name, Py_XNewRef(rows[i].shown)) < 0)
            return -1;
    }
    int result = offer("__init_subclass__", PyDescr_NewClassMethod(py_tensor_type, &init_subclass_def));
    PyType_Modified(py_tensor_type);
    return result;
}
