/* The constructors of old: Tensor(2, 3), Tensor([1., 2.]), and FloatTensor, LongTensor ... with a dtype of their own. */
#include "py/tensor_type.h"
#include <string.h>

/* ---- arguments -------------------------------------------------------------------------------------- */
static signature *forms[4];

static int forms_setup(void)
{
    static const char *const text[] = {"(*, host device=None)", "(Tensor other)", "(int[] size, *, host device=None)", "(object data, *, host device=None)"};
    for (int i = 0; i < 4; i++)
        if (!forms[i] && !(forms[i] = signature_parse("new", text[i], 0, 1)))
            return -1;
    return 0;
}

/* PyTorch's TypeError; the arguments as a vectorcall has them. */
static int bad_combination(PyObject *args, PyObject *kwargs)
{
    PyObject *names = kwargs ? PySequence_Tuple(kwargs) : PyTuple_New(0);
    PyObject *values = kwargs ? PyDict_Values(kwargs) : PyList_New(0);
    PyObject *all = PySequence_List(args);
    if (names && values && all && PyList_SetSlice(all, PyList_GET_SIZE(all), PyList_GET_SIZE(all), values) == 0)
        signature_refuse((const signature *const *)forms, 4, ((PyListObject *)all)->ob_item, PyTuple_GET_SIZE(args), names);
    Py_XDECREF(names);
    Py_XDECREF(values);
    Py_XDECREF(all);
    return -1;
}

static int check_legacy_device(PyObject *device)
{
    if (!device || device == Py_None)
        return 0;
    PyObject *asked = PyObject_CallOneArg((PyObject *)py_device_type, device);
    PyObject *kind = asked ? PyObject_GetAttrString(asked, "type") : NULL;
    bool cpu = kind && PyUnicode_CompareWithASCIIString(kind, "cpu") == 0;
    if (kind && !cpu)
        PyErr_Format(PyExc_RuntimeError, "legacy constructor expects device type: cpu but device type: %U was passed", kind);
    Py_XDECREF(asked);
    Py_XDECREF(kind);
    return cpu ? 0 : -1;
}

/* The one object given by position or as size=, data=, other= (borrowed), NULL if there is none. *is_size: it came by the name size. */
static int single_argument(PyObject *args, PyObject *kwargs, PyObject **object, bool *is_size)
{
    PyObject *device = kwargs ? PyDict_GetItemString(kwargs, "device") : NULL;
    Py_ssize_t named = kwargs ? PyDict_GET_SIZE(kwargs) - (device != NULL) : 0;
    static const char *const names[] = {"size", "data", "other"};
    *object = PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : NULL;
    *is_size = false;
    if (check_legacy_device(device) < 0)
        return -1;
    for (int i = 0; i < 3 && named == 1 && PyTuple_GET_SIZE(args) == 0 && !*object; i++) {
        *object = PyDict_GetItemString(kwargs, names[i]);
        *is_size = i == 0;
    }
    return named == 0 || (named == 1 && *object && PyTuple_GET_SIZE(args) == 0) ? 0 : bad_combination(args, kwargs);
}

/* ---- sizes ---------------------------------------------------------------------------------------------- */
/* 0-d ndarrays count as ints, others as data. */
static bool is_int(PyObject *o)
{
    if (!PyIndex_Check(o) || PyBool_Check(o))
        return false;
    if (!numpy_is_array(o))
        return true;
    Py_ssize_t n = PyObject_Size(o);
    PyErr_Clear();
    return n < 0;
}

static array *empty(ct_dtype dtype, int ndim, const int64_t *size)
{
    array *a = array_new(dtype, ndim, size);
    if (!a)
        py_raise();
    return a;
}

static int size_at(PyObject *item, Py_ssize_t i, int64_t *size)
{
    if (!PyIndex_Check(item)) {
        PyErr_Format(PyExc_TypeError, "new(): argument 'size' failed to unpack the object at pos %zd with error "
                     "\"type must be tuple of ints,but got %s\"", i + 1, py_type_name(item));
        return -1;
    }
    PyObject *index = PyNumber_Index(item);
    int overflow = 0;
    *size = index ? PyLong_AsLongLongAndOverflow(index, &overflow) : -1;
    Py_XDECREF(index);
    if (overflow)
        PyErr_Format(PyExc_TypeError, "new(): argument 'size' failed to unpack the object at pos %zd with error "
                     "\"Overflow when unpacking long long\"", i + 1);
    return !index || overflow ? -1 : 0;
}

