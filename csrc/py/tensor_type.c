/* Tensor: life cycle, attributes and protocol slots. Ops are attached by op_type.c; methods that are no ops by methods.c.
 *
 * An object is made untracked by the collector and tracked when it gains something that can form a cycle: a
 * __dict__, a hook, a Function's node. */
#include "py/tensor_type.h"
#include <structmember.h>

PyTypeObject *py_tensor_type;

/* ---- making -------------------------------------------------------------------------------------------- */
enum { SPARE = 256 };
static PyTensor *spare[SPARE];
static int n_spare;
static int64_t live;
int64_t py_tensor_live(void) { return live; }

static PyTensor *blank(PyTypeObject *type)
{
    PyTensor *p;
    if (type == py_tensor_type && n_spare) {
        p = spare[--n_spare];
        PyObject_Init((PyObject *)p, type);
    } else if (!(p = type == py_tensor_type ? PyObject_GC_New(PyTensor, type) : (PyTensor *)type->tp_alloc(type, 0)))
        return NULL;
    p->t = (tensor){0};
    p->dict = p->weak = NULL;
    live++;
    py_custom_live += py_is_custom_class(type);
    return p;
}

PyObject *py_wrap_as(PyTypeObject *type, tensor *t)
{
    PyTensor *p = blank(type);
    if (!p) {
        tensor_clear(t);
        return NULL;
    }
    p->t = *t;
    *t = (tensor){0};
    if (!p->t.a->home || type != py_tensor_type)
        p->t.a->home = &p->t;
    if (CT_UNLIKELY(tape_now.inference) && p->t.a->refs == 1 && p->t.a->st->refs == 1) /* fresh memory, no view of something older */
        p->t.a->st->flags |= ST_INFERENCE;
    return (PyObject *)p;
}

/* The object that shows this very tensor, borrowed; NULL: none does. */
PyObject *py_shown_by(const tensor *t)
{
    const tensor *home = t->a ? t->a->home : NULL;
    return home && home->a == t->a && home->fn == t->fn && (home->nr == t->nr || !t->fn) ? (PyObject *)((char *)home - offsetof(PyTensor, t)) : NULL;
}

PyObject *py_wrap(tensor *t)
{
    PyObject *shown = CT_UNLIKELY(tape_now.packs) && t->fn && !t->base && !t->box ? py_shown_by(t) : NULL; /* a hook has been given it */
    if (CT_LIKELY(!shown))
        return py_wrap_as(py_tensor_type, t);
    Py_INCREF(shown);
    tensor_clear(t);
    return shown;
}

PyObject *py_wrap_array(array *a)
{
    if (!a)
        return py_raise();
    tensor t;
    tensor_init(&t, a);
    return py_wrap(&t);
}

/* ---- the collector --------------------------------------------------------------------------------------- */
/* Does this object alone keep its node? What views of it would share holds the node too, and goes with the object while there is none. */
static bool owns_node(const tensor *t)
{
    return t->fn && t->fn->refs == (t->base && t->base->refs == 1 && t->base->fn == t->fn ? 2u : 1u);
}

static bool owns_grad(const tensor *t)
{
    return t->box && t->box->refs == 1 + (owns_node(t) && t->fn->kind == &leaf_kind && leaf_box(t->fn) == t->box);
}

static int tensor_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyTensor *p = (PyTensor *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(p->dict);
    if (owns_grad(&p->t))
        Py_VISIT((PyObject *)p->t.box->obj);
    if (owns_node(&p->t))
        return py_node_traverse(p->t.fn, visit, arg);
    return 0;
}

static int tensor_tp_clear(PyObject *self)
{
    PyTensor *p = (PyTensor *)self;
    Py_CLEAR(p->dict);
    if (owns_node(&p->t))
        py_node_clear(p->t.fn);
    return 0;
}

void py_tensor_track(PyObject *self)
{
    if (!PyObject_GC_IsTracked(self))
        PyObject_GC_Track(self);
}

