/* What callers are told: refusals in PyTorch's words, and signatures as text and as inspect.Signature.
 * Only calls that have failed come here, so texts are built by plain appending. */
#include "py/bind.h"
#include <string.h>

/* Appends to *text, which is NULL after a failure. */
static void put(PyObject **text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    PyObject *more = PyUnicode_FromFormatV(format, values);
    va_end(values);
    if (*text && more)
        PyUnicode_AppendAndDel(text, more);
    else {
        Py_CLEAR(*text);
        Py_XDECREF(more);
    }
}

/* Classes of this module are shown as PyTorch shows its own. The text is good until the next call. */
const char *py_type_name(PyObject *o)
{
    static char shown[100];
    const char *name = Py_TYPE(o)->tp_name, *dot = strrchr(name, '.');
    if (!dot || strncmp(name, "ctgrad.", 7) != 0)
        return name;
    PyOS_snprintf(shown, sizeof shown, "%s%s", py_is_tensor(o) ? "" : "torch.", dot + 1);
    return shown;
}

static int refuse(PyObject *message)
{
    if (message)
        PyErr_SetObject(PyExc_TypeError, message);
    Py_XDECREF(message);
    return -1;
}

/* ---- one signature ------------------------------------------------------------------------------------------- */
static uint32_t most_positional(const signature *s) { return s->n_positional - sig_hidden(s); }
static uint32_t fewest(const signature *s) { return s->n_required - sig_hidden(s); }

static PyObject *too_many(const signature *s, Py_ssize_t nargs)
{
    Py_ssize_t given = nargs - (Py_ssize_t)sig_hidden(s);
    if (s->n_params == sig_hidden(s))
        return PyUnicode_FromFormat("Tensor.%U() takes no arguments (%zd given)", s->name, given);
    uint32_t most = most_positional(s), least = 0;
    for (uint32_t i = sig_hidden(s); i < s->n_positional; i++)
        least += s->params[i].required;
    if (least != most)
        return PyUnicode_FromFormat("%U() takes from %u to %u positional arguments but %zd were given", s->name, least, most, given);
    return PyUnicode_FromFormat("%U() takes %u positional argument%s but %zd %s given", s->name, most, most == 1 ? "" : "s", given,
                                given == 1 ? "was" : "were");
}

static PyObject *missing(const signature *s, uint32_t from)
{
    uint32_t n = 0;
    PyObject *names = PyUnicode_FromString("");
    for (uint32_t i = from; i < s->n_params; i++)
        if (s->params[i].required)
            put(&names, n++ ? ", \"%U\"" : "\"%U\"", s->params[i].name);
    PyObject *text = names ? PyUnicode_FromFormat("%U() missing %u required positional argument%s: %U", s->name, n, n == 1 ? "s" : "", names) : NULL;
    Py_XDECREF(names);
    return text;
}

static bool element_fits(const param *p, PyObject *item, Py_ssize_t place)
{
    int64_t value;
    if (p->kind == P_TENSORS || p->kind == P_TENSORS_APART)
        return py_is_tensor(item);
    if (place == 0 && PyBool_Check(item))
        return false;
    int fits = bind_element(item, &value);
    if (fits < 0)
        PyErr_Clear();
    return fits != 0;
}

/* The element that a sequence was refused for, or -1. */
static Py_ssize_t bad_element(const param *p, PyObject *o)
{
    bool many = p->kind == P_TENSORS || p->kind == P_TENSORS_APART || p->kind == P_INTS || p->kind == P_INTS_APART;
    for (Py_ssize_t i = 0; many && bind_is_sequence(o) && i < PySequence_Fast_GET_SIZE(o); i++)
        if (!element_fits(p, PySequence_Fast_GET_ITEM(o, i), i))
            return i;
    return -1;
}

