/* Memory shared with others: Python's buffer protocol out of a tensor and into one. DLPack is in dlpack.c. */
#include "py/tensor_type.h"

/* ---- out: memoryview(tensor) ---------------------------------------------------------------------- */
typedef struct exported {
    array *a;
    Py_ssize_t size[CT_MAXDIM], stride[CT_MAXDIM];
} exported;

static int refuse(Py_buffer *view, const char *why)
{
    view->obj = NULL;
    PyErr_SetString(PyExc_BufferError, why);
    return -1;
}

static bool column_major(const array *a)
{
    int64_t expected = 1;
    for (int d = 0; d < a->ndim; d++) {
        if (array_size(a)[d] != 1 && array_visible_stride(a)[d] != expected)
            return a->numel == 0;
        expected *= array_size(a)[d];
    }
    return true;
}

static bool asks(int flags, int what) { return (flags & what) == what; }

/* Why this request cannot be met, or NULL. */
static const char *objection(const array *a, int flags)
{
    bool rows = array_shows_contiguous(a), columns = column_major(a);
    if ((asks(flags, PyBUF_C_CONTIGUOUS) || !asks(flags, PyBUF_STRIDES)) && !rows)
        return "a row-major buffer was asked for, and this tensor is not contiguous; use tensor.contiguous()";
    if (asks(flags, PyBUF_F_CONTIGUOUS) && !columns)
        return "a column-major buffer was asked for, and this tensor is not stored so";
    if (asks(flags, PyBUF_ANY_CONTIGUOUS) && !rows && !columns)
        return "a contiguous buffer was asked for, and this tensor is not contiguous; use tensor.contiguous()";
    return NULL;
}

static bool writable(const array *a)
{
    int64_t one[CT_MAXDIM], other[CT_MAXDIM];
    if (a->st->flags & ST_READONLY)
        return false;
    return array_shows_contiguous(a) || !layout_self_overlap(a->ndim, array_size(a), array_visible_stride(a), one, other);
}

int py_tensor_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    array *a = py_t(self)->a;
    if (tensor_requires_grad(py_t(self)))
        return refuse(view, "Can't export a Tensor that requires grad as a buffer. Use tensor.detach() instead.");
    if (asks(flags, PyBUF_FORMAT) && !ct_dtypes[a->dtype].format)
        return refuse(view, "the buffer protocol has no name for bfloat16; use tensor.view(dtype) or tensor.float()");
    bool may_write = writable(a);
    const char *why = asks(flags, PyBUF_WRITABLE) && !may_write ? "this tensor's memory is read-only or its elements overlap" : objection(a, flags);
    if (why)
        return refuse(view, why);
    exported *e = PyMem_Malloc(sizeof *e);
    array_keep(a);
    if (!e || array_export(a) < 0) {
        PyMem_Free(e);
        array_drop(a);
        ct_clear();
        view->obj = NULL;
        PyErr_NoMemory();
        return -1;
    }
    e->a = a;
    int64_t item = dtype_bytes((ct_dtype)a->dtype);
    for (int d = 0; d < a->ndim; d++) {
        e->size[d] = (Py_ssize_t)array_size(a)[d];
        e->stride[d] = (Py_ssize_t)(array_visible_stride(a)[d] * item);
    }
    *view = (Py_buffer){
        .buf = array_data(a), .obj = Py_NewRef(self), .len = (Py_ssize_t)(a->numel * item), .itemsize = (Py_ssize_t)item,
        .readonly = !may_write, .ndim = a->ndim, .internal = e,
        .format = asks(flags, PyBUF_FORMAT) ? (char *)ct_dtypes[a->dtype].format : NULL,
        .shape = asks(flags, PyBUF_ND) ? e->size : NULL,
        .strides = asks(flags, PyBUF_STRIDES) ? e->stride : NULL,
    };
    return 0;
}

void py_tensor_releasebuffer(PyObject *self, Py_buffer *view)
{
    exported *e = view->internal;
    (void)self;
    array_drop(e->a);
    PyMem_Free(e);
}

/* ---- in: frombuffer ------------------------------------------------------------------------------------ */
static void release_view(void *owner, void *data)
{
    py_told told;
    (void)data;
    py_set_aside(&told);
    PyBuffer_Release(owner);
    PyMem_Free(owner);
    py_put_back(&told);
}

static int warn_readonly(void)
{
    static bool warned;
    return py_warn_once(&warned, "The given buffer is not writable, and PyTorch does not support non-writable tensors. "
                        "A write to this tensor would change memory that its owner protects: copy the buffer first. Shown once.");
}

