/* Exchange with NumPy: the only file that includes its C API. NumPy is imported when it is first needed: an object can
 * only be NumPy's when somebody has imported it. */
#include "py/py.h"
#define NPY_NO_DEPRECATED_API NPY_1_25_API_VERSION
#include <numpy/arrayobject.h>

static bool ready;

int numpy_setup(void)
{
    if (!ready && _import_array() < 0)
        return -1;
    ready = true;
    return 0;
}

static bool loaded(void)
{
    if (ready)
        return true;
    if (!PyDict_GetItemString(PyImport_GetModuleDict(), "numpy"))
        return false;
    if (numpy_setup() < 0)
        PyErr_Clear(); /* half imported: then the object is not NumPy's either */
    return ready;
}

/* ---- recognising -------------------------------------------------------------------------------- */
bool numpy_is_array(PyObject *o) { return loaded() && PyArray_Check(o); }
bool numpy_is_scalar(PyObject *o) { return loaded() && PyArray_IsScalar(o, Generic); }
bool numpy_is_bool(PyObject *o) { return loaded() && PyArray_IsScalar(o, Bool); }
bool numpy_is_number(PyObject *o)
{
    return loaded() && (PyArray_IsScalar(o, Integer) || PyArray_IsScalar(o, Floating) || PyArray_IsScalar(o, Bool));
}

/* np.bool_ counts as a float, as in PyTorch: torch.full((2,), np.bool_(True)) is float. */
int numpy_number(PyObject *o, arg *out)
{
    if (!PyArray_IsScalar(o, Integer)) {
        *out = (arg){.kind = ARG_FLOAT, .f = PyFloat_AsDouble(o)};
        return out->f == -1 && PyErr_Occurred() ? -1 : 0;
    }
    PyObject *index = PyNumber_Index(o);
    if (!index)
        return -1;
    int overflow;
    *out = (arg){.kind = ARG_INT, .i = PyLong_AsLongLongAndOverflow(index, &overflow)};
    Py_DECREF(index);
    if (overflow)
        PyErr_SetString(PyExc_TypeError, "an integer is required: this one does not fit int64");
    return overflow ? -1 : 0;
}

/* ---- dtypes --------------------------------------------------------------------------------------- */
static const int typenum[DT_COUNT] = {
    [DT_BOOL] = NPY_BOOL, [DT_U8] = NPY_UINT8, [DT_I32] = NPY_INT32, [DT_I64] = NPY_INT64, [DT_F16] = NPY_FLOAT16, [DT_BF16] = NPY_VOID, [DT_F32] = NPY_FLOAT32,
    [DT_F64] = NPY_FLOAT64,
};

static int code(char kind, npy_intp bytes) { return kind * 256 + (int)bytes; }

/* The dtype with the same values and bytes; DT_NONE if there is none. */
static ct_dtype same_dtype(PyArray_Descr *descr)
{
    switch (code(descr->kind, PyDataType_ELSIZE(descr))) {
    case 'b' * 256 + 1: return DT_BOOL;
    case 'u' * 256 + 1: return DT_U8;
    case 'i' * 256 + 4: return DT_I32;
    case 'i' * 256 + 8: return DT_I64;
    case 'f' * 256 + 2: return DT_F16;
    case 'f' * 256 + 4: return DT_F32;
    case 'f' * 256 + 8: return DT_F64;
    default: return DT_NONE;
    }
}

/* The smallest dtype that holds all its values; DT_NONE if there is none. */
static ct_dtype wider_dtype(PyArray_Descr *descr)
{
    switch (code(descr->kind, PyDataType_ELSIZE(descr))) {
    case 'i' * 256 + 1: case 'i' * 256 + 2: case 'u' * 256 + 2: return DT_I32;
    case 'u' * 256 + 4: return DT_I64;
    default: return same_dtype(descr);
    }
}

static int unsupported(PyArray_Descr *descr)
{
    PyErr_Format(PyExc_TypeError, "can't convert np.ndarray of type %s. The only supported types are: "
                 "float64, float32, float16, int64, int32, uint8, and bool. Use astype() first.", descr->typeobj->tp_name);
    return -1;
}

int numpy_dtype(PyObject *o, ct_dtype *d)
{
    PyArray_Descr *descr = PyArray_Check(o) ? (PyArray_Descr *)Py_NewRef(PyArray_DESCR((PyArrayObject *)o)) : PyArray_DescrFromScalar(o);
    if (!descr)
        return -1;
    *d = wider_dtype(descr);
    int failed = *d == DT_NONE ? unsupported(descr) : 0;
    Py_DECREF(descr);
    return failed;
}

