/* ctx of a Function: what it saves, what forward may say to it, and its face as grad_fn. */
#include "py/context.h"
#include "ops/takes.h"
#include <structmember.h>
#include <string.h>

PyTypeObject *py_context_type;

/* ---- life cycle of a context -------------------------------------------------------------------------------- */
void context_forget(FunctionContext *c)
{
    saved *kept = c->kept;
    Py_ssize_t n = c->n_kept;
    c->kept = NULL;
    c->n_kept = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        array_drop(kept[i].a);
        if (kept[i].packed)
            tape_packing.drop(kept[i].packed);
        node_drop(kept[i].fn);
        py_drop(kept[i].obj);
    }
    PyMem_Free(kept);
}

static int context_clear(PyObject *self)
{
    FunctionContext *c = (FunctionContext *)self;
    Py_CLEAR(c->dict);
    Py_CLEAR(c->to_save);
    Py_CLEAR(c->dirty);
    Py_CLEAR(c->plain);
    Py_CLEAR(c->needs);
    Py_CLEAR(c->is_tensor);
    Py_CLEAR(c->output_at);
    c->released = true;
    context_forget(c);
    return 0;
}

static int context_traverse(PyObject *self, visitproc visit, void *arg)
{
    FunctionContext *c = (FunctionContext *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(c->dict);
    Py_VISIT(c->to_save);
    Py_VISIT(c->dirty);
    Py_VISIT(c->plain);
    Py_VISIT(c->needs);
    for (Py_ssize_t i = 0; i < c->n_kept; i++) {
        Py_VISIT(c->kept[i].obj);
        int result = c->kept[i].packed ? py_packed_traverse(c->kept[i].packed, visit, arg) : 0;
        if (result)
            return result;
    }
    return 0;
}

static void context_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (((FunctionContext *)self)->weak)
        PyObject_ClearWeakRefs(self);
    context_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *context_name(const FunctionContext *c) { return PyObject_GetAttrString((PyObject *)Py_TYPE((PyObject *)c), "__name__"); }

/* ---- gradients that arrive summed ------------------------------------------------------------------------------- */
static long dims_mixed(const FunctionContext *c)
{
    PyObject *cls = PyDict_GetItemString(Py_TYPE((PyObject *)c)->tp_dict, "_forward_cls"), *told = cls && PyType_Check(cls) ? PyDict_GetItemString(((PyTypeObject *)cls)->tp_dict, "_mixes") : NULL;
    return told && PyLong_CheckExact(told) ? PyLong_AsLong(told) : -1;
}

/* Dims of output 0 as those of `a`: the batch stands first, or all of them broadcast. */
static uint64_t dims_of_saved(node *n, uint64_t dims, const array *a, bool pointwise) { return pointwise ? dims_align(dims, n->out_ndim, a->ndim) : dims; }

static uint64_t still_in_saved(node *n, const array *a, bool pointwise)
{
    return still_dims(a, pointwise ? n->out_ndim : a->ndim);
}

uint64_t context_takes(node *n)
{
    const FunctionContext *c = n->payload;
    long mixed = dims_mixed(c);
    int batch = mixed ? c->ndim - (int)mixed : n->out_ndim;
    if (mixed < 0 || batch <= 0 || c->released)
        return 0;
    uint64_t dims = mixed ? ((uint64_t)1 << batch) - 1 : pointwise_dims(n);
    for (uint32_t i = 0; mixed && i < n->n_in; i++)
        dims &= node_needs(n, i) ? node_takes(n, i) : ~(uint64_t)0;
    for (Py_ssize_t i = 0; i < c->n_kept && dims; i++)
        dims &= c->kept[i].packed ? 0 : c->kept[i].a ? still_in_saved(n, c->kept[i].a, !mixed) : ~(uint64_t)0;
    return dims;
}

/* What was saved, of size 1 where the gradient arrived summed. */
static int narrow_saved(FunctionContext *c, tensor *t)
{
    uint64_t got = c->n ? node_got(c->n) : 0, dims = got ? dims_of_saved(c->n, got, t->a, !dims_mixed(c)) : 0;
    if (!dims)
        return 0;
    scope s;
    scope_open(&s);
    tensor *one = tape_algebra.narrow(&s, t, dims);
    if (one) {
        tensor copy;
        tensor_copy(&copy, one);
        tensor_clear(t);
        *t = copy;
    }
    scope_close(&s);
    return one ? 0 : py_raise_int();
}

PyObject *context_zeros(node *n, uint32_t nr)
{
    int ndim;
    ct_dtype dtype;
    int64_t size[CT_MAXDIM];
    const int64_t *full = node_out_size(n, nr, &ndim, &dtype);
    uint64_t got = node_got(n);
    for (int d = 0; d < ndim; d++)
        size[d] = got >> d & 1 ? 1 : full[d];
    array *a = array_new(dtype, ndim, size);
    if (a)
        memset(array_data(a), 0, (size_t)(a->numel * dtype_bytes(dtype)));
    return py_wrap_array(a);
}

/* ---- saving ------------------------------------------------------------------------------------------------------- */
static int save_one(FunctionContext *c, Py_ssize_t i, PyObject *o, saved *k)
{
    *k = (saved){0};
    if (o == Py_None)
        return 0;
    if (!py_is_tensor(o)) {
        PyErr_Format(PyExc_TypeError, "save_for_backward can only save variables, but argument %zd is of type %s; set it as an attribute of ctx instead", i, Py_TYPE(o)->tp_name);
        return -1;
    }
    tensor *t = py_t(o);
    if (tensor_sync(t) < 0)
        return py_raise_int();
    k->a = array_keep(t->a);
    k->version = t->a->ver->count;
    k->is_output = c->n && t->fn == c->n;
    k->nr = t->nr;
    if (t->fn && !k->is_output)
        k->fn = node_keep(t->fn);
    if (!k->is_output)
        k->obj = Py_NewRef(o);
    return 0;
}

/* The saved tensor over `a`, taken, with its history. */
static void saved_tensor(FunctionContext *c, const saved *k, array *a, tensor *t)
{
    node *fn = k->is_output ? c->n : k->fn;
    tensor_init(t, a);
    if (fn)
        tensor_set_history(t, fn, k->nr);
}

int context_pack(FunctionContext *c, uint32_t i, PyObject *hooks)
{
    saved *k = c->released || i >= (uint32_t)c->n_kept ? NULL : &c->kept[i];
    if (py_check_unpacked(!k, k && k->packed) < 0)
        return -1;
    if (!k->a) {
        PyErr_SetString(PyExc_RuntimeError, "Calling register_hooks on a saved tensor with value None is forbidden");
        return -1;
    }
    tensor t;
    array *a = array_keep(k->a);
    int64_t version = a->ver->count;
    saved_tensor(c, k, array_keep(a), &t);
    void *made = tape_packing.pack(&t, hooks);
    bool wrote = a->ver->count != version, placed = made && !wrote && !c->released;
    array_drop(a);
    if (placed) {
        c->kept[i].packed = made;
        c->kept[i].a = NULL;
        array_drop(a);
        PyObject *obj = c->kept[i].obj;
        c->kept[i].obj = NULL;
        py_drop(obj);
    } else if (made)
        tape_packing.drop(made);
    if (made && wrote)
        ct_fail(CT_RUNTIME, PACK_WRITES);
    return !made || wrote ? py_raise_int() : 0;
}

int context_save(FunctionContext *c)
{
    Py_ssize_t n = c->to_save ? PyTuple_GET_SIZE(c->to_save) : 0;
    c->kept = PyMem_Calloc((size_t)n + 1, sizeof *c->kept);
    if (!c->kept) {
        PyErr_NoMemory();
        return -1;
    }
    for (; c->n_kept < n; c->n_kept++)
        if (save_one(c, c->n_kept, PyTuple_GET_ITEM(c->to_save, c->n_kept), &c->kept[c->n_kept]) < 0)
            return -1;
    Py_CLEAR(c->to_save);
    for (uint32_t i = 0; tape_now.packs && i < n; i++)
        if (c->kept[i].a && context_pack(c, i, NULL) < 0)
            return -1;
    return 0;
}

static PyObject *raise_released(void)
{
    return PyErr_Format(PyExc_RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). "
                        "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward "
                        "through the graph a second time or if you need to access saved tensors after calling backward.");
}

