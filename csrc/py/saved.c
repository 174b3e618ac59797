/* What nodes keep, as Python sees it: hooks that pack it (saved_tensors_hooks), grad_fn._saved_self and its like, SavedTensor. */
#include "py/context.h"
#include "ops/formula.h"
#include <string.h>

/* ---- hooks in force: pairs (pack, unpack), the innermost last ---------------------------------------------------- */
_Thread_local py_saved_hooks py_saved_now;

void py_note_saved_hooks(void) { tape_now.packs = py_saved_now.pairs && PyList_GET_SIZE(py_saved_now.pairs) > 0; }

static bool check_callable(PyObject *pack, PyObject *unpack, const char *what)
{
    if (PyCallable_Check(pack) && PyCallable_Check(unpack))
        return true;
    PyErr_Format(PyExc_TypeError, "%s: expected two callables, got %s and %s", what, Py_TYPE(pack)->tp_name, Py_TYPE(unpack)->tp_name);
    return false;
}

static PyObject *push_hooks(PyObject *module, PyObject *args)
{
    PyObject *pack, *unpack;
    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &pack, &unpack) || !check_callable(pack, unpack, "saved_tensors_hooks"))
        return NULL;
    if (py_saved_now.refusal)
        return PyErr_Format(PyExc_RuntimeError, "%U", py_saved_now.refusal);
    if ((!py_saved_now.pairs && !(py_saved_now.pairs = PyList_New(0))) || PyList_Append(py_saved_now.pairs, args) < 0)
        return NULL;
    py_note_saved_hooks();
    Py_RETURN_NONE;
}