/* ---- from NumPy --------------------------------------------------------------------------------------- */
static int check_strides(PyArrayObject *a)
{
    for (int d = 0; d < PyArray_NDIM(a); d++) {
        npy_intp stride = PyArray_STRIDE(a, d);
        if (stride % PyArray_ITEMSIZE(a)) {
            PyErr_SetString(PyExc_ValueError, "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory.");
            return -1;
        }
        if (stride < 0) {
            PyErr_SetString(PyExc_ValueError, "At least one stride in the given numpy array is negative, and tensors with negative strides "
                            "are not currently supported. (Make a copy of the array with array.copy() first.)");
            return -1;
        }
    }
    return 0;
}

static int check_form(PyArrayObject *a)
{
    if (!PyArray_ISNOTSWAPPED(a)) {
        PyErr_SetString(PyExc_ValueError, "given numpy array has byte order different from the native byte order. "
                        "Conversion between byte orders is currently not supported.");
        return -1;
    }
    return check_strides(a);
}

static int warn_readonly(void)
{
    static bool warned;
    return py_warn_once(&warned, "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. "
                        "A write to this tensor would change, or fault on, memory that NumPy protects: copy the array first. "
                        "Shown once.");
}

static void drop_object(void *owner, void *data) { (void)data; Py_DECREF((PyObject *)owner); }

/* An array over the ndarray's own memory, which it keeps alive. */
static array *over_memory(PyArrayObject *a, ct_dtype d)
{
    int ndim = PyArray_NDIM(a);
    int64_t size[CT_MAXDIM], stride[CT_MAXDIM], low, high;
    for (int i = 0; i < ndim; i++) {
        size[i] = PyArray_DIM(a, i);
        stride[i] = PyArray_STRIDE(a, i) / dtype_bytes(d);
    }
    layout_extent(ndim, size, stride, &low, &high);
    storage *s = storage_new_foreign(PyArray_DATA(a), (high + 1) * dtype_bytes(d), drop_object, a);
    if (!s) {
        py_raise();
        return NULL;
    }
    Py_INCREF(a);
    if (!PyArray_ISWRITEABLE(a))
        s->flags |= ST_READONLY;
    array *made = array_new_over(s, d, ndim, size, stride, 0);
    storage_drop(s);
    if (!made)
        py_raise();
    return made;
}

/* The same through a fresh, aligned ndarray of dtype d. */
static array *over_copy(PyArrayObject *a, ct_dtype d)
{
    PyObject *fresh = PyArray_FromArray(a, PyArray_DescrFromType(typenum[d]), NPY_ARRAY_ENSURECOPY | NPY_ARRAY_ALIGNED | NPY_ARRAY_WRITEABLE);
    array *made = fresh ? over_memory((PyArrayObject *)fresh, d) : NULL;
    Py_XDECREF(fresh);
    return made;
}

array *numpy_to_array(PyObject *ndarray, numpy_use use)
{
    PyArrayObject *a = (PyArrayObject *)ndarray;
    ct_dtype d = same_dtype(PyArray_DESCR(a));
    if (d == DT_NONE && (use == NUMPY_ONLY_SHARE || (d = wider_dtype(PyArray_DESCR(a))) == DT_NONE)) {
        unsupported(PyArray_DESCR(a));
        return NULL;
    }
    if (check_form(a) < 0)
        return NULL;
    if (PyArray_ISALIGNED(a) && d == same_dtype(PyArray_DESCR(a)))
        return use != NUMPY_READ && !PyArray_ISWRITEABLE(a) && warn_readonly() < 0 ? NULL : over_memory(a, d);
    if (use != NUMPY_ONLY_SHARE)
        return over_copy(a, d);
    PyErr_SetString(PyExc_ValueError, "given numpy array is not aligned to its element size; copy it with array.copy() first");
    return NULL;
}

PyObject *py_from_numpy(PyObject *module, PyObject *o)
{
    (void)module;
    if (numpy_is_array(o)) {
        array *a = numpy_to_array(o, NUMPY_ONLY_SHARE);
        return a ? py_wrap_array(a) : NULL;
    }
    return PyErr_Format(PyExc_TypeError, "expected np.ndarray (got %s)", py_type_name(o));
}