static PyObject *unpack(FunctionContext *c, Py_ssize_t i)
{
    saved *k = &c->kept[i];
    tensor t;
    if (!k->a && !k->packed)
        Py_RETURN_NONE;
    if (!k->packed && kept_is_as_it_was(Py_TYPE((PyObject *)c)->tp_name, k->a, k->version) < 0)
        return py_raise();
    bool packed = k->packed;
    array *a = packed ? tape_packing.unpack(k->packed) : array_keep(k->a);
    if (!a)
        return py_raise();
    if (c->released) { /* by what unpack did */
        array_drop(a);
        return raise_released();
    }
    if (k->packed)
        tape_packing.forget(k->packed);
    saved_tensor(c, k, a, &t);
    int result = narrow_saved(c, &t);
    if (result == 0 && k->obj && py_t(k->obj)->a == t.a) {
        tensor_clear(&t);
        return Py_NewRef(k->obj);
    }
    if (result == 0)
        return py_show_kept(&t, k->is_output || (packed && t.fn));
    tensor_clear(&t);
    return NULL;
}

static PyObject *get_saved(PyObject *self, void *x)
{
    FunctionContext *c = (FunctionContext *)self;
    (void)x;
    if (c->to_save)
        return Py_NewRef(c->to_save);
    if (c->released)
        return raise_released();
    PyObject *all = PyTuple_New(c->n_kept);
    for (Py_ssize_t i = 0; all && i < c->n_kept; i++) {
        PyObject *one = unpack(c, i);
        if (!one)
            Py_CLEAR(all);
        else
            PyTuple_SET_ITEM(all, i, one);
    }
    return all;
}

