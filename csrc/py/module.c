/* The extension module ctgrad._C. */
#include "kernel/kernel.h"
#include "py/hooks.h"
#include "py/tensor_type.h"

void ops_setup(void);

/* ---- the lock ---------------------------------------------------------------------------------------------- */
static void *release_lock(void) { return PyEval_SaveThread(); }
static void take_lock(void *state) { PyEval_RestoreThread(state); }

static int interrupted(void)
{
    if (PyErr_CheckSignals() == 0)
        return 0;
    py_note_foreign();
    return -1;
}

static void drop_object(void *obj) { Py_XDECREF((PyObject *)obj); }

/* ---- debug: counts and failure on demand --------------------------------------------------------------------- */
static PyObject *debug_live(PyObject *m, PyObject *unused)
{
    (void)m, (void)unused;
    ct_memory now = ct_memory_now();
    return Py_BuildValue("{sLsLsLsLsLsL}", "tensors", (long long)py_tensor_live(), "arrays", (long long)array_live(), "storages", (long long)storage_live(),
                         "nodes", (long long)node_live(), "blocks", (long long)now.live_blocks, "bytes", (long long)now.live_bytes);
}
static PyObject *debug_memory(PyObject *m, PyObject *unused)
{
    (void)m, (void)unused;
    ct_memory now = ct_memory_now();
    return Py_BuildValue("{sLsLsLsLsL}", "live_blocks", (long long)now.live_blocks, "live_bytes", (long long)now.live_bytes,
                         "total_blocks", (long long)now.total_blocks, "total_bytes", (long long)now.total_bytes, "cached_bytes", (long long)now.cached_bytes);
}
static PyObject *debug_fail(PyObject *m, PyObject *args)
{
    long long n;
    int for_ever = 0;
    (void)m;
    if (!PyArg_ParseTuple(args, "L|p", &n, &for_ever))
        return NULL;
    int64_t failures = ct_alloc_failures();
    ct_alloc_fail_after(n, for_ever);
    return PyLong_FromLongLong(failures);
}
static PyObject *debug_trim(PyObject *m, PyObject *unused) { (void)m, (void)unused; ct_alloc_trim(); Py_RETURN_NONE; }
static PyObject *simd_name(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyUnicode_FromString(K->name); }

static PyObject *get_default_dtype(PyObject *m, PyObject *unused) { (void)m, (void)unused; return Py_NewRef(py_dtype(dtype_default())); }
static PyObject *set_default_dtype(PyObject *m, PyObject *value)
{
    (void)m;
    if (!py_is_dtype(value))
        return PyErr_Format(PyExc_TypeError, "invalid dtype object: only floating-point types are supported as the default type");
    if (!dtype_is_float(py_dtype_value(value)))
        return PyErr_Format(PyExc_TypeError, "only floating-point types are supported as the default type");
    dtype_set_default(py_dtype_value(value));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"_live", debug_live, METH_NOARGS, "Counts of live tensors, arrays, storages, nodes, blocks and bytes."},
    {"_memory", debug_memory, METH_NOARGS, "Counts of the allocator."},
    {"_fail_alloc", debug_fail, METH_VARARGS, "_fail_alloc(n, for_ever=False): the n-th allocation from now fails; n < 0 switches it off. Returns how many failed so far."},
    {"_trim", debug_trim, METH_NOARGS, "Returns cached memory to the system."},
    {"_simd", simd_name, METH_NOARGS, "Name of the instruction set in use."},
    {"get_default_dtype", get_default_dtype, METH_NOARGS, "The dtype of results made from Python floats."},
    {"set_default_dtype", set_default_dtype, METH_O, "set_default_dtype(d): float32 or float64. TypeError otherwise."},
    {NULL},
};

static int setup(PyObject *module)
{
    k_choose(getenv("CTGRAD_SIMD"));
    spread_choose(getenv("CTGRAD_COMPRESS"));
    const char *reduce = getenv("CTGRAD_REDUCE");
    tape_reduces = !reduce || *reduce != '0';
    ops_setup();
    ct_host_lock = (ct_lock){release_lock, take_lock};
    tape_interrupted = interrupted;
    gradbox_release_obj = drop_object;
    py_trace_setup();
    py_blas_setup();
    if (py_raise_setup(module) < 0 || py_small_types_setup(module) < 0 || py_tensor_setup(module) < 0 || py_node_setup(module) < 0 ||
        py_hooks_setup(module) < 0 || py_function_setup(module) < 0 || py_autograd_setup(module) < 0 || py_create_setup(module) < 0 ||
        py_exchange_setup(module) < 0 || py_ops_setup(module, py_tensor_type) < 0)
        return -1;
    return 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, setup}, {0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "ctgrad._C", "The engine of ctgrad.", 0, methods, module_slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__C(void) { return PyModuleDef_Init(&definition); }
