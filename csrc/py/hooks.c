/* Hooks: Python callables called with gradients. A handle's remove() takes its hook off again. */
#include "py/hooks.h"

static uint32_t next_id;

/* ---- handles ---------------------------------------------------------------------------------------------------
 * What is on a node's list is the handle: it owns the callable and is owned by the node, to which it leads weakly. So it keeps no
 * graph alive, and the collector sees through hooks that hold their own handle. */
typedef struct PyHandle {
    PyObject_HEAD
    PyObject *call;  /* NULL once the hook is off */
    node_extra *on;  /* borrowed: where the list is, NULL once the hook is off */
    uint32_t id;
    int list; /* 0 tensor hooks, 1 pre, 2 post, 3 after */
} PyHandle;
static PyTypeObject *handle_type;

static hook **list_of(node_extra *x, int which) { return which == 0 ? &x->hooks : which == 1 ? &x->pre : which == 2 ? &x->post : &x->after; }

static void release_handle(void *obj)
{
    PyHandle *h = obj;
    PyObject *call = h->call;
    h->on = NULL;
    h->call = NULL;
    py_drop(call);
    Py_DECREF(h);
}

bool py_handle_node(PyObject *o, node **n)
{
    if (!Py_IS_TYPE(o, handle_type))
        return false;
    node_extra *on = ((PyHandle *)o)->on;
    *n = on ? on->of : NULL;
    return true;
}

static void take_off(PyHandle *h)
{
    node_extra *on = h->on;
    h->on = NULL;
    if (on)
        node_remove_hook(list_of(on, h->list), h->id);
}

static PyObject *handle_remove(PyObject *self, PyObject *unused)
{
    (void)unused;
    take_off((PyHandle *)self);
    Py_RETURN_NONE;
}
static PyObject *handle_enter(PyObject *self, PyObject *unused) { (void)unused; return Py_NewRef(self); }
static PyObject *handle_exit(PyObject *self, PyObject *args) { (void)args; return handle_remove(self, NULL); }
static PyObject *handle_id(PyObject *self, void *x) { (void)x; return PyLong_FromUnsignedLong(((PyHandle *)self)->id); }
static int handle_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((PyHandle *)self)->call);
    return 0;
}
/* Garbage with the node: the hook goes off, so that none on a list is without its callable. */
static int handle_clear(PyObject *self)
{
    take_off((PyHandle *)self);
    return 0;
}
static void handle_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((PyHandle *)self)->call);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *add_hook(node *n, int which, hook h, PyObject *call)
{
    PyHandle *handle = (PyHandle *)handle_type->tp_alloc(handle_type, 0);
    if (!handle)
        return NULL;
    handle->call = Py_NewRef(call);
    handle->id = h.id = next_id++;
    handle->list = which;
    h.release = release_handle;
    h.obj = handle;
    if (!node_extras(n) || node_add_hook(list_of(n->extra, which), h) < 0) {
        Py_DECREF(handle);
        return py_raise();
    }
    handle->on = n->extra;
    return Py_NewRef(handle);
}

/* ---- gradients to Python and back --------------------------------------------------------------------------- */
static PyObject *shown(const tensor *g)
{
    if (!g)
        return Py_NewRef(Py_None);
    tensor t;
    tensor_copy(&t, g);
    return py_wrap(&t);
}

/* What a message calls the hook; good until the next call. */
static const char *hook_name(PyObject *hook)
{
    static char name[80];
    PyObject *text = PyObject_GetAttrString(hook, "__name__");
    const char *utf8 = text && PyUnicode_Check(text) ? PyUnicode_AsUTF8(text) : NULL;
    snprintf(name, sizeof name, "%s", utf8 ? utf8 : "<unknown>");
    Py_XDECREF(text);
    PyErr_Clear();
    return name;
}

static int check_answer(PyObject *hook, PyObject *answer, const tensor *g)
{
    if (!py_is_tensor(answer))
        PyErr_Format(PyExc_TypeError, "expected Variable, but hook returned '%s'", Py_TYPE(answer)->tp_name);
    else if (!g)
        PyErr_SetString(PyExc_RuntimeError, "can't replace a None gradient with a non-None value");
    else if (py_t(answer)->a->dtype != g->a->dtype)
        PyErr_Format(PyExc_RuntimeError, "hook '%s' has changed the type of value (was torch.%sTensor got torch.%sTensor)", hook_name(hook),
                     dtype_title((ct_dtype)g->a->dtype), dtype_title((ct_dtype)py_t(answer)->a->dtype));
    else if (!array_same_size(py_t(answer)->a, g->a))
        PyErr_Format(PyExc_RuntimeError, "hook '%s' has changed the size of value", hook_name(hook));
    else
        return 0;
    return -1;
}

