/* autograd.Function: ops written in Python. apply() runs forward without recording and hangs a node into the graph; the node
 * owns the context object (an instance of a class made per Function, NameBackward), which is also what grad_fn shows. */
#include "py/context.h"
#include "ops/dispatch.h"
#include <string.h>

static PyObject *function_type, *base_setup, *base_backward, *base_vjp;

/* ---- the node --------------------------------------------------------------------------------------------------- */
static int function_grad(scope *s, node *n, tensor *const *g, tensor **grads);
static void function_release(node *n)
{
    FunctionContext *c = n->payload;
    if (!c)
        return;
    c->n = NULL;
    n->payload = NULL;
    py_drop((PyObject *)c);
}
static void function_forget(node *n)
{
    FunctionContext *c = n->payload;
    py_told told;
    py_set_aside(&told);
    context_forget(c);
    c->released = true;
    py_put_back(&told);
}
static const node_kind function_kind = {"Function", function_grad, function_release, NK_WANTS_UNDEFINED | NK_HOST, function_forget, context_takes};

PyObject *py_function_context(node *n) { return n->kind == &function_kind ? n->payload : NULL; }

/* ---- forward ------------------------------------------------------------------------------------------------------------- */
static PyObject *backward_class(PyObject *cls)
{
    PyObject *have = PyDict_GetItemString(((PyTypeObject *)cls)->tp_dict, "_backward_cls");
    if (have && PyType_Check(have) && PyType_IsSubtype((PyTypeObject *)have, py_context_type)) /* anybody may assign to it */
        return Py_NewRef(have);
    PyObject *name = PyObject_GetAttrString(cls, "__name__"), *module = name ? PyObject_GetAttrString(function_type, "__module__") : NULL;
    PyObject *made = name && module ? PyObject_CallFunction((PyObject *)&PyType_Type, "N(O){sOsO}", PyUnicode_FromFormat("%UBackward", name), py_context_type,
                                                            "_forward_cls", cls, "__module__", module) : NULL;
    if (made && PyObject_SetAttrString(cls, "_backward_cls", made) < 0)
        Py_CLEAR(made);
    Py_XDECREF(name);
    Py_XDECREF(module);
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

static PyObject *bind_arguments(PyObject *cls, PyObject *const *args, Py_ssize_t n, PyObject *kwnames)
{
    PyObject *setup = PyObject_GetAttrString(cls, "setup_context");
    bool separate = setup && setup != base_setup;
    Py_XDECREF(setup);
    return setup && (separate || (kwnames && PyTuple_GET_SIZE(kwnames))) ? context_bind(cls, separate, args, n, kwnames) : NULL;
}

static PyObject *run_forward(PyObject *cls, PyObject *ctx, PyObject *const *args, Py_ssize_t n)
{
    PyObject *forward = PyObject_GetAttrString(cls, "forward"), *setup = forward ? PyObject_GetAttrString(cls, "setup_context") : NULL, *out = NULL;
    PyObject **all = setup ? PyMem_Malloc(((size_t)n + 1) * sizeof *all) : NULL;
    bool separate = setup && setup != base_setup;
    ((FunctionContext *)ctx)->separate = separate;
    tape_mode before = tape_now;
    if (all) {
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
    if (setup && !all)
        PyErr_NoMemory();
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
    c->ndim = n && py_is_tensor(args[0]) ? py_t(args[0])->a->ndim : 0;
    if (CT_UNLIKELY(tape_now.anomaly && tape_trace))
        tape_trace(fn);
    return fn;
}

static bool holds(PyObject *tuple, PyObject *o)
{
    for (Py_ssize_t i = 0; tuple && i < PyTuple_GET_SIZE(tuple); i++)
        if (PyTuple_GET_ITEM(tuple, i) == o)
            return true;
    return false;
}

static Py_ssize_t count_tensors(PyObject *tuple)
{
    Py_ssize_t n = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++)
        n += py_is_tensor(PyTuple_GET_ITEM(tuple, i));
    return n;
}

/* The history of what mark_dirty named can be told anew only where it comes back as an output; a view's, only where it comes alone. */
static int check_dirty(const FunctionContext *c, PyObject *outputs, bool recorded)
{
    for (Py_ssize_t i = 0; c->dirty && i < PyTuple_GET_SIZE(c->dirty); i++) {
        PyObject *o = PyTuple_GET_ITEM(c->dirty, i);
        const char *wrong = !holds(outputs, o) ? "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
                                                 "are modified inplace must all be outputs of the Function."
                          : recorded && tensor_is_view(py_t(o)) && count_tensors(outputs) > 1
                            ? "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more than one Tensor. "
                              "Clone the view first, or return one Tensor."
                          : NULL;
        if (wrong) {
            PyErr_SetString(PyExc_RuntimeError, wrong);
            return -1;
        }
    }
    return 0;
}

/* An input written by forward and returned: the same object, with a new history. */
static PyObject *tie_dirty(FunctionContext *c, node *fn, uint32_t nr, PyObject *o, bool is_input)
{
    if (fn && !is_input && PyErr_WarnEx(PyExc_UserWarning, "Only input Tensors should be given to ctx.mark_dirty(). If a Tensor is not an input, there is no need to pass it to mark_dirty().", 1) < 0)
        return NULL;
    if (fn && check_rewrite(py_t(o), true) < 0)
        return py_raise();
    tensor_wrote(py_t(o), Py_TYPE((PyObject *)c)->tp_name);
    return fn && tensor_rebase(py_t(o), fn, nr, NULL) < 0 ? py_raise() : Py_NewRef(o);
}

/* An input returned as it is becomes a view of itself, since the history of the input is not the output's; outside the history detached. */
static PyObject *view_as_is(PyObject *o, bool tied)
{
    PyObject *view = py_wrap_array(array_keep(py_t(o)->a));
    if (!view || (!tied && tensor_requires_grad(py_t(o))))
        return view;
    if (tensor_join(py_t(view), py_t(o), T_FUNCTION_VIEW) < 0) {
        Py_DECREF(view);
        return py_raise();
    }
    py_note_base(o);
    return view;
}

/* The result object for forward's output o: new object or o itself. The gradient of a view is backward's business, so it may not be written. */
static PyObject *tie_output(FunctionContext *c, node *fn, uint32_t nr, PyObject *o, PyObject *const *args, Py_ssize_t n)
{
    bool is_input = false;
    for (Py_ssize_t i = 0; i < n; i++)
        is_input |= args[i] == o;
    if (fn)
        node_set_out(fn, nr, py_t(o)->a);
    if (holds(c->dirty, o))
        return tie_dirty(c, fn, nr, o, is_input);
    if (is_input && c->separate && holds(c->to_save, o))
        return PyErr_Format(PyExc_RuntimeError, "An input that has been returned as-is as output is being saved for backward. This is not supported where setup_context is given. "
                            "Return and save a view of the input, e.g. x.view_as(x), or save it in a forward that takes ctx.");
    bool tied = fn && !holds(c->plain, o) && dtype_is_float(py_t(o)->a->dtype);
    PyObject *result = is_input ? view_as_is(o, tied) : Py_NewRef(o);
    if (!result)
        return NULL;
    tensor *t = py_t(result);
    if (tensor_is_view(t))
        t->flags |= T_FUNCTION_VIEW;
    if (!tied && !is_input && !t->base && t->fn && t->fn->kind != &leaf_kind) /* what forward recorded for itself is its own business */
        node_set(&t->fn, NULL);
    if (!tied)
        return result;
    if (t->base) {
        t->gen = t->base->gen;
        t->flags &= ~(uint32_t)(T_NO_GRAD_VIEW | T_INFERENCE_VIEW);
    }
    t->nr = nr;
    node_set(&t->fn, node_keep(fn));
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
        at = is ? PyLong_FromLong(holds(c->plain, o) ? -1 - (long)nr : (long)nr) : Py_NewRef(Py_None);
        one = !at ? NULL : is ? tie_output(c, fn, nr++, o, args, n) : Py_NewRef(o);
        if (at)
            PyTuple_SET_ITEM(c->output_at, i, at);
        if (one)
            PyTuple_SET_ITEM(all, i, one);
        else
            Py_CLEAR(all);
    }
    Py_ssize_t tied = 0;
    for (Py_ssize_t i = 0; all && fn && i < count; i++)
        tied += py_is_tensor(PyTuple_GET_ITEM(all, i)) && py_t(PyTuple_GET_ITEM(all, i))->fn == fn;
    for (Py_ssize_t i = 0; tied > 1 && i < count; i++)
        if (py_is_tensor(PyTuple_GET_ITEM(all, i)) && tensor_is_view(py_t(PyTuple_GET_ITEM(all, i))))
            py_t(PyTuple_GET_ITEM(all, i))->flags |= T_MULTI_VIEW;
    return all;
}

