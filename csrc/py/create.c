/* Tensors from data: tensor, as_tensor, asarray, from_numpy, frombuffer, scalar_tensor, from_dlpack. The ops that make
 * tensors from sizes (zeros, full, rand ...) are records in ops/. */
#include "py/tensor_type.h"

/* ---- what they share ------------------------------------------------------------------------------ */
/* New Tensor of a (taken; NULL: an exception is set). */
static PyObject *finish(array *a, bool requires_grad)
{
    PyObject *made = a ? py_wrap_array(a) : NULL;
    if (made && requires_grad && py_set_requires_grad(made, true) < 0) {
        Py_DECREF(made);
        return py_raise();
    }
    return made;
}

static int refuse_pinned(const py_params *p, int i, PyObject *const *given)
{
    bool pinned = false;
    if (py_take_bool(p, i, given, &pinned) < 0)
        return -1;
    if (!pinned)
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "pin_memory=True requires a CUDA or other accelerator backend; ctgrad computes on the CPU");
    return -1;
}

/* ---- tensor ------------------------------------------------------------------------------------------ */
static int warn_copy_of_tensor(PyObject *data)
{
    if (!py_is_tensor(data))
        return 0;
    return PyErr_WarnEx(PyExc_UserWarning, "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                        "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).", 1);
}

static PyObject *make_tensor(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const py_params params = {.function = "tensor", .required = 1, .positional = 1, .n = 5,
                                     .names = {"data", "dtype", "device", "requires_grad", "pin_memory"}};
    PyObject *given[5];
    ct_dtype dtype = DT_NONE;
    bool requires_grad = false;
    (void)module;
    if (py_take(&params, args, n, names, given) < 0 || py_take_dtype(&params, 1, given, &dtype) < 0
        || py_take_bool(&params, 3, given, &requires_grad) < 0 || py_check_device(given[2]) < 0
        || refuse_pinned(&params, 4, given) < 0 || warn_copy_of_tensor(given[0]) < 0)
        return NULL;
    return finish(py_array_from_data(given[0], dtype, false), requires_grad);
}

/* ---- as_tensor ----------------------------------------------------------------------------------------- */
/* The tensor itself where the dtype is right, else a conversion that is recorded. */
static PyObject *tensor_as(PyObject *t, ct_dtype dtype)
{
    if (dtype == DT_NONE || dtype == py_t(t)->a->dtype)
        return Py_NewRef(t);
    return PyObject_CallMethod(t, "to", "O", py_dtype(dtype));
}

static PyObject *as_tensor(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const py_params params = {.function = "as_tensor", .required = 1, .positional = 1, .n = 3, .names = {"data", "dtype", "device"}};
    PyObject *given[3];
    ct_dtype dtype = DT_NONE;
    (void)module;
    if (py_take(&params, args, n, names, given) < 0 || py_take_dtype(&params, 1, given, &dtype) < 0 || py_check_device(given[2]) < 0)
        return NULL;
    return py_is_tensor(given[0]) ? tensor_as(given[0], dtype) : finish(py_array_from_data(given[0], dtype, true), false);
}

/* ---- asarray ---------------------------------------------------------------------------------------------- */
typedef struct asarray_call {
    PyObject *obj;
    ct_dtype dtype;
    bool copy, no_copy, requires_grad, has_requires_grad;
} asarray_call;

static const char *spoken_name(ct_dtype d)
{
    static const char *const name[DT_COUNT] = {"Bool", "Byte", "Int", "Long", "Float", "Double"};
    return name[d];
}

/* copy=False forbids conversions. */
static int check_alias(const asarray_call *c, ct_dtype has)
{
    if (!c->no_copy || c->dtype == DT_NONE || c->dtype == has)
        return 0;
    PyErr_Format(PyExc_ValueError, "can't alias tensor with dtype '%s' into dtype '%s'.", spoken_name(has), spoken_name(c->dtype));
    return -1;
}

static int warn_requires_grad_kept(void)
{
    static bool warned;
    if (warned)
        return 0;
    warned = true;
    return PyErr_WarnEx(PyExc_UserWarning, "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. "
                        "Pass requires_grad=False explicitly to get the old behavior and silence this warning.", 1);
}

