/* backward and grad, and the modes. */
#include "py/tensor_type.h"

/* ---- sequences of tensors -------------------------------------------------------------------------------- */
typedef struct tensors { PyObject *held; tensor **t; Py_ssize_t n; tensor *made /* for edges; NULL or n */; } tensors;

static void tensors_clear(tensors *v)
{
    for (Py_ssize_t i = 0; v->made && i < v->n; i++)
        tensor_clear(&v->made[i]);
    Py_XDECREF(v->held);
    PyMem_Free(v->t);
    PyMem_Free(v->made);
}

/* A GradientEdge: a tuple with these names. */
static bool is_edge(PyObject *o) { return PyTuple_Check(o) && PyObject_HasAttrString(o, "node") && PyObject_HasAttrString(o, "output_nr"); }

/* A tensor at the edge's place in the history, of one number shown at its shape. */
static int edge_tensor(PyObject *o, tensor *t)
{
    int ndim;
    ct_dtype dtype;
    PyObject *fn = PyObject_GetAttrString(o, "node"), *number = PyObject_GetAttrString(o, "output_nr");
    node *n = fn ? py_node_of(fn) : NULL;
    long nr = number ? PyLong_AsLong(number) : -1;
    Py_XDECREF(fn); /* the edge holds it */
    Py_XDECREF(number);
    if (!n || nr < 0 || nr >= (long)n->n_out) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_RuntimeError, "GradientEdge: no such output of a node, or the node is gone");
        return -1;
    }
    const int64_t *size = node_out_size(n, (uint32_t)nr, &ndim, &dtype), none[CT_MAXDIM] = {0};
    array *one = array_new(dtype, 0, NULL), *a = one ? array_alias(one, ndim, size, none, 0) : NULL;
    array_drop(one);
    if (!a)
        return py_raise_int();
    tensor_init(t, a);
    tensor_set_history(t, n, (uint32_t)nr);
    return 0;
}

static int take_edge(tensors *v, Py_ssize_t i, PyObject *o)
{
    if (!v->made && !(v->made = PyMem_Calloc((size_t)v->n, sizeof *v->made))) {
        PyErr_NoMemory();
        return -1;
    }
    v->t[i] = &v->made[i];
    return edge_tensor(o, v->t[i]);
}

/* One Tensor or a sequence of them. None, and None among them, is NULL where they are gradients, which edges are not. */
typedef enum { ROOTS, GRADS, INPUTS } role;
static int tensors_from(PyObject *o, const char *what, role role, tensors *v)
{
    *v = (tensors){0};
    if (!o || (o == Py_None && role == GRADS))
        return 0;
    v->held = py_is_tensor(o) || is_edge(o) ? PyTuple_Pack(1, o) : PySequence_Tuple(o);
    if (!v->held)
        return -1;
    v->n = PyTuple_GET_SIZE(v->held);
    v->t = PyMem_Calloc((size_t)v->n + 1, sizeof *v->t);
    if (!v->t) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < v->n; i++) {
        PyObject *item = PyTuple_GET_ITEM(v->held, i);
        if (item == Py_None && role == GRADS)
            continue;
        if (role != GRADS && is_edge(item)) {
            if (take_edge(v, i, item) < 0)
                return -1;
            continue;
        }
        if (!py_is_tensor(item)) {
            PyErr_Format(role == GRADS ? PyExc_TypeError : role == ROOTS ? PyExc_AssertionError : PyExc_RuntimeError, "%s: %s, but got %s", what,
                         role == GRADS ? "gradients can be either Tensors or None" : role == ROOTS ? "expected all outputs to be Tensors" : "all inputs have to be Tensors or GradientEdges", Py_TYPE(item)->tp_name);
            return -1;
        }
        if (tensor_sync(py_t(item)) < 0)
            return py_raise_int();
        v->t[i] = py_t(item);
    }
    return 0;
}