static PyObject *pop_hooks(PyObject *module, PyObject *unused)
{
    Py_ssize_t n = py_saved_now.pairs ? PyList_GET_SIZE(py_saved_now.pairs) : 0;
    (void)module, (void)unused;
    if (!n)
        return PyErr_Format(PyExc_RuntimeError, "no saved_tensors_hooks are in force");
    int result = PyList_SetSlice(py_saved_now.pairs, n - 1, n, NULL);
    if (py_saved_now.pairs && !PyList_GET_SIZE(py_saved_now.pairs))
        Py_CLEAR(py_saved_now.pairs); /* it is the thread's, which may end */
    py_note_saved_hooks();
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

/* None: hooks are welcome; a str: what to say where they are not. Returns what was said before. */
static PyObject *refuse_hooks(PyObject *module, PyObject *message)
{
    (void)module;
    if (message != Py_None && !PyUnicode_Check(message))
        return PyErr_Format(PyExc_TypeError, "disable_saved_tensors_hooks: the message must be a str, got %s", Py_TYPE(message)->tp_name);
    if (message != Py_None && tape_now.packs)
        return PyErr_Format(PyExc_RuntimeError, "%U", message);
    PyObject *before = py_saved_now.refusal;
    py_saved_now.refusal = message == Py_None ? NULL : Py_NewRef(message);
    return before ? before : Py_NewRef(Py_None);
}

static PyObject *get_refusal(PyObject *module, PyObject *unused) { (void)module, (void)unused; return Py_NewRef(py_saved_now.refusal ? py_saved_now.refusal : Py_None); }
static PyObject *get_task(PyObject *module, PyObject *unused) { (void)module, (void)unused; return PyLong_FromLongLong(tape_task()); }

static PyObject *may_checkpoint(PyObject *module, PyObject *unused) { (void)module, (void)unused; return PyBool_FromLong(!tape_now.partial); }

/* ---- packing ---------------------------------------------------------------------------------------------------------- */
typedef struct packed {
    int refs;               /* unpack may release the node that it is called for */
    PyObject *data, *unpack;
    PyObject *shown;        /* what unpack gave to the formula that runs */
    ct_dtype dtype;
    bool contiguous;
    int ndim;
    int64_t size[];
} packed;

/* What lives as an object is shown by that one, unless told to show it anew. Passages are not seen. */
PyObject *py_show_kept(tensor *t, bool anew)
{
    if (t->fn && t->fn->kind == &passage_kind) {
        edge e = node_edges(t->fn)[0];
        node_set(&t->fn, node_keep(e.fn));
        t->nr = e.nr;
    }
    if (anew)
        return py_wrap_as(py_tensor_type, t);
    PyTensor *owner = t->fn && t->fn->kind == &leaf_kind ? leaf_box(t->fn)->owner : NULL;
    PyObject *shown = owner && owner->t.a == t->a ? (PyObject *)owner : py_shown_by(t);
    if (!shown)
        return py_wrap(t);
    Py_INCREF(shown);
    tensor_clear(t);
    return shown;
}

static PyObject *call_hook(PyObject *f, PyObject *x, bool recorded)
{
    tape_mode before = tape_now;
    tape_now.formula = false;
    tape_now.grad = recorded && before.grad;
    PyObject *answer = x ? PyObject_CallOneArg(f, x) : NULL;
    tape_now.formula = before.formula;
    tape_now.grad = before.grad;
    return answer;
}

static packed *packed_new(const array *a, PyObject *unpack)
{
    packed *p = PyMem_Calloc(1, sizeof *p + a->ndim * sizeof *p->size);
    if (!p) {
        PyErr_NoMemory();
        return NULL;
    }
    p->refs = 1;
    p->dtype = (ct_dtype)a->dtype;
    p->contiguous = array_is_contiguous(a);
    p->ndim = a->ndim;
    layout_take(p->size, array_size(a), a->ndim);
    p->unpack = Py_NewRef(unpack);
    return p;
}

static void packed_drop(void *packed_value)
{
    packed *p = packed_value;
    if (--p->refs)
        return;
    py_drop(p->data);
    py_drop(p->unpack);
    py_drop(p->shown);
    PyMem_Free(p);
}

static void *pack(tensor *t, void *hooks)
{
    PyObject *pair = Py_NewRef(hooks ? (PyObject *)hooks : PyList_GET_ITEM(py_saved_now.pairs, PyList_GET_SIZE(py_saved_now.pairs) - 1));
    packed *p = packed_new(t->a, PyTuple_GET_ITEM(pair, 1));
    if (p && hooks) /* those of one value get it without its history */
        node_set(&t->fn, NULL);
    PyObject *x = p ? py_show_kept(t, hooks != NULL) : NULL;
    if (x && py_t(x)->fn)
        py_tensor_track(x); /* the hook may return it: then it leads to the node that holds it */
    if (!p)
        tensor_clear(t);
    else if (!(p->data = call_hook(PyTuple_GET_ITEM(pair, 0), x, false))) {
        packed_drop(p);
        p = NULL;
    }
    Py_XDECREF(x);
    Py_DECREF(pair);
    if (!p)
        py_note_foreign();
    return p;
}

/* Formulas trust the shape, the dtype and that row-major memory is so. */
static PyObject *fitted(const packed *p, PyObject *x)
{
    char got[256], want[256];
    if (!py_is_tensor(x))
        return PyErr_Format(PyExc_TypeError, "Output of saved tensor unpack_hook expected to be a Tensor but got result of type %s", Py_TYPE(x)->tp_name);
    array *a = py_t(x)->a;
    if (a->ndim != p->ndim || !layout_same(array_size(a), p->size, p->ndim))
        return PyErr_Format(PyExc_RuntimeError, "a saved tensor unpack_hook returned a tensor of size %s where one of size %s was packed",
                            layout_text(a->ndim, array_size(a), got, sizeof got), layout_text(p->ndim, p->size, want, sizeof want));
    if (a->dtype == p->dtype && (!p->contiguous || array_is_contiguous(a)))
        return Py_NewRef(x);
    array *own = array_new(p->dtype, p->ndim, p->size);
    if (own)
        array_convert(a, own);
    return py_wrap_array(own);
}

static array *unpack(void *packed_value)
{
    packed *p = packed_value;
    p->refs++;
    if (!p->shown) {
        PyObject *x = call_hook(p->unpack, p->data, true), *fit = x ? fitted(p, x) : NULL;
        Py_XDECREF(x);
        Py_XSETREF(p->shown, fit);
    }
    array *a = p->shown ? array_keep(py_t(p->shown)->a) : NULL;
    if (!a)
        py_note_foreign();
    packed_drop(p);
    return a;
}

static void forget(void *packed_value)
{
    packed *p = packed_value;
    PyObject *shown = p->shown;
    p->shown = NULL;
    py_drop(shown);
}

int py_packed_traverse(void *packed_value, visitproc visit, void *arg)
{
    packed *p = packed_value;
    Py_VISIT(p->data);
    Py_VISIT(p->unpack);
    Py_VISIT(p->shown);
    return 0;
}

/* ---- grad_fn._saved_NAME ---------------------------------------------------------------------------------------------- */
const op *py_op_of(const node *n)
{
    for (const op *const *o = op_table; *o; o++)
        if (&(*o)->kind == n->kind)
            return *o;
    for (const op *const *o = op_table; *o; o++) /* one of several kinds that the op records */
        if ((*o)->kind.name && !strcmp((*o)->kind.name, n->kind->name))
            return *o;
    return NULL;
}

static bool is_name(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && !strncmp(name, wanted, length);
}

enum { NOT_KEPT = -1, KEPT_NONE = -2 /* would be kept if its gradient were wanted */ };

/* Place of a kept input by the name of its parameter (self is also called input). */
static int kept_input(const node *n, const op *o, const char *wanted)
{
    const char *at = o->sig, *name;
    size_t length;
    bool list;
    for (uint32_t i = 0; i < n->n_in + 8 && i < 64 && (length = op_next_name(&at, &name, &list)) && !list; i++) {
        bool self = i == 0 && !strcmp(wanted, "self") && is_name(name, length, "input");
        if (self || is_name(name, length, wanted))
            return n->keep_in >> i & 1 ? (int)ct_bits(n->keep_in & (((uint64_t)1 << i) - 1)) : i < 4 && o->keep[i] ? KEPT_NONE : NOT_KEPT;
    }
    return NOT_KEPT;
}

/* Place of a kept output: result, result0 ..., or its field's name. What is kept behind the outputs counts on from them. */
static int kept_output(const node *n, const op *o, const char *wanted)
{
    uint32_t ins = ct_bits(n->keep_in), outs = ct_bits(n->keep_out), k = UINT32_MAX;
    if (!strcmp(wanted, "result"))
        k = 0;
    else if (!strncmp(wanted, "result", 6) && wanted[6] >= '0' && wanted[6] <= '9' && !wanted[7])
        k = (uint32_t)(wanted[6] - '0');
    const char *field = o->ret;
    for (uint32_t i = 0; k == UINT32_MAX && field && *field; i++) {
        size_t length = strcspn(field, " ");
        if (is_name(field, length, wanted))
            k = i;
        field += length + (field[length] == ' ');
    }
    if (k < n->n_out)
        return n->keep_out >> k & 1 ? (int)(ins + ct_bits(n->keep_out & ((1u << k) - 1))) : NOT_KEPT;
    return k != UINT32_MAX && k - n->n_out < n->n_kept - ins - outs ? (int)(ins + outs + k - n->n_out) : NOT_KEPT;
}

static PyObject *shown_kept(node *n, uint32_t i)
{
    bool packed = node_kept(n)[i].a == KEPT_PACKED;
    scope s;
    scope_open(&s);
    tensor *t = node_kept_at(&s, n, i), copy;
    if (t)
        tensor_copy(&copy, t);
    bool anew = i >= ct_bits(n->keep_in) || (t && t->fn && packed); /* the inputs as they were given are kept as the objects that they are */
    PyObject *shown = t ? py_show_kept(&copy, anew) : py_raise();
    scope_close(&s);
    if (n->flags & N_PACKED)
        node_forget_unpacked(n);
    return shown;
}

PyObject *py_node_saved(node *n, const char *name)
{
    const op *o = n->kind->grad ? py_op_of(n) : NULL;
    bool raw = name[1] == 'r';
    const char *wanted = name + (raw ? strlen("_raw_saved_") : strlen("_saved_"));
    int at = o ? kept_input(n, o, wanted) : NOT_KEPT;
    if (at == KEPT_NONE)
        return raw ? py_saved_tensor(NULL, NULL, 0) : Py_NewRef(Py_None);
    if (o && at < 0)
        at = kept_output(n, o, wanted);
    if (at < 0)
        at = py_node_kept_row(n, wanted);
    if (at < 0)
        return raw ? NULL : py_node_number(n, wanted);
    return raw ? py_saved_tensor(n, NULL, (uint32_t)at) : shown_kept(n, (uint32_t)at);
}

static int add_names(PyObject *names, const char *what, size_t length)
{
    static const char *const prefix[] = {"_saved_", "_raw_saved_"};
    for (int i = 0; i < 2; i++) {
        char text[96];
        snprintf(text, sizeof text, "%s%.*s", prefix[i], (int)length, what);
        PyObject *name = PyUnicode_FromString(text);
        int result = name ? PyList_Append(names, name) : -1;
        Py_XDECREF(name);
        if (result < 0)
            return -1;
    }
    return 0;
}

int py_node_saved_names(node *n, PyObject *names)
{
    const op *o = n->kind->grad ? py_op_of(n) : NULL;
    const char *at = o ? o->sig : NULL, *name;
    size_t length;
    bool list;
    for (uint32_t i = 0; o && i < 4 && (length = op_next_name(&at, &name, &list)) && !list; i++) {
        if (o->keep[i] && add_names(names, name, length) < 0)
            return -1;
    }
    const char *field = o && n->keep_out ? o->ret ? o->ret : "result" : "";
    for (uint32_t k = 0; *field; field += length + (field[length] == ' '), k++) {
        length = strcspn(field, " ");
        if (n->keep_out >> k & 1 && add_names(names, field, length) < 0)
            return -1;
    }
    return py_node_number_names(n, names);
}

/* ---- SavedTensor: one kept value of a node, or of a Function's context; of neither: None ------------------------------------------------- */
typedef struct PySaved {
    PyObject_HEAD
    node *n;
    PyObject *context;
    uint32_t i;
} PySaved;
static PyTypeObject *saved_type;

PyObject *py_saved_tensor(node *n, PyObject *context, uint32_t i)
{
    PySaved *p = (PySaved *)saved_type->tp_alloc(saved_type, 0);
    if (!p)
        return NULL;
    p->n = n ? node_keep(n) : NULL;
    p->context = Py_XNewRef(context);
    p->i = i;
    return (PyObject *)p;
}

static void saved_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    node_drop(((PySaved *)self)->n);
    Py_XDECREF(((PySaved *)self)->context);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *saved_register(PyObject *self, PyObject *args)
{
    PySaved *p = (PySaved *)self;
    PyObject *first, *second;
    if (!PyArg_ParseTuple(args, "OO:register_hooks", &first, &second) || !check_callable(first, second, "register_hooks()"))
        return NULL;
    if (p->context)
        return context_pack((FunctionContext *)p->context, p->i, args) < 0 ? NULL : Py_NewRef(Py_None);
    if (!p->n)
        return PyErr_Format(PyExc_RuntimeError, "Calling register_hooks on a saved tensor with value None is forbidden");
    const kept *k = &node_kept(p->n)[p->i];
    if (py_check_unpacked(p->n->flags & N_RELEASED || !k->a, k->a == KEPT_PACKED) < 0)
        return NULL;
    return KEPT_IS_ARRAY(k) && node_pack(p->n, p->i, args) < 0 ? py_raise() : Py_NewRef(Py_None);
}

int py_check_unpacked(bool released, bool is_packed)
{
    if (released)
        PyErr_SetString(PyExc_RuntimeError, "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph are freed when you call "
                        ".backward() or autograd.grad(). Specify retain_graph=True if you need to register hooks afterwards.");
    else if (is_packed)
        PyErr_SetString(PyExc_RuntimeError, "Calling register_hooks on a saved tensor whose hooks have already been set. Only one pair of hooks is allowed at a time.");
    return released || is_packed ? -1 : 0;
}

static PyObject *saved_new(PyTypeObject *type, PyObject *args, PyObject *kw)
{
    (void)type, (void)args, (void)kw;
    return PyErr_Format(PyExc_RuntimeError, "Trying to create a SavedTensor object from Python is forbidden: they are attributes of grad_fn.");
}

static PyMethodDef saved_methods[] = {
    {"register_hooks", saved_register, METH_VARARGS, "register_hooks(pack, unpack): pack(tensor) is called now, unpack(its result) when the tensor is read."},
    {NULL},
};
static PyType_Slot saved_slots[] = {{Py_tp_doc, "A tensor that a node keeps for backward."}, {Py_tp_methods, saved_methods}, {Py_tp_new, saved_new}, {Py_tp_dealloc, saved_dealloc}, {0, NULL}};
static PyType_Spec saved_spec = {"ctgrad.autograd.SavedTensor", sizeof(PySaved), 0, Py_TPFLAGS_DEFAULT, saved_slots};

static PyMethodDef functions[] = {
    {"_push_saved_tensors_default_hooks", push_hooks, METH_VARARGS, NULL},
    {"_pop_saved_tensors_default_hooks", pop_hooks, METH_NOARGS, NULL},
    {"_refuse_saved_tensors_hooks", refuse_hooks, METH_O, NULL},
    {"_saved_tensors_hooks_refusal", get_refusal, METH_NOARGS, NULL},
    {"_is_checkpoint_valid", may_checkpoint, METH_NOARGS, "_is_checkpoint_valid()\n--\n\nFalse inside a backward run that was asked for certain gradients only."},
    {"_current_graph_task_id", get_task, METH_NOARGS, "_current_graph_task_id()\n--\n\nA number of the backward run that is at work; -1 outside of one."},
    {NULL},
};

int py_saved_setup(PyObject *module)
{
    tape_packing = (packing){pack, unpack, forget, packed_drop};
    saved_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &saved_spec, NULL);
    if (!saved_type || PyModule_AddObjectRef(module, "SavedTensor", (PyObject *)saved_type) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