static PyObject *get_raw_saved(PyObject *self, void *x)
{
    FunctionContext *c = (FunctionContext *)self;
    (void)x;
    if (c->released)
        return raise_released();
    PyObject *all = PyTuple_New(c->n_kept);
    for (Py_ssize_t i = 0; all && i < c->n_kept; i++) {
        PyObject *one = py_saved_tensor(NULL, self, (uint32_t)i);
        PyTuple_SET_ITEM(all, i, one);
        if (!one)
            Py_CLEAR(all);
    }
    return all;
}

static PyObject *get_saved_variables(PyObject *self, void *x)
{
    return PyErr_WarnEx(PyExc_DeprecationWarning, "'saved_variables' is deprecated; use 'saved_tensors'", 1) < 0 ? NULL : get_saved(self, x);
}

/* ---- what forward may say --------------------------------------------------------------------------------------------- */
static PyObject *take_tuple(PyObject **place, PyObject *args)
{
    Py_INCREF(args);
    Py_XSETREF(*place, args);
    Py_RETURN_NONE;
}
static PyObject *save_for_backward(PyObject *self, PyObject *args) { return take_tuple(&((FunctionContext *)self)->to_save, args); }
static PyObject *mark_dirty(PyObject *self, PyObject *args) { return take_tuple(&((FunctionContext *)self)->dirty, args); }
static PyObject *mark_plain(PyObject *self, PyObject *args) { return take_tuple(&((FunctionContext *)self)->plain, args); }
static int check_marked(PyObject *marked, const char *by)
{
    for (Py_ssize_t i = 0; marked && i < PyTuple_GET_SIZE(marked); i++)
        if (!py_is_tensor(PyTuple_GET_ITEM(marked, i))) {
            PyErr_Format(PyExc_RuntimeError, "%s can only accept variables, but argument %zd is of type %s", by, i, Py_TYPE(PyTuple_GET_ITEM(marked, i))->tp_name);
            return -1;
        }
    return 0;
}
int context_check_marks(const FunctionContext *c) { return check_marked(c->dirty, "mark_dirty") < 0 ? -1 : check_marked(c->plain, "mark_non_differentiable"); }
static PyObject *set_materialize(PyObject *self, PyObject *value)
{
    if (!PyBool_Check(value))
        return PyErr_Format(PyExc_TypeError, "set_materialize_grads(): expected bool, got %s", Py_TYPE(value)->tp_name);
    ((FunctionContext *)self)->materialize = value == Py_True;
    Py_RETURN_NONE;
}
/* For forward differentiation, which there is none of: code that offers it says so all the same. */
static PyObject *save_for_forward(PyObject *self, PyObject *args) { return PyObject_SetAttrString(self, "saved_for_forward", args) < 0 ? NULL : Py_NewRef(Py_None); }
static PyObject *context_name_method(PyObject *self, PyObject *unused) { (void)unused; return context_name((FunctionContext *)self); }
static PyObject *get_needs(PyObject *self, void *x) { (void)x; return Py_NewRef(((FunctionContext *)self)->needs ? ((FunctionContext *)self)->needs : Py_None); }
/* For a backward that is called by hand; where gradients go the edges say. */
static int set_needs(PyObject *self, PyObject *value, void *x)
{
    (void)x;
    Py_XSETREF(((FunctionContext *)self)->needs, Py_XNewRef(value));
    return 0;
}
static PyObject *get_next(PyObject *self, void *x)
{
    (void)x;
    return ((FunctionContext *)self)->n ? py_node_next_functions(((FunctionContext *)self)->n) : PyTuple_New(0);
}
static PyObject *get_metadata(PyObject *self, void *x)
{
    (void)x;
    return ((FunctionContext *)self)->n ? py_node_metadata(((FunctionContext *)self)->n) : PyDict_New();
}
static PyObject *get_outputs(PyObject *self, void *x)
{
    (void)x;
    return ((FunctionContext *)self)->n ? py_node_outputs(((FunctionContext *)self)->n) : PyTuple_New(0);
}
static PyObject *given(PyObject *tuple) { return Py_NewRef(tuple ? tuple : Py_None); }
static PyObject *get_to_save(PyObject *self, void *x) { (void)x; return given(((FunctionContext *)self)->to_save); }
static PyObject *get_dirty(PyObject *self, void *x) { (void)x; return given(((FunctionContext *)self)->dirty); }
static PyObject *get_plain(PyObject *self, void *x) { (void)x; return given(((FunctionContext *)self)->plain); }
static PyObject *get_zeros_for_plain(PyObject *self, void *x) { (void)x; return PyBool_FromLong(!((FunctionContext *)self)->none_for_plain); }
static int set_zeros_for_plain(PyObject *self, PyObject *value, void *x)
{
    (void)x;
    int truth = value ? PyObject_IsTrue(value) : 1;
    ((FunctionContext *)self)->none_for_plain = truth == 0;
    return truth < 0 ? -1 : 0;
}
static PyObject *hook_on(PyObject *self, PyObject *hook, int when)
{
    node *n = ((FunctionContext *)self)->n;
    return n ? py_node_hook(n, hook, when) : PyErr_Format(PyExc_RuntimeError, "the node of this Function is gone: keep one of its outputs");
}
static PyObject *context_register_hook(PyObject *self, PyObject *hook) { return hook_on(self, hook, HOOK_POST); }
static PyObject *context_register_prehook(PyObject *self, PyObject *hook) { return hook_on(self, hook, HOOK_PRE); }

