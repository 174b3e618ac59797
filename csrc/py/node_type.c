/* grad_fn: the Python face of a node. One class a name, made on demand, so that type(y.grad_fn).__name__ tells the op. */
#include "py/tensor_type.h"
#include "py/context.h"
#include <string.h>

typedef struct PyNode {
    PyObject_HEAD
    node *n;
} PyNode;

static PyTypeObject *node_base;
static PyObject *classes; /* name -> class */

static node *node_of(PyObject *o) { return ((PyNode *)o)->n; }

/* The class of "torch::autograd::CopySlices" is called CopySlices. Without a module of its own it is shown as PyTorch's: <AddBackward0 object at 0x...>. */
static PyTypeObject *class_of(const char *name)
{
    const char *colon = strrchr(name, ':');
    name = colon ? colon + 1 : name;
    PyObject *cls = PyDict_GetItemString(classes, name);
    if (cls)
        return (PyTypeObject *)cls;
    cls = PyObject_CallFunction((PyObject *)&PyType_Type, "s(O){ss}", name, node_base, "__module__", "builtins");
    if (cls && PyDict_SetItemString(classes, name, cls) < 0)
        Py_CLEAR(cls);
    Py_XDECREF(cls); /* the dict keeps it */
    return (PyTypeObject *)cls;
}

PyObject *py_node_object(node *n)
{
    PyObject *function = py_function_context(n);
    if (function)
        return Py_NewRef(function);
    if (n->obj)
        return Py_NewRef((PyObject *)n->obj);
    PyTypeObject *cls = class_of(node_name(n));
    PyNode *p = cls ? (PyNode *)cls->tp_alloc(cls, 0) : NULL;
    if (!p)
        return NULL;
    p->n = node_keep(n);
    n->obj = p;
    return (PyObject *)p;
}

static int node_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return node_of(self) && node_of(self)->refs == 1 ? py_node_traverse(node_of(self), visit, arg) : 0;
}

static int node_tp_clear(PyObject *self)
{
    if (node_of(self) && node_of(self)->refs == 1)
        py_node_clear(node_of(self));
    return 0;
}

static void node_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (node_of(self)) {
        node_of(self)->obj = NULL;
        node_drop(node_of(self));
    }
    type->tp_free(self);
    Py_DECREF(type);
}

node *py_node_of(PyObject *o)
{
    if (PyObject_TypeCheck(o, node_base))
        return node_of(o);
    return PyObject_TypeCheck(o, py_context_type) ? ((FunctionContext *)o)->n : NULL;
}

/* ---- what it tells ---------------------------------------------------------------------------------------- */
static PyObject *shown_edge(node *n, uint32_t i)
{
    uint32_t at = node_shown_place(n, i);
    edge e = at < n->n_in ? node_edges(n)[at] : (edge){0};
    if (e.fn && e.fn->kind == &passage_kind)
        e = node_edges(e.fn)[0];
    PyObject *fn = e.fn ? py_node_object(e.fn) : Py_NewRef(Py_None);
    return fn ? Py_BuildValue("(NI)", fn, e.fn ? e.nr : 0u) : NULL;
}

/* What has no derivative is in PyTorch a node of the operands that want one. */
static PyObject *wanted_edges(node *n)
{
    PyObject *all = PyList_New(0), *tuple = NULL;
    bool ok = all;
    for (uint32_t i = 0; ok && i < n->n_in; i++) {
        PyObject *pair = node_edges(n)[i].fn ? shown_edge(n, i) : Py_NewRef(Py_None);
        ok = pair && (pair == Py_None || PyList_Append(all, pair) == 0);
        Py_XDECREF(pair);
    }
    if (ok)
        tuple = PyList_AsTuple(all);
    Py_XDECREF(all);
    return tuple;
}

