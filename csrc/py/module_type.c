/* What is hot in nn.Module: the call, where there are no hooks, and access to members. All else of it is Python, in nn/modules. */
#include "py/tensor_type.h"

static PyObject *forward_name, *with_hooks_name, *getattr_name, *getattribute_name;
static PyObject *global_hooks, *module_getattr; /* a tuple of dicts; Module.__getattr__, for what is no member */

/* ---- look-ups by where the name was found last ------------------------------------------------------------------------ */
/* Module's own dicts are filled in one order, so that a name nearly always stands at the same place: a glance, in place of a search. Borrowed. */
typedef struct hint { PyObject *name; Py_ssize_t at; } hint;
static hint own_hooks[4] /* in the order in which PyTorch reads them */, members[3];
static PyObject *search(PyObject *dict, hint *h)
{
    PyObject *key, *value, *found = PyDict_GetItemWithError(dict, h->name);
    for (Py_ssize_t next = 0, at = 0; found && PyDict_Next(dict, &next, &key, &value); at = next)
        if (key == h->name) {
            h->at = at;
            break;
        }
    return found;
}
static inline PyObject *glance(PyObject *dict, hint *h)
{
    PyObject *key, *value;
    Py_ssize_t at = h->at;
    return CT_LIKELY(PyDict_Next(dict, &at, &key, &value) && key == h->name) ? value : search(dict, h);
}
/* The same of any name in a dict of members, of which the first few are looked at. */
static PyObject *among_few(PyObject *dict, PyObject *name)
{
    enum { FEW = 3 };
    PyObject *key, *value;
    Py_ssize_t at = 0;
    for (int i = 0; i < FEW && PyDict_Next(dict, &at, &key, &value); i++)
        if (key == name)
            return value;
    return PyDict_GET_SIZE(dict) ? PyDict_GetItemWithError(dict, name) : NULL;
}

static int any_global(void)
{
    for (Py_ssize_t i = 0; global_hooks && i < PyTuple_GET_SIZE(global_hooks); i++)
        if (PyDict_GET_SIZE(PyTuple_GET_ITEM(global_hooks, i)))
            return 1;
    return 0;
}

/* 1: some, 0: none; -1: the module was not initialised, or holds anything under these names. */
static int any_hooks(PyObject *self, PyObject *own)
{
    for (int i = 0; i < 4; i++) {
        PyObject *hooks = glance(own, own_hooks + i);
        if (CT_UNLIKELY(!hooks || !PyDict_Check(hooks))) {
            PyObject *found = PyErr_Occurred() ? NULL : PyObject_GetAttr(self, own_hooks[i].name);
            int some = found ? PyObject_IsTrue(found) : -1;
            Py_XDECREF(found);
            if (some)
                return some;
        } else if (PyDict_GET_SIZE(hooks))
            return 1;
    }
    return any_global();
}

static PyObject *call_with_hooks(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *named = kwargs ? Py_NewRef(kwargs) : PyDict_New();
    PyObject *result = named ? PyObject_CallMethodObjArgs(self, with_hooks_name, args, named, NULL) : NULL;
    Py_XDECREF(named);
    return result;
}

/* ---- a forward that is one call ------------------------------------------------------------------------------------------ */
/* function(self, input) that returns scope[name](input, self.a, self.b ...), as nn/modules says where it is written. Owned, for ever. */
typedef struct one_call {
    PyObject *function, *scope /* a module's dict */, *name, *callee, *attributes /* a tuple of names */;
} one_call;
enum { ONE_CALLS = 16, ATTRIBUTES = 4 };
static one_call one_calls[ONE_CALLS];

static PyObject *module_getattro(PyObject *self, PyObject *name);
static PyObject *member(PyObject *own, PyObject *name);

/* Which call this forward is; NULL: none, or whoever replaced what it calls, or how attributes are found, shall see Python's own. */
static const one_call *as_one_call(PyObject *self, PyObject *forward)
{
    for (const one_call *c = one_calls; c < one_calls + ONE_CALLS && c->function; c++)
        if (c->function == forward)
            return Py_TYPE(self)->tp_getattro == module_getattro && PyDict_GetItemWithError(c->scope, c->name) == c->callee ? c : NULL;
    return NULL;
}