static PyObject *apply(PyObject *cls, PyObject *const *args, Py_ssize_t n, PyObject *kwnames)
{
    PyObject *bound = bind_arguments(cls, args, n, kwnames);
    if (!bound && PyErr_Occurred())
        return NULL;
    if (bound) {
        args = PySequence_Fast_ITEMS(bound);
        n = PyTuple_GET_SIZE(bound);
    }
    PyObject *ctx_class = backward_class(cls), *result = NULL, *outputs = NULL, *all = NULL;
    FunctionContext *c = ctx_class ? (FunctionContext *)((PyTypeObject *)ctx_class)->tp_alloc((PyTypeObject *)ctx_class, 0) : NULL;
    node *fn = NULL;
    bool any = false;
    Py_XDECREF(ctx_class);
    if (!c) {
        Py_XDECREF(bound);
        return NULL;
    }
    c->materialize = true;
    if (describe_inputs(c, args, n, &any) < 0)
        goto done;
    if (!(result = run_forward(cls, (PyObject *)c, args, n)))
        goto done;
    c->alone = !PyTuple_Check(result);
    outputs = c->alone ? PyTuple_Pack(1, result) : Py_NewRef(result);
    if (!outputs)
        goto done;
    if (context_check_marks(c) < 0 || check_dirty(c, outputs, any && tape_now.grad) < 0)
        goto done;
    if (any && tape_now.grad && !(fn = make_node(c, args, n, outputs)))
        goto done;
    all = tie_outputs(c, fn, outputs, args, n);
    if (all && fn && context_save(c) < 0)
        Py_CLEAR(all);
    Py_CLEAR(c->dirty);
    Py_CLEAR(c->plain);
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
    Py_XDECREF(bound);
    return all;
}

