/* autograd.Function: ops written in Python. apply() runs forward without recording and hangs a node into the graph; the node
 * owns the context object (an instance of a class made per Function, NameBackward), which is also what grad_fn shows. */
#include "py/hooks.h"
#include <string.h>
#include <structmember.h>

/* One saved tensor: an input carries its edge, an output its number (re-tied when read, so that it makes no cycle). */
typedef struct saved {
    array *a;            /* NULL: None was saved */
    node *fn;            /* owned; of an input */
    uint32_t nr;
    int64_t version;
    bool is_output;
} saved;

typedef struct FunctionContext {
    PyObject_HEAD
    node *n;             /* borrowed while the node lives */
    PyObject *dict, *weak;
    PyObject *to_save, *dirty, *plain;   /* tuples given in forward */
    PyObject *needs;     /* tuple of bools, one an argument */
    PyObject *is_tensor; /* tuple of bools, one an argument */
    PyObject *output_at; /* tuple: number of the node's output for each result, or None */
    saved *kept;
    Py_ssize_t n_kept;
    bool materialize, released, alone;
} FunctionContext;

static PyTypeObject *context_type;
static PyObject *function_type, *base_setup;

/* ---- life cycle of a context -------------------------------------------------------------------------------- */
static void forget_kept(FunctionContext *c)
{
    saved *kept = c->kept;
    Py_ssize_t n = c->n_kept;
    c->kept = NULL;
    c->n_kept = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        array_drop(kept[i].a);
        node_drop(kept[i].fn);
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
    return 0;
}

