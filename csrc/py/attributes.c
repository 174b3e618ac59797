/* Tensor attributes. */
#include "py/tensor_type.h"

static PyObject *get_shape(PyObject *o, void *x) { (void)x; return py_size(py_t(o)->a->ndim, array_size(py_t(o)->a)); }
static PyObject *get_dtype(PyObject *o, void *x) { (void)x; return Py_NewRef(py_dtype(py_t(o)->a->dtype)); }
static PyObject *get_ndim(PyObject *o, void *x) { (void)x; return PyLong_FromLong(py_t(o)->a->ndim); }
static PyObject *get_itemsize(PyObject *o, void *x) { (void)x; return PyLong_FromLongLong(dtype_bytes(py_t(o)->a->dtype)); }
static PyObject *get_nbytes(PyObject *o, void *x)
{
    (void)x;
    return PyLong_FromLongLong(py_t(o)->a->numel * dtype_bytes(py_t(o)->a->dtype));
}
static PyObject *get_version(PyObject *o, void *x)
{
    (void)x;
    if (py_t(o)->a->st->flags & ST_INFERENCE)
        return PyErr_Format(PyExc_RuntimeError, "Inference tensors do not track version counter.");
    return PyLong_FromLongLong(py_t(o)->a->ver->count);
}
static PyObject *get_false(PyObject *o, void *x) { (void)o, (void)x; Py_RETURN_FALSE; }
static PyObject *get_true(PyObject *o, void *x) { (void)o, (void)x; Py_RETURN_TRUE; }
static PyObject *get_none(PyObject *o, void *x) { (void)o, (void)x; Py_RETURN_NONE; }

/* ---- gradients ---------------------------------------------------------------------------------------------- */
/* Of a view, what its base says too: no history is needed for that. */
static PyObject *get_requires_grad(PyObject *o, void *x)
{
    const tensor *t = py_t(o);
    (void)x;
    bool by_base = t->base && (tensor_is_view(t) || t->base->gen != t->gen) && t->base->fn;
    return PyBool_FromLong(by_base || (t->fn && (tensor_is_view(t) || !t->base || t->base->gen == t->gen))); /* a view that has a history keeps one: tensor_sync */
}