/* NULL without an exception: an attribute is the class's (a property), or missing, and Python shall say what that means. */
static PyObject *call_with_attributes(const one_call *c, PyObject *self, PyObject *own, PyObject *input)
{
    PyObject *stack[ATTRIBUTES + 1] = {input}, *result = NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(c->attributes), got = 0;
    for (; got < n; got++) {
        PyObject *name = PyTuple_GET_ITEM(c->attributes, got), *found = NULL;
        if (!_PyType_Lookup(Py_TYPE(self), name) && !(found = PyDict_GetItemWithError(own, name)) && !PyErr_Occurred())
            found = member(own, name);
        if (!found)
            break;
        stack[got + 1] = Py_NewRef(found);
    }
    if (got == n)
        result = PyObject_Vectorcall(c->callee, stack, (size_t)n + 1, NULL);
    while (got)
        Py_DECREF(stack[got--]);
    return result;
}

/* self.forward(*args, **kwargs); a function of the class is called without a method being made. */
static PyObject *call_forward(PyObject *self, PyObject *own, PyObject *args, PyObject *kwargs)
{
    enum { FEW = 8 };
    PyObject *stack[FEW + 1], *forward = _PyType_Lookup(Py_TYPE(self), forward_name);
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (!kwargs && n <= FEW && forward && PyFunction_Check(forward) && !PyDict_GetItemWithError(own, forward_name) && !PyErr_Occurred()) {
        const one_call *one = n == 1 ? as_one_call(self, forward) : NULL;
        PyObject *made = one ? call_with_attributes(one, self, own, PyTuple_GET_ITEM(args, 0)) : NULL;
        if (made || PyErr_Occurred())
            return made;
        stack[0] = self;
        for (Py_ssize_t i = 0; i < n; i++)
            stack[i + 1] = PyTuple_GET_ITEM(args, i);
        Py_INCREF(forward);
        PyObject *result = PyObject_Vectorcall(forward, stack, (size_t)n + 1, NULL);
        Py_DECREF(forward);
        return result;
    }
    if (PyErr_Occurred() || !(forward = PyObject_GetAttr(self, forward_name)))
        return NULL;
    PyObject *result = PyObject_Call(forward, args, kwargs);
    Py_DECREF(forward);
    return result;
}

static PyObject *module_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *own = PyObject_GenericGetDict(self, NULL);
    if (!own)
        return NULL;
    int hooks = any_hooks(self, own);
    PyObject *result = hooks < 0 ? NULL : hooks ? call_with_hooks(self, args, kwargs) : call_forward(self, own, args, kwargs);
    Py_DECREF(own);
    return result;
}

/* ---- members --------------------------------------------------------------------------------------------------------- */
/* Borrowed; NULL also with an exception. */
static PyObject *member(PyObject *own, PyObject *name)
{
    for (int i = 0; i < 3; i++) {
        PyObject *dict = glance(own, members + i);
        PyObject *found = dict && PyDict_Check(dict) ? among_few(dict, name) : NULL;
        if (found || PyErr_Occurred())
            return found;
    }
    return NULL;
}

/* As object's, then parameters, modules and buffers, then what Module.__getattr__ says: this very order is Python's own. */
static PyObject *module_getattro(PyObject *self, PyObject *name)
{
    PyObject *found = _PyObject_GenericGetAttrWithDict(self, name, NULL, 1);
    if (found || PyErr_Occurred())
        return found;
    PyObject *own = PyObject_GenericGetDict(self, NULL);
    if (!own)
        return NULL;
    found = Py_XNewRef(member(own, name));
    Py_DECREF(own);
    return found || PyErr_Occurred() ? found : PyObject_CallFunctionObjArgs(module_getattr, self, name, NULL);
}