/* ---- checks ------------------------------------------------------------------------------------------------- */
static int check_root(Py_ssize_t i, const tensor *root, const tensor *grad)
{
    char got[256], want[256];
    if (!root->fn) {
        PyErr_Format(PyExc_RuntimeError, "element %zd of tensors does not require grad and does not have a grad_fn", i);
        return -1;
    }
    if (!grad && root->a->numel != 1) {
        PyErr_SetString(PyExc_RuntimeError, "grad can be implicitly created only for scalar outputs");
        return -1;
    }
    if (!grad && !dtype_is_float(root->a->dtype)) {
        PyErr_Format(PyExc_RuntimeError, "grad can be implicitly created only for real scalar outputs but got torch.%s", dtype_name(root->a->dtype));
        return -1;
    }
    if (grad && !array_same_size(grad->a, root->a)) {
        PyErr_Format(PyExc_RuntimeError, "Mismatch in shape: grad_output[%zd] has a shape of torch.Size(%s) and output[%zd] has a shape of torch.Size(%s).",
                     i, layout_text(grad->a->ndim, array_size(grad->a), got, sizeof got), i,
                     layout_text(root->a->ndim, array_size(root->a), want, sizeof want));
        return -1;
    }
    return 0;
}

static int check_roots(const tensors *roots, const tensors *grads)
{
    if (grads->held && grads->n < roots->n) { /* what is too many is left, as in PyTorch */
        PyErr_Format(PyExc_RuntimeError, "got %zd tensors and %zd gradients", roots->n, grads->n);
        return -1;
    }
    for (Py_ssize_t i = 0; i < roots->n; i++)
        if (check_root(i, roots->t[i], grads->n ? grads->t[i] : NULL) < 0)
            return -1;
    return 0;
}

static int check_inputs(const tensors *inputs)
{
    for (Py_ssize_t i = 0; i < inputs->n; i++)
        if (!inputs->t[i]->fn) {
            PyErr_SetString(PyExc_RuntimeError, "One of the differentiated Tensors does not require grad");
            return -1;
        }
    return 0;
}

static _Thread_local bool keeps_graphs; /* a loop over slices goes on: the next slice runs through what this one does */

/* _keep_graphs(keep) -> before. A run that is not told retain_graph frees nothing while it is set. */
static PyObject *set_keeps(PyObject *module, PyObject *on)
{
    (void)module;
    bool before = keeps_graphs;
    int now = PyObject_IsTrue(on);
    if (now < 0)
        return NULL;
    keeps_graphs = now;
    return PyBool_FromLong(before);
}

/* ---- backward -------------------------------------------------------------------------------------------------- */
static int run(tensors *roots, tensors *grads, tensors *inputs, PyObject *retain, bool create_graph, tensor *found)
{
    if (check_roots(roots, grads) < 0 || check_inputs(inputs) < 0)
        return -1;
    for (Py_ssize_t i = 0; i < inputs->n && !found; i++) { /* what is no leaf keeps its gradient as after retain_grad() */
        PyObject *o = PyTuple_GET_ITEM(inputs->held, i), *done = py_is_tensor(o) ? py_tensor_retain_grad(o, NULL) : Py_NewRef(Py_None);
        if (!done)
            return -1;
        Py_DECREF(done);
    }
    int keep = retain && retain != Py_None ? PyObject_IsTrue(retain) : create_graph || keeps_graphs;
    if (keep < 0)
        return -1;
    backward b = {.n_roots = (uint32_t)roots->n, .roots = roots->t, .grads = grads->n ? grads->t : NULL, .retain_graph = keep,
                  .create_graph = create_graph, .n_inputs = (uint32_t)inputs->n, .inputs = inputs->t, .accumulate = !found, .found = found};
    return py_run_backward(&b);
}