static PyObject *asarray_tensor(const asarray_call *c)
{
    bool had = tensor_requires_grad(py_t(c->obj));
    if (check_alias(c, (ct_dtype)py_t(c->obj)->a->dtype) < 0 || (had && !c->has_requires_grad && warn_requires_grad_kept() < 0))
        return NULL;
    PyObject *made = tensor_as(c->obj, c->dtype);
    if (made && c->copy && made == c->obj)
        Py_SETREF(made, PyObject_CallMethod(made, "clone", NULL));
    if (made && c->has_requires_grad && !c->requires_grad && had)
        Py_SETREF(made, PyObject_CallMethod(made, "detach", NULL));
    if (made && c->requires_grad && !had && py_set_requires_grad(made, true) < 0) {
        Py_DECREF(made);
        return py_raise();
    }
    return made;
}

/* Conversions of c->dtype and copies of an array that shares memory with c->obj (taken). */
static PyObject *asarray_shared(const asarray_call *c, array *a)
{
    if (!a)
        return NULL;
    ct_dtype dtype = c->dtype == DT_NONE ? (ct_dtype)a->dtype : c->dtype;
    if (check_alias(c, (ct_dtype)a->dtype) < 0) {
        array_drop(a);
        return NULL;
    }
    if (c->copy || dtype != a->dtype) {
        array *copy = py_array_copy(a, dtype);
        array_drop(a);
        a = copy;
    }
    return finish(a, c->requires_grad);
}

static PyObject *asarray_any(const asarray_call *c)
{
    if (py_is_tensor(c->obj))
        return asarray_tensor(c);
    if (numpy_is_array(c->obj))
        return asarray_shared(c, numpy_to_array(c->obj, NUMPY_SHARE));
    if (PyCapsule_CheckExact(c->obj))
        return asarray_shared(c, py_dlpack_import(c->obj));
    if (PyObject_CheckBuffer(c->obj) && !numpy_is_scalar(c->obj))
        return asarray_shared(c, py_array_from_buffer(c->obj, c->dtype == DT_NONE ? dtype_default() : c->dtype, -1, 0));
    if (c->no_copy) {
        PyErr_SetString(PyExc_ValueError, "can't alias arbitrary sequence into a tensor.");
        return NULL;
    }
    return finish(py_array_from_data(c->obj, c->dtype, false), c->requires_grad);
}

static PyObject *asarray(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const py_params params = {.function = "asarray", .required = 1, .positional = 1, .n = 5,
                                     .names = {"obj", "dtype", "device", "copy", "requires_grad"}};
    PyObject *given[5];
    (void)module;
    if (py_take(&params, args, n, names, given) < 0)
        return NULL;
    asarray_call c = {.obj = given[0], .dtype = DT_NONE, .has_requires_grad = given[4] != NULL};
    if (given[3] == Py_None)
        given[3] = NULL;
    if (py_take_dtype(&params, 1, given, &c.dtype) < 0 || py_check_device(given[2]) < 0 || py_take_bool(&params, 3, given, &c.copy) < 0
        || py_take_bool(&params, 4, given, &c.requires_grad) < 0)
        return NULL;
    c.no_copy = given[3] == Py_False;
    return asarray_any(&c);
}

/* ---- frombuffer, scalar_tensor, from_dlpack ------------------------------------------------------------------- */
static PyObject *frombuffer(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const py_params params = {.function = "frombuffer", .required = 2, .positional = 1, .n = 5,
                                     .names = {"buffer", "dtype", "count", "offset", "requires_grad"}};
    PyObject *given[5];
    ct_dtype dtype = DT_NONE;
    int64_t count = -1, offset = 0;
    bool requires_grad = false;
    (void)module;
    if (py_take(&params, args, n, names, given) < 0 || py_take_dtype(&params, 1, given, &dtype) < 0 || py_take_int(&params, 2, given, &count) < 0
        || py_take_int(&params, 3, given, &offset) < 0 || py_take_bool(&params, 4, given, &requires_grad) < 0)
        return NULL;
    if (dtype == DT_NONE)
        return PyErr_Format(PyExc_TypeError, "frombuffer(): argument 'dtype' must be torch.dtype, not NoneType");
    return finish(py_array_from_buffer(given[0], dtype, count, offset), requires_grad);
}

/* A number, or the one element of a 0-d tensor; -1 and exception. */
static int scalar_argument(PyObject *o, arg *number)
{
    bool is_tensor = py_is_tensor(o) && py_t(o)->a->ndim == 0;
    PyObject *value = is_tensor ? py_item(py_t(o)->a) : Py_NewRef(o);
    bool found = value && py_number(value, number);
    Py_XDECREF(value);
    if (!found && !PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "scalar_tensor(): argument 's' (position 1) must be Number, not %s", Py_TYPE(o)->tp_name);
    return found ? 0 : -1;
}