/* How many elements to take: `count`, or all that fit behind `offset`. */
static int elements_in(Py_ssize_t len, int64_t item, int64_t count, int64_t offset, int64_t *n)
{
    if (len == 0 || count == 0)
        PyErr_Format(PyExc_ValueError, "both buffer length (%zd) and count (%lld) must not be 0", len, (long long)count);
    else if (offset < 0 || offset >= len)
        PyErr_Format(PyExc_ValueError, "offset (%lld bytes) must be non-negative and no greater than buffer length (%zd bytes) minus 1", (long long)offset, len);
    else if (count > 0 && count > (len - offset) / item)
        PyErr_Format(PyExc_ValueError, "requested buffer length (%lld * %lld bytes) after offset (%lld bytes) must not be greater than actual buffer length (%zd bytes)",
                     (long long)count, (long long)item, (long long)offset, len);
    else if (count < 0 && (len - offset) % item)
        PyErr_Format(PyExc_ValueError, "buffer length (%lld bytes) after offset (%lld bytes) must be a multiple of element size (%lld)",
                     (long long)(len - offset), (long long)offset, (long long)item);
    else {
        *n = count > 0 ? count : (len - offset) / item;
        return 0;
    }
    return -1;
}

/* Are there addresses of Python objects in it? Numbers written over them would end the process. Names of fields stand between colons. */
static bool holds_objects(PyObject *o)
{
    Py_buffer view;
    bool found = false, named = false;
    if (PyObject_GetBuffer(o, &view, PyBUF_FULL_RO) < 0) {
        PyErr_Clear();
        return false;
    }
    for (const char *c = view.format ? view.format : ""; *c; c++) {
        named ^= *c == ':';
        found |= !named && *c == 'O';
    }
    PyBuffer_Release(&view);
    return found;
}

static Py_buffer *view_of(PyObject *o)
{
    if (!PyObject_CheckBuffer(o)) {
        PyErr_SetString(PyExc_ValueError, "object does not implement Python buffer protocol.");
        return NULL;
    }
    if (holds_objects(o)) {
        PyErr_SetString(PyExc_ValueError, "the buffer holds Python objects, whose memory cannot be shared as numbers");
        return NULL;
    }
    Py_buffer *view = PyMem_Malloc(sizeof *view);
    if (!view) {
        PyErr_NoMemory();
        return NULL;
    }
    if (PyObject_GetBuffer(o, view, PyBUF_WRITABLE) == 0)
        return view;
    PyErr_Clear();
    if (PyObject_GetBuffer(o, view, PyBUF_SIMPLE) == 0)
        return view;
    PyMem_Free(view);
    PyErr_SetString(PyExc_RuntimeError, "could not retrieve buffer from object: it is not contiguous, or not to be exported");
    return NULL;
}

array *py_array_from_buffer(PyObject *o, ct_dtype dtype, int64_t count, int64_t offset)
{
    Py_buffer *view = view_of(o);
    int64_t n, item = dtype_bytes(dtype), one = 1;
    if (!view)
        return NULL;
    bool fits = (!view->readonly || warn_readonly() == 0) && elements_in(view->len, item, count, offset, &n) == 0;
    if (fits && ((uintptr_t)view->buf + (uintptr_t)offset) % (uintptr_t)item) {
        PyErr_Format(PyExc_ValueError, "the buffer at offset %lld is not aligned to %lld bytes, the size of %s; copy it first",
                     (long long)offset, (long long)item, dtype_name(dtype));
        fits = false;
    }
    storage *s = fits ? storage_new_foreign((char *)view->buf + offset, n * item, release_view, view) : NULL;
    if (!s) {
        release_view(view, NULL);
        if (fits)
            py_raise();
        return NULL;
    }
    if (view->readonly)
        s->flags |= ST_READONLY;
    array *a = array_new_over(s, dtype, 1, &n, &one, 0);
    storage_drop(s);
    if (!a)
        py_raise();
    return a;
}

/* ---- Tensor's methods of exchange ----------------------------------------------------------------------- */
#define FAST(name, f, doc) {name, (PyCFunction)(void (*)(void))f, METH_FASTCALL | METH_KEYWORDS, doc}
static PyMethodDef methods[] = {
    FAST("numpy", py_tensor_numpy, "numpy($self, *, force=False)\n--\n\nAn ndarray over the same memory, of the same sizes and strides. "
         "RuntimeError for a tensor that requires grad, unless force."),
    FAST("__array__", py_tensor_array, "__array__($self, dtype=None, copy=None)\n--\n\nNumPy's way to numpy(), converted to dtype."),
    FAST("__array_wrap__", py_tensor_array_wrap, "__array_wrap__($self, array, context=None, return_scalar=False)\n--\n\n"
         "What a NumPy function made of a tensor, as a tensor; bool as uint8."),
    FAST("__dlpack__", py_tensor_dlpack, "__dlpack__($self, *, stream=None, max_version=None, dl_device=None, copy=None)\n--\n\n"
         "A DLPack capsule over the same memory. BufferError for a tensor that requires grad, or a device other than the CPU."),
    {"__dlpack_device__", py_tensor_dlpack_device, METH_NOARGS, "__dlpack_device__($self)\n--\n\n(1, 0): the CPU."},
    {0},
};

