/* The callable of an op: the overloads of one public name, tried in order.
 *
 * Two classes share one struct. A Function is what the module offers: like Python's built-in functions it does not bind
 * to an instance, so `class Net: act = ctgrad.relu` calls act(x), as PyTorch's users expect. A Method stands in Tensor's
 * dict and binds.
 */
#include "py/tensor_type.h"
#include <structmember.h>
#include <string.h>

enum { MAX_OVERLOADS = 16 };
typedef struct overload { const op *op; signature *sig; } overload; /* sig: NULL until it is first read */

typedef struct PyOp {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *name, *qualname, *module; /* str */
    uint32_t n;
    uint8_t mode;                       /* CALL_NEW or CALL_INPLACE */
    bool method;
    overload over[];
} PyOp;

static PyTypeObject function_type, method_type;

/* ---- a call ------------------------------------------------------------------------------------------------ */
/* contiguous() of a contiguous tensor and the like: the op returned its operand as it was, so the same object is shown. */
static bool is_operand(const call *c, PyObject *first)
{
    if (!(c->op->flags & OP_MAY_VIEW) || c->n_out != 1 || c->list || !first || !py_is_tensor(first))
        return false;
    const tensor *t = py_t(first), *result = &c->out[0];
    return t->a == result->a && t->fn == result->fn && t->base == result->base && t->flags == result->flags;
}

static PyObject *results(call *c, const bound *b)
{
    if (CT_UNLIKELY(is_operand(c, b->first)))
        return call_clear_results(c), Py_NewRef(b->first);
    PyObject *result = py_results(c);
    py_note_base(b->first);
    if (CT_LIKELY(b->requires_grad != Py_True) || !result)
        return result;
    if (py_is_tensor(result) && py_born_with_grad(result) < 0) {
        Py_DECREF(result);
        return py_raise();
    }
    return result;
}

static PyObject *run(const PyOp *f, const op *o, bound *b)
{
    call c;
    c.op = o;
    c.args = b->args;
    c.n_args = b->n_args;
    c.mode = f->mode;
    if (CT_UNLIKELY(b->device) && py_check_device(b->device) < 0)
        return NULL;
    if (CT_UNLIKELY(b->out && b->out != Py_None))
        return py_call_with_out(&c, b);
    if (CT_UNLIKELY(op_call(&c) < 0))
        return py_raise();
    if (c.mode == CALL_NEW)
        return results(&c, b);
    call_clear_results(&c);
    return Py_NewRef(b->first);
}

static uint32_t sig_how(const op *o, uint32_t mode, bool method)
{
    return (method ? SIG_METHOD : 0) | (o->flags & OP_OUT && mode == CALL_NEW && !method ? SIG_OUT : 0);
}

/* Parses the signatures, which nobody needs while 1,400 callables are made; -1: of one the text is wrong, or no memory. */
static int parse(PyOp *f)
{
    const char *name = PyUnicode_AsUTF8(f->name);
    for (uint32_t i = 0; name && i < f->n; i++) {
        overload *o = &f->over[i];
        if (!o->sig && !(o->sig = signature_parse(name, o->op->sig, sig_how(o->op, f->mode, f->method), o->op->n_out)))
            return -1;
    }
    return name ? 0 : -1;
}

/* The signatures that are told, once parsed; how many. */
static uint32_t told(const PyOp *f, const signature **all)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n; i++)
        if (!(f->over[i].op->flags & OP_OLD))
            all[n++] = f->over[i].sig;
    return n;
}

