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

/* ---- profile: lists get a row of every op: (name, effective steps, distinct steps) where it computes, (name, began, ended) in nanoseconds ---- */
static PyObject *profile, *timed;

static int64_t clock_now(void) /* Python's time.perf_counter_ns() */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void add_row(PyObject *list, PyObject *row)
{
    if (!row || PyList_Append(list, row) < 0)
        PyErr_Clear(); /* a row is lost; the op is not */
    Py_XDECREF(row);
}

static void profiled(call *c, bool done)
{
    if (!done) {
        c->began = timed ? clock_now() : 0;
        return;
    }
    if (timed)
        add_row(timed, Py_BuildValue("(sLL)", c->op->name, (long long)c->began, (long long)clock_now()));
    if (profile && c->work)
        add_row(profile, Py_BuildValue("(sLL)", c->op->name, (long long)(c->effective ? c->effective : c->work), (long long)c->work));
}

/* Puts a list, or NULL for None, in the place; returns what was there. */
static PyObject *taking(PyObject **place, PyObject *list, const char *function)
{
    if (list != Py_None && !PyList_Check(list))
        return PyErr_Format(PyExc_TypeError, "%s() takes a list or None, not %s", function, Py_TYPE(list)->tp_name);
    PyObject *before = *place ? *place : Py_NewRef(Py_None);
    *place = list == Py_None ? NULL : Py_NewRef(list);
    op_profiled = profile || timed ? profiled : NULL;
    return before;
}

static PyObject *debug_profile(PyObject *m, PyObject *list) { (void)m; return taking(&profile, list, "_profile"); }
static PyObject *debug_timed(PyObject *m, PyObject *list) { (void)m; return taking(&timed, list, "_timed"); }

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
    {"_timed", debug_timed, METH_O,
     "_timed(rows, /)\n--\n\n(name, began, ended) of every op are appended to the list (or None: to none), in nanoseconds of time.perf_counter_ns(). Returns the list before."},
    {"_switches", debug_switches, METH_VARARGS,
     "_switches(compress=None, reduce=None, /)\n--\n\nSets what is not None, returns what was set."},
    {NULL},
};

int py_debug_setup(PyObject *module) { return PyModule_AddFunctions(module, methods); }