static void context_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (((FunctionContext *)self)->weak)
        PyObject_ClearWeakRefs(self);
    context_clear(self);
    forget_kept((FunctionContext *)self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- the node --------------------------------------------------------------------------------------------------- */
static int function_grad(scope *s, node *n, tensor *const *g, tensor **grads);
static void function_release(node *n)
{
    FunctionContext *c = n->payload;
    if (!c)
        return;
    c->n = NULL;
    n->payload = NULL;
    Py_DECREF((PyObject *)c);
}
static void function_forget(node *n)
{
    FunctionContext *c = n->payload;
    forget_kept(c);
    c->released = true;
}
static const node_kind function_kind = {"Function", function_grad, function_release, NK_WANTS_UNDEFINED, function_forget};

PyObject *py_function_context(node *n) { return n->kind == &function_kind ? n->payload : NULL; }

static PyObject *context_name(const FunctionContext *c) { return PyObject_GetAttrString((PyObject *)Py_TYPE((PyObject *)c), "__name__"); }

/* ---- saving ------------------------------------------------------------------------------------------------------- */
static int save_one(FunctionContext *c, PyObject *o, saved *k)
{
    *k = (saved){0};
    if (o == Py_None)
        return 0;
    if (!py_is_tensor(o)) {
        PyErr_Format(PyExc_TypeError, "save_for_backward can only save variables, but argument is of type %s; set it as an attribute of ctx instead", Py_TYPE(o)->tp_name);
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
    return 0;
}

static int save_all(FunctionContext *c)
{
    Py_ssize_t n = c->to_save ? PyTuple_GET_SIZE(c->to_save) : 0;
    c->kept = PyMem_Calloc((size_t)n + 1, sizeof *c->kept);
    if (!c->kept) {
        PyErr_NoMemory();
        return -1;
    }
    for (; c->n_kept < n; c->n_kept++)
        if (save_one(c, PyTuple_GET_ITEM(c->to_save, c->n_kept), &c->kept[c->n_kept]) < 0)
            return -1;
    Py_CLEAR(c->to_save);
    return 0;
}

static PyObject *unpack(FunctionContext *c, const saved *k)
{
    if (!k->a)
        Py_RETURN_NONE;
    if (k->a->ver->count != k->version)
        return PyErr_Format(PyExc_RuntimeError, "one of the variables needed for gradient computation has been modified by an inplace operation: a tensor that %s saved "
                            "at version %lld is at version %lld now; the last write was by %s. Remedy: clone() the tensor before that write, or use the op without the underscore.",
                            Py_TYPE((PyObject *)c)->tp_name, (long long)k->version, (long long)k->a->ver->count, k->a->ver->writer ? k->a->ver->writer : "another owner of the memory");
    tensor t;
    tensor_init(&t, array_keep(k->a));
    node *fn = k->is_output ? c->n : k->fn;
    if (fn)
        tensor_set_history(&t, fn, k->nr);
    return py_wrap(&t);
}

static PyObject *get_saved(PyObject *self, void *x)
{
    FunctionContext *c = (FunctionContext *)self;
    (void)x;
    if (c->to_save)
        return Py_NewRef(c->to_save);
    if (c->released)
        return PyErr_Format(PyExc_RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). "
                            "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward "
                            "through the graph a second time or if you need to access saved tensors after calling backward.");
    PyObject *all = PyTuple_New(c->n_kept);
    for (Py_ssize_t i = 0; all && i < c->n_kept; i++) {
        PyObject *one = unpack(c, &c->kept[i]);
        if (!one)
            Py_CLEAR(all);
        else
            PyTuple_SET_ITEM(all, i, one);
    }
    return all;
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
static PyObject *set_materialize(PyObject *self, PyObject *value)
{
    int truth = PyObject_IsTrue(value);
    if (truth < 0)
        return NULL;
    ((FunctionContext *)self)->materialize = truth;
    Py_RETURN_NONE;
}
static PyObject *context_name_method(PyObject *self, PyObject *unused) { (void)unused; return context_name((FunctionContext *)self); }
static PyObject *get_needs(PyObject *self, void *x) { (void)x; return Py_NewRef(((FunctionContext *)self)->needs ? ((FunctionContext *)self)->needs : Py_None); }
static PyObject *get_next(PyObject *self, void *x)
{
    (void)x;
    return ((FunctionContext *)self)->n ? py_node_next_functions(((FunctionContext *)self)->n) : PyTuple_New(0);
}
static PyObject *hook_on(PyObject *self, PyObject *hook, int when)
{
    node *n = ((FunctionContext *)self)->n;
    return n ? py_node_hook(n, hook, when) : PyErr_Format(PyExc_RuntimeError, "the node of this Function is gone: keep one of its outputs");
}
static PyObject *context_register_hook(PyObject *self, PyObject *hook) { return hook_on(self, hook, HOOK_POST); }
static PyObject *context_register_prehook(PyObject *self, PyObject *hook) { return hook_on(self, hook, HOOK_PRE); }

/* ---- forward ------------------------------------------------------------------------------------------------------------- */
static PyObject *backward_class(PyObject *cls)
{
    PyObject *have = PyDict_GetItemString(((PyTypeObject *)cls)->tp_dict, "_backward_cls");
    if (have)
        return Py_NewRef(have);
    PyObject *name = PyObject_GetAttrString(cls, "__name__");
    PyObject *made = name ? PyObject_CallFunction((PyObject *)&PyType_Type, "N(O){sO}", PyUnicode_FromFormat("%UBackward", name), context_type, "_forward_cls", cls) : NULL;
    if (made && PyObject_SetAttrString(cls, "_backward_cls", made) < 0)
        Py_CLEAR(made);
    Py_XDECREF(name);
    return made;
}

static int describe_inputs(FunctionContext *c, PyObject *const *args, Py_ssize_t n, bool *any)
{
    c->needs = PyTuple_New(n);
    c->is_tensor = PyTuple_New(n);
    if (!c->needs || !c->is_tensor)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        bool is = py_is_tensor(args[i]), needs = is && tensor_requires_grad(py_t(args[i]));
        *any |= needs;
        PyTuple_SET_ITEM(c->needs, i, Py_NewRef(needs ? Py_True : Py_False));
        PyTuple_SET_ITEM(c->is_tensor, i, Py_NewRef(is ? Py_True : Py_False));
    }
    return 0;
}

static PyObject *run_forward(PyObject *cls, PyObject *ctx, PyObject *const *args, Py_ssize_t n)
{
    PyObject *forward = PyObject_GetAttrString(cls, "forward"), *setup = PyObject_GetAttrString(cls, "setup_context"), *out = NULL;
    PyObject **all = PyMem_Malloc(((size_t)n + 1) * sizeof *all);
    bool separate = setup && setup != base_setup;
    tape_mode before = tape_now;
    if (forward && setup && all) {
        all[0] = ctx;
        for (Py_ssize_t i = 0; i < n; i++)
            all[i + 1] = args[i];
        tape_now.grad = false;
        out = separate ? PyObject_Vectorcall(forward, all + 1, (size_t)n, NULL) : PyObject_Vectorcall(forward, all, (size_t)n + 1, NULL);
        if (out && separate) {
            PyObject *inputs = PyTuple_New(n), *done = NULL;
            for (Py_ssize_t i = 0; inputs && i < n; i++)
                PyTuple_SET_ITEM(inputs, i, Py_NewRef(args[i]));
            if (inputs)
                done = PyObject_CallFunctionObjArgs(setup, ctx, inputs, out, NULL);
            Py_XDECREF(inputs);
            if (!done)
                Py_CLEAR(out);
            Py_XDECREF(done);
        }
        tape_now.grad = before.grad;
    }
    PyMem_Free(all);
    Py_XDECREF(forward);
    Py_XDECREF(setup);
    return out;
}

static node *make_node(FunctionContext *c, PyObject *const *args, Py_ssize_t n, PyObject *outputs)
{
    uint32_t n_in = 0, n_out = 0;
    int ndim = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        n_in += py_is_tensor(args[i]);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(outputs); i++) {
        PyObject *o = PyTuple_GET_ITEM(outputs, i);
        if (py_is_tensor(o)) {
            n_out++;
            ndim = py_t(o)->a->ndim > ndim ? py_t(o)->a->ndim : ndim;
        }
    }
    node *fn = node_new(&function_kind, (node_shape){.n_in = n_in, .n_out = n_out ? n_out : 1, .out_ndim = (uint8_t)ndim});
    if (!fn) {
        py_raise();
        return NULL;
    }
    edge *e = node_edges(fn);
    for (Py_ssize_t i = 0; i < n; i++)
        if (py_is_tensor(args[i])) {
            if (py_t(args[i])->fn)
                *e = (edge){node_keep(py_t(args[i])->fn), py_t(args[i])->nr};
            e++;
        }
    node_extra *x = node_extras(fn);
    if (x)
        x->label = Py_TYPE((PyObject *)c)->tp_name; /* the class lives as long as the context, and so the node */
    fn->payload = Py_NewRef((PyObject *)c);
    c->n = fn;
    return fn;
}