/* ---- backward --------------------------------------------------------------------------------------------------------------- */
static PyObject *incoming(const FunctionContext *c, node *n, tensor *const *g, Py_ssize_t i)
{
    PyObject *at = PyTuple_GET_ITEM(c->output_at, i);
    if (at == Py_None)
        Py_RETURN_NONE;
    long place = PyLong_AsLong(at);
    uint32_t nr = (uint32_t)(place < 0 ? -1 - place : place);
    if (!g[nr] && (!c->materialize || (place < 0 && c->none_for_plain)))
        Py_RETURN_NONE;
    if (!g[nr])
        return context_zeros(n, nr);
    tensor t;
    tensor_copy(&t, g[nr]);
    return py_wrap(&t);
}

/* Which of the node's outputs result i is: -1 for none. */
static Py_ssize_t output_of(const FunctionContext *c, Py_ssize_t i)
{
    PyObject *at = PyTuple_GET_ITEM(c->output_at, i);
    long place = at == Py_None ? -1 : PyLong_AsLong(at);
    return at == Py_None ? -1 : place < 0 ? -1 - place : place;
}

PyObject *py_function_spread(node *n, PyObject *tied)
{
    const FunctionContext *c = n->payload;
    Py_ssize_t count = PyTuple_GET_SIZE(c->output_at);
    PyObject *all = PyTuple_New(count);
    for (Py_ssize_t i = 0; all && i < count; i++)
        PyTuple_SET_ITEM(all, i, Py_NewRef(output_of(c, i) < 0 ? Py_None : PyTuple_GET_ITEM(tied, output_of(c, i))));
    Py_DECREF(tied);
    return all;
}