/* The hook's answer becomes *g: None leaves it, a Tensor of the same shape and dtype replaces it. */
static int replace(scope *s, PyObject *hook, PyObject *answer, tensor **g)
{
    if (answer == Py_None)
        return 0;
    if (check_answer(hook, answer, *g) < 0)
        return -1;
    tensor *own = scope_new(s);
    if (!own)
        return py_raise_int();
    tensor_copy(own, py_t(answer));
    *g = own;
    return 0;
}

/* New: what the handle on a node's list calls. It outlives the call, whatever that does to the handle. */
static PyObject *callable(void *handle) { return Py_NewRef(((PyHandle *)handle)->call); }

static int call_tensor_hook(scope *s, void *obj, tensor **g)
{
    PyObject *call = callable(obj), *grad = shown(*g), *answer = grad ? PyObject_CallOneArg(call, grad) : NULL;
    Py_XDECREF(grad);
    int result = answer ? replace(s, call, answer, g) : -1;
    Py_XDECREF(answer);
    Py_DECREF(call);
    if (result < 0)
        py_note_foreign();
    return result;
}

static void release_notes(void *obj) { py_drop(obj); }

PyObject *py_tensor_register_hook(PyObject *self, PyObject *hook_object)
{
    tensor *t = py_t(self);
    if (!tensor_requires_grad(t))
        return PyErr_Format(PyExc_RuntimeError, "cannot register a hook on a tensor that doesn't require gradient");
    py_tensor_track(self);
    return add_hook(t->fn, 0, (hook){.call = call_tensor_hook, .nr = t->nr}, hook_object);
}

/* The hooks on a tensor by their ids, in order of registration; None where none was registered. */
PyObject *py_tensor_hooks(PyObject *module, PyObject *o)
{
    tensor *t = py_is_tensor(o) ? py_t(o) : NULL;
    PyObject *all = NULL;
    (void)module;
    if (!t)
        return PyErr_Format(PyExc_TypeError, "expected a Tensor");
    if (tensor_sync(t) < 0)
        return py_raise();
    for (hook *h = t->fn && t->fn->extra ? t->fn->extra->hooks : NULL; h; h = h->next) {
        PyObject *id = h->nr == t->nr ? PyLong_FromUnsignedLong(h->id) : NULL;
        if (h->nr == t->nr && (!id || (!all && !(all = PyDict_New())) || PyDict_SetItem(all, id, ((PyHandle *)h->obj)->call) < 0)) {
            Py_XDECREF(id);
            Py_XDECREF(all);
            return NULL;
        }
        Py_XDECREF(id);
    }
    return all ? all : Py_NewRef(Py_None);
}