/* Where a base was written through a view, the operands of the write stand for it, without the view. */
PyObject *py_node_next_functions(node *n)
{
    if (n->kind->flags & NK_UNTOLD)
        return wanted_edges(n);
    node *write = n->kind->flags & NK_SHOWS_WRITE ? node_edges(n)[1].fn : NULL;
    uint32_t own = write ? 1 : node_shown(n), more = write && node_shown(write) ? node_shown(write) - 1 : 0;
    PyObject *all = PyTuple_New(own + more);
    for (uint32_t i = 0; all && i < own + more; i++) {
        PyObject *pair = i < own ? shown_edge(n, i) : shown_edge(write, i - own + 1);
        if (!pair)
            Py_CLEAR(all);
        else
            PyTuple_SET_ITEM(all, i, pair);
    }
    return all;
}

static PyObject *get_next_functions(PyObject *self, void *x) { (void)x; return py_node_next_functions(node_of(self)); }
static PyObject *node_name_method(PyObject *self, PyObject *unused) { (void)unused; return PyUnicode_FromString(node_name(node_of(self))); }
/* Of what has no derivative the last, as PyTorch's, which its engine goes by. */
static PyObject *get_sequence(PyObject *self, PyObject *unused)
{
    const node *n = node_of(self);
    (void)unused;
    return PyLong_FromUnsignedLongLong(n->kind->flags & NK_UNTOLD ? UINT64_MAX : n->seq);
}
static PyObject *register_post(PyObject *self, PyObject *hook) { return py_node_hook(node_of(self), hook, HOOK_POST); }
static PyObject *register_pre(PyObject *self, PyObject *hook) { return py_node_hook(node_of(self), hook, HOOK_PRE); }

static PyObject *get_metadata(PyObject *self, void *x) { (void)x; return py_node_metadata(node_of(self)); }
static PyObject *get_outputs(PyObject *self, void *x) { (void)x; return py_node_outputs(node_of(self)); }
static PyObject *get_requires_grad(PyObject *self, void *x) { (void)self, (void)x; Py_RETURN_TRUE; }

/* The gradients given, checked: a formula trusts their sizes and dtypes. */
static int take_gradients(node *n, PyObject *args, tensor **g)
{
    if (PyTuple_GET_SIZE(args) != (Py_ssize_t)n->n_out) {
        PyErr_Format(PyExc_TypeError, "expected %u arguments, got %zd instead", n->n_out, PyTuple_GET_SIZE(args));
        return -1;
    }
    for (uint32_t i = 0; i < n->n_out; i++) {
        PyObject *o = PyTuple_GET_ITEM(args, i);
        int ndim;
        ct_dtype dtype;
        const int64_t *size = node_out_size(n, i, &ndim, &dtype);
        if (o == Py_None)
            continue;
        if (!py_is_tensor(o)) {
            PyErr_Format(PyExc_TypeError, "expected Variable argument %u, got %s", i, Py_TYPE(o)->tp_name);
            return -1;
        }
        const array *a = py_t(o)->a;
        if (a->dtype != dtype || a->ndim != ndim || !layout_same(array_size(a), size, ndim)) {
            PyErr_Format(PyExc_RuntimeError, "%s: gradient %u must have the shape and dtype of the output", node_name(n), i);
            return -1;
        }
        if (tensor_sync(py_t(o)) < 0)
            return py_raise_int();
        g[i] = py_t(o);
    }
    return 0;
}

static PyObject *shown_gradient(node *n, tensor **grads, uint32_t k)
{
    uint32_t at = node_shown_place(n, k);
    if (at >= n->n_in || !grads[at])
        Py_RETURN_NONE;
    tensor t;
    tensor_copy(&t, grads[at]);
    return py_wrap(&t);
}