/* An exact Tensor that nobody tracked holds no Python object, so its end runs no code. */
static bool dealloc_short(PyTensor *p, PyTypeObject *type)
{
    if (type != py_tensor_type || p->dict || p->weak || p->t.box || PyObject_GC_IsTracked((PyObject *)p))
        return false;
    if (p->t.base && p->t.base->obj == p)
        p->t.base->obj = NULL;
    tensor_clear(&p->t);
    live--;
    if (n_spare < SPARE)
        spare[n_spare++] = p;
    else
        PyObject_GC_Del(p);
    Py_DECREF(type);
    return true;
}

static void end_tensor(PyTensor *p)
{
    PyTypeObject *type = Py_TYPE(p);
    Py_CLEAR(p->dict);
    tensor_clear(&p->t);
    live--;
    py_custom_live -= py_is_custom_class(type);
    if (type == py_tensor_type && n_spare < SPARE)
        spare[n_spare++] = p;
    else
        type->tp_free(p);
    Py_DECREF(type);
}

/* Tensors hold tensors (.grad has a .grad): beyond some depth they wait until those outside have ended. CPython's own means bounds the depth at its
 * limit of recursion since 3.12, more than a short stack bears. `weak`, cleared by then, links those that wait. */
static void tensor_dealloc(PyObject *self)
{
    enum { DEEP = 50 };
    static _Thread_local int depth;
    static _Thread_local PyTensor *waiting;
    PyTensor *p = (PyTensor *)self;
    if (CT_LIKELY(dealloc_short(p, Py_TYPE(self))))
        return;
    PyObject_GC_UnTrack(self);
    tensor_leave(&p->t);
    if (p->weak)
        PyObject_ClearWeakRefs(self);
    if (p->t.base && p->t.base->obj == self)
        p->t.base->obj = NULL;
    if (p->t.box && p->t.box->owner == self)
        p->t.box->owner = NULL;
    if (depth == DEEP) {
        p->weak = (PyObject *)waiting;
        waiting = p;
        return;
    }
    depth++;
    end_tensor(p);
    while (depth == 1 && waiting) {
        p = waiting;
        waiting = (PyTensor *)p->weak;
        p->weak = NULL;
        end_tensor(p);
    }
    depth--;
}

static PyObject *tensor_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    tensor t;
    return py_tensor_legacy_new(dtype_default(), args, kwargs, &t) < 0 ? NULL : py_wrap_as(type, &t);
}

static int tensor_init_nothing(PyObject *self, PyObject *args, PyObject *kwargs)
{
    (void)self, (void)args, (void)kwargs;
    return 0;
}

/* ---- operators --------------------------------------------------------------------------------------------- */
/* 1: operand filled; 0: not an operand (NotImplemented); -1: exception. */
static inline int operand_of(PyObject *o, arg *a)
{
    if (CT_LIKELY(py_is_exact_tensor(o) || py_is_tensor(o))) {
        *a = (arg){.kind = ARG_TENSOR, .t = py_t(o)};
        return 1;
    }
    return py_number(o, a) ? 1 : PyErr_Occurred() ? -1 : 0;
}

static PyObject *run_op(const op *o, arg *args, uint32_t mode)
{
    call c;
    c.op = o;
    c.args = args;
    c.n_args = 2;
    c.mode = mode;
    if (CT_UNLIKELY(op_call(&c) < 0))
        return py_raise();
    return mode == CALL_INPLACE ? Py_NewRef(Py_None) : py_wrap(&c.out[0]);
}

/* An operator whose first operand is a number, by the steps that PyTorch takes. */
static PyObject *reflected(const op *o, arg *args)
{
    arg turned[3] = {args[1], args[0], {.kind = ARG_INT, .i = 1}};
    if (o != &op_sub && o != &op_div)
        return run_op(o, o == &op_add || o == &op_mul ? turned : args, CALL_NEW);
    call c = {.op = o == &op_sub ? &op_rsub : &op_reciprocal, .args = turned, .n_args = o == &op_sub ? 3 : 1, .mode = CALL_NEW};
    if (op_call(&c) < 0)
        return py_raise();
    if (o == &op_sub)
        return py_wrap(&c.out[0]);
    tensor inverse = c.out[0];
    turned[0].t = &inverse;
    PyObject *result = run_op(&op_mul, turned, CALL_NEW);
    tensor_clear(&inverse);
    return result;
}