static PyObject *wrong_type(const signature *s, const param *p, uint32_t place, PyObject *o, bool by_keyword)
{
    Py_ssize_t bad = bad_element(p, o);
    if (bad >= 0) {
        PyObject *item = PySequence_Fast_GET_ITEM(o, bad);
        if (p->kind == P_TENSORS || p->kind == P_TENSORS_APART)
            return PyUnicode_FromFormat("expected Tensor as element %zd in argument %u, but got %s", bad, place, py_type_name(item));
        if (bad > 0)
            return PyUnicode_FromFormat("%U(): argument '%U' failed to unpack the object at pos %zd with error \"type must be %s,but got %s\"",
                                        s->name, p->name, bad + 1, p->type->shown, py_type_name(item));
        return PyUnicode_FromFormat("%U(): argument '%U' (position %u) must be %s, but found element of type %s at pos %zd",
                                    s->name, p->name, place + 1, p->type->shown, py_type_name(item), bad);
    }
    if (by_keyword)
        return PyUnicode_FromFormat("%U(): argument '%U' must be %s, not %s", s->name, p->name, p->type->shown, py_type_name(o));
    return PyUnicode_FromFormat("%U(): argument '%U' (position %u) must be %s, not %s", s->name, p->name, place + 1, p->type->shown, py_type_name(o));
}

static PyObject *wrong_apart(const signature *s, const param *p, uint32_t place, PyObject *const *items, Py_ssize_t n)
{
    PyObject *all = PyTuple_New(n);
    for (Py_ssize_t i = 0; all && i < n; i++)
        PyTuple_SET_ITEM(all, i, Py_NewRef(items[i]));
    PyObject *text = all ? wrong_type(s, p, place, n == 1 && p->kind != P_TENSORS_APART ? items[0] : all, false) : NULL;
    Py_XDECREF(all);
    return text;
}

static PyObject *keyword_value(const signature *s, uint32_t place, PyObject *const *values, PyObject *kwnames)
{
    for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); k++)
        if (bind_find(s, PyTuple_GET_ITEM(kwnames, k)) == (int)place)
            return values[k];
    return NULL;
}

static PyObject *wrong_keyword(const signature *s, Py_ssize_t nargs, PyObject *kwnames)
{
    uint64_t seen = 0;
    if (s->n_params == sig_hidden(s))
        return PyUnicode_FromFormat("Tensor.%U() takes no keyword arguments", s->name);
    for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); k++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, k);
        int at = bind_find(s, name);
        if (at < 0)
            return PyUnicode_FromFormat("%U() got an unexpected keyword argument '%U'", s->name, name);
        if ((at < nargs && at < (int)s->n_positional) || seen >> at & 1)
            return PyUnicode_FromFormat("%U() got multiple values for argument '%U'", s->name, name);
        seen |= (uint64_t)1 << at;
    }
    return PyUnicode_FromFormat("%U(): invalid keyword arguments", s->name);
}

/* Walks the parameters as PyTorch does and tells the first thing that is wrong; NULL with an exception on failure. */
static PyObject *explain(const signature *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    bound b;
    Py_ssize_t given = nargs;
    if (s->apart >= 0 && nargs > s->apart && !bind_is_sequence(args[s->apart])) {
        const param *p = &s->params[s->apart];
        bool ints = p->kind != P_TENSORS_APART && nargs > s->apart + 1 && !PyLong_Check(args[s->apart]) && !py_is_tensor(args[s->apart]);
        if (ints || (PyBool_Check(args[s->apart]) && nargs > s->apart + 1))
            return too_many(s, nargs);
        bind_start(s, &b);
        int fits = bind_apart(p, args + s->apart, nargs - s->apart, &b);
        bound_clear(&b);
        if (fits != 1)
            return fits < 0 ? NULL : wrong_apart(s, p, (uint32_t)s->apart - sig_hidden(s), args + s->apart, nargs - s->apart);
        given = s->apart;
    }
    if (given > (Py_ssize_t)s->n_positional)
        return too_many(s, nargs);
    for (uint32_t i = 0; i < s->n_params; i++) {
        const param *p = &s->params[i];
        bool by_position = (Py_ssize_t)i < given;
        PyObject *o = by_position ? args[i] : keyword_value(s, i, args + nargs, kwnames);
        if (!o && p->required && (int)i != s->apart)
            return missing(s, i);
        if (!o && p->required && given == nargs)
            return missing(s, i);
        bind_start(s, &b);
        int fits = o ? bind_value(p, o, &b) : 1;
        bound_clear(&b);
        if (fits != 1)
            return fits < 0 ? NULL : wrong_type(s, p, i - sig_hidden(s), o, !by_position);
    }
    return wrong_keyword(s, nargs, kwnames);
}