/* A class that looks up its attributes as Module does gets the look-up above. Whoever assigns one of the two names later gets Python's. */
static PyObject *with_fast_members(PyObject *m, PyObject *cls)
{
    (void)m;
    if (!PyType_Check(cls))
        return PyErr_Format(PyExc_TypeError, "_fast_members(): expected a class, got %s", Py_TYPE(cls)->tp_name);
    PyTypeObject *type = (PyTypeObject *)cls;
    if (module_getattr && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && _PyType_Lookup(type, getattr_name) == module_getattr &&
        _PyType_Lookup(type, getattribute_name) == _PyType_Lookup(&PyBaseObject_Type, getattribute_name))
        type->tp_getattro = module_getattro;
    Py_RETURN_NONE;
}

static PyObject *set_module(PyObject *m, PyObject *args)
{
    PyObject *getattr, *hooks;
    (void)m;
    if (!PyArg_ParseTuple(args, "OO!:_set_module", &getattr, &PyTuple_Type, &hooks))
        return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(hooks); i++)
        if (!PyDict_Check(PyTuple_GET_ITEM(hooks, i)))
            return PyErr_Format(PyExc_TypeError, "_set_module(): the hooks are dicts");
    Py_XSETREF(module_getattr, Py_NewRef(getattr));
    Py_XSETREF(global_hooks, Py_NewRef(hooks));
    Py_RETURN_NONE;
}

static PyObject *forward_is(PyObject *m, PyObject *args)
{
    PyObject *function, *scope, *name, *attributes;
    (void)m;
    if (!PyArg_ParseTuple(args, "O!O!UO!:_forward_is", &PyFunction_Type, &function, &PyDict_Type, &scope, &name, &PyTuple_Type, &attributes))
        return NULL;
    PyObject *callee = PyDict_GetItemWithError(scope, name);
    one_call *c = one_calls;
    while (c < one_calls + ONE_CALLS && c->function)
        c++;
    int all_names = 1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(attributes); i++)
        all_names &= PyUnicode_CheckExact(PyTuple_GET_ITEM(attributes, i));
    if (!callee || c == one_calls + ONE_CALLS || PyTuple_GET_SIZE(attributes) > ATTRIBUTES || !all_names)
        return PyErr_Occurred() ? NULL
                                : PyErr_Format(PyExc_ValueError, "_forward_is(): %R names nothing, attributes are not %d names at most, or %d forwards are known", name,
                                               ATTRIBUTES, ONE_CALLS);
    *c = (one_call){Py_NewRef(function), Py_NewRef(scope), Py_NewRef(name), Py_NewRef(callee), Py_NewRef(attributes)};
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"_forward_is", forward_is, METH_VARARGS, "_forward_is(function, dict, name, attributes): function(self, input) returns dict[name](input, *attributes of self)."},
    {"_fast_members", with_fast_members, METH_O, "Give a class that has Module's __getattr__ the look-up in C."},
    {"_set_module", set_module, METH_VARARGS, "_set_module(Module.__getattr__, the dicts of hooks of all modules)."},
    {0},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Base of Module: its call runs forward, with hooks where there are any."},
    {Py_tp_call, module_call},
    {0, NULL},
};
static PyType_Spec spec = {"ctgrad._C.ModuleBase", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

static int intern(hint *names, const char *const *texts, int n)
{
    for (int i = 0; i < n; i++)
        if (!(names[i].name = PyUnicode_InternFromString(texts[i])))
            return -1;
    return 0;
}

int py_module_setup(PyObject *module)
{
    static const char *const hooks[4] = {"_backward_hooks", "_backward_pre_hooks", "_forward_hooks", "_forward_pre_hooks"};
    static const char *const dicts[3] = {"_parameters", "_modules", "_buffers"};
    if (intern(own_hooks, hooks, 4) < 0 || intern(members, dicts, 3) < 0 || !(forward_name = PyUnicode_InternFromString("forward")) ||
        !(with_hooks_name = PyUnicode_InternFromString("_call_with_hooks")) || !(getattr_name = PyUnicode_InternFromString("__getattr__")) ||
        !(getattribute_name = PyUnicode_InternFromString("__getattribute__")))
        return -1;
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int added = type ? PyModule_AddObjectRef(module, "ModuleBase", type) : -1;
    Py_XDECREF(type);
    return added < 0 ? -1 : PyModule_AddFunctions(module, methods);
}