static int warn_of_cycle(bool create_graph)
{
    static bool warned;
    return !create_graph ? 0 : py_warn_once(&warned, "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient which can "
                                            "cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to use this function, "
                                            "make sure to reset the .grad fields of your parameters to None after use to break the cycle and avoid the leak.");
}

static PyObject *backward_of(PyObject *roots, PyObject *grads, PyObject *retain, PyObject *create, PyObject *inputs)
{
    tensors r = {0}, g = {0}, in = {0};
    int create_graph = create ? PyObject_IsTrue(create) : 0, result = -1;
    if (create_graph >= 0 && tensors_from(roots, "backward", ROOTS, &r) == 0) {
        if (tensors_from(grads, "backward", GRADS, &g) == 0 &&
            tensors_from(inputs == Py_None ? NULL : inputs, "inputs", INPUTS, &in) == 0) {
            if (inputs && inputs != Py_None && in.n == 0)
                PyErr_SetString(PyExc_RuntimeError, "`inputs` argument to `backward()` cannot be empty.");
            else
                result = warn_of_cycle(create_graph) < 0 ? -1 : run(&r, &g, &in, retain, create_graph, NULL);
        }
        tensors_clear(&g);
        tensors_clear(&in);
    }
    tensors_clear(&r);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

/* backward(gradient=None, retain_graph=None, create_graph=False, inputs=None) */
PyObject *py_tensor_backward(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kwnames)
{
    static const char *const names[] = {"gradient", "retain_graph", "create_graph", "inputs"};
    PyObject *value[4] = {0};
    if (n > 4)
        return PyErr_Format(PyExc_TypeError, "backward() takes at most 4 arguments, got %zd", n);
    for (Py_ssize_t i = 0; i < n; i++)
        value[i] = args[i];
    for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); k++) {
        int at = 0;
        while (at < 4 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, k), names[at]))
            at++;
        if (at == 4)
            return PyErr_Format(PyExc_TypeError, "backward() got an unexpected keyword argument '%U'", PyTuple_GET_ITEM(kwnames, k));
        value[at] = args[n + k];
    }
    return backward_of(self, value[0], value[1], value[2], value[3]);
}

static PyObject *backward_function(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"tensors", "grad_tensors", "retain_graph", "create_graph", "grad_variables", "inputs", NULL};
    PyObject *roots, *grads = NULL, *retain = NULL, *create = NULL, *old = NULL, *inputs = NULL;
    (void)module;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOOOO:backward", names, &roots, &grads, &retain, &create, &old, &inputs))
        return NULL;
    if (old && old != Py_None) {
        if (grads && grads != Py_None)
            return PyErr_Format(PyExc_RuntimeError, "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use `grad_tensors`.");
        if (PyErr_WarnEx(PyExc_FutureWarning, "`grad_variables` is deprecated. Use `grad_tensors` instead.", 1) < 0)
            return NULL;
        grads = old;
    }
    return backward_of(roots, grads, retain, create, inputs);
}

/* ---- grad ---------------------------------------------------------------------------------------------------------- */
/* Gradients found, as a tuple; None (or zeros) where an input was not reached. */
static PyObject *results(tensor *found, const tensors *inputs, bool allow_unused, bool zeros, bool recorded)
{
    PyObject *all = PyTuple_New(inputs->n);
    for (Py_ssize_t i = 0; all && i < inputs->n; i++) {
        PyObject *one = NULL;
        if (found[i].a)
            one = py_wrap(&found[i]);
        else if (zeros && inputs->made && inputs->made[i].a)
            PyErr_SetString(PyExc_RuntimeError, "materialize_grads cannot be used when the given input is a GradientEdge");
        else if (zeros) {
            scope s;
            scope_open(&s);
            T z = f_zeros_like(&s, inputs->t[i]);
            one = z && (!recorded || tensor_set_requires_grad(z, true) == 0) ? py_wrap(z) : py_raise();
            scope_close(&s);
        } else if (allow_unused)
            one = Py_NewRef(Py_None);
        else
            PyErr_Format(PyExc_RuntimeError, "The differentiated Tensor at index %zd appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.", i);
        if (one)
            PyTuple_SET_ITEM(all, i, one);
        else
            Py_CLEAR(all);
    }
    return all;
}