int py_set_requires_grad(PyObject *self, bool wanted)
{
    tensor *t = py_t(self);
    if (wanted && t->a->st->flags & ST_INFERENCE && !tape_now.inference)
        return ct_fail(CT_RUNTIME, "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
    if (tensor_set_requires_grad(t, wanted) < 0)
        return -1;
    if (t->box && t->fn && t->fn->kind == &leaf_kind)
        t->box->owner = self;
    return 0;
}

/* A tensor that is being made. */
int py_born_with_grad(PyObject *made)
{
    if (!dtype_is_float(py_t(made)->a->dtype))
        return ct_fail(CT_RUNTIME, "Only Tensors of floating point and complex dtype can require gradients");
    return py_set_requires_grad(made, true);
}

/* As PyTorch's functions that make tensors leave out=: a leaf wants a gradient if the call said so, and else no more. */
int py_settle_grad(PyObject *out, bool wanted, bool is_made)
{
    if (wanted)
        return py_born_with_grad(out);
    return is_made && tensor_requires_grad(py_t(out)) && tensor_is_leaf(py_t(out)) ? py_set_requires_grad(out, false) : 0;
}

static int set_requires_grad(PyObject *o, PyObject *value, void *x)
{
    (void)x;
    if (!value || !PyBool_Check(value)) {
        PyErr_SetString(PyExc_RuntimeError, "requires_grad must be a bool");
        return -1;
    }
    if (py_t(o)->fn && py_t(o)->fn->kind != &leaf_kind) {
        PyErr_SetString(PyExc_RuntimeError, "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that doesn't "
                        "require differentiation use var_no_grad = var.detach().");
        return -1;
    }
    return py_set_requires_grad(o, value == Py_True) < 0 ? py_raise_int() : 0;
}

static PyObject *get_is_leaf(PyObject *o, void *x)
{
    (void)x;
    return tensor_sync(py_t(o)) < 0 ? py_raise() : PyBool_FromLong(tensor_is_leaf(py_t(o)));
}
static PyObject *get_output_nr(PyObject *o, void *x) { (void)x; return PyLong_FromUnsignedLong(py_t(o)->nr); }
static PyObject *get_retains_grad(PyObject *o, void *x) { (void)x; return PyBool_FromLong(py_t(o)->flags & T_RETAINS); }

static PyObject *get_grad_fn(PyObject *o, void *x)
{
    (void)x;
    tensor *t = py_t(o);
    if (tensor_sync(t) < 0)
        return py_raise();
    if (!t->fn || t->fn->kind == &leaf_kind)
        Py_RETURN_NONE;
    py_tensor_track(o); /* what is asked of the node may hold the tensor */
    return py_node_object(t->fn);
}

/* The object shown for .grad is made once and kept in the box, so that `x.grad is x.grad`. */
static PyObject *get_grad(PyObject *o, void *x)
{
    (void)x;
    gradbox *box = py_t(o)->box;
    if (box && box->obj)
        return Py_NewRef((PyObject *)box->obj);
    if (!box || !box->grad) {
        tensor *t = py_t(o);
        if (!tensor_is_leaf(t) && !(t->flags & T_RETAINS) &&
            PyErr_WarnEx(PyExc_UserWarning, "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
                         "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use "
                         ".retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead.", 1) < 0)
            return NULL;
        Py_RETURN_NONE;
    }
    tensor t;
    tensor_copy(&t, box->grad);
    py_tensor_track(o); /* what is said of the gradient may lead back */
    PyObject *shown = py_wrap(&t);
    if (shown && !box->obj && box->grad) /* still: making it may have run the host's code */
        box->obj = Py_NewRef(shown);
    return shown;
}

static int check_grad(const tensor *t, PyObject *value)
{
    if (!py_is_tensor(value)) {
        PyErr_Format(PyExc_TypeError, "assigned grad expected to be a Tensor or None but got grad of type %s", Py_TYPE(value)->tp_name);
        return -1;
    }
    const array *g = py_t(value)->a;
    if (py_t(value) == t) {
        PyErr_SetString(PyExc_RuntimeError, "can't assign Variable as its own grad");
        return -1;
    }
    ct_dtype wanted = gradbox_dtype(t->box, (ct_dtype)t->a->dtype, (ct_dtype)g->dtype);
    if (g->dtype != wanted) {
        PyErr_Format(PyExc_RuntimeError, "attempting to assign a gradient with dtype '%s' to a tensor with grad_dtype '%s'. The gradient must match the tensor's grad_dtype (its dtype, "
                     "where none was set): convert it with .to(), or set grad_dtype, to None for any dtype", dtype_name(g->dtype), dtype_name(wanted));
        return -1;
    }
    if (!array_same_size(g, t->a)) {
        char given[300], own[300];
        PyErr_Format(PyExc_RuntimeError, "attempting to assign a gradient of size '%s' to a tensor of size '%s'. Please ensure that the gradient and the tensor are the same size",
                     layout_text(g->ndim, array_size(g), given, sizeof given), layout_text(t->a->ndim, array_size(t->a), own, sizeof own));
        return -1;
    }
    return 0;
}

static int set_grad(PyObject *o, PyObject *value, void *x)
{
    (void)x;
    tensor *t = py_t(o);
    if (!value || value == Py_None)
        return t->box ? gradbox_set(t->box, NULL, NULL) : 0;
    if (check_grad(t, value) < 0)
        return -1;
    if ((!t->box && !(t->box = gradbox_new())) || tensor_sync(py_t(value)) < 0)
        return py_raise_int();
    py_tensor_track(o);
    if (gradbox_set(t->box, py_t(value), Py_NewRef(value)) == 0)
        return 0;
    Py_DECREF(value);
    return py_raise_int();
}

/* ---- grad_dtype ------------------------------------------------------------------------------------------------ */
static PyObject *get_grad_dtype(PyObject *o, void *x)
{
    (void)x;
    tensor *t = py_t(o);
    if (!tensor_is_leaf(t))
        return PyErr_Format(PyExc_RuntimeError, "grad_dtype can only be accessed on leaf tensors.");
    if (t->box && t->box->dtype == GRAD_ANY)
        Py_RETURN_NONE;
    return Py_NewRef(py_dtype(gradbox_dtype(t->box, (ct_dtype)t->a->dtype, (ct_dtype)t->a->dtype)));
}

static int set_grad_dtype(PyObject *o, PyObject *value, void *x)
{
    (void)x;
    tensor *t = py_t(o);
    ct_dtype dtype = (ct_dtype)t->a->dtype;
    bool any = value == Py_None;
    if (!value || (!any && !py_is_dtype(value))) {
        PyErr_Format(PyExc_RuntimeError, value ? "grad_dtype must be a ctgrad.dtype or None, but got %s" : "grad_dtype cannot be deleted: set a dtype, or None for any", value ? Py_TYPE(value)->tp_name : "");
        return -1;
    }
    dtype = any ? dtype : py_dtype_value(value);
    if (!tensor_is_leaf(t)) {
        PyErr_SetString(PyExc_RuntimeError, "grad_dtype can only be set on leaf tensors.");
        return -1;
    }
    const tensor *have = t->box ? t->box->grad : NULL;
    if (have && !any && have->a->dtype != dtype) {
        PyErr_Format(PyExc_RuntimeError, "Cannot set grad_dtype to '%s' because there is already a gradient with dtype '%s'. Please clear the gradient (.grad = None) before changing "
                     "grad_dtype, or ensure the new grad_dtype matches the existing gradient's dtype.", dtype_name(dtype), dtype_name(have->a->dtype));
        return -1;
    }
    if (!t->box && !(t->box = gradbox_new()))
        return py_raise_int();
    t->box->dtype = any ? GRAD_ANY : (uint8_t)(GRAD_FIRST + dtype);
    return 0;
}

/* ---- data ------------------------------------------------------------------------------------------------------ */
static PyObject *get_data(PyObject *o, void *x) { (void)x; return py_kept_class(py_wrap_array(array_alias_unversioned(py_t(o)->a)), &o, 1); }

static int set_data(PyObject *o, PyObject *value, void *x)
{
    (void)x;
    if (!value || !py_is_tensor(value)) {
        if (value)
            PyErr_Format(PyExc_TypeError, "Variable data has to be a tensor, but got %s", Py_TYPE(value)->tp_name);
        else
            PyErr_SetString(PyExc_RuntimeError, "Deleting tensor data is not allowed. Delete tensor instead!");
        return -1;
    }
    tensor *t = py_t(o);
    const array *source = py_t(value)->a;
    if (t->fn && t->fn->kind == &leaf_kind && !dtype_is_float((ct_dtype)source->dtype)) {
        PyErr_SetString(PyExc_RuntimeError, "data set to a tensor that requires gradients must be floating point or complex dtype");
        return -1;
    }
    return tensor_set_data(t, source) < 0 ? py_raise_int() : 0;
}

static PyObject *get_base(PyObject *o, void *x)
{
    (void)x;
    tensor *t = py_t(o);
    if (!tensor_is_view(t))
        Py_RETURN_NONE;
    viewbase *b = t->base;
    if (b->obj)
        return Py_NewRef((PyObject *)b->obj);
    tensor base = {.a = array_keep(b->a), .fn = b->fn ? node_keep(b->fn) : NULL, .base = b, .nr = b->nr, .gen = b->gen};
    b->refs++;
    PyObject *shown = py_wrap(&base);
    b->obj = shown;
    return shown;
}

/* Shown under a private name too, which old code deletes and is told not to. */
static int keep_grad_fn(PyObject *o, PyObject *value, void *x)
{
    (void)o, (void)x;
    PyErr_SetString(PyExc_RuntimeError, value ? "grad_fn is set by operations alone" : "Deletion of _grad_fn not allowed. Detach tensor instead!");
    return -1;
}

static PyObject *get_device(PyObject *o, void *x)
{
    (void)o, (void)x;
    return PyObject_CallFunction((PyObject *)py_device_type, "s", "cpu");
}


/* What is the same as a tensor without dimensions warns, each once. */
enum { SHOWN_T, SHOWN_mT, SHOWN_H, SHOWN_mH };
static int warn_scalar(PyObject *o, int which)
{
    static const char *const text[] = {"Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.",
        "Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases.", "Tensor.H is deprecated on 0-D tensors. Consider using x.conj().",
        "Tensor.mH is deprecated on 0-D tensors. Consider using x.conj()."};
    static bool warned[4];
    return py_t(o)->a->ndim ? 0 : py_warn_once(&warned[which], text[which]);
}

/* x.T: dimensions in reverse; mT: the last two exchanged. */
static PyObject *get_T(PyObject *o, void *x)
{
    (void)x;
    static bool warned;
    int ndim = py_t(o)->a->ndim;
    if (ndim == 0 ? warn_scalar(o, SHOWN_T) < 0 : ndim != 2 && py_warn_once(&warned, "The use of `x.T` on tensors of dimension other than 2 to reverse their "
            "shape is deprecated and it will throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
            "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.") < 0)
        return NULL;
    int64_t reversed[CT_MAXDIM];
    for (int d = 0; d < ndim; d++)
        reversed[d] = ndim - 1 - d;
    PyObject *dims = py_ints(ndim, reversed), *result = dims ? PyObject_CallMethod(o, "permute", "(O)", dims) : NULL;
    Py_XDECREF(dims);
    return result;
}
static PyObject *exchanged(PyObject *o, int which)
{
    if (py_t(o)->a->ndim == 1)
        return PyErr_Format(PyExc_RuntimeError, "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.");
    if (warn_scalar(o, which) < 0)
        return NULL;
    if (py_t(o)->a->ndim == 0)
        return Py_NewRef(o);
    PyObject *view = py_call_op(&op_adjoint, 1, (arg[]){a_t(py_t(o))});
    py_note_base(o);
    return view;
}
static PyObject *get_mT(PyObject *o, void *x) { (void)x; return exchanged(o, SHOWN_mT); }
static PyObject *get_mH(PyObject *o, void *x) { (void)x; return exchanged(o, SHOWN_mH); }
static PyObject *get_H(PyObject *o, void *x)
{
    int ndim = py_t(o)->a->ndim;
    if (ndim != 0 && ndim != 2)
        return PyErr_Format(PyExc_RuntimeError, "tensor.H is only supported on matrices (2-D tensors). Got %d-D tensor.%s", ndim,
                            ndim > 2 ? " For batches of matrices, consider using tensor.mH" : "");
    (void)x;
    return exchanged(o, SHOWN_H);
}

/* Whoever holds the dict can put a cycle into it. */
static PyObject *get_dict(PyObject *o, void *x) { py_tensor_track(o); return PyObject_GenericGetDict(o, x); }
static int set_dict(PyObject *o, PyObject *value, void *x) { py_tensor_track(o); return PyObject_GenericSetDict(o, value, x); }

PyGetSetDef py_tensor_getset[] = {
    {"__dict__", get_dict, set_dict, "Attributes set by the user.", NULL},
    {"shape", get_shape, NULL, "Sizes of all dimensions, a Size.", NULL},
    {"dtype", get_dtype, NULL, "The dtype of the elements.", NULL},
    {"device", get_device, NULL, "device(type='cpu').", NULL},
    {"ndim", get_ndim, NULL, "Number of dimensions.", NULL},
    {"itemsize", get_itemsize, NULL, "Bytes of one element.", NULL},
    {"nbytes", get_nbytes, NULL, "Bytes of all elements as shown: numel() times itemsize.", NULL},
    {"requires_grad", get_requires_grad, set_requires_grad, "Whether operations on this tensor are recorded.", NULL},
    {"grad", get_grad, set_grad, "Gradient accumulated by backward(), None before the first.", NULL},
    {"_grad", get_grad, set_grad, "grad.", NULL},
    {"_grad_fn", get_grad_fn, keep_grad_fn, "grad_fn.", NULL},
    {"grad_fn", get_grad_fn, NULL, "The node of the op that made this tensor, None for leaves.", NULL},
    {"grad_dtype", get_grad_dtype, set_grad_dtype, "The dtype that gradients of this leaf get: its own, unless another was set; None: as they arrive.", NULL},
    {"is_leaf", get_is_leaf, NULL, "True when no recorded op made this tensor.", NULL},
    {"output_nr", get_output_nr, NULL, "Which output of grad_fn this tensor is.", NULL},
    {"retains_grad", get_retains_grad, NULL, "True after retain_grad() on a non-leaf.", NULL},
    {"data", get_data, set_data, "The same memory outside the history, with a version counter of its own.", NULL},
    {"_version", get_version, NULL, "How many in-place writes this memory has seen.", NULL},
    {"_base", get_base, NULL, "The tensor that this one is a view of, or None.", NULL},
    {"T", get_T, NULL, "View with the dimensions in reverse order.", NULL},
    {"mT", get_mT, NULL, "View with the last two dimensions exchanged.", NULL},
    {"mH", get_mH, NULL, "mT: there are no complex dtypes to conjugate.", NULL},
    {"H", get_H, NULL, "Conjugate transpose; for real dtypes the transpose.", NULL},
    {"is_cpu", get_true, NULL, "True.", NULL},
    {"is_cuda", get_false, NULL, "False.", NULL},
    {"is_mps", get_false, NULL, "False.", NULL},
    {"is_mkldnn", get_false, NULL, "False.", NULL},
    {"is_xpu", get_false, NULL, "False.", NULL},
    {"is_ipu", get_false, NULL, "False.", NULL},
    {"is_vulkan", get_false, NULL, "False.", NULL},
    {"is_nested", get_false, NULL, "False.", NULL},
    {"is_xla", get_false, NULL, "False.", NULL},
    {"is_maia", get_false, NULL, "False.", NULL},
    {"is_mtia", get_false, NULL, "False.", NULL},
    {"is_sparse_csr", get_false, NULL, "False.", NULL},
    {"is_sparse", get_false, NULL, "False.", NULL},
    {"is_quantized", get_false, NULL, "False.", NULL},
    {"is_meta", get_false, NULL, "False.", NULL},
    {"name", get_none, NULL, "None.", NULL},
    {NULL},
};