/* ---- several signatures ---------------------------------------------------------------------------------------- */
/* "(Tensor input, int dim, bool keepdim = False, *, tuple of Tensors out = None)"; *pieces counts what commas separate. */
static PyObject *shown_signature(const signature *s, uint32_t *pieces)
{
    PyObject *text = PyUnicode_FromString("(");
    bool star = false;
    *pieces = 0;
    for (uint32_t i = sig_hidden(s); i < s->n_params; i++) {
        const param *p = &s->params[i];
        if (p->keyword_only && !star) {
            put(&text, (*pieces)++ ? ", *" : "*");
            star = true;
        }
        put(&text, (*pieces)++ ? ", %s %U" : "%s %U", p->type->shown, p->name);
        if (p->shown_default)
            put(&text, " = %U", p->shown_default);
    }
    put(&text, ")");
    *pieces += *pieces == 0;
    return text;
}

static bool value_fits(const signature *s, int place, PyObject *o)
{
    bound b;
    if (place < 0 || place >= (int)s->n_params)
        return false;
    bind_start(s, &b);
    int fits = bind_value(&s->params[place], o, &b);
    bound_clear(&b);
    if (fits < 0)
        PyErr_Clear();
    return fits == 1;
}

/* "(Tensor, !str!, dim=int)": what does not fit `s` stands between marks; without `s`, nothing is marked. */
static PyObject *shown_arguments(const signature *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, uint32_t hidden)
{
    PyObject *text = PyUnicode_FromString("(");
    Py_ssize_t n_keywords = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    for (Py_ssize_t i = hidden; i < nargs + n_keywords; i++) {
        PyObject *name = i < nargs ? NULL : PyTuple_GET_ITEM(kwnames, i - nargs);
        const char *mark = !s || value_fits(s, name ? bind_find(s, name) : (int)i, args[i]) ? "" : "!";
        if (name)
            put(&text, "%U=", name);
        put(&text, "%s%s%s", mark, py_type_name(args[i]), mark);
        bool last = i + 1 == nargs + n_keywords;
        if (!last || nargs == (Py_ssize_t)hidden)
            put(&text, last && s ? "" : ", ");
    }
    put(&text, ")");
    return text;
}

static void put_unknown_keywords(PyObject **text, const signature *s, PyObject *kwnames, uint32_t *n)
{
    *n = 0;
    for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); k++)
        if (bind_find(s, PyTuple_GET_ITEM(kwnames, k)) < 0)
            put(text, (*n)++ ? ", %U" : "      didn't match because some of the keywords were incorrect: %U", PyTuple_GET_ITEM(kwnames, k));
    if (*n)
        put(text, "\n");
}

static void put_option(PyObject **text, const signature *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    uint32_t pieces, unknown, given = (uint32_t)(nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0)) - sig_hidden(s);
    PyObject *shown = shown_signature(s, &pieces);
    if (shown)
        put(text, " * %U\n", shown);
    else
        Py_CLEAR(*text);
    Py_XDECREF(shown);
    if (given != pieces)
        return;
    put_unknown_keywords(text, s, kwnames, &unknown);
    if (unknown)
        return;
    if ((shown = shown_arguments(s, args, nargs, kwnames, sig_hidden(s))))
        put(text, "      didn't match because some of the arguments have invalid types: %U\n", shown);
    else
        Py_CLEAR(*text);
    Py_XDECREF(shown);
}