static array *of_sizes(ct_dtype dtype, PyObject *tuple)
{
    int64_t size[CT_MAXDIM];
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    if (n > CT_MAXDIM) {
        PyErr_Format(PyExc_RuntimeError, "new(): %zd dimensions were asked for; a tensor has at most %d", n, CT_MAXDIM);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        if (size_at(PyTuple_GET_ITEM(tuple, i), i, &size[i]) < 0)
            return NULL;
    return empty(dtype, (int)n, size);
}

static array *of_size_object(ct_dtype dtype, PyObject *sizes)
{
    PyObject *tuple = PySequence_Tuple(sizes);
    array *a = tuple ? of_sizes(dtype, tuple) : NULL;
    Py_XDECREF(tuple);
    return a;
}

/* ---- data -------------------------------------------------------------------------------------------------- */
static array *of_object(ct_dtype dtype, PyObject *args, PyObject *data)
{
    if (py_is_size(data))
        return of_size_object(dtype, data);
    if (is_int(data))
        return of_sizes(dtype, args);
    if (!PySequence_Check(data) && !numpy_is_array(data)) {
        PyErr_Format(PyExc_TypeError, "new(): data must be a sequence (got %s)", py_type_name(data));
        return NULL;
    }
    return py_array_from_data(data, dtype, true);
}

static array *of_nothing_or_sizes(ct_dtype dtype, PyObject *args, PyObject *kwargs)
{
    int64_t none = 0;
    if (PyTuple_GET_SIZE(args) == 0)
        return empty(dtype, 1, &none);
    if (is_int(PyTuple_GET_ITEM(args, 0)))
        return of_sizes(dtype, args);
    bad_combination(args, kwargs);
    return NULL;
}

/* A recorded view of the whole tensor, whatever its dtype. */
static int of_tensor(tensor *t, tensor *made)
{
    arg self = {.kind = ARG_TENSOR, .t = t};
    call c = {.op = &op_alias, .args = &self, .n_args = 1, .mode = CALL_NEW};
    if (op_call(&c) < 0)
        return py_raise_int();
    *made = c.out[0];
    return 0;
}

/* A storage as a Tensor over it, of the dtype, or one of its own: it says so by a method. NULL without an exception: it is none. */
PyObject *py_of_storage(PyObject *object, ct_dtype dtype)
{
    PyObject *shown = PyObject_GetAttrString(object, "_as_tensor");
    PyErr_Clear();
    PyObject *made = shown ? PyObject_CallOneArg(shown, dtype == DT_NONE ? Py_None : py_dtype(dtype)) : NULL;
    Py_XDECREF(shown);
    return made;
}

/* Sizes as ints or a Size, data, a Tensor or a storage, which are aliased. */
int py_tensor_legacy_new(ct_dtype dtype, PyObject *args, PyObject *kwargs, tensor *made)
{
    PyObject *object;
    bool is_size;
    if (single_argument(args, kwargs, &object, &is_size) < 0)
        return -1;
    if (object && py_is_tensor(object) && !is_size && kwargs && PyDict_GetItemString(kwargs, "device")) {
        PyErr_SetString(PyExc_RuntimeError, "Legacy tensor constructor of the form torch.Tensor(tensor, device=device) is not supported. "
                        "Use torch.tensor(...) or torch.as_tensor(...) instead.");
        return -1;
    }
    if (object && py_is_tensor(object) && !is_size)
        return of_tensor(py_t(object), made);
    PyObject *over = object && !is_size && !is_int(object) && !PyList_Check(object) && !numpy_is_array(object) ? py_of_storage(object, dtype) : NULL;
    if (over) {
        int result = of_tensor(py_t(over), made);
        Py_DECREF(over);
        return result;
    }
    if (PyErr_Occurred())
        return -1;
    array *a = !object ? of_nothing_or_sizes(dtype, args, kwargs) : is_size ? of_size_object(dtype, object) : of_object(dtype, args, object);
    if (!a)
        return -1;
    tensor_init(made, a);
    return 0;
}

/* ---- FloatTensor and its kin: objects that construct, and answer isinstance by dtype ----------------------------- */
typedef struct { PyObject_HEAD ct_dtype dtype; const char *name; } PyTensorType;
static const struct { const char *name; ct_dtype dtype; } kin[] = {
    {"FloatTensor", DT_F32}, {"DoubleTensor", DT_F64}, {"HalfTensor", DT_F16}, {"BFloat16Tensor", DT_BF16},
    {"LongTensor", DT_I64}, {"IntTensor", DT_I32}, {"ByteTensor", DT_U8}, {"BoolTensor", DT_BOOL},
};

static PyObject *tensortype_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    ct_dtype dtype = ((PyTensorType *)self)->dtype;
    tensor made;
    if (py_tensor_legacy_new(dtype, args, kwargs, &made) < 0)
        return NULL;
    if (made.a->dtype == dtype)
        return py_wrap(&made);
    PyErr_Format(PyExc_TypeError, "%s(): expected a tensor of dtype %s (got %s); convert it with .to()", ((PyTensorType *)self)->name,
                 dtype_name(dtype), dtype_name((ct_dtype)made.a->dtype));
    tensor_clear(&made);
    return NULL;
}