/* ---- to NumPy -------------------------------------------------------------------------------------------- */
static void drop_array(PyObject *capsule) { array_drop(PyCapsule_GetPointer(capsule, NULL)); }

/* ndarray over the array's memory. Its base holds the array: it outlives the tensor and whatever is put in its place. */
static PyObject *over_array(array *a)
{
    if (a->dtype == DT_BF16)
        return PyErr_Format(PyExc_TypeError, "Got unsupported ScalarType %s", dtype_title((ct_dtype)a->dtype));
    PyObject *base = PyCapsule_New(array_keep(a), NULL, drop_array); /* first: the tensor may be given another array while a kernel is waited for */
    if (!base) {
        array_drop(a);
        return NULL;
    }
    if (array_export(a) < 0) {
        py_drop(base);
        return py_raise();
    }
    npy_intp size[CT_MAXDIM], stride[CT_MAXDIM];
    for (int d = 0; d < a->ndim; d++) {
        size[d] = array_size(a)[d];
        stride[d] = array_visible_stride(a)[d] * dtype_bytes(a->dtype);
    }
    int flags = NPY_ARRAY_ALIGNED | (a->st->flags & ST_READONLY ? 0 : NPY_ARRAY_WRITEABLE);
    PyObject *made = PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(typenum[a->dtype]), a->ndim, size, stride, array_data(a), flags, NULL);
    if (!made || PyArray_SetBaseObject((PyArrayObject *)made, base) < 0) { /* takes base, also on failure */
        if (!made)
            Py_DECREF(base);
        Py_CLEAR(made);
    }
    return made;
}

PyObject *numpy_from_tensor(PyObject *o)
{
    if (numpy_setup() < 0)
        return NULL;
    if (tape_now.grad && tensor_requires_grad(py_t(o))) {
        PyErr_SetString(PyExc_RuntimeError, "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
        return NULL;
    }
    return over_array(py_t(o)->a);
}

PyObject *py_tensor_numpy(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"numpy", "(*, bool force=False)", NULL};
    bound b;
    if (py_bind(&sig, args, n, names, &b) < 0)
        return NULL;
    if (!arg_bool(&b.args[0]))
        return numpy_from_tensor(self);
    return numpy_setup() < 0 ? NULL : over_array(py_t(self)->a);
}

/* ---- NumPy's protocol -------------------------------------------------------------------------------------- */
static PyObject *object_of(const arg *a) { return arg_given(a) ? a->obj : NULL; }

static PyObject *as_asked(PyArrayObject *a, PyObject *dtype, PyObject *copy)
{
    PyArray_Descr *descr = NULL;
    if (dtype && !PyArray_DescrConverter(dtype, &descr))
        return NULL;
    int always = copy ? PyObject_IsTrue(copy) : 0;
    if (always < 0 || (copy == Py_False && descr && !PyArray_EquivTypes(descr, PyArray_DESCR(a)))) {
        if (always == 0)
            PyErr_SetString(PyExc_ValueError, "Unable to avoid copy while creating an array as requested: the dtypes differ.");
        Py_XDECREF(descr);
        return NULL;
    }
    return PyArray_FromArray(a, descr, NPY_ARRAY_FORCECAST | (always ? NPY_ARRAY_ENSURECOPY : 0));
}

PyObject *py_tensor_array(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"__array__", "(object dtype=None, object copy=None)", NULL};
    bound b;
    if (py_bind(&sig, args, n, names, &b) < 0)
        return NULL;
    PyObject *plain = numpy_from_tensor(self);
    PyObject *result = plain ? as_asked((PyArrayObject *)plain, object_of(&b.args[0]), object_of(&b.args[1])) : NULL;
    Py_XDECREF(plain);
    return result;
}

/* What NumPy's functions make of a tensor comes back as one; masks as uint8, as in PyTorch. */
PyObject *py_tensor_array_wrap(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static py_sig sig = {"__array_wrap__", "(object array, object context=None, object return_scalar=None)", NULL};
    bound b;
    if (py_bind(&sig, args, n, names, &b) < 0)
        return NULL;
    if (!numpy_is_array(b.first) || !PyArray_ISBOOL((PyArrayObject *)b.first))
        return py_from_numpy(self, b.first);
    PyObject *bytes = PyArray_Cast((PyArrayObject *)b.first, NPY_UINT8);
    PyObject *result = bytes ? py_from_numpy(self, bytes) : NULL;
    Py_XDECREF(bytes);
    return result;
}