static PyObject *grad_of(tensors *outputs, tensors *grads, tensors *inputs, PyObject *retain, bool create, bool unused, bool zeros)
{
    tensor *found = PyMem_Calloc((size_t)inputs->n + 1, sizeof *found);
    if (!found)
        return PyErr_NoMemory();
    PyObject *all = NULL;
    if (inputs->n == 0)
        PyErr_SetString(PyExc_RuntimeError, "`inputs` argument to `grad()` cannot be empty.");
    else if (run(outputs, grads, inputs, retain, create, found) == 0)
        all = results(found, inputs, unused, zeros, create);
    for (Py_ssize_t i = 0; i < inputs->n; i++)
        tensor_clear(&found[i]);
    PyMem_Free(found);
    return all;
}

/* ---- is_grads_batched: row by row, and the rows' gradients stacked ---------------------------------------------------- */
static int refuse_row(Py_ssize_t i, const array *grad, const array *output)
{
    char got[256], want[256];
    PyErr_Format(PyExc_RuntimeError, "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The sizes of the "
                 "remaining dimensions are expected to match the shape of corresponding output, but a mismatch was detected: grad_output[%zd] has a shape of "
                 "torch.Size(%s) and output[%zd] has a shape of torch.Size(%s). If you only want some tensors in `grad_output` to be considered batched, consider "
                 "using vmap.", i, layout_text(grad->ndim - 1, array_size(grad) + 1, got, sizeof got), i, layout_text(output->ndim, array_size(output), want, sizeof want));
    return -1;
}
/* How many rows every given gradient has, each of its output's shape. */
static int64_t count_rows(const tensors *outputs, const tensors *grads)
{
    int64_t rows = -1;
    for (Py_ssize_t i = 0; i < grads->n; i++) {
        const array *a = grads->t[i] ? grads->t[i]->a : NULL;
        if (a && a->ndim == 0)
            return PyErr_Format(PyExc_IndexError, "grad: with is_grads_batched=True a tensor of grad_outputs has a first dimension, the batch; got a 0-dim tensor"), -1;
        if (a && (rows >= 0 && array_size(a)[0] != rows))
            return PyErr_Format(PyExc_ValueError, "grad: with is_grads_batched=True every tensor of grad_outputs has a first dimension of one size"), -1;
        const array *to = i < outputs->n ? outputs->t[i]->a : NULL;
        if (a && to && (a->ndim - 1 != to->ndim || memcmp(array_size(a) + 1, array_size(to), to->ndim * sizeof(int64_t))))
            return refuse_row(i, a, to);
        rows = a ? array_size(a)[0] : rows;
    }
    if (rows <= 0)
        PyErr_SetString(PyExc_RuntimeError, "grad: is_grads_batched=True needs grad_outputs with at least one row");
    return rows > 0 ? rows : -1;
}

static PyObject *stacked(PyObject *rows, Py_ssize_t n_rows, Py_ssize_t input)
{
    if (!py_is_tensor(PyTuple_GET_ITEM(PyTuple_GET_ITEM(rows, 0), input)))
        return Py_NewRef(Py_None);
    tensor **each = PyMem_Malloc((size_t)n_rows * sizeof *each);
    if (!each)
        return PyErr_NoMemory();
    for (Py_ssize_t k = 0; k < n_rows; k++)
        each[k] = py_t(PyTuple_GET_ITEM(PyTuple_GET_ITEM(rows, k), input));
    PyObject *all = py_call_op(&op_stack, 2, (arg[]){a_ts((uint32_t)n_rows, each), a_i(0)});
    PyMem_Free(each);
    return all;
}

