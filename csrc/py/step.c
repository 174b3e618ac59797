/* What optim calls at every step: the passes of ops/step.h over a group of parameters, and the end of their gradients. */
#include "ops/step.h"
#include "py/py.h"

#define KEYS(X)                                                                                                                    \
    X(params) X(lr) X(momentum) X(dampening) X(weight_decay) X(nesterov) X(maximize) X(momentum_buffer) X(betas) X(eps) X(amsgrad)  \
    X(capturable) X(differentiable) X(decoupled_weight_decay) X(step) X(exp_avg) X(exp_avg_sq) X(max_exp_avg_sq)
#define NUMBER(name) KEY_##name,
#define TEXT(name) #name,
typedef enum key { KEYS(NUMBER) KEY_COUNT } key;
static PyObject *keys[KEY_COUNT]; /* interned */

/* Borrowed; NULL without an exception where the key is missing. */
static PyObject *item(PyObject *dict, key k)
{
    PyObject *found = PyDict_GetItemWithError(dict, keys[k]);
    if (!found)
        PyErr_Clear();
    return found;
}

/* A plain number of a group; false for tensors and other objects, which the ops one by one take care of. */
static bool number_of(PyObject *group, key k, double *value)
{
    PyObject *o = item(group, k);
    if (!o || !(PyFloat_CheckExact(o) || PyLong_Check(o)))
        return false;
    *value = PyFloat_AsDouble(o);
    if (*value == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    return true;
}
static bool flag_of(PyObject *group, key k, bool *value)
{
    PyObject *o = item(group, k);
    *value = o == Py_True;
    return o == Py_True || o == Py_False;
}
static tensor *tensor_of(PyObject *state, key k)
{
    PyObject *o = item(state, k);
    return o && py_is_tensor(o) ? py_t(o) : NULL;
}

/* One parameter's step, as step_sgd and step_adam answer. `state` is what is kept for it, NULL before the first step. */
typedef int step_one(tensor *param, tensor *grad, PyObject *state, void *how);
static int sgd_one(tensor *param, tensor *grad, PyObject *state, void *how)
{
    const k_sgd *h = how;
    tensor *buffer = h->momentum != 0 && state ? tensor_of(state, KEY_momentum_buffer) : NULL;
    return h->momentum != 0 && !buffer ? 0 : step_sgd(param, grad, buffer, h);
}
typedef struct adam { k_adam k; bool amsgrad; } adam;
static int adam_one(tensor *param, tensor *grad, PyObject *state, void *how)
{
    adam *h = how;
    tensor *step = state ? tensor_of(state, KEY_step) : NULL, *mean = step ? tensor_of(state, KEY_exp_avg) : NULL;
    tensor *square = mean ? tensor_of(state, KEY_exp_avg_sq) : NULL, *most = square && h->amsgrad ? tensor_of(state, KEY_max_exp_avg_sq) : NULL;
    return !square || (h->amsgrad && !most) ? 0 : step_adam(param, grad, step, mean, square, most, &h->k);
}

/* 1 done or nothing to do, 0 left to be done, -1 exception. */
static int run_one(PyObject *param, PyObject *states, step_one *one, void *how)
{
    if (!py_is_tensor(param))
        return 0;
    tensor *p = py_t(param), grad;
    if (!p->box || !p->box->grad)
        return 1;
    PyObject *state = PyDict_GetItemWithError(states, param);
    if (!state && PyErr_Occurred())
        return -1;
    if (state && !PyDict_Check(state))
        return 0;
    Py_XINCREF(state);
    tensor_copy(&grad, p->box->grad);
    int result = one(p, &grad, state, how);
    tensor_clear(&grad);
    Py_XDECREF(state);
    return result < 0 ? py_raise_int() : result;
}
/* New: the parameters that are left to be updated by ops, in order; all of them where `ready` is false. */
static PyObject *run_all(PyObject *group, PyObject *states, bool ready, step_one *one, void *how)
{
    PyObject *params = item(group, KEY_params), *fixed = params ? PySequence_Tuple(params) : NULL, *left = fixed ? PyList_New(0) : NULL;
    if (!params)
        PyErr_SetString(PyExc_KeyError, "params");
    for (Py_ssize_t i = 0; left && i < PyTuple_GET_SIZE(fixed); i++) {
        PyObject *param = PyTuple_GET_ITEM(fixed, i);
        int done = ready ? run_one(param, states, one, how) : 0;
        if (done < 0 || (done == 0 && PyList_Append(left, param) < 0))
            Py_CLEAR(left);
    }
    Py_XDECREF(fixed);
    return left;
}
static bool dicts(PyObject *const *args, Py_ssize_t n)
{
    if (n == 2 && PyDict_Check(args[0]) && PyDict_Check(args[1]))
        return true;
    PyErr_SetString(PyExc_TypeError, "expected a parameter group and the states, two dicts");
    return false;
}

static PyObject *sgd_step(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    k_sgd h;
    if (!dicts(args, n))
        return NULL;
    PyObject *g = args[0];
    bool ready = number_of(g, KEY_lr, &h.lr) && number_of(g, KEY_momentum, &h.momentum) && number_of(g, KEY_dampening, &h.dampening) &&
                 number_of(g, KEY_weight_decay, &h.decay) && flag_of(g, KEY_nesterov, &h.nesterov) && flag_of(g, KEY_maximize, &h.maximize);
    return run_all(g, args[1], ready, sgd_one, &h);
}

static bool beta_of(PyObject *group, Py_ssize_t i, double *value)
{
    PyObject *betas = item(group, KEY_betas), *o = betas && PyTuple_Check(betas) && PyTuple_GET_SIZE(betas) == 2 ? PyTuple_GET_ITEM(betas, i) : NULL;
    if (!o || !PyFloat_CheckExact(o))
        return false;
    *value = PyFloat_AS_DOUBLE(o);
    return true;
}
static PyObject *adam_step(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    adam h;
    bool capturable, differentiable;
    if (!dicts(args, n))
        return NULL;
    PyObject *g = args[0];
    bool ready = number_of(g, KEY_lr, &h.k.lr) && beta_of(g, 0, &h.k.beta1) && beta_of(g, 1, &h.k.beta2) && number_of(g, KEY_eps, &h.k.eps) &&
                 number_of(g, KEY_weight_decay, &h.k.decay) && flag_of(g, KEY_decoupled_weight_decay, &h.k.decoupled) &&
                 flag_of(g, KEY_maximize, &h.k.maximize) && flag_of(g, KEY_amsgrad, &h.amsgrad) && flag_of(g, KEY_capturable, &capturable) &&
                 flag_of(g, KEY_differentiable, &differentiable) && !capturable && !differentiable;
    return run_all(g, args[1], ready, adam_one, &h);
}

static PyObject *drop_grads(PyObject *module, PyObject *params)
{
    (void)module;
    PyObject *list = PySequence_Fast(params, "_drop_grads(): expected a sequence of Tensors");
    for (Py_ssize_t i = 0; list && i < PySequence_Fast_GET_SIZE(list); i++) {
        PyObject *param = PySequence_Fast_GET_ITEM(list, i);
        if (!py_is_tensor(param)) {
            PyErr_Format(PyExc_TypeError, "_drop_grads(): expected Tensors, got %s", Py_TYPE(param)->tp_name);
            Py_CLEAR(list);
        } else if (py_t(param)->box)
            gradbox_set(py_t(param)->box, NULL, NULL);
    }
    Py_XDECREF(list);
    return list ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef methods[] = {
    {"_sgd_step", (PyCFunction)(void (*)(void))sgd_step, METH_FASTCALL,
     "_sgd_step(group, states): SGD's step on the parameters of a group, each in one pass; a list of those that are left to do."},
    {"_adam_step", (PyCFunction)(void (*)(void))adam_step, METH_FASTCALL, "_adam_step(group, states): the same of Adam and AdamW."},
    {"_drop_grads", drop_grads, METH_O, "_drop_grads(params): every .grad becomes None."},
    {NULL},
};
int py_step_setup(PyObject *module)
{
    static const char *const names[KEY_COUNT] = {KEYS(TEXT)};
    for (int i = 0; i < KEY_COUNT; i++)
        if (!(keys[i] = PyUnicode_InternFromString(names[i])))
            return -1;
    return PyModule_AddFunctions(module, methods);
}
