/* Size: a tuple of ints that prints as torch.Size([2, 3]) and stays a Size under slicing, + and *. */
#include "py/py.h"

static PyTypeObject size_type;
PyTypeObject *py_size_type = &size_type;
bool py_is_size(PyObject *o) { return Py_IS_TYPE(o, &size_type); }

PyObject *py_size(int ndim, const int64_t *size)
{
    PyObject *self = size_type.tp_alloc(&size_type, ndim);
    for (int d = 0; self && d < ndim; d++) {
        PyObject *n = PyLong_FromLongLong(size[d]);
        if (!n)
            Py_CLEAR(self);
        else
            PyTuple_SET_ITEM(self, d, n);
    }
    return self;
}

/* Takes a tuple (or NULL: passed on) and returns its items as a Size. */
static PyObject *from_tuple(PyObject *tuple)
{
    if (!tuple || py_is_size(tuple))
        return tuple;
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    PyObject *self = size_type.tp_alloc(&size_type, n);
    for (Py_ssize_t i = 0; self && i < n; i++)
        PyTuple_SET_ITEM(self, i, Py_NewRef(PyTuple_GET_ITEM(tuple, i)));
    Py_DECREF(tuple);
    return self;
}

/* A plain int in the range of a size; NULL and exception. */
static PyObject *plain_int(PyObject *item, Py_ssize_t i)
{
    if (!PyIndex_Check(item)) {
        PyErr_Format(PyExc_TypeError, "torch.Size() takes an iterable of 'int' (item %zd is '%s')", i, py_type_name(item));
        return NULL;
    }
    PyObject *index = PyNumber_Index(item);
    if (!index)
        return NULL;
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
static PyNumberMethods size_number = {.nb_add = size_add};
static PySequenceMethods size_sequence = {.sq_concat = size_concat, .sq_repeat = size_repeat};
static PyMappingMethods size_mapping = {.mp_subscript = size_subscript};
static PyTypeObject size_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ctgrad.Size",
    .tp_doc = "Sizes of a tensor, one int a dimension. A tuple.",
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = size_new,
    .tp_repr = size_repr,
    .tp_methods = size_methods,
    .tp_as_number = &size_number,
    .tp_as_sequence = &size_sequence,
    .tp_as_mapping = &size_mapping,
};

int py_size_setup(PyObject *module)
{
    size_type.tp_base = &PyTuple_Type;
    return PyModule_AddType(module, &size_type);
}
