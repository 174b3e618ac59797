/* Tensors from data: tensor, as_tensor, asarray, from_numpy, frombuffer, scalar_tensor, from_dlpack. The ops that make
 * tensors from sizes (zeros, full, rand ...) are records in ops/. */
#include "py/tensor_type.h"

/* ---- what they share ------------------------------------------------------------------------------ */
/* New Tensor of a (taken; NULL: an exception is set). */
static PyObject *finish(array *a, bool requires_grad)
{
    PyObject *made = a ? py_wrap_array(a) : NULL;
    if (!made || !requires_grad)
        return made;
    if (!dtype_is_float((ct_dtype)py_t(made)->a->dtype))
        PyErr_SetString(PyExc_RuntimeError, "Only Tensors of floating point and complex dtype can require gradients");
    else if (py_born_with_grad(made) < 0)
        py_raise();
    else
        return made;
    Py_DECREF(made);
    return NULL;
}

static bool wants_grad(const bound *b) { return b->requires_grad == Py_True; }

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
    static py_sig sig = {"tensor", "(object data, *, dtype? dtype=None, host device=None, host requires_grad=False, host pin_memory=False)", NULL};
    bound b;
    (void)module;
    if (py_bind(&sig, args, n, names, &b) < 0 || py_check_device(b.device) < 0 || warn_copy_of_tensor(b.first) < 0)
        return NULL;
    return finish(py_array_from_data(b.first, arg_dtype(&b.args[1], DT_NONE), false), wants_grad(&b));
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
    static py_sig sig = {"as_tensor", "(object data, *, dtype? dtype=None, host device=None)", NULL};
    bound b;
    (void)module;
    if (py_bind(&sig, args, n, names, &b) < 0 || py_check_device(b.device) < 0)
        return NULL;
    ct_dtype dtype = arg_dtype(&b.args[1], DT_NONE);
    return py_is_tensor(b.first) ? tensor_as(b.first, dtype) : finish(py_array_from_data(b.first, dtype, true), false);
}

/* ---- asarray ---------------------------------------------------------------------------------------------- */
typedef struct asarray_call {
    PyObject *obj;
    ct_dtype dtype;
    bool copy, no_copy, requires_grad, has_requires_grad;
} asarray_call;

/* copy=False forbids conversions. */
static int check_alias(const asarray_call *c, ct_dtype has)
{
    if (!c->no_copy || c->dtype == DT_NONE || c->dtype == has)
        return 0;
    PyErr_Format(PyExc_ValueError, "can't alias tensor with dtype '%s' into dtype '%s'.", dtype_title(has), dtype_title(c->dtype));
    return -1;
}

static int warn_requires_grad_kept(void)
{
    static bool warned;
    return py_warn_once(&warned, "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. "
                        "Pass requires_grad=False explicitly to get the old behavior and silence this warning.");
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
    if (made && c->requires_grad && !had && py_born_with_grad(made) < 0) {
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
    static py_sig sig = {"asarray", "(object obj, *, dtype? dtype=None, host device=None, bool? copy=None, host requires_grad=False)", NULL};
    bound b;
    (void)module;
    if (py_bind(&sig, args, n, names, &b) < 0 || py_check_device(b.device) < 0)
        return NULL;
    return asarray_any(&(asarray_call){
        .obj = b.first, .dtype = arg_dtype(&b.args[1], DT_NONE), .copy = arg_bool(&b.args[2]), .no_copy = arg_given(&b.args[2]) && !b.args[2].i,
        .requires_grad = wants_grad(&b), .has_requires_grad = b.requires_grad != NULL});
}

/* ---- frombuffer, scalar_tensor, from_dlpack ------------------------------------------------------------------- */
static PyObject *frombuffer(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"frombuffer", "(object buffer, *, dtype dtype, int count=-1, int offset=0, host requires_grad=False)", NULL};
    bound b;
    (void)module;
    if (py_bind(&sig, args, n, names, &b) < 0)
        return NULL;
    return finish(py_array_from_buffer(b.first, (ct_dtype)b.args[1].i, b.args[2].i, b.args[3].i), wants_grad(&b));
}

static PyObject *scalar_tensor(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"scalar_tensor", "(Scalar s, *, dtype? dtype=None, host layout=None, host device=None, host pin_memory=False, "
                         "host requires_grad=False)", NULL};
    bound b;
    (void)module;
    if (py_bind(&sig, args, n, names, &b) < 0 || py_check_device(b.device) < 0)
        return NULL;
    ct_dtype dtype = arg_dtype(&b.args[1], dtype_default());
    array *a = array_new(dtype, 0, NULL);
    if (!a)
        return py_raise();
    if (py_store_number(&b.args[0], dtype, array_data(a)) < 0) {
        array_drop(a);
        return NULL;
    }
    return finish(a, wants_grad(&b));
}

static PyObject *from_dlpack(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"from_dlpack", "(object ext_tensor, *, host device=None, bool? copy=None)", NULL};
    bound b;
    (void)module;
    if (py_bind(&sig, args, n, names, &b) < 0 || py_check_device(b.device) < 0)
        return NULL;
    array *a = py_dlpack_import(b.first);
    if (a && arg_bool(&b.args[1])) {
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
        return PyErr_Format(PyExc_TypeError, "to_dlpack(): argument must be Tensor, not %s", py_type_name(t));
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
    {"from_numpy", py_from_numpy, METH_O, "from_numpy(ndarray, /)\n--\n\n"
     "A tensor over the ndarray's memory: writes are seen by both. dtypes: float64, float32, int64, int32, uint8, bool; TypeError for others. "
     "ValueError for negative strides or foreign byte order."},
    FAST("frombuffer", frombuffer, "frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False)\n--\n\n"
         "A 1-d tensor over the memory of a Python buffer: count elements of dtype (all by default) from byte `offset` on. "
         "ValueError when they do not fit."),
    FAST("scalar_tensor", scalar_tensor, "scalar_tensor(s, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False)\n--\n\n"
         "A 0-d tensor holding the number s, of the default float dtype unless told otherwise."),
    FAST("from_dlpack", from_dlpack, "from_dlpack(ext_tensor, *, device=None, copy=None)\n--\n\n"
         "A tensor over the memory of an object with __dlpack__, or of a DLPack capsule. BufferError for what cannot be shared."),
    {"to_dlpack", to_dlpack, METH_O, "to_dlpack(tensor, /)\n--\n\nA DLPack capsule over the tensor's memory."},
    {0},
};

int py_create_setup(PyObject *module) { return PyModule_AddFunctions(module, functions) < 0 ? -1 : py_legacy_setup(module); }