static PyObject *tensortype_instancecheck(PyObject *self, PyObject *o)
{
    return PyBool_FromLong(py_is_tensor(o) && py_t(o)->a->dtype == ((PyTensorType *)self)->dtype);
}

static PyObject *tensortype_repr(PyObject *self) { return PyUnicode_FromFormat("<class 'torch.%s'>", ((PyTensorType *)self)->name); }
static PyObject *tensortype_name(PyObject *self, void *none) { (void)none; return PyUnicode_FromString(((PyTensorType *)self)->name); }
static PyObject *tensortype_dtype(PyObject *self, void *none) { (void)none; return Py_NewRef(py_dtype(((PyTensorType *)self)->dtype)); }
static PyObject *tensortype_reduce(PyObject *self, PyObject *none) { (void)none; return tensortype_name(self, NULL); }

/* The union of two types in an annotation, of which one is a constructor here. */
static PyObject *tensortype_or(PyObject *self, PyObject *other)
{
    PyObject *typing = PyImport_ImportModule("typing");
    PyObject *either = typing ? PyObject_GetAttrString(typing, "Union") : NULL;
    PyObject *both = either ? PyTuple_Pack(2, self, other) : NULL;
    PyObject *made = both ? PyObject_GetItem(either, both) : NULL;
    Py_XDECREF(both);
    Py_XDECREF(either);
    Py_XDECREF(typing);
    return made;
}

static PyMethodDef tensortype_methods[] = {
    {"__instancecheck__", tensortype_instancecheck, METH_O, NULL},
    {"__reduce__", tensortype_reduce, METH_NOARGS, NULL},
    {0},
};
static PyGetSetDef tensortype_getset[] = {
    {"__name__", tensortype_name, NULL, NULL, NULL},
    {"__qualname__", tensortype_name, NULL, NULL, NULL},
    {"dtype", tensortype_dtype, NULL, "The dtype of the tensors made.", NULL},
    {0},
};
/* As a class with such a base asks for it: there are none. */
static PyObject *tensortype_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    PyObject *bases = PyTuple_GET_SIZE(args) == 3 ? PyTuple_GET_ITEM(args, 1) : NULL;
    PyObject *base = bases && PyTuple_Check(bases) && PyTuple_GET_SIZE(bases) ? PyTuple_GET_ITEM(bases, 0) : NULL;
    if (base && Py_IS_TYPE(base, type))
        return PyErr_Format(PyExc_TypeError, "type 'torch.%s' is not an acceptable base type: use torch.Tensor", ((PyTensorType *)base)->name);
    return PyErr_Format(PyExc_TypeError, "cannot create 'torch.tensortype' instances");
}
static PyType_Slot tensortype_slots[] = {
    {Py_tp_new, tensortype_new},
    {Py_tp_doc, (char *)"Constructor of tensors of one dtype, from sizes or data."},
    {Py_tp_call, tensortype_call},
    {Py_tp_repr, tensortype_repr},
    {Py_nb_or, tensortype_or},
    {Py_tp_methods, tensortype_methods},
    {Py_tp_getset, tensortype_getset},
    {0},
};
static PyType_Spec tensortype_spec = {"ctgrad.tensortype", sizeof(PyTensorType), 0, Py_TPFLAGS_DEFAULT, tensortype_slots};

int py_legacy_setup(PyObject *module)
{
    PyTypeObject *type = py_add_type(module, &tensortype_spec, NULL, "torch.tensortype");
    if (!type || forms_setup() < 0)
        return -1;
    for (size_t i = 0; i < sizeof kin / sizeof *kin; i++) {
        PyTensorType *o = PyObject_New(PyTensorType, type);
        if (!o)
            return -1;
        o->dtype = kin[i].dtype;
        o->name = kin[i].name;
        int failed = PyModule_AddObjectRef(module, o->name, (PyObject *)o);
        Py_DECREF(o);
        if (failed < 0)
            return -1;
    }
    return 0;
}