/* Without history; what is held once is not written out for it. */
static PyObject *distinct(PyObject *module, PyObject *args)
{
    PyObject *o;
    int mixed;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!i", py_tensor_type, &o, &mixed))
        return NULL;
    const array *a = py_t(o)->a;
    int batch = a->ndim - mixed;
    uint64_t once = batch > 0 && a->numel ? still_dims(a, a->ndim) & (((uint64_t)1 << batch) - 1) : 0;
    array *some = array_narrow(a, once), *made = some;
    if (some && array_is_compressed(a)) {
        made = array_new((ct_dtype)a->dtype, some->ndim, array_size(some));
        if (made)
            array_convert(some, made);
        array_drop(some);
    }
    return py_wrap_array(made);
}
/* ---- memory shared with child processes ---- */
static PyObject *shared(PyObject *m, PyObject *o)
{
    (void)m;
    if (!py_is_tensor(o))
        return PyErr_Format(PyExc_TypeError, "is_shared(): expected a Tensor, got %s", Py_TYPE(o)->tp_name);
    return PyBool_FromLong(py_t(o)->a->st->flags & ST_SHARED);
}
static PyObject *share(PyObject *m, PyObject *o)
{
    (void)m;
    if (!py_is_tensor(o))
        return PyErr_Format(PyExc_TypeError, "share_memory_(): expected a Tensor, got %s", Py_TYPE(o)->tp_name);
    array *a = tensor_written_out(py_t(o));
    bool shared = a && storage_share(a->st) == 0;
    array_drop(a);
    return shared ? Py_NewRef(o) : py_raise();
}

static PyObject *shared_file(PyObject *m, PyObject *o)
{
    (void)m;
    if (!py_is_tensor(o))
        return PyErr_Format(PyExc_TypeError, "_shared_file(): expected a Tensor, got %s", Py_TYPE(o)->tp_name);
    return PyLong_FromLong(storage_file(py_t(o)->a->st));
}
static PyObject *open_shared(PyObject *m, PyObject *args)
{
    int file;
    long long n;
    PyObject *o;
    ct_dtype d;
    (void)m;
    if (!PyArg_ParseTuple(args, "iLO", &file, &n, &o) || py_dtype_from(o, &d) < 0)
        return NULL;
    if (file < 0 || n <= 0 || n > INT64_MAX / 16)
        return PyErr_Format(PyExc_ValueError, "_open_shared(): needs a descriptor and a number of elements, got %d and %lld", file, n);
    int64_t count = n, one = 1;
    storage *s = storage_new_shared(file, count * dtype_bytes(d));
    array *a = s ? array_new_over(s, d, 1, &count, &one, 0) : NULL;
    if (s)
        storage_drop(s);
    return py_wrap_array(a);
}

static PyMethodDef functions[] = {
    {"_shared_file", shared_file, METH_O, "_shared_file(x, /)\n--\n\nThe descriptor of the file that holds the shared memory of x; -1: there is none."},
    {"_open_shared", open_shared, METH_VARARGS, "_open_shared(file, count, dtype, /)\n--\n\nA vector over the memory that another process shares; takes the descriptor."},
    {"_share_memory", share, METH_O, "_share_memory(x, /)\n--\n\nMoves the storage of x to memory that child processes share; x."},
    {"_is_shared", shared, METH_O, "_is_shared(x, /)\n--\n\nWhether child processes share the memory of x."},
    {"_distinct", distinct, METH_VARARGS, "_distinct(x, mixed, /)\n--\n\nThe numbers of x, of size 1 along the dims that repeat, but for the last `mixed`."},
    {NULL},
};

int py_exchange_setup(PyObject *module)
{
    PyObject *type = (PyObject *)py_tensor_type;
    if (PyModule_AddFunctions(module, functions) < 0)
        return -1;
    for (PyMethodDef *m = methods; m->ml_name; m++) {
        PyObject *method = PyDescr_NewMethod(py_tensor_type, m);
        int failed = method ? PyObject_SetAttrString(type, m->ml_name, method) : -1;
        Py_XDECREF(method);
        if (failed < 0)
            return -1;
    }
    /* above ndarray's: ndarray + tensor asks the tensor, and NumPy's functions hand their result to __array_wrap__ */
    PyObject *priority = PyLong_FromLong(1000);
    int failed = priority ? PyObject_SetAttrString(type, "__array_priority__", priority) : -1;
    Py_XDECREF(priority);
    return failed;
}
