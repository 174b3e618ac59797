/* What is alive, how tensors lie in memory, what ops cost; memory that fails on demand, and the switches of the mechanisms. */
#include "kernel/kernel.h"
#include "ops/product_host.h"
#include "py/tensor_type.h"
#include <stdlib.h>

/* ---- counts and failure on demand ---------------------------------------------------------------------------- */
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
static PyObject *work(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyLong_FromLongLong(product_work); }
static PyObject *simd_name(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyUnicode_FromString(K->name); }


/* ---- layouts ----------------------------------------------------------------------------------------------------------- */
static PyObject *debug_layout(PyObject *m, PyObject *o)
{
    (void)m;
    if (!py_is_tensor(o))
        return PyErr_Format(PyExc_TypeError, "layout() takes a Tensor, not %s", Py_TYPE(o)->tp_name);
    array *a = array_keep(py_t(o)->a);
    PyObject *told = Py_BuildValue("{sNsNsLsNsLsLsLsOsL}", "size", py_ints(a->ndim, array_size(a)), "stride", py_ints(a->ndim, array_visible_stride(a)), "offset", (long long)a->offset,
                         "held_stride", py_ints(a->ndim, array_stride(a)), "held_offset", (long long)array_offset(a), "bytes_held", (long long)storage_held(a->st),
                         "bytes_storage", (long long)a->st->nbytes, "compressed", array_is_compressed(a) ? Py_True : Py_False,
                         "bytes_seen", (long long)(a->numel * dtype_bytes((ct_dtype)a->dtype)));
    array_drop(a);
    return told;
}

/* ---- profile: a list gets (name, effective steps, distinct steps) of every op that computes ------------------------------------ */
static PyObject *profile;

static void profiled(const call *c)
{
    int64_t effective = c->effective ? c->effective : c->work;
    PyObject *row = profile && c->work ? Py_BuildValue("(sLL)", c->op->name, (long long)effective, (long long)c->work) : NULL;
    if (row && PyList_Append(profile, row) < 0)
        PyErr_Clear(); /* a row is lost; the op is not */
    Py_XDECREF(row);
}

static PyObject *debug_profile(PyObject *m, PyObject *list)
{
    (void)m;
    if (list != Py_None && !PyList_Check(list))
        return PyErr_Format(PyExc_TypeError, "_profile() takes a list or None, not %s", Py_TYPE(list)->tp_name);
    PyObject *before = profile ? profile : Py_NewRef(Py_None);
    profile = list == Py_None ? NULL : Py_NewRef(list);
    op_profiled = profile ? profiled : NULL;
    return before;
}

/* ---- switches ------------------------------------------------------------------------------------------------------------------ */
static bool is_off(const char *setting) { return setting && *setting == '0'; }

/* Where results are compressed from the first byte on, gradients are reduced from there too. */
static void choose_reduced(bool reduces) { tape_reduces_from = !reduces ? INT64_MAX : spread_from ? SPREAD_FROM : 0; }

void py_switches_from_environment(void)
{
    spread_choose(getenv("CTGRAD_COMPRESS"));
    choose_reduced(!is_off(getenv("CTGRAD_REDUCE")));
}

/* _switches(compress, reduce): bytes from which results are compressed (-1: never), whether gradients travel reduced; None keeps. */
static PyObject *debug_switches(PyObject *m, PyObject *args)
{
    PyObject *compress = Py_None, *reduce = Py_None;
    (void)m;
    if (!PyArg_ParseTuple(args, "|OO", &compress, &reduce))
        return NULL;
    bool reduces = tape_reduces_from != INT64_MAX;
    PyObject *before = Py_BuildValue("(LO)", (long long)(spread_from == INT64_MAX ? -1 : spread_from), reduces ? Py_True : Py_False);
    if (before && compress != Py_None) {
        long long from = PyLong_AsLongLong(compress);
        if (from == -1 && PyErr_Occurred())
            Py_CLEAR(before);
        else
            spread_from = from < 0 ? INT64_MAX : from;
    }
    choose_reduced(reduce == Py_None ? reduces : reduce == Py_True);
    return before;
}

static PyMethodDef methods[] = {
    {"_live", debug_live, METH_NOARGS, "Counts of live tensors, arrays, storages, nodes, blocks and bytes."},
    {"_memory", debug_memory, METH_NOARGS, "Counts of the allocator."},
    {"_fail_alloc", debug_fail, METH_VARARGS, "_fail_alloc(n, for_ever=False): the n-th allocation from now fails; n < 0 switches it off. Returns how many failed so far."},
    {"_trim", debug_trim, METH_NOARGS, "Returns cached memory to the system."},
    {"_work", work, METH_NOARGS, "_work()\n--\n\nMultiply-adds that products have planned so far."},
    {"_simd", simd_name, METH_NOARGS, "Name of the instruction set in use."},
    {"_layout", debug_layout, METH_O,
     "_layout(tensor, /)\n--\n\nShown and held layout of a tensor, bytes held and seen; see ctgrad.debug.layout."},
    {"_profile", debug_profile, METH_O,
     "_profile(rows, /)\n--\n\nRows of every op that computes are appended to the list (or None: to none). Returns the list before."},
    {"_switches", debug_switches, METH_VARARGS,
     "_switches(compress=None, reduce=None, /)\n--\n\nSets what is not None, returns what was set."},
    {NULL},
};

int py_debug_setup(PyObject *module) { return PyModule_AddFunctions(module, methods); }
