/* Size: a tuple of ints that prints as torch.Size([2, 3]) and stays a Size under slicing, + and *. */
#include "py/py.h"
#include <string.h>

PyTypeObject *py_size_type;
bool py_is_size(PyObject *o) { return Py_IS_TYPE(o, py_size_type); }

/* A tuple's allocation may run the collector, and that code of the host's which changes the very tensor: read before. */
static PyObject *tuple_of(PyTypeObject *type, int n, const int64_t *values)
{
    int64_t read[CT_MAXDIM];
    memcpy(read, values, (size_t)n * sizeof *read);
    PyObject *self = type ? type->tp_alloc(type, n) : PyTuple_New(n);
    for (int d = 0; self && d < n; d++) {
        PyObject *one = PyLong_FromLongLong(read[d]);
        if (!one)
            Py_CLEAR(self);
        else
            PyTuple_SET_ITEM(self, d, one);
    }
    return self;
}

PyObject *py_size(int ndim, const int64_t *size) { return tuple_of(py_size_type, ndim, size); }
PyObject *py_ints(int n, const int64_t *values) { return tuple_of(NULL, n, values); }

/* Takes a tuple (or NULL: passed on) and returns its items as a Size. */
static PyObject *from_tuple(PyObject *tuple)
{
    if (!tuple || py_is_size(tuple))
        return tuple;
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    PyObject *self = py_size_type->tp_alloc(py_size_type, n);
    for (Py_ssize_t i = 0; self && i < n; i++)
        PyTuple_SET_ITEM(self, i, Py_NewRef(PyTuple_GET_ITEM(tuple, i)));
    Py_DECREF(tuple);
    return self;
}

/* A plain int in the range of a size; NULL and exception. */
static PyObject *plain_int(PyObject *item, Py_ssize_t i)
{
    PyObject *index = PyNumber_Index(item);
    if (!index)
        return !PyErr_ExceptionMatches(PyExc_TypeError) ? NULL :
               PyErr_Format(PyExc_TypeError, "torch.Size() takes an iterable of 'int' (item %zd is '%s')", i, py_type_name(item));
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(index, &overflow);
    Py_DECREF(index);
    if (overflow) {
        PyErr_SetString(PyExc_ValueError, "Overflow when unpacking long long");
        return NULL;
    }
    return PyLong_FromLongLong(value);
}

static PyObject *size_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *items = PyTuple_Type.tp_new(&PyTuple_Type, args, kwargs);
    if (!items)
        return NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    PyObject *self = type->tp_alloc(type, n);
    for (Py_ssize_t i = 0; self && i < n; i++) {
        PyObject *value = plain_int(PyTuple_GET_ITEM(items, i), i);
        if (!value)
            Py_CLEAR(self);
        else
            PyTuple_SET_ITEM(self, i, value);
    }
    Py_DECREF(items);
    return self;
}

/* Items are ints: no cycle, and nothing that nests. */
static void size_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self); i++)
        Py_XDECREF(PyTuple_GET_ITEM(self, i));
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *size_repr(PyObject *self)
{
    PyObject *list = PySequence_List(self);
    PyObject *text = list ? PyUnicode_FromFormat("torch.Size(%R)", list) : NULL;
    Py_XDECREF(list);
    return text;
}

static PyObject *size_numel(PyObject *self, PyObject *none)
{
    (void)none;
    PyObject *product = PyLong_FromLong(1);
    for (Py_ssize_t i = 0; product && i < PyTuple_GET_SIZE(self); i++)
        Py_SETREF(product, PyNumber_Multiply(product, PyTuple_GET_ITEM(self, i)));
    return product;
}

static PyObject *size_reduce(PyObject *self, PyObject *none)
{
    (void)none;
    PyObject *plain = PyTuple_GetSlice(self, 0, PyTuple_GET_SIZE(self));
    return plain ? Py_BuildValue("(O(N))", Py_TYPE(self), plain) : NULL;
}

static PyObject *size_subscript(PyObject *self, PyObject *key)
{
    PyObject *item = PyTuple_Type.tp_as_mapping->mp_subscript(self, key);
    return PySlice_Check(key) ? from_tuple(item) : item;
}

static PyObject *size_concat(PyObject *self, PyObject *other)
{
    if (!PyTuple_Check(other))
        return PyErr_Format(PyExc_TypeError, "can only concatenate tuple (not %s) to torch.Size", py_type_name(other));
    return from_tuple(PyTuple_Type.tp_as_sequence->sq_concat(self, other));
}

static PyObject *size_repeat(PyObject *self, Py_ssize_t n)
{
    return from_tuple(PyTuple_Type.tp_as_sequence->sq_repeat(self, n));
}

/* As a number slot it also answers `tuple + Size`. */
static PyObject *size_add(PyObject *left, PyObject *right)
{
    if (!PyTuple_Check(left) || !PyTuple_Check(right))
        Py_RETURN_NOTIMPLEMENTED;
    return from_tuple(PyTuple_Type.tp_as_sequence->sq_concat(left, right));
}

static PyMethodDef size_methods[] = {
    {"numel", size_numel, METH_NOARGS, "numel($self)\n--\n\nNumber of elements of a tensor of this size: the product, 1 for no dimensions."},
    {"__reduce__", size_reduce, METH_NOARGS, NULL},
    {0},
};
static PyType_Slot size_slots[] = {
    {Py_tp_doc, (char *)"Sizes of a tensor, one int a dimension. A tuple."},
    {Py_tp_new, size_new},
    {Py_tp_dealloc, size_dealloc},
    {Py_tp_repr, size_repr},
    {Py_tp_methods, size_methods},
    {Py_nb_add, size_add},
    {Py_sq_concat, size_concat},
    {Py_sq_repeat, size_repeat},
    {Py_mp_subscript, size_subscript},
    {0},
};
static PyType_Spec size_spec = {"ctgrad.Size", 0, 0, Py_TPFLAGS_DEFAULT, size_slots};

int py_size_setup(PyObject *module)
{
    return (py_size_type = py_add_type(module, &size_spec, &PyTuple_Type, "torch.Size")) ? 0 : -1;
}
