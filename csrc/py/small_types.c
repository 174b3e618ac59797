/* dtype, layout and memory_format: named constants. Each exists once, so identity is equality and copies are themselves. */
#include "py/py.h"
#include <string.h>

/* ---- dtype ------------------------------------------------------------------------------------- */
typedef struct { PyObject_HEAD ct_dtype value; } PyDtype;
PyTypeObject *py_dtype_type;
static PyObject *dtype_objects[DT_COUNT];

PyObject *py_dtype(ct_dtype d) { return dtype_objects[d]; }
bool py_is_dtype(PyObject *o) { return Py_IS_TYPE(o, py_dtype_type); }
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

static PyMethodDef dtype_methods[] = {
    {"__reduce__", dtype_reduce, METH_NOARGS, NULL},
    {"to_real", dtype_to_real, METH_NOARGS, "The real dtype of the same width; every dtype here is its own."},
    {0},
};
static PyGetSetDef dtype_getset[] = {
    {"is_floating_point", dtype_is_floating_point, NULL, "True for float16, bfloat16, float32 and float64.", NULL},
    {"is_complex", dtype_is_complex, NULL, "False: there are no complex dtypes.", NULL},
    {"is_signed", dtype_is_signed, NULL, "True if the dtype holds negative numbers.", NULL},
    {"itemsize", dtype_itemsize, NULL, "Bytes of one element.", NULL},
    {0},
};
static PyType_Slot dtype_slots[] = {
    {Py_tp_doc, (char *)"Type of the elements of a tensor. One object each: compare with `is` or `==`."},
    {Py_tp_repr, dtype_repr},
    {Py_tp_methods, dtype_methods},
    {Py_tp_getset, dtype_getset},
    {0},
};
static PyType_Spec dtype_spec = {"ctgrad.dtype", sizeof(PyDtype), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, dtype_slots};

/* ---- layout, memory_format: constants that only have a name ---------------------------------------- */
typedef struct { PyObject_HEAD const char *name; } PyNamed;
static PyObject *named_repr(PyObject *self) { return PyUnicode_FromFormat("torch.%s", ((PyNamed *)self)->name); }
static PyObject *named_reduce(PyObject *self, PyObject *none) { (void)none; return PyUnicode_FromString(((PyNamed *)self)->name); }
static PyMethodDef named_methods[] = {
    {"__reduce__", named_reduce, METH_NOARGS, NULL},
    {0},
};
static PyType_Slot named_slots[] = {
    {Py_tp_doc, (char *)"A constant that has a name and nothing else."},
    {Py_tp_repr, named_repr},
    {Py_tp_methods, named_methods},
    {0},
};
static PyType_Spec layout_spec = {"ctgrad.layout", sizeof(PyNamed), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, named_slots};
static PyType_Spec memory_format_spec = {"ctgrad.memory_format", sizeof(PyNamed), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, named_slots};

/* ---- setup --------------------------------------------------------------------------------------------- */
/* Messages show a class by tp_name, pickle finds it by __module__: "torch.Size" and "ctgrad". */
PyTypeObject *py_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base, const char *shown)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, (PyObject *)base);
    if (!type)
        return NULL;
    type->tp_name = shown;
    if (PyModule_AddObjectRef(module, strrchr(spec->name, '.') + 1, (PyObject *)type) < 0)
        Py_CLEAR(type);
    return type;
}

static int add_dtype(PyObject *module, ct_dtype d)
{
    PyDtype *o = PyObject_New(PyDtype, py_dtype_type);
    if (!o)
        return -1;
    o->value = d;
    Py_XSETREF(dtype_objects[d], (PyObject *)o);
    if (PyModule_AddObjectRef(module, ct_dtypes[d].name, (PyObject *)o) < 0)
        return -1;
    return ct_dtypes[d].alias ? PyModule_AddObjectRef(module, ct_dtypes[d].alias, (PyObject *)o) : 0;
}

static int add_named(PyObject *module, PyTypeObject *type, const char *const *names)
{
    for (; type && *names; names++) {
        PyNamed *o = PyObject_New(PyNamed, type);
        if (!o)
            return -1;
        o->name = *names;
        int failed = PyModule_AddObjectRef(module, o->name, (PyObject *)o);
        Py_DECREF(o);
        if (failed < 0)
            return -1;
    }
    return type ? 0 : -1;
}

static int add_constants(PyObject *module)
{
    static const char *const layouts[] = {"strided", NULL};
    static const char *const formats[] = {"contiguous_format", "preserve_format", "channels_last", "channels_last_3d", NULL};
    PyTypeObject *layout = py_add_type(module, &layout_spec, NULL, "torch.layout");
    int failed = add_named(module, layout, layouts);
    Py_XDECREF(layout);
    if (failed < 0)
        return -1;
    PyTypeObject *format = py_add_type(module, &memory_format_spec, NULL, "torch.memory_format");
    failed = add_named(module, format, formats);
    Py_XDECREF(format);
    return failed;
}

int py_small_types_setup(PyObject *module)
{
    if (!(py_dtype_type = py_add_type(module, &dtype_spec, NULL, "torch.dtype")) || add_constants(module) < 0)
        return -1;
    for (int d = 0; d < DT_COUNT; d++)
        if (add_dtype(module, (ct_dtype)d) < 0)
            return -1;
    return py_size_setup(module) < 0 || py_device_setup(module) < 0 ? -1 : py_generator_setup(module);
}