static PyObject *grad_of_row(tensors *outputs, const tensors *grads, tensors *inputs, int64_t row, PyObject *retain, bool create, bool unused, bool zeros)
{
    scope s;
    tensors one = {.n = grads->n, .t = PyMem_Calloc((size_t)grads->n, sizeof *one.t)};
    if (!one.t)
        return PyErr_NoMemory();
    scope_open(&s);
    for (Py_ssize_t i = 0; i < grads->n; i++)
        one.t[i] = grads->t[i] ? f_call(&s, &op_select, 3, (arg[]){a_t(grads->t[i]), a_i(0), a_i(row)}) : NULL;
    PyObject *found = s.failed ? py_raise() : grad_of(outputs, &one, inputs, retain, create, unused, zeros);
    scope_close(&s);
    PyMem_Free(one.t);
    return found;
}

static PyObject *grad_of_rows(tensors *outputs, tensors *grads, tensors *inputs, PyObject *retain, bool create, bool unused, bool zeros)
{
    int64_t n = count_rows(outputs, grads);
    PyObject *rows = n > 0 ? PyTuple_New((Py_ssize_t)n) : NULL, *all = NULL;
    for (Py_ssize_t k = 0; rows && k < n; k++) {
        PyObject *found = grad_of_row(outputs, grads, inputs, k, k + 1 < n ? Py_True : retain, create, unused, zeros);
        PyTuple_SET_ITEM(rows, k, found);
        if (!found)
            Py_CLEAR(rows);
    }
    if (rows)
        all = PyTuple_New(inputs->n);
    for (Py_ssize_t i = 0; all && i < inputs->n; i++) {
        PyObject *one = stacked(rows, (Py_ssize_t)n, i);
        PyTuple_SET_ITEM(all, i, one);
        if (!one)
            Py_CLEAR(all);
    }
    Py_XDECREF(rows);
    return all;
}

static PyObject *grad_function(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"outputs", "inputs", "grad_outputs", "retain_graph", "create_graph", "only_inputs", "allow_unused", "is_grads_batched", "materialize_grads", NULL};
    PyObject *outputs, *inputs, *grads = NULL, *retain = NULL, *unused = NULL;
    int create = 0, only = 1, batched = 0, zeros = 0;
    (void)module;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|OOppOpp:grad", names, &outputs, &inputs, &grads, &retain, &create, &only, &unused, &batched, &zeros))
        return NULL;
    if (!only && PyErr_WarnEx(PyExc_FutureWarning, "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for other parts of the graph, please use torch.autograd.backward.", 1) < 0)
        return NULL;
    int allow = unused && unused != Py_None ? PyObject_IsTrue(unused) : zeros;
    if (allow < 0)
        return NULL;
    if (zeros && !allow)
        return PyErr_Format(PyExc_ValueError, "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.");
    tensors out = {0}, g = {0}, in = {0};
    PyObject *all = NULL;
    if (tensors_from(outputs, "grad", ROOTS, &out) == 0 && tensors_from(grads, "grad_outputs", GRADS, &g) == 0 && tensors_from(inputs, "grad", INPUTS, &in) == 0)
        all = (batched ? grad_of_rows : grad_of)(&out, &g, &in, retain, create, allow, zeros);
    tensors_clear(&out);
    tensors_clear(&g);
    tensors_clear(&in);
    return all;
}

/* ---- modes ------------------------------------------------------------------------------------------------------------ */
#define FLAG(name, field)                                                                                   \
    static PyObject *get_##name(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyBool_FromLong(tape_now.field); } \
    static PyObject *set_##name(PyObject *m, PyObject *value)                                               \
    {                                                                                                       \
        int truth = PyObject_IsTrue(value);                                                                 \
        (void)m;                                                                                            \
        if (truth < 0)                                                                                      \
            return NULL;                                                                                    \
        tape_now.field = truth;                                                                             \
        Py_RETURN_NONE;                                                                                     \
    }
FLAG(inference, inference)