/* grad_fn(*gradients): the gradients of the inputs, one alone or a tuple. */
static PyObject *node_tp_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    node *n = node_of(self);
    (void)kwargs;
    if (n->kind == &leaf_kind)
        return PyErr_Format(PyExc_NotImplementedError, "an AccumulateGrad node is not called: use backward()");
    tensor **g = PyMem_Calloc((size_t)n->n_out + n->n_in, sizeof *g);
    if (!g)
        return PyErr_NoMemory();
    PyObject *all = NULL;
    scope s;
    scope_open(&s);
    if (take_gradients(n, args, g) == 0) {
        uint32_t shown = node_shown(n);
        all = tape_call_node(&s, n, g, g + n->n_out) < 0 ? py_raise() : PyTuple_New(shown);
        for (uint32_t k = 0; all && k < shown; k++) {
            PyObject *one = shown_gradient(n, g + n->n_out, k);
            PyTuple_SET_ITEM(all, k, one);
            if (!one)
                Py_CLEAR(all);
        }
        if (all && shown == 1)
            Py_SETREF(all, Py_NewRef(PyTuple_GET_ITEM(all, 0)));
    }
    scope_close(&s);
    PyMem_Free(g);
    return all;
}

/* Only accumulators have a variable, as in PyTorch: hasattr() tells them from other nodes. */
static PyObject *get_variable(PyObject *self, void *x)
{
    node *n = node_of(self);
    (void)x;
    if (n->kind != &leaf_kind)
        return PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute 'variable'", Py_TYPE(self)->tp_name);
    PyObject *owner = leaf_box(n)->owner;
    return Py_NewRef(owner ? owner : Py_None);
}

static PyObject *node_getattro(PyObject *self, PyObject *name)
{
    PyObject *found = PyObject_GenericGetAttr(self, name);
    const char *text = found || !PyErr_ExceptionMatches(PyExc_AttributeError) ? NULL : PyUnicode_AsUTF8(name);
    if (!text || (strncmp(text, "_saved_", 7) && strncmp(text, "_raw_saved_", 11)))
        return found;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    found = py_node_saved(node_of(self), text);
    if (found || PyErr_Occurred()) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    } else
        PyErr_Restore(type, value, traceback);
    return found;
}

static int without_variable(PyObject *names)
{
    PyObject *done = PyObject_CallMethod(names, "remove", "s", "variable");
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static PyObject *node_dir(PyObject *self, PyObject *unused)
{
    PyObject *names = PyObject_CallMethod((PyObject *)&PyBaseObject_Type, "__dir__", "O", self);
    (void)unused;
    if (names && node_of(self)->kind != &leaf_kind && without_variable(names) < 0)
        Py_CLEAR(names);
    if (names && py_node_saved_names(node_of(self), names) < 0)
        Py_CLEAR(names);
    return names;
}

/* Classes of nodes inherit it: an object of theirs that no node stands behind cannot be made. */
static PyObject *node_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    return PyErr_Format(PyExc_TypeError, "cannot create '%s' instances: ops record nodes, and a tensor's grad_fn shows them", type->tp_name);
}

static PyGetSetDef getset[] = {
    {"variable", get_variable, NULL, "The leaf that an AccumulateGrad node belongs to; None when no object shows it any more.", NULL},
    {"metadata", get_metadata, NULL, "A dict for the user's notes; it lives as long as the node.", NULL},
    {"_input_metadata", get_outputs, NULL, "Shape and dtype of each gradient that this node takes.", NULL},
    {"requires_grad", get_requires_grad, NULL, "True: a node is recorded where a gradient is wanted.", NULL},
    {"next_functions", get_next_functions, NULL, "Pairs (node, output number) that this node sends gradients to; (None, 0) where none is wanted.", NULL},
    {NULL},
};
static PyObject *will_run(PyObject *module, PyObject *o)
{
    (void)module;
    node *n = NULL;
    bool handle = py_handle_node(o, &n);
    if (!handle && !PyObject_TypeCheck(o, node_base) && !PyObject_TypeCheck(o, py_context_type))
        return PyErr_Format(PyExc_RuntimeError, "_will_engine_execute_node expects an grad_fn, but got %s", Py_TYPE(o)->tp_name);
    if (tape_task() < 0)
        return PyErr_Format(PyExc_RuntimeError, "_will_engine_execute_node should only be called during the backward pass");
    if (!handle)
        n = py_node_of(o);
    int runs = n ? tape_will_run(n) : 0;
    return runs >= 0 ? PyBool_FromLong(runs)
                     : PyErr_Format(PyExc_RuntimeError, "A leaf node was passed to _will_engine_execute_node but we are currently running autograd.grad(). This is not supported.");
}