static bool holds(PyObject *tuple, PyObject *o)
{
    for (Py_ssize_t i = 0; tuple && i < PyTuple_GET_SIZE(tuple); i++)
        if (PyTuple_GET_ITEM(tuple, i) == o)
            return true;
    return false;
}

/* The result object for forward's output o: new object or o itself. */
static PyObject *tie_output(FunctionContext *c, node *fn, uint32_t nr, PyObject *o, PyObject *const *args, Py_ssize_t n)
{
    bool is_input = false, dirty = holds(c->dirty, o);
    for (Py_ssize_t i = 0; i < n; i++)
        is_input |= args[i] == o;
    if (fn)
        node_set_out(fn, nr, py_t(o)->a);
    if (dirty) {
        array_wrote(py_t(o)->a, Py_TYPE((PyObject *)c)->tp_name);
        if (fn && py_t(o)->fn && py_t(o)->fn->kind == &leaf_kind)
            return PyErr_Format(PyExc_RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation.");
        return fn && tensor_rebase(py_t(o), fn, nr) < 0 ? py_raise() : Py_NewRef(o);
    }
    PyObject *result = is_input ? py_wrap_array(array_keep(py_t(o)->a)) : Py_NewRef(o);
    if (!result || !fn || holds(c->plain, o) || !dtype_is_float(py_t(o)->a->dtype))
        return result;
    tensor *t = py_t(result);
    if (t->base) {
        viewbase_drop(t->base);
        t->base = NULL;
        t->flags &= ~(uint32_t)T_VIEW;
    }
    node_drop(t->fn);
    tensor_set_history(t, fn, nr);
    return result;
}

static PyObject *tie_outputs(FunctionContext *c, node *fn, PyObject *outputs, PyObject *const *args, Py_ssize_t n)
{
    Py_ssize_t count = PyTuple_GET_SIZE(outputs);
    PyObject *all = PyTuple_New(count);
    c->output_at = PyTuple_New(count);
    uint32_t nr = 0;
    for (Py_ssize_t i = 0; all && c->output_at && i < count; i++) {
        PyObject *o = PyTuple_GET_ITEM(outputs, i), *one, *at;
        bool is = py_is_tensor(o);
        at = is ? PyLong_FromUnsignedLong(nr) : Py_NewRef(Py_None);
        one = !at ? NULL : is ? tie_output(c, fn, nr++, o, args, n) : Py_NewRef(o);
        if (at)
            PyTuple_SET_ITEM(c->output_at, i, at);
        if (one)
            PyTuple_SET_ITEM(all, i, one);
        else
            Py_CLEAR(all);
    }
    return all;
}

static PyObject *apply(PyObject *cls, PyObject *const *args, Py_ssize_t n, PyObject *kwnames)
{
    if (kwnames && PyTuple_GET_SIZE(kwnames))
        return PyErr_Format(PyExc_TypeError, "apply() takes no keyword arguments");
    PyObject *ctx_class = backward_class(cls), *result = NULL, *outputs = NULL, *all = NULL;
    FunctionContext *c = ctx_class ? (FunctionContext *)((PyTypeObject *)ctx_class)->tp_alloc((PyTypeObject *)ctx_class, 0) : NULL;
    node *fn = NULL;
    bool any = false;
    Py_XDECREF(ctx_class);
    if (!c)
        return NULL;
    c->materialize = true;
    if (describe_inputs(c, args, n, &any) < 0)
        goto done;
    if (!(result = run_forward(cls, (PyObject *)c, args, n)))
        goto done;
    c->alone = !PyTuple_Check(result);
    outputs = c->alone ? PyTuple_Pack(1, result) : Py_NewRef(result);
    if (!outputs)
        goto done;
    if (any && tape_now.grad && !(fn = make_node(c, args, n, outputs)))
        goto done;
    all = tie_outputs(c, fn, outputs, args, n);
    if (all && fn && save_all(c) < 0)
        Py_CLEAR(all);
    for (Py_ssize_t i = 0; all && fn && i < PyTuple_GET_SIZE(all); i++)
        if (py_is_tensor(PyTuple_GET_ITEM(all, i)))
            py_tensor_track(PyTuple_GET_ITEM(all, i));
done:
    if (all && c->alone)
        Py_SETREF(all, Py_NewRef(PyTuple_GET_ITEM(all, 0)));
    node_drop(fn);
    Py_DECREF((PyObject *)c);
    Py_XDECREF(result);
    Py_XDECREF(outputs);
    return all;
}

/* ---- backward --------------------------------------------------------------------------------------------------------------- */
static PyObject *incoming(const FunctionContext *c, node *n, tensor *const *g, Py_ssize_t i)
{
    PyObject *at = PyTuple_GET_ITEM(c->output_at, i);
    if (at == Py_None)
        Py_RETURN_NONE;
    uint32_t nr = (uint32_t)PyLong_AsUnsignedLong(at);
    if (!g[nr] && !c->materialize)
        Py_RETURN_NONE;
    tensor t;
    if (g[nr])
        tensor_copy(&t, g[nr]);
    else {
        int ndim;
        ct_dtype dtype;
        const int64_t *size = node_out_size(n, nr, &ndim, &dtype);
        array *a = array_new(dtype, ndim, size);
        if (!a)
            return py_raise();
        memset(array_data(a), 0, (size_t)(a->numel * dtype_bytes(dtype)));
        tensor_init(&t, a);
    }
    return py_wrap(&t);
}

static PyObject *call_backward(FunctionContext *c, node *n, tensor *const *g)
{
    Py_ssize_t count = PyTuple_GET_SIZE(c->output_at);
    PyObject *cls = PyObject_GetAttrString((PyObject *)c, "_forward_cls"), *f = cls ? PyObject_GetAttrString(cls, "backward") : NULL;
    PyObject *args = PyTuple_New(count + 1), *answer = NULL;
    if (args)
        PyTuple_SET_ITEM(args, 0, Py_NewRef((PyObject *)c));
    for (Py_ssize_t i = 0; args && i < count; i++) {
        PyObject *one = incoming(c, n, g, i);
        if (one)
            PyTuple_SET_ITEM(args, i + 1, one);
        else
            Py_CLEAR(args);
    }
    if (f && args)
        answer = PyObject_Call(f, args, NULL);
    Py_XDECREF(args);
    Py_XDECREF(f);
    Py_XDECREF(cls);
    if (answer && !PyTuple_Check(answer))
        Py_SETREF(answer, PyTuple_Pack(1, answer));
    return answer;
}

/* The answers, one an argument of apply (more at the end if they are None), to the node's edges. */
static int take_answers(scope *s, FunctionContext *c, PyObject *answer, tensor **grads)
{
    Py_ssize_t want = PyTuple_GET_SIZE(c->is_tensor), got = PyTuple_GET_SIZE(answer);
    const char *name = Py_TYPE((PyObject *)c)->tp_name;
    while (got > want && PyTuple_GET_ITEM(answer, got - 1) == Py_None)
        got--;
    if (got != want) {
        PyErr_Format(PyExc_RuntimeError, "function %s returned an incorrect number of gradients (expected %zd, got %zd)", name, want, got);
        return -1;
    }
    for (Py_ssize_t i = 0, at = 0; i < want; i++) {
        PyObject *o = PyTuple_GET_ITEM(answer, i);
        bool is = PyTuple_GET_ITEM(c->is_tensor, i) == Py_True;
        if (!is && o != Py_None) {
            PyErr_Format(PyExc_RuntimeError, "function %s returned a gradient different from None at position %zd, but the corresponding forward input was not a Variable", name, i + 1);
            return -1;
        }
        if (is && o != Py_None) {
            if (!py_is_tensor(o)) {
                PyErr_Format(PyExc_TypeError, "expected Variable or None (got %s)", Py_TYPE(o)->tp_name);
                return -1;
            }
            tensor *own = scope_new(s);
            if (!own || tensor_sync(py_t(o)) < 0)
                return py_raise_int();
            tensor_copy(own, py_t(o));
            grads[at] = own;
        }
        at += is;
    }
    return 0;
}

static int function_grad(scope *s, node *n, tensor *const *g, tensor **grads)
{
    FunctionContext *c = n->payload;
    PyObject *answer = call_backward(c, n, g);
    int result = answer ? take_answers(s, c, answer, grads) : -1;
    Py_XDECREF(answer);
    if (result < 0)
        py_note_foreign();
    return result;
}

/* ---- types ---------------------------------------------------------------------------------------------------------------------- */
static PyObject *missing_forward(PyObject *m, PyObject *args, PyObject *kw)
{
    (void)m, (void)args, (void)kw;
    return PyErr_Format(PyExc_NotImplementedError, "You must implement the forward function for custom autograd.Function.");
}
static PyObject *missing_backward(PyObject *m, PyObject *args, PyObject *kw)
{
    (void)m, (void)args, (void)kw;
    return PyErr_Format(PyExc_NotImplementedError, "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.");
}
static PyObject *missing_setup(PyObject *m, PyObject *args, PyObject *kw)
{
    (void)m, (void)args, (void)kw;
    return PyErr_Format(PyExc_NotImplementedError, "setup_context is not implemented.");
}
static PyObject *legacy_call(PyObject *self, PyObject *args, PyObject *kw)
{
    (void)self, (void)args, (void)kw;
    return PyErr_Format(PyExc_RuntimeError, "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function with static forward method.");
}

#define ANY(f) (PyCFunction)(void (*)(void))f, METH_VARARGS | METH_KEYWORDS | METH_STATIC
static PyMethodDef function_methods[] = {
    {"apply", (PyCFunction)(void (*)(void))apply, METH_FASTCALL | METH_KEYWORDS | METH_CLASS, "apply(*args): runs forward(ctx, *args) and records backward."},
    {"forward", ANY(missing_forward), "forward(ctx, *args): to be given by the subclass."},
    {"backward", ANY(missing_backward), "backward(ctx, *grads): to be given by the subclass; one gradient (or None) an argument of forward."},
    {"setup_context", ANY(missing_setup), "setup_context(ctx, inputs, output): where given, forward takes no ctx."},
    {NULL},
};
static PyType_Slot function_slots[] = {
    {Py_tp_doc, "Base of user-written differentiable operations: static forward and backward; use by apply()."},
    {Py_tp_methods, function_methods}, {Py_tp_call, legacy_call}, {0, NULL}};
static PyType_Spec function_spec = {"ctgrad.autograd.Function", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, function_slots};

static PyMemberDef context_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(FunctionContext, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(FunctionContext, weak), READONLY, NULL},
    {NULL},
};
static PyGetSetDef context_getset[] = {
    {"saved_tensors", get_saved, NULL, "What forward gave to save_for_backward, checked against later writes.", NULL},
    {"saved_variables", get_saved, NULL, "Old name of saved_tensors.", NULL},
    {"needs_input_grad", get_needs, NULL, "One bool an argument of forward: is its gradient wanted?", NULL},
    {"next_functions", get_next, NULL, "Nodes that this one sends gradients to.", NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};
static PyMethodDef context_methods[] = {
    {"save_for_backward", save_for_backward, METH_VARARGS, "Keeps tensors for backward, with a check that they are not written meanwhile."},
    {"mark_dirty", mark_dirty, METH_VARARGS, "Says which inputs forward has written in place."},
    {"mark_non_differentiable", mark_plain, METH_VARARGS, "Says which outputs have no gradient."},
    {"set_materialize_grads", set_materialize, METH_O, "False: backward gets None instead of zeros for outputs without gradient."},
    {"name", context_name_method, METH_NOARGS, "Name of the node."},
    {"register_hook", context_register_hook, METH_O, "As for every node."},
    {"register_prehook", context_register_prehook, METH_O, "As for every node."},
    {NULL},
};
static PyType_Slot context_slots[] = {
    {Py_tp_doc, "ctx: what forward and backward of a Function share; the Function's node."}, {Py_tp_members, context_members}, {Py_tp_getset, context_getset},
    {Py_tp_methods, context_methods}, {Py_tp_traverse, context_traverse}, {Py_tp_clear, context_clear}, {Py_tp_dealloc, context_dealloc}, {0, NULL}};
static PyType_Spec context_spec = {"ctgrad.autograd.FunctionCtx", sizeof(FunctionContext), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, context_slots};

int py_function_setup(PyObject *module)
{
    context_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &context_spec, NULL);
    function_type = PyType_FromModuleAndSpec(module, &function_spec, NULL);
    if (!context_type || !function_type || !(base_setup = PyObject_GetAttrString(function_type, "setup_context")))
        return -1;
    return PyModule_AddObjectRef(module, "FunctionCtx", (PyObject *)context_type) < 0 ? -1 : PyModule_AddObjectRef(module, "Function", function_type);
}