static PyObject *binary(const op *o, PyObject *a, PyObject *b)
{
    arg args[2];
    tensor made;
    int ok = operand_of(a, &args[0]);
    if (ok == 1)
        ok = operand_of(b, &args[1]);
    if (CT_UNLIKELY(ok != 1))
        return ok < 0 ? NULL : Py_NewRef(Py_NotImplemented);
    int done = args[0].kind == ARG_TENSOR ? op_pair(o, args, &made) : 0;
    PyObject *result = CT_LIKELY(done > 0) ? py_wrap(&made) : done < 0 ? py_raise() : CT_UNLIKELY(args[0].kind != ARG_TENSOR) ? reflected(o, args) : run_op(o, args, CALL_NEW);
    return py_kept_class(result, (PyObject *[]){a, b}, 2);
}

static PyObject *inplace(const op *o, PyObject *a, PyObject *b)
{
    arg args[2];
    int ok = operand_of(a, &args[0]);
    if (ok == 1)
        ok = operand_of(b, &args[1]);
    if (CT_UNLIKELY(ok != 1))
        return ok < 0 ? NULL : Py_NewRef(Py_NotImplemented);
    PyObject *done = run_op(o, args, CALL_INPLACE);
    if (!done)
        return NULL;
    Py_DECREF(done);
    return Py_NewRef(a);
}

/* Ops with overloads go through their callable; `slot` remembers it after the first call. */
static PyObject *callable(PyObject **slot, const char *name)
{
    if (CT_LIKELY(*slot != NULL))
        return *slot;
    PyObject *f = Py_XNewRef(py_op_object(name)); /* a function takes 2 ** x too, a method does not */
    return *slot = f ? f : PyObject_GetAttrString((PyObject *)py_tensor_type, name); /* kept for the life of the process */
}

static PyObject *named(PyObject **slot, const char *name, PyObject *a, PyObject *b)
{
    PyObject *f = callable(slot, name);
    if (!f)
        return NULL;
    PyObject *args[2] = {a, b};
    PyObject *result = PyObject_Vectorcall(f, args, b ? 2 : 1, NULL);
    if (!result && b && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyObject *type, *value, *trace;
        arg x;
        PyErr_Fetch(&type, &value, &trace); /* operand_of looks at the error indicator */
        bool foreign = operand_of(a, &x) == 0 || operand_of(b, &x) == 0;
        PyErr_Restore(type, value, trace);
        if (foreign) {
            PyErr_Clear();
            return Py_NewRef(Py_NotImplemented);
        }
    }
    return result;
}

#define DIRECT(slot, name)                                                                        \
    static PyObject *slot_##slot(PyObject *a, PyObject *b) { return binary(&op_##name, a, b); }   \
    static PyObject *slot_i##slot(PyObject *a, PyObject *b) { return inplace(&op_##name, a, b); }
#define NAMED(slot, name)                                                                         \
    static PyObject *called_##slot;                                                               \
    static PyObject *slot_##slot(PyObject *a, PyObject *b) { return named(&called_##slot, name, a, b); }
#define UNARY(slot, name)                                                                         \
    static PyObject *called_##slot;                                                               \
    static PyObject *slot_##slot(PyObject *a) { return named(&called_##slot, name, a, NULL); }
#include "table/operators.def"
#undef DIRECT
#undef NAMED
#undef UNARY

static PyObject *tensor_subscript(PyObject *self, PyObject *index) { return py_kept_class(py_index_get(self, index), &self, 1); }

static PyObject *tensor_invert(PyObject *self)
{
    if (!dtype_is_float(py_t(self)->a->dtype))
        return slot_invert(self);
    return PyErr_Format(PyExc_TypeError, "~ (operator.invert) is only implemented on integer and Boolean-type tensors");
}

