/* dtype, layout and memory_format: named constants. Each exists once, so identity is equality and copies are themselves. */
#include "py/py.h"
#include <string.h>

/* ---- dtype ------------------------------------------------------------------------------------- */
typedef struct { PyObject_HEAD ct_dtype value; } PyDtype;
static PyTypeObject dtype_type;
PyTypeObject *py_dtype_type = &dtype_type;
static PyObject *dtype_objects[DT_COUNT];

PyObject *py_dtype(ct_dtype d) { return dtype_objects[d]; }
bool py_is_dtype(PyObject *o) { return Py_IS_TYPE(o, &dtype_type); }
ct_dtype py_dtype_value(PyObject *o) { return ((PyDtype *)o)->value; }

int py_dtype_from(PyObject *o, ct_dtype *d)
{
    if (py_is_dtype(o))
        *d = py_dtype_value(o);
    else if (o == (PyObject *)&PyFloat_Type)
        *d = DT_F64;
    else if (o == (PyObject *)&PyLong_Type)
        *d = DT_I64;
    else if (o == (PyObject *)&PyBool_Type)
        *d = DT_BOOL;
    else {
        PyErr_Format(PyExc_TypeError, "dtype must be torch.dtype, not %s", py_type_name(o));
        return -1;
    }
    return 0;
}

static const dtype_info *info_of(PyObject *self) { return &ct_dtypes[py_dtype_value(self)]; }
static PyObject *dtype_repr(PyObject *self) { return PyUnicode_FromFormat("torch.%s", info_of(self)->name); }
static PyObject *dtype_reduce(PyObject *self, PyObject *none) { (void)none; return PyUnicode_FromString(info_of(self)->name); }
static PyObject *dtype_to_real(PyObject *self, PyObject *none) { (void)none; return Py_NewRef(self); }
static PyObject *dtype_itemsize(PyObject *self, void *none) { (void)none; return PyLong_FromLongLong(info_of(self)->bytes); }

static PyObject *dtype_is_floating_point(PyObject *self, void *none)
{
    (void)none;
    return PyBool_FromLong(info_of(self)->cls == C_FLOAT);
}

static PyObject *dtype_is_complex(PyObject *self, void *none)
{
    (void)self, (void)none;
    Py_RETURN_FALSE;
}

static PyObject *dtype_is_signed(PyObject *self, void *none)
{
    (void)none;
    ct_dtype d = py_dtype_value(self);
    return PyBool_FromLong(d != DT_BOOL && d != DT_U8);
}

/* Where pickle finds the constants again. */
static PyObject *home_module(PyObject *self, void *none) { (void)self, (void)none; return PyUnicode_FromString("ctgrad"); }

static PyMethodDef dtype_methods[] = {
    {"__reduce__", dtype_reduce, METH_NOARGS, NULL},
    {"to_real", dtype_to_real, METH_NOARGS, "The real dtype of the same width; every dtype here is its own."},
    {0},
};
static PyGetSetDef dtype_getset[] = {
    {"is_floating_point", dtype_is_floating_point, NULL, "True for float32 and float64.", NULL},
    {"is_complex", dtype_is_complex, NULL, "False: there are no complex dtypes.", NULL},
    {"is_signed", dtype_is_signed, NULL, "True if the dtype holds negative numbers.", NULL},
    {"__module__", home_module, NULL, NULL, NULL},
    {"itemsize", dtype_itemsize, NULL, "Bytes of one element.", NULL},
    {0},
};
static PyTypeObject dtype_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ctgrad.dtype",
    .tp_doc = "Type of the elements of a tensor. One object each: compare with `is` or `==`.",
    .tp_basicsize = sizeof(PyDtype),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_repr = dtype_repr,
    .tp_methods = dtype_methods,
    .tp_getset = dtype_getset,
};

/* ---- layout, memory_format: constants that only have a name ---------------------------------------- */
typedef struct { PyObject_HEAD const char *name; } PyNamed;
static PyObject *named_repr(PyObject *self) { return PyUnicode_FromFormat("torch.%s", ((PyNamed *)self)->name); }
static PyObject *named_reduce(PyObject *self, PyObject *none) { (void)none; return PyUnicode_FromString(((PyNamed *)self)->name); }
static PyMethodDef named_methods[] = {
    {"__reduce__", named_reduce, METH_NOARGS, NULL},
    {0},
};
static PyGetSetDef named_getset[] = {
    {"__module__", home_module, NULL, NULL, NULL},
    {0},
};
#define NAMED_TYPE(text, docs) { \
    PyVarObject_HEAD_INIT(NULL, 0) \
    .tp_name = text, .tp_doc = docs, .tp_basicsize = sizeof(PyNamed), \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, \
    .tp_repr = named_repr, .tp_methods = named_methods, .tp_getset = named_getset }
static PyTypeObject layout_type = NAMED_TYPE("ctgrad.layout", "How a tensor is stored: always strided.");
static PyTypeObject memory_format_type = NAMED_TYPE("ctgrad.memory_format", "Order of a result's strides.");

static const struct { PyTypeObject *type; const char *name; } named[] = {
    {&layout_type, "strided"},
    {&memory_format_type, "contiguous_format"},
    {&memory_format_type, "preserve_format"},
    {&memory_format_type, "channels_last"},
    {&memory_format_type, "channels_last_3d"},
};

/* ---- setup --------------------------------------------------------------------------------------------- */
static int add_dtype(PyObject *module, ct_dtype d)
{
    PyDtype *o = PyObject_New(PyDtype, &dtype_type);
    if (!o)
        return -1;
    o->value = d;
    Py_XSETREF(dtype_objects[d], (PyObject *)o);
    if (PyModule_AddObjectRef(module, ct_dtypes[d].name, (PyObject *)o) < 0)
        return -1;
    return ct_dtypes[d].alias ? PyModule_AddObjectRef(module, ct_dtypes[d].alias, (PyObject *)o) : 0;
}

static int add_named(PyObject *module, PyTypeObject *type, const char *name)
{
    PyNamed *o = PyObject_New(PyNamed, type);
    if (!o)
        return -1;
    o->name = name;
    int failed = PyModule_AddObjectRef(module, name, (PyObject *)o);
    Py_DECREF(o);
    return failed;
}

int py_small_types_setup(PyObject *module)
{
    if (PyModule_AddType(module, &dtype_type) < 0 || PyModule_AddType(module, &layout_type) < 0
        || PyModule_AddType(module, &memory_format_type) < 0)
        return -1;
    for (int d = 0; d < DT_COUNT; d++)
        if (add_dtype(module, (ct_dtype)d) < 0)
            return -1;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (add_named(module, named[i].type, named[i].name) < 0)
            return -1;
    return py_size_setup(module) < 0 || py_device_setup(module) < 0 ? -1 : py_generator_setup(module);
}