static PyObject *op_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    const PyOp *f = (const PyOp *)self;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf), given = nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    bound b;
    if (CT_UNLIKELY(py_unshaped != NULL) && py_refuse_unshaped(f->name, args, given, 0) < 0)
        return NULL;
    for (uint32_t i = 0; i < f->n; i++) {
        int fits = signature_bind(f->over[i].sig, args, nargs, kwnames, &b);
        if (CT_LIKELY(fits == 1)) {
            PyObject *result = py_kept_class(run(f, f->over[i].op, &b), args, given);
            bound_clear(&b);
            return result;
        }
        if (fits < 0)
            return NULL;
    }
    const signature *all[MAX_OVERLOADS];
    return signature_refuse(all, told(f, all), args, nargs, kwnames), NULL;
}
static PyObject *method_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (CT_LIKELY(PyVectorcall_NARGS(nargsf) && py_is_tensor(args[0])))
        return op_vectorcall(self, args, nargsf, kwnames);
    PyObject *name = ((PyOp *)self)->name;
    if (!PyVectorcall_NARGS(nargsf))
        return PyErr_Format(PyExc_TypeError, "unbound method Tensor.%U() needs an argument", name);
    return PyErr_Format(PyExc_TypeError, "descriptor '%U' for 'Tensor' objects doesn't apply to a '%s' object", name, Py_TYPE(args[0])->tp_name);
}

/* ---- the object ----------------------------------------------------------------------------------------------- */
static bool has_self(const op *o) { return strstr(o->sig, " self") != NULL; }

static PyObject *first_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyOp *f = (PyOp *)self;
    if (parse(f) < 0)
        return NULL;
    f->vectorcall = f->method ? method_vectorcall : op_vectorcall;
    return f->vectorcall(self, args, nargsf, kwnames);
}

/* mode: CALL_NEW or CALL_INPLACE. Methods bind to an instance; functions, like Python's built-in ones, do not (class A: f = relu). */
static PyObject *new_op(const op *const *overloads, uint32_t n, uint32_t mode, const char *name, bool method)
{
    PyOp *f = PyObject_NewVar(PyOp, method ? &method_type : &function_type, n);
    if (!f)
        return NULL;
    f->vectorcall = first_vectorcall;
    f->n = n;
    f->mode = (uint8_t)mode;
    f->method = method;
    f->name = PyUnicode_InternFromString(name);
    f->qualname = PyUnicode_FromFormat(method ? "Tensor.%s" : "%s", name);
    f->module = PyUnicode_InternFromString("ctgrad");
    for (uint32_t i = 0; i < n; i++)
        f->over[i] = (overload){overloads[i], NULL};
    if (!f->name || !f->qualname || !f->module)
        Py_CLEAR(f);
    return (PyObject *)f;
}

static void op_dealloc(PyObject *self)
{
    PyOp *f = (PyOp *)self;
    for (uint32_t i = 0; i < f->n; i++)
        signature_free(f->over[i].sig);
    Py_XDECREF(f->name);
    Py_XDECREF(f->qualname);
    Py_XDECREF(f->module);
    PyObject_Free(self);
}

static PyObject *op_repr(PyObject *self)
{
    const PyOp *f = (const PyOp *)self;
    return PyUnicode_FromFormat(f->method ? "<method '%U' of 'Tensor' objects>" : "<built-in function %U>", f->name);
}

static PyObject *method_get(PyObject *self, PyObject *instance, PyObject *owner)
{
    (void)owner;
    return instance && instance != Py_None ? PyMethod_New(self, instance) : Py_NewRef(self);
}

/* As of a static method: with a __get__ at all, inspect.isroutine() and pydoc know a Function for a function. */
static PyObject *function_get(PyObject *self, PyObject *instance, PyObject *owner) { return (void)instance, (void)owner, Py_NewRef(self); }

/* copy, deepcopy and pickle go by name. */
static PyObject *op_reduce(PyObject *self, PyObject *ignored)
{
    const PyOp *f = (const PyOp *)self;
    (void)ignored;
    if (!f->method)
        return Py_NewRef(f->name);
    PyObject *builtins = PyEval_GetBuiltins(), *getattr = builtins ? PyDict_GetItemString(builtins, "getattr") : NULL;
    return getattr ? Py_BuildValue("O(OO)", getattr, py_tensor_type, f->name) : NULL;
}