static PyObject *scalar_tensor(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const py_params params = {.function = "scalar_tensor", .required = 1, .positional = 1, .n = 6,
                                     .names = {"s", "dtype", "layout", "device", "pin_memory", "requires_grad"}};
    PyObject *given[6];
    ct_dtype dtype = dtype_default();
    bool requires_grad = false;
    arg number;
    (void)module;
    if (py_take(&params, args, n, names, given) < 0 || scalar_argument(given[0], &number) < 0 || py_take_dtype(&params, 1, given, &dtype) < 0
        || py_check_device(given[3]) < 0 || refuse_pinned(&params, 4, given) < 0 || py_take_bool(&params, 5, given, &requires_grad) < 0)
        return NULL;
    array *a = array_new(dtype, 0, NULL);
    if (!a)
        return py_raise();
    if (py_store_number(&number, dtype, array_data(a)) < 0) {
        array_drop(a);
        return NULL;
    }
    return finish(a, requires_grad);
}

static PyObject *from_dlpack(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const py_params params = {.function = "from_dlpack", .required = 1, .positional = 1, .n = 3, .names = {"ext_tensor", "device", "copy"}};
    PyObject *given[3];
    bool copy = false;
    (void)module;
    if (py_take(&params, args, n, names, given) < 0 || py_check_device(given[1]) < 0)
        return NULL;
    if (given[2] == Py_None)
        given[2] = NULL;
    if (py_take_bool(&params, 2, given, &copy) < 0)
        return NULL;
    array *a = py_dlpack_import(given[0]);
    if (a && copy) {
        array *copied = py_array_copy(a, (ct_dtype)a->dtype);
        array_drop(a);
        a = copied;
    }
    return finish(a, false);
}

static PyObject *to_dlpack(PyObject *module, PyObject *t)
{
    (void)module;
    if (!py_is_tensor(t))
        return PyErr_Format(PyExc_TypeError, "to_dlpack(): argument must be Tensor, not %s", Py_TYPE(t)->tp_name);
    return py_tensor_dlpack(t, NULL, 0, NULL);
}

/* ---- the module's functions ------------------------------------------------------------------------------------- */
#define FAST(name, f, doc) {name, (PyCFunction)(void (*)(void))f, METH_FASTCALL | METH_KEYWORDS, doc}
static PyMethodDef functions[] = {
    FAST("tensor", make_tensor, "tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False)\n--\n\n"
         "A new tensor with a copy of data: a number, nested sequences of numbers, an ndarray, a Tensor, or an object with __dlpack__.\n\n"
         "dtype: of the data by default: bool, int64 or the default float, whichever holds all numbers; NumPy values and tensors keep theirs.\n"
         "ValueError for ragged sequences, TypeError or RuntimeError for what is no number, RuntimeError for a number that dtype cannot hold."),
    FAST("as_tensor", as_tensor, "as_tensor(data, dtype=None, device=None)\n--\n\n"
         "data as a tensor, without a copy where that is possible: a Tensor of the dtype is returned itself (with its history), "
         "an ndarray of the dtype shares its memory; anything else is as with tensor()."),
    FAST("asarray", asarray, "asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False)\n--\n\n"
         "obj as a tensor. Tensors, ndarrays, DLPack capsules and buffers share memory unless copy is True; copy=False raises ValueError "
         "where a copy would be needed. Bytes of a buffer are read as dtype, float32 by default."),
    {"from_numpy", py_from_numpy, METH_O, "from_numpy(ndarray)\n--\n\n"
     "A tensor over the ndarray's memory: writes are seen by both. dtypes: float64, float32, int64, int32, uint8, bool; TypeError for others. "
     "ValueError for negative strides or foreign byte order."},
    FAST("frombuffer", frombuffer, "frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False)\n--\n\n"
         "A 1-d tensor over the memory of a Python buffer: count elements of dtype (all by default) from byte `offset` on. "
         "ValueError when they do not fit."),
    FAST("scalar_tensor", scalar_tensor, "scalar_tensor(s, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False)\n--\n\n"
         "A 0-d tensor holding the number s, of the default float dtype unless told otherwise."),
    FAST("from_dlpack", from_dlpack, "from_dlpack(ext_tensor, *, device=None, copy=None)\n--\n\n"
         "A tensor over the memory of an object with __dlpack__, or of a DLPack capsule. BufferError for what cannot be shared."),
    {"to_dlpack", to_dlpack, METH_O, "to_dlpack(tensor)\n--\n\nA DLPack capsule over the tensor's memory."},
    {0},
};

int py_create_setup(PyObject *module) { return PyModule_AddFunctions(module, functions) < 0 ? -1 : py_legacy_setup(module); }