static PyObject *no_overload(const signature *const *s, uint32_t n, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *got = shown_arguments(NULL, args, nargs, kwnames, sig_hidden(s[0]));
    if (!got)
        return NULL;
    PyObject *text = PyUnicode_FromFormat("%U() received an invalid combination of arguments - got %U, but expected one of:\n", s[0]->name, got);
    Py_DECREF(got);
    for (uint32_t i = 0; i < n && text; i++)
        put_option(&text, s[i], args, nargs, kwnames);
    return text;
}

int signature_refuse(const signature *const *s, uint32_t n, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const signature *plausible = n == 1 ? s[0] : NULL;
    uint32_t given = (uint32_t)(nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0)) - sig_hidden(s[0]), n_plausible = n == 1;
    for (uint32_t i = 0; i < n && n > 1; i++)
        if (given >= fewest(s[i]) && given <= s[i]->n_params - sig_hidden(s[i])) {
            plausible = s[i];
            n_plausible++;
        }
    return refuse(n_plausible == 1 ? explain(plausible, args, nargs, kwnames) : no_overload(s, n, args, nargs, kwnames));
}

/* ---- signatures shown ----------------------------------------------------------------------------------------------- */
PyObject *signature_line(const signature *s)
{
    PyObject *text = PyUnicode_FromString("(");
    uint32_t shown = 0;
    bool star = false;
    for (uint32_t i = sig_hidden(s); i < s->n_params; i++) {
        const param *p = &s->params[i];
        if (p->keyword_only && !star) {
            put(&text, shown++ ? ", *" : "*");
            star = true;
        }
        const char *quote = p->otherwise.kind == ARG_STR ? "'" : "";
        put(&text, shown++ ? ", %s%U" : "%s%U", (int)i == s->apart ? "*" : "", p->name);
        if (p->shown_default)
            put(&text, "=%s%U%s", quote, p->shown_default, quote);
    }
    put(&text, ")");
    return text;
}

static PyObject *default_object(const param *p)
{
    const arg *a = &p->otherwise;
    if (p->arg < 0 && PyUnicode_CompareWithASCIIString(p->shown_default, "False") == 0)
        return Py_NewRef(Py_False);
    if (a->kind == ARG_INT)
        return PyLong_FromLongLong(a->i);
    if (a->kind == ARG_BOOL)
        return PyBool_FromLong((long)a->i);
    if (a->kind == ARG_FLOAT)
        return PyFloat_FromDouble(a->f);
    if (a->kind == ARG_STR)
        return Py_NewRef(p->shown_default);
    if (a->kind != ARG_INTS)
        return Py_NewRef(Py_None);
    PyObject *items = PyTuple_New(a->n);
    for (uint32_t i = 0; items && i < a->n; i++)
        PyTuple_SET_ITEM(items, i, PyLong_FromLongLong(a->ints[i]));
    return items;
}

/* inspect.Parameter(name, kind, default=..., annotation=...); Python's own keywords (uniform_'s `from`) get a line below. */
static PyObject *inspect_parameter(PyObject *inspect, PyObject *name, const char *kind, const param *p)
{
    PyObject *keyword = PyImport_ImportModule("keyword"), *class = keyword ? PyObject_GetAttrString(inspect, "Parameter") : NULL, *made = NULL;
    PyObject *reserved = keyword ? PyObject_CallMethod(keyword, "iskeyword", "O", name) : NULL;
    PyObject *shown = reserved ? PyUnicode_FromFormat("%U%s", name, reserved == Py_True ? "_" : "") : NULL;
    PyObject *values = PyDict_New(), *place = class ? PyObject_GetAttrString(class, kind) : NULL;
    PyObject *otherwise = p && p->shown_default ? default_object(p) : NULL;
    PyObject *annotation = p ? PyUnicode_FromFormat("%s%s", p->type->annotation, p->none_ok ? " | None" : "") : NULL;
    if (values && shown && place && !PyErr_Occurred()
        && (!otherwise || PyDict_SetItemString(values, "default", otherwise) == 0)
        && (!annotation || PyDict_SetItemString(values, "annotation", annotation) == 0)) {
        PyObject *positional = PyTuple_Pack(2, shown, place);
        made = positional ? PyObject_Call(class, positional, values) : NULL;
        Py_XDECREF(positional);
    }
    PyObject *all[] = {keyword, class, reserved, shown, values, place, otherwise, annotation};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        Py_XDECREF(all[i]);
    return made;
}