static PyObject *op_same(PyObject *self, PyObject *ignored) { return (void)ignored, Py_NewRef(self); }

static PyObject *op_get_doc(PyObject *self, void *ignored)
{
    PyOp *f = (PyOp *)self;
    const char *before = NULL;
    PyObject *text = parse(f) < 0 ? NULL : PyUnicode_FromString("");
    (void)ignored;
    for (uint32_t i = 0; text && i < f->n; i++) {
        const char *doc = f->over[i].op->doc ? f->over[i].op->doc : "";
        if (f->over[i].op->flags & OP_OLD)
            continue;
        PyObject *line = signature_line(f->over[i].sig);
        PyObject *more = line ? PyUnicode_FromFormat("%s%U%U -> %s%s%s", i ? "\n\n" : "", f->name, line, f->over[i].op->n_out > 1 || f->over[i].op->flags & (OP_LIST | OP_MULTI_VIEW) ? "tuple of Tensors" : "Tensor",
                                                     doc == before ? "" : "\n\n", doc == before ? "" : doc) : NULL;
        Py_XDECREF(line);
        before = doc;
        if (more)
            PyUnicode_AppendAndDel(&text, more);
        else
            Py_CLEAR(text);
    }
    return text;
}

static PyObject *op_get_signature(PyObject *self, void *ignored)
{
    PyOp *f = (PyOp *)self;
    const signature *all[MAX_OVERLOADS];
    (void)ignored;
    return parse(f) < 0 ? NULL : signature_inspect(all, told(f, all));
}

static PyObject *op_get_text_signature(PyObject *self, void *ignored)
{
    PyObject *s = op_get_signature(self, ignored), *text = s ? PyObject_Str(s) : NULL;
    Py_XDECREF(s);
    return text;
}

static PyObject *flag_names(uint32_t flags)
{
    static const char *const names[] = {"function", "method", "inplace", "out", "writes_self", "view", "multi_view", "no_grad", "hidden",
                                        "may_view", "list", "only_inplace", "pointwise", "constant", "absolute", "out_exact", "out_apart", "old"};
    PyObject *set = PyFrozenSet_New(NULL);
    for (uint32_t i = 0; set && i < sizeof names / sizeof *names; i++)
        if (flags >> i & 1) {
            PyObject *name = PyUnicode_FromString(names[i]);
            if (!name || PySet_Add(set, name) < 0)
                Py_CLEAR(set);
            Py_XDECREF(name);
        }
    return set;
}

static PyObject *describe(const op *o)
{
    static const char *const dtypes[] = {"floats", "numbers", "all", "ints", "reals", NULL, NULL, NULL};
    bool row = o->domain || o->reference;
    return Py_BuildValue("{s:s, s:s, s:N, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "name", o->name, "sig", o->sig, "flags", flag_names(o->flags),
                         "doc", o->doc, "domain", o->domain, "reference", o->reference, "dtypes", row ? dtypes[o->dtypes & DTYPES_MASK] : NULL,
                         "node", o->kind.name, "ret", o->ret, "n_out", (unsigned)(o->n_out ? o->n_out : 1));
}

static PyObject *op_get_overloads(PyObject *self, void *ignored)
{
    const PyOp *f = (const PyOp *)self;
    PyObject *list = PyList_New(0);
    (void)ignored;
    for (uint32_t i = 0; list && i < f->n; i++) {
        PyObject *one = describe(f->over[i].op);
        if (!one || PyList_Append(list, one) < 0)
            Py_CLEAR(list);
        Py_XDECREF(one);
    }
    return list;
}

/* Ops that are offered in a submodule (nn.functional) say so, or pickles would look for them at the top. */
static int op_set_module(PyObject *self, PyObject *value, void *ignored)
{
    (void)ignored;
    if (!value || !PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__module__ must be a str");
        return -1;
    }
    Py_SETREF(((PyOp *)self)->module, Py_NewRef(value));
    return 0;
}
static PyObject *op_get_module(PyObject *self, void *ignored)
{
    (void)ignored;
    return Py_NewRef(((PyOp *)self)->module);
}

