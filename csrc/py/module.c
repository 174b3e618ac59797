/* The extension module ctgrad._C. */
#include "kernel/kernel.h"
#include "ops/product_host.h"
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

static void drop_object(void *obj) { py_drop(obj); }

/* ---- default dtype ----------------------------------------------------------------------------------------------- */
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
    {"get_default_dtype", get_default_dtype, METH_NOARGS, "The dtype of results made from Python floats."},
    {"set_default_dtype", set_default_dtype, METH_O, "set_default_dtype(d): float32 or float64. TypeError otherwise."},
    {"_unshaped", py_set_unshaped, METH_O, "_unshaped(cls, /)\n--\n\nOps refuse instances of cls, whose shape is not known yet."},
    {NULL},
};

/* The engine's types and settings are the process's, one each: a second module would take them from the first one's tensors. */
static int refuse_to_begin_again(void)
{
    static int begun;
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "ctgrad can be imported in the main interpreter only, not in a subinterpreter; import it there, or use threads or processes");
        return -1;
    }
    if (begun) {
        PyErr_SetString(PyExc_ImportError, "cannot load module ctgrad._C more than once per process; keep ctgrad in sys.modules, or start another process");
        return -1;
    }
    begun = 1;
    return 0;
}

static int setup(PyObject *module)
{
    if (refuse_to_begin_again() < 0)
        return -1;
    k_choose(getenv("CTGRAD_SIMD"));
    py_switches_from_environment();
    ops_setup();
    ct_host_lock = (ct_lock){release_lock, take_lock, interrupted};
    tape_interrupted = interrupted;
    gradbox_release_obj = drop_object;
    py_trace_setup();
    py_blas_setup();
    py_fft_setup();
    if (py_raise_setup(module) < 0 || py_small_types_setup(module) < 0 || py_tensor_setup(module) < 0 || py_node_setup(module) < 0 ||
        py_hooks_setup(module) < 0 || py_function_setup(module) < 0 || py_closed_setup(module) < 0 || py_saved_setup(module) < 0 || py_autograd_setup(module) < 0 || py_create_setup(module) < 0 ||
        py_exchange_setup(module) < 0 || py_debug_setup(module) < 0 || py_threads_setup(module) < 0 || py_step_setup(module) < 0 || py_lapack_setup(module) < 0 ||
        py_module_setup(module) < 0 ||
        py_ops_setup(module, py_tensor_type) < 0)
        return -1;
    return 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, setup}, {0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "ctgrad._C", "The engine of ctgrad.", 0, methods, module_slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__C(void) { return PyModuleDef_Init(&definition); }