static int call_with_leaf(scope *s, void *obj, tensor **g)
{
    PyObject *call = callable(obj), *leaf = leaf_box(tape_running())->owner, *answer = leaf ? PyObject_CallOneArg(call, leaf) : Py_NewRef(Py_None);
    (void)s, (void)g;
    if (answer && answer != Py_None && answer != leaf)
        PyErr_SetString(py_is_tensor(answer) ? PyExc_RuntimeError : PyExc_TypeError, "Tensor post accumulate grad hooks should return None.");
    Py_XDECREF(answer);
    Py_DECREF(call);
    if (PyErr_Occurred())
        py_note_foreign();
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *py_tensor_register_post_accumulate_grad_hook(PyObject *self, PyObject *hook_object)
{
    tensor *t = py_t(self);
    if (!tensor_requires_grad(t))
        return PyErr_Format(PyExc_RuntimeError, "cannot register a hook on a tensor that doesn't require gradient");
    if (t->fn->kind != &leaf_kind)
        return PyErr_Format(PyExc_RuntimeError, "post accumulate grad hooks cannot be registered on non-leaf tensors");
    py_tensor_track(self);
    return add_hook(t->fn, 3, (hook){.call = call_with_leaf}, hook_object);
}

/* ---- hooks on nodes ------------------------------------------------------------------------------------------------ */

/* Places of the gradients that a hook sees: of the node's inputs, or (NULL) all. */
static uint32_t place(const node *of, uint32_t i) { return of ? node_shown_place(of, i) : i; }

static PyObject *gradients(tensor *const *g, uint32_t n, const node *of)
{
    PyObject *all = PyTuple_New(n);
    for (uint32_t i = 0; all && i < n; i++) {
        uint32_t at = place(of, i);
        PyObject *one = shown(of && at >= of->n_in ? NULL : g[at]);
        if (!one)
            Py_CLEAR(all);
        else
            PyTuple_SET_ITEM(all, i, one);
    }
    return all;
}

static int take_answers(scope *s, PyObject *hook, PyObject *answer, tensor **g, uint32_t n, const node *of)
{
    if (answer == Py_None)
        return 0;
    if (!PyTuple_Check(answer)) {
        PyErr_Format(PyExc_TypeError, "expected tuple, but hook returned '%s'", Py_TYPE(answer)->tp_name);
        return -1;
    }
    if (PyTuple_GET_SIZE(answer) != (Py_ssize_t)n) {
        PyErr_Format(PyExc_RuntimeError, "hook '%s' has returned an incorrect number of values (got %zd, but expected %u)", hook_name(hook), PyTuple_GET_SIZE(answer), n);
        return -1;
    }
    int result = 0;
    for (uint32_t i = 0; result == 0 && i < n; i++) {
        if (of && place(of, i) >= of->n_in)
            continue;
        PyObject *one = PyTuple_GET_ITEM(answer, i);
        tensor **at = &g[place(of, i)];
        if (one == Py_None)
            *at = NULL;
        else
            result = replace(s, hook, one, at);
    }
    return result;
}

/* The gradients of a node's outputs: of a user's Function one for each result, None for those that are no Tensors. */
static PyObject *output_gradients(node *n, tensor *const *g)
{
    PyObject *all = gradients(g, n->n_out, NULL);
    return all && py_function_context(n) ? py_function_spread(n, all) : all;
}

/* A hook's answer for the outputs of a user's Function, without what stands for results that are no Tensors. */
static int take_output_answers(scope *s, PyObject *hook, PyObject *answer, tensor **g, node *n)
{
    PyObject *tied = answer == Py_None || !py_function_context(n) ? Py_NewRef(answer) : py_function_gather(n, answer);
    int result = tied ? take_answers(s, hook, tied, g, n->n_out, NULL) : -1;
    Py_XDECREF(tied);
    return result;
}

/* The engine calls with all gradients of the node that is running; grad_outputs come first in the same array. */
static int call_node_hook(scope *s, void *obj, tensor **g, node *n, bool post)
{
    PyObject *call = callable(obj), *values = post ? gradients(g, node_shown(n), n) : output_gradients(n, g);
    PyObject *outputs = post && values ? output_gradients(n, g - n->n_out) : NULL, *answer = NULL;
    if (values && (!post || outputs))
        answer = PyObject_CallFunctionObjArgs(call, values, outputs, NULL);
    Py_XDECREF(values);
    Py_XDECREF(outputs);
    int result = !answer ? -1 : post ? take_answers(s, call, answer, g, node_shown(n), n) : take_output_answers(s, call, answer, g, n);
    Py_XDECREF(answer);
    Py_DECREF(call);
    if (result < 0)
        py_note_foreign();
    return result;
}

static int call_pre(scope *s, void *obj, tensor **g) { return call_node_hook(s, obj, g, tape_running(), false); }
static int call_post(scope *s, void *obj, tensor **g) { return call_node_hook(s, obj, g, tape_running(), true); }

PyObject *py_node_hook(node *n, PyObject *hook_object, int when)
{
    return add_hook(n, when == HOOK_PRE ? 1 : 2, (hook){.call = when == HOOK_PRE ? call_pre : call_post}, hook_object);
}

PyObject *py_node_metadata(node *n)
{
    node_extra *x = node_extras(n);
    if (!x)
        return py_raise();
    if (!x->notes) {
        PyObject *dict = PyDict_New();
        if (dict && node_add_hook(&x->notes, (hook){.obj = dict, .release = release_notes}) < 0) {
            Py_DECREF(dict);
            return py_raise();
        }
        if (!dict)
            return NULL;
    }
    return Py_NewRef((PyObject *)x->notes->obj);
}

static PyMethodDef methods[] = {
    {"remove", handle_remove, METH_NOARGS, "Takes the hook off."},
    {"__enter__", handle_enter, METH_NOARGS, NULL},
    {"__exit__", handle_exit, METH_VARARGS, NULL},
    {NULL},
};
static PyGetSetDef getset[] = {{"id", handle_id, NULL, "Number of the hook.", NULL}, {NULL}};
static PyType_Slot slots[] = {{Py_tp_doc, "Handle of a registered hook; remove() takes it off."}, {Py_tp_methods, methods},
                              {Py_tp_getset, getset}, {Py_tp_traverse, handle_traverse}, {Py_tp_clear, handle_clear}, {Py_tp_dealloc, handle_dealloc}, {0, NULL}};
static PyType_Spec spec = {"torch.utils.hooks.RemovableHandle", sizeof(PyHandle), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
int py_hooks_setup(PyObject *module)
{
    handle_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return handle_type ? PyModule_AddObjectRef(module, "HookHandle", (PyObject *)handle_type) : -1;
}