static PyMemberDef op_members[] = {
    {"__name__", T_OBJECT_EX, offsetof(PyOp, name), READONLY, NULL},
    {"__qualname__", T_OBJECT_EX, offsetof(PyOp, qualname), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};
static PyGetSetDef op_getset[] = {
    {"__doc__", op_get_doc, NULL, NULL, NULL},
    {"__module__", op_get_module, op_set_module, NULL, NULL},
    {"__signature__", op_get_signature, NULL, "inspect.Signature; of several overloads, what they share", NULL},
    {"__text_signature__", op_get_text_signature, NULL, NULL, NULL},
    {"overloads", op_get_overloads, NULL, "list of dicts: the records tried in this order", NULL},
    {NULL, NULL, NULL, NULL, NULL}};
static PyMethodDef op_methods[] = {
    {"__reduce__", op_reduce, METH_NOARGS, NULL},
    {"__copy__", op_same, METH_NOARGS, NULL},
    {"__deepcopy__", op_same, METH_O, NULL},
    {NULL, NULL, 0, NULL}};

/* Static types: in a heap type's dict __module__ would hide the instance's. */
#define OP_TYPE(title, doc, more_flags, get) \
    {PyVarObject_HEAD_INIT(NULL, 0).tp_name = title, .tp_basicsize = offsetof(PyOp, over), .tp_itemsize = sizeof(overload), .tp_doc = doc, \
     .tp_dealloc = op_dealloc, .tp_repr = op_repr, .tp_vectorcall_offset = offsetof(PyOp, vectorcall), .tp_call = PyVectorcall_Call, \
     .tp_members = op_members, .tp_getset = op_getset, .tp_methods = op_methods, .tp_descr_get = get, \
     .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION | (more_flags)}
static PyTypeObject function_type = OP_TYPE("ctgrad._C.Op", "An op as a function.", 0, function_get);
static PyTypeObject method_type = OP_TYPE("ctgrad._C.Method", "An op as a method of Tensor.", Py_TPFLAGS_METHOD_DESCRIPTOR, method_get);

/* ---- the registry -------------------------------------------------------------------------------------------- */
typedef struct group { const op *all[MAX_OVERLOADS]; uint32_t n; } group;
typedef struct registry { PyObject *module, *ops; PyTypeObject *tensor_type; } registry;

typedef bool choice(const op *o);
static bool as_function(const op *o) { return (o->flags & (OP_FUNCTION | OP_METHOD)) != OP_METHOD; }
static bool as_method(const op *o) { return (o->flags & (OP_FUNCTION | OP_METHOD)) != OP_FUNCTION && has_self(o); }
static bool in_place(const op *o) { return o->flags & OP_INPLACE && has_self(o); }
static bool in_place_function(const op *o) { return in_place(o) && as_function(o); }

static int add_method(registry *r, const char *name, PyObject *f)
{
    if (r->tensor_type->tp_flags & Py_TPFLAGS_HEAPTYPE)
        return PyObject_SetAttrString((PyObject *)r->tensor_type, name, f);
    int result = PyDict_SetItemString(r->tensor_type->tp_dict, name, f);
    PyType_Modified(r->tensor_type);
    return result;
}

/* Makes one callable of the records that `chosen` picks, if any, and puts it where it belongs. */
static int offer(registry *r, const group *g, choice *chosen, uint32_t mode, const char *name, bool method)
{
    group picked = {.n = 0};
    bool hidden = false;
    for (uint32_t i = 0; i < g->n; i++)
        if (chosen(g->all[i])) {
            hidden |= (g->all[i]->flags & OP_HIDDEN) != 0;
            picked.all[picked.n++] = g->all[i];
        }
    if (!picked.n)
        return 0;
    PyObject *f = new_op(picked.all, picked.n, mode, name, method);
    if (!f)
        return -1;
    int parsed = chosen == in_place_function ? parse((PyOp *)f) : 0;
    if (parsed < 0 || (chosen == in_place_function && signature_required(((PyOp *)f)->over[0].sig) > 1)) {
        Py_DECREF(f); /* torch.exp_ and torch.relu_, but no torch.add_ */
        return parsed;
    }
    int result = hidden ? 0 : method ? add_method(r, name, f) : PyModule_AddObjectRef(r->module, name, f);
    if (result == 0 && (!method || !PyDict_GetItemString(r->ops, name)))
        result = PyDict_SetItemString(r->ops, name, f);
    Py_DECREF(f);
    return result;
}

static int offer_group(registry *r, const group *g)
{
    char name[80], name_[84];
    op_public_name(g->all[0], name, sizeof name);
    PyOS_snprintf(name_, sizeof name_, "%s_", name);
    uint32_t mode = g->all[0]->flags & OP_ONLY_INPLACE ? CALL_INPLACE : CALL_NEW;
    for (uint32_t i = 0; i < g->n; i++)
        if (g->all[i]->ret && !py_return_type_of(g->all[i], false))
            return -1;
    if (offer(r, g, as_function, mode, name, false) < 0 || offer(r, g, as_method, mode, name, true) < 0)
        return -1;
    if (mode == CALL_INPLACE)
        return 0;
    return offer(r, g, in_place_function, CALL_INPLACE, name_, false) < 0 ? -1 : offer(r, g, in_place, CALL_INPLACE, name_, true);
}

/* The records of op_table by public name, in the table's order. */
static int collect(PyObject *places, group *groups, uint32_t *n_groups)
{
    char name[80];
    for (const op *const *o = op_table; *o; o++) {
        op_public_name(*o, name, sizeof name);
        PyObject *at = PyDict_GetItemString(places, name);
        long place = at ? PyLong_AsLong(at) : (long)*n_groups;
        if (!at) {
            at = PyLong_FromLong(place);
            int kept = at ? PyDict_SetItemString(places, name, at) : -1;
            Py_XDECREF(at);
            if (kept < 0)
                return -1;
            groups[(*n_groups)++].n = 0;
        }
        group *g = &groups[place];
        if (g->n == MAX_OVERLOADS) {
            PyErr_Format(PyExc_SystemError, "%s has more than %d overloads", name, MAX_OVERLOADS);
            return -1;
        }
        g->all[g->n++] = *o;
    }
    return 0;
}

static int offer_all(registry *r)
{
    size_t n = 0;
    uint32_t n_groups = 0;
    while (op_table[n])
        n++;
    PyObject *places = PyDict_New();
    group *groups = PyMem_Malloc(n * sizeof *groups + 1);
    int result = places && groups ? collect(places, groups, &n_groups) : -1;
    for (uint32_t i = 0; i < n_groups && result == 0; i++)
        result = offer_group(r, &groups[i]);
    PyMem_Free(groups);
    Py_XDECREF(places);
    return result;
}

static PyObject *all_ops;
PyObject *py_op_object(const char *name) { return PyDict_GetItemString(all_ops, name); }

int py_ops_setup(PyObject *module, PyTypeObject *tensor_type)
{
    registry r = {module, PyDict_New(), tensor_type};
    op_default_rng = py_generator_rng(NULL);
    Py_XSETREF(all_ops, Py_XNewRef(r.ops));
    int result = r.ops && PyType_Ready(&function_type) == 0 && PyType_Ready(&method_type) == 0
              && PyModule_AddType(module, &function_type) == 0 && PyModule_AddType(module, &method_type) == 0
              && PyModule_AddObjectRef(module, "_ops", r.ops) == 0 && py_results_setup(module) == 0 ? offer_all(&r) : -1;
    Py_XDECREF(r.ops);
    return result;
}