/* ---- arguments by name ------------------------------------------------------------------------------------------------------ */
PyObject *context_bind(PyObject *cls, bool separate, PyObject *const *args, Py_ssize_t n, PyObject *kwnames)
{
    size_t count = (size_t)n + (kwnames ? (size_t)PyTuple_GET_SIZE(kwnames) : 0);
    PyObject *module = PyImport_ImportModule("ctgrad.autograd.function"), *binder = module ? PyObject_GetAttrString(module, "_bound") : NULL, *bound = NULL;
    PyObject **all = PyMem_Malloc((count + 2) * sizeof *all);
    if (binder && all) {
        all[0] = cls;
        all[1] = separate ? Py_True : Py_False;
        for (size_t i = 0; i < count; i++)
            all[i + 2] = args[i];
        bound = PyObject_Vectorcall(binder, all, (size_t)n + 2, kwnames);
    }
    if (!all)
        PyErr_NoMemory();
    PyMem_Free(all);
    Py_XDECREF(binder);
    Py_XDECREF(module);
    return bound;
}

/* ---- the type ------------------------------------------------------------------------------------------------------------- */
static PyMemberDef context_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(FunctionContext, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(FunctionContext, weak), READONLY, NULL},
    {NULL},
};
static PyGetSetDef context_getset[] = {
    {"saved_tensors", get_saved, NULL, "What forward gave to save_for_backward, checked against later writes.", NULL},
    {"_raw_saved_tensors", get_raw_saved, NULL, "saved_tensors as they are kept: SavedTensor objects, which take hooks.", NULL},
    {"saved_variables", get_saved_variables, NULL, "Old name of saved_tensors.", NULL},
    {"to_save", get_to_save, NULL, "What forward gave to save_for_backward, while forward runs.", NULL},
    {"dirty_tensors", get_dirty, NULL, "What forward gave to mark_dirty, while forward runs.", NULL},
    {"non_differentiable", get_plain, NULL, "What forward gave to mark_non_differentiable, while forward runs.", NULL},
    {"_materialize_non_diff_grads", get_zeros_for_plain, set_zeros_for_plain, "False: backward gets None for outputs marked as not differentiable.", NULL},
    {"metadata", get_metadata, NULL, "A dict for the user's notes; it lives as long as the node.", NULL},
    {"_input_metadata", get_outputs, NULL, "Shape and dtype of each gradient that backward takes.", NULL},
    {"needs_input_grad", get_needs, set_needs, "One bool an argument of forward: is its gradient wanted?", NULL},
    {"next_functions", get_next, NULL, "Nodes that this one sends gradients to.", NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};
static PyMethodDef context_methods[] = {
    {"save_for_backward", save_for_backward, METH_VARARGS, "Keeps tensors for backward, with a check that they are not written meanwhile."},
    {"mark_dirty", mark_dirty, METH_VARARGS, "Says which inputs forward has written in place."},
    {"mark_non_differentiable", mark_plain, METH_VARARGS, "Says which outputs have no gradient."},
    {"save_for_forward", save_for_forward, METH_VARARGS, "Kept as saved_for_forward; nothing here reads it."},
    {"set_materialize_grads", set_materialize, METH_O, "False: backward gets None instead of zeros for outputs without gradient."},
    {"name", context_name_method, METH_NOARGS, "Name of the node."},
    {"register_hook", context_register_hook, METH_O, "As for every node."},
    {"register_prehook", context_register_prehook, METH_O, "As for every node."},
    {NULL},
};
static PyType_Slot context_slots[] = {
    {Py_tp_doc, "ctx: what forward and backward of a Function share; the Function's node."}, {Py_tp_members, context_members}, {Py_tp_getset, context_getset},
    {Py_tp_methods, context_methods}, {Py_tp_traverse, context_traverse}, {Py_tp_clear, context_clear}, {Py_tp_dealloc, context_dealloc}, {0, NULL}};
static PyType_Spec context_spec = {"ctgrad.autograd.function.FunctionCtx", sizeof(FunctionContext), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, context_slots};

int py_context_setup(PyObject *module)
{
    py_context_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &context_spec, NULL);
    return py_context_type ? PyModule_AddObjectRef(module, "FunctionCtx", (PyObject *)py_context_type) : -1;
}