static PyObject *slot_pow(PyObject *a, PyObject *b, PyObject *modulus)
{
    if (modulus != Py_None) {
        PyErr_SetString(PyExc_TypeError, "pow() of a Tensor takes no third argument");
        return NULL;
    }
    static PyObject *slot;
    arg args[2];
    if (py_is_tensor(a) && (PyFloat_CheckExact(b) || PyLong_CheckExact(b))) {
        if (operand_of(a, &args[0]) == 1 && operand_of(b, &args[1]) == 1)
            return py_kept_class(run_op(&op_pow_scalar, args, CALL_NEW), &a, 1);
        PyErr_Clear();
    }
    return named(&slot, "pow", a, b);
}

static PyObject *slot_matmul(PyObject *a, PyObject *b)
{
    static PyObject *slot;
    if (CT_UNLIKELY(!py_is_tensor(a) || !py_is_tensor(b)))
        return named(&slot, "matmul", a, b);
    tensor made;
    arg args[2] = {{.kind = ARG_TENSOR, .t = py_t(a)}, {.kind = ARG_TENSOR, .t = py_t(b)}};
    int done = py_t(a)->a->ndim == 2 ? op_product_short(NULL, py_t(a), py_t(b), false, &made) : 0;
    PyObject *result = done ? done < 0 ? py_raise() : py_wrap(&made) : run_op(&op_matmul, args, CALL_NEW);
    return py_kept_class(result, (PyObject *[]){a, b}, 2);
}

static PyObject *slot_ipow(PyObject *a, PyObject *b, PyObject *modulus)
{
    (void)modulus;
    static PyObject *slot;
    return named(&slot, "pow_", a, b);
}

static PyObject *tensor_richcompare(PyObject *a, PyObject *b, int how)
{
    static const op *const ops[] = {[Py_LT] = &op_lt, [Py_LE] = &op_le, [Py_EQ] = &op_eq, [Py_NE] = &op_ne, [Py_GT] = &op_gt, [Py_GE] = &op_ge};
    if (how != Py_EQ || !numpy_is_array(b))
        return binary(ops[how], a, b);
    array *read = numpy_to_array(b, NUMPY_READ); /* PyTorch compares with ndarrays by == alone */
    PyObject *other = read ? py_wrap_array(read) : NULL, *result = other ? binary(&op_eq, a, other) : NULL;
    Py_XDECREF(other);
    return result;
}

/* ---- reading one element -------------------------------------------------------------------------------------- */
static PyObject *one_element(PyObject *self) { return py_item(py_t(self)->a); }

static int tensor_bool(PyObject *self)
{
    const array *a = py_t(self)->a;
    if (a->numel != 1) {
        PyErr_Format(PyExc_RuntimeError, a->numel ? "Boolean value of Tensor with more than one value is ambiguous" :
                     "Boolean value of Tensor with no values is ambiguous");
        return -1;
    }
    PyObject *item = one_element(self);
    int truth = item ? PyObject_IsTrue(item) : -1;
    Py_XDECREF(item);
    return truth;
}

static PyObject *through(PyObject *self, PyObject *(*convert)(PyObject *))
{
    if (py_t(self)->a->numel != 1)
        return PyErr_Format(PyExc_ValueError, "only one element tensors can be converted to Python scalars");
    PyObject *item = one_element(self), *result = item ? convert(item) : NULL;
    Py_XDECREF(item);
    return result;
}
static PyObject *tensor_int(PyObject *self) { return through(self, PyNumber_Long); }
static PyObject *tensor_float(PyObject *self)
{
    return py_warn_tensor_to_number(py_t(self)) < 0 ? NULL : through(self, PyNumber_Float);
}
static PyObject *tensor_index(PyObject *self)
{
    const array *a = py_t(self)->a;
    if (dtype_is_float(a->dtype) || a->numel != 1) {
        PyErr_SetString(PyExc_TypeError, "only integer tensors of a single element can be converted to an index");
        return NULL;
    }
    return through(self, PyNumber_Long);
}

static Py_ssize_t tensor_length(PyObject *self)
{
    const array *a = py_t(self)->a;
    if (a->ndim == 0) {
        PyErr_SetString(PyExc_TypeError, "len() of a 0-d tensor");
        return -1;
    }
    return (Py_ssize_t)array_size(a)[0];
}