/* Inside inference_mode nothing is recorded; is_grad_enabled() tells what was asked for there all the same. */
static _Thread_local bool asked_in_inference;
static PyObject *get_grad(PyObject *m, PyObject *unused)
{
    (void)m, (void)unused;
    return PyBool_FromLong(tape_now.grad || (tape_now.inference && asked_in_inference));
}
static PyObject *set_grad(PyObject *m, PyObject *value)
{
    int truth = PyObject_IsTrue(value);
    (void)m;
    if (truth < 0)
        return NULL;
    tape_now.grad = truth && !tape_now.inference;
    asked_in_inference = truth && tape_now.inference;
    Py_RETURN_NONE;
}

static PyObject *get_anomaly(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyBool_FromLong(tape_now.anomaly); }
static PyObject *get_anomaly_nan(PyObject *m, PyObject *unused) { (void)m, (void)unused; return PyBool_FromLong(tape_now.anomaly_nan); }
static PyObject *set_anomaly(PyObject *m, PyObject *args)
{
    int on, nan = 1;
    (void)m;
    if (!PyArg_ParseTuple(args, "p|p", &on, &nan))
        return NULL;
    tape_now.anomaly = on;
    tape_now.anomaly_nan = nan;
    Py_RETURN_NONE;
}

static PyObject *increment_version(PyObject *module, PyObject *tensors)
{
    PyObject *items = PySequence_Tuple(tensors);
    (void)module;
    for (Py_ssize_t i = 0; items && i < PyTuple_GET_SIZE(items); i++) {
        PyObject *x = PyTuple_GET_ITEM(items, i);
        if (!py_is_tensor(x)) {
            PyErr_Format(PyExc_TypeError, "increment_version expects each element of the iterable to be a tensor, not %s", Py_TYPE(x)->tp_name);
            Py_CLEAR(items);
        } else if (!(py_t(x)->a->st->flags & ST_INFERENCE))
            tensor_wrote(py_t(x), "increment_version");
    }
    Py_XDECREF(items);
    return items ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef methods[] = {
    {"backward", (PyCFunction)(void (*)(void))backward_function, METH_VARARGS | METH_KEYWORDS,
     "backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None): adds gradients to the leaves' .grad."},
    {"grad", (PyCFunction)(void (*)(void))grad_function, METH_VARARGS | METH_KEYWORDS,
     "grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, only_inputs=True, allow_unused=None, is_grads_batched=False, "
     "materialize_grads=False): the gradients of outputs with respect to inputs, as a tuple."},
    {"_queue_callback", py_queue_callback, METH_O,
     "_queue_callback(callback, /)\n--\n\nCalled without arguments once the backward run that is at work has ended."},
    {"_increment_version", increment_version, METH_O, "_increment_version(tensors, /)\n--\n\nCounts a write to the memory of each that the library did not see."},
    {"_tensor_hooks", py_tensor_hooks, METH_O, "_tensor_hooks(tensor, /)\n--\n\nThe hooks on a tensor: a dict by id, or None."},
    {"is_grad_enabled", get_grad, METH_NOARGS, "True while operations are recorded."},
    {"_set_grad_enabled", set_grad, METH_O, NULL},
    {"is_inference_mode_enabled", get_inference, METH_NOARGS, "True inside inference_mode."},
    {"_set_inference_mode", set_inference, METH_O, NULL},
    {"is_anomaly_enabled", get_anomaly, METH_NOARGS, "True inside detect_anomaly."},
    {"is_anomaly_check_nan_enabled", get_anomaly_nan, METH_NOARGS, "True if anomaly mode looks for NaN."},
    {"_keep_graphs", set_keeps, METH_O, NULL},
    {"_set_anomaly", set_anomaly, METH_VARARGS, NULL},
    {NULL},
};
int py_autograd_setup(PyObject *module) { return PyModule_AddFunctions(module, methods); }