static PyMethodDef functions[] = {{"_will_engine_execute_node", will_run, METH_O, "_will_engine_execute_node(node, /)\n--\n\nWill the backward run that is at work run this node? Of a hook's handle: the node that the hook is on, False once it is off."}, {NULL}};
static PyMethodDef methods[] = {
    {"__dir__", node_dir, METH_NOARGS, "With the names of what the node keeps."},
    {"name", node_name_method, METH_NOARGS, "Name of the node."},
    {"_sequence_nr", get_sequence, METH_NOARGS, "Place in the order of recording."},
    {"register_hook", register_post, METH_O, "register_hook(hook): hook(grad_inputs, grad_outputs) after the node has run; may return new grad_inputs."},
    {"register_prehook", register_pre, METH_O, "register_prehook(hook): hook(grad_outputs) before the node runs; may return new ones."},
    {NULL},
};
static PyType_Slot slots[] = {
    {Py_tp_doc, "A node of the graph: one recorded op."}, {Py_tp_getset, getset}, {Py_tp_methods, methods},
    {Py_tp_new, node_tp_new}, {Py_tp_call, node_tp_call}, {Py_tp_getattro, node_getattro}, {Py_tp_traverse, node_traverse}, {Py_tp_clear, node_tp_clear}, {Py_tp_dealloc, node_dealloc}, {0, NULL},
};
static PyType_Spec spec = {"ctgrad._C.Node", sizeof(PyNode), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

int py_node_setup(PyObject *module)
{
    node_base = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    classes = PyDict_New();
    if (PyModule_AddFunctions(module, functions) < 0 || py_node_outputs_setup() < 0)
        return -1;
    PyTypeObject *accumulate = node_base && classes ? class_of("AccumulateGrad") : NULL;
    if (!accumulate || PyModule_AddObjectRef(module, "_AccumulateGrad", (PyObject *)accumulate) < 0)
        return -1;
    return PyModule_AddObjectRef(module, "Node", (PyObject *)node_base);
}

/* ---- cycles through hooks and Function contexts -------------------------------------------------------------- */
static int traverse_hooks(const hook *h, visitproc visit, void *arg)
{
    for (; h; h = h->next)
        Py_VISIT((PyObject *)h->obj);
    return 0;
}

int py_node_traverse(node *n, visitproc visit, void *arg)
{
    int result = 0;
    if (n->extra && (result = traverse_hooks(n->extra->hooks, visit, arg)) == 0)
        result = traverse_hooks(n->extra->post, visit, arg);
    if (n->extra && result == 0)
        result = traverse_hooks(n->extra->notes, visit, arg);
    if (n->extra && result == 0)
        result = traverse_hooks(n->extra->after, visit, arg);
    if (n->extra && result == 0)
        result = traverse_hooks(n->extra->pre, visit, arg);
    const kept *k = node_kept(n);
    for (int i = 0; n->flags & N_PACKED && i < n->n_kept && result == 0; i++)
        if (k[i].a == KEPT_PACKED)
            result = py_packed_traverse(k[i].u.packed, visit, arg);
    PyObject *function = result ? NULL : py_function_context(n);
    return result ? result : function ? visit(function, arg) : 0;
}

void py_node_clear(node *n)
{
    if (n->flags & N_PACKED)
        node_release_kept(n);
    while (n->extra && n->extra->hooks)
        node_remove_hook(&n->extra->hooks, n->extra->hooks->id);
    while (n->extra && n->extra->post)
        node_remove_hook(&n->extra->post, n->extra->post->id);
    while (n->extra && n->extra->notes)
        node_remove_hook(&n->extra->notes, n->extra->notes->id);
    while (n->extra && n->extra->after)
        node_remove_hook(&n->extra->after, n->extra->after->id);
    while (n->extra && n->extra->pre)
        node_remove_hook(&n->extra->pre, n->extra->pre->id);
}