PyObject *py_function_gather(node *n, PyObject *results)
{
    const FunctionContext *c = n->payload;
    Py_ssize_t count = PyTuple_GET_SIZE(c->output_at), tied = 0;
    if (!PyTuple_Check(results))
        return Py_NewRef(results);
    if (PyTuple_GET_SIZE(results) != count)
        return PyErr_Format(PyExc_RuntimeError, "hook has returned an incorrect number of values (got %zd, but expected %zd)", PyTuple_GET_SIZE(results), count);
    for (Py_ssize_t i = 0; i < count; i++)
        tied += output_of(c, i) >= 0;
    PyObject *all = PyTuple_New(tied);
    for (Py_ssize_t i = 0; all && i < count; i++)
        if (output_of(c, i) >= 0)
            PyTuple_SET_ITEM(all, output_of(c, i), Py_NewRef(PyTuple_GET_ITEM(results, i)));
    return all;
}

/* The class's backward; it may be called vjp instead. */
static PyObject *backward_of(PyObject *cls)
{
    PyObject *backward = cls ? PyObject_GetAttrString(cls, "backward") : NULL, *vjp = backward ? PyObject_GetAttrString(cls, "vjp") : NULL;
    if (!vjp)
        Py_CLEAR(backward);
    else if (vjp != base_vjp && backward != base_backward) {
        PyErr_SetString(PyExc_RuntimeError, "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of them.");
        Py_CLEAR(backward);
    } else if (vjp != base_vjp)
        Py_SETREF(backward, Py_NewRef(vjp));
    Py_XDECREF(vjp);
    return backward;
}

static PyObject *call_backward(FunctionContext *c, node *n, tensor *const *g)
{
    Py_ssize_t count = PyTuple_GET_SIZE(c->output_at);
    PyObject *cls = PyObject_GetAttrString((PyObject *)c, "_forward_cls"), *f = backward_of(cls);
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
            PyErr_Format(PyExc_RuntimeError, "function %s returned a gradient different than None at position %zd, but the corresponding forward input was not a Variable", name, i + 1);
            return -1;
        }
        if (is && o != Py_None) {
            if (!py_is_tensor(o)) {
                PyErr_Format(PyExc_RuntimeError, "expected Variable or None (got %s)", Py_TYPE(o)->tp_name);
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
static int deprecated_init(PyObject *self, PyObject *args, PyObject *kw)
{
    (void)args, (void)kw;
    return PyErr_WarnFormat(PyExc_DeprecationWarning, 1, "%R should not be instantiated. Methods on autograd functions are all static, so you should invoke them on the class itself.", Py_TYPE(self));
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
    {"vjp", ANY(missing_backward), "Another name for backward."},
    {"setup_context", ANY(missing_setup), "setup_context(ctx, inputs, output): where given, forward takes no ctx."},
    {NULL},
};
static PyType_Slot function_slots[] = {{Py_tp_doc, "Base of user-written differentiable operations: static forward and backward; use by apply()."},
    {Py_tp_methods, function_methods}, {Py_tp_init, deprecated_init}, {Py_tp_call, legacy_call}, {0, NULL}};
static PyType_Spec function_spec = {"ctgrad.autograd.function.Function", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, function_slots};

int py_function_setup(PyObject *module)
{
    function_type = PyType_FromModuleAndSpec(module, &function_spec, NULL);
    return py_context_setup(module) < 0 || !function_type || !(base_setup = PyObject_GetAttrString(function_type, "setup_context")) ||
           !(base_backward = PyObject_GetAttrString(function_type, "backward")) || !(base_vjp = PyObject_GetAttrString(function_type, "vjp")) ? -1 :
           PyModule_AddObjectRef(module, "Function", function_type);
}