/* hash(x) == id(x), as in PyTorch. */
static Py_hash_t tensor_hash(PyObject *self)
{
    PyObject *id = PyLong_FromVoidPtr(self);
    Py_hash_t hash = id ? PyObject_Hash(id) : -1;
    Py_XDECREF(id);
    return hash;
}

/* ---- attributes of any Python object ------------------------------------------------------------------------------ */
static int tensor_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    int result = PyObject_GenericSetAttr(self, name, value);
    if (result == 0 && ((PyTensor *)self)->dict)
        py_tensor_track(self);
    return result;
}

static PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(PyTensor, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(PyTensor, weak), READONLY, NULL},
    {NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Tensor(*sizes) or Tensor(data): a strided array with a place in the history of derivatives.\n\n"
                "Dtypes bool, uint8, int32, int64, float32, float64; memory on the CPU. Use ctgrad.tensor(data) to build one from data."},
    {Py_tp_new, tensor_new}, {Py_tp_init, tensor_init_nothing}, {Py_tp_dealloc, tensor_dealloc},
    {Py_tp_traverse, tensor_traverse}, {Py_tp_clear, tensor_tp_clear},
    {Py_tp_members, members}, {Py_tp_getset, py_tensor_getset}, {Py_tp_methods, py_tensor_methods},
    {Py_tp_setattro, tensor_setattro}, {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_richcompare, tensor_richcompare}, {Py_tp_hash, tensor_hash}, {Py_tp_iter, py_tensor_iter},
    {Py_mp_length, tensor_length}, {Py_mp_subscript, tensor_subscript}, {Py_mp_ass_subscript, py_index_set},
    {Py_bf_getbuffer, py_tensor_getbuffer}, {Py_bf_releasebuffer, py_tensor_releasebuffer},
    {Py_nb_add, slot_add}, {Py_nb_inplace_add, slot_iadd}, {Py_nb_subtract, slot_sub}, {Py_nb_inplace_subtract, slot_isub},
    {Py_nb_multiply, slot_mul}, {Py_nb_inplace_multiply, slot_imul}, {Py_nb_true_divide, slot_div}, {Py_nb_inplace_true_divide, slot_idiv},
    {Py_nb_floor_divide, slot_floordiv}, {Py_nb_inplace_floor_divide, slot_ifloordiv}, {Py_nb_remainder, slot_mod}, {Py_nb_inplace_remainder, slot_imod},
    {Py_nb_matrix_multiply, slot_matmul}, {Py_nb_power, slot_pow}, {Py_nb_inplace_power, slot_ipow},
    {Py_nb_lshift, slot_lshift}, {Py_nb_inplace_lshift, slot_ilshift}, {Py_nb_rshift, slot_rshift}, {Py_nb_inplace_rshift, slot_irshift},
    {Py_nb_and, slot_and}, {Py_nb_or, slot_or}, {Py_nb_xor, slot_xor},
    {Py_nb_inplace_and, slot_iand}, {Py_nb_inplace_or, slot_ior}, {Py_nb_inplace_xor, slot_ixor},
    {Py_nb_negative, slot_neg}, {Py_nb_positive, slot_pos}, {Py_nb_absolute, slot_abs}, {Py_nb_invert, tensor_invert},
    {Py_nb_bool, tensor_bool}, {Py_nb_int, tensor_int}, {Py_nb_float, tensor_float}, {Py_nb_index, tensor_index},
    {0, NULL},
};
static PyType_Spec spec = {"ctgrad.Tensor", sizeof(PyTensor), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

int py_tensor_setup(PyObject *module)
{
    py_tensor_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    if (py_tensor_type)
        py_tensor_type->tp_name = "Tensor"; /* as PyTorch's messages show it; __module__ stays ctgrad */
    return py_tensor_type && py_by_name_setup() == 0 ? PyModule_AddObjectRef(module, "Tensor", (PyObject *)py_tensor_type) : -1;
}