static int add_parameter(PyObject *list, PyObject *made)
{
    int result = made ? PyList_Append(list, made) : -1;
    Py_XDECREF(made);
    return result;
}

static const char *inspect_kind(const signature *s, uint32_t i)
{
    const param *p = &s->params[i];
    if (p->keyword_only)
        return "KEYWORD_ONLY";
    if ((int)i == s->apart)
        return "VAR_POSITIONAL";
    return i < sig_hidden(s) ? "POSITIONAL_ONLY" : "POSITIONAL_OR_KEYWORD";
}

static uint32_t shared_params(const signature *const *s, uint32_t n)
{
    uint32_t shared = s[0]->n_params;
    for (uint32_t k = 1; k < n; k++) {
        uint32_t i = 0;
        while (i < shared && i < s[k]->n_params && s[k]->params[i].name == s[0]->params[i].name && !s[0]->params[i].keyword_only &&
               !s[k]->params[i].keyword_only && s[k]->params[i].required == s[0]->params[i].required && (int)i != s[0]->apart)
            i++;
        shared = i;
    }
    return shared;
}

static int add_named(PyObject *inspect, PyObject *list, const char *text, const char *kind, const param *p)
{
    PyObject *name = PyUnicode_FromString(text);
    int result = name ? add_parameter(list, inspect_parameter(inspect, name, kind, p)) : -1;
    Py_XDECREF(name);
    return result;
}

/* What some overloads take beside the shared parameters. */
static int add_rest(PyObject *inspect, PyObject *list, const signature *const *s, uint32_t n, uint32_t shared)
{
    bool more = false, more_positional = false;
    for (uint32_t i = 0; i < n; i++) {
        more |= s[i]->n_params > shared;
        more_positional |= s[i]->n_positional > shared;
    }
    if (more_positional && add_named(inspect, list, "args", "VAR_POSITIONAL", NULL) < 0)
        return -1;
    return more ? add_named(inspect, list, "kwargs", "VAR_KEYWORD", NULL) : 0;
}

static int add_shared(PyObject *inspect, PyObject *list, const signature *s, uint32_t i)
{
    const char *kind = inspect_kind(s, i);
    const param *p = &s->params[i];
    if (i < sig_hidden(s))
        return add_named(inspect, list, "self", kind, p);
    return add_parameter(list, inspect_parameter(inspect, p->name, kind, strcmp(kind, "VAR_POSITIONAL") == 0 ? NULL : p));
}

PyObject *signature_inspect(const signature *const *s, uint32_t n)
{
    PyObject *inspect = PyImport_ImportModule("inspect"), *list = inspect ? PyList_New(0) : NULL, *made = NULL;
    int result = inspect && list ? 0 : -1;
    uint32_t shared = shared_params(s, n);
    for (uint32_t i = 0; i < shared && result == 0; i++)
        result = add_shared(inspect, list, s[0], i);
    if (result == 0)
        result = add_rest(inspect, list, s, n, shared);
    if (result == 0)
        made = PyObject_CallMethod(inspect, "Signature", "O", list);
    Py_XDECREF(inspect);
    Py_XDECREF(list);
    return made;
}
