/* grad_fn._saved_NAME of what is no kept value: sizes of inputs, dims, numbers. The rows stand in table/saved.def. */
#include "py/hooks.h"
#include <math.h>
#include <string.h>

enum how { S_SIZES, S_NUMEL, S_INT, S_COUNT, S_REAL, S_SCALAR, S_TRUTH, S_ONE, S_PLACES, S_LAST, S_INTS, S_REST, S_WAY, S_MINUS, S_SOME, S_END, S_FIRST, S_OUTS, S_PLACE, S_GIVEN, S_GIVENS, S_KEPT, S_MADE };
typedef struct row { const char *node, *name; uint8_t how, place; } row;
static const row rows[] = {
#define SAVED(node, name, how, place) {#node, #name, S_##how, place},
#include "table/saved.def"
#undef SAVED
};

static PyObject *ints_from(const int64_t *ints, uint32_t n) { return py_ints((int)n, ints); }

static PyObject *size_of(node *n, uint32_t input, bool numel)
{
    int ndim;
    ct_dtype dtype;
    if (input >= n->n_in || !node_edges(n)[input].fn)
        return NULL;
    const int64_t *size = node_in_size(n, input, &ndim, &dtype);
    if (!numel)
        return ints_from(size, (uint32_t)ndim);
    int64_t count = 1;
    for (int d = 0; d < ndim; d++)
        count *= size[d];
    return PyLong_FromLongLong(count);
}

/* A Scalar was an int or a float; a whole number is shown as an int. */
static PyObject *real_at(const int64_t *at, bool scalar)
{
    double value;
    memcpy(&value, at, sizeof value);
    return scalar && value == floor(value) && fabs(value) < 1e15 ? PyLong_FromDouble(value) : PyFloat_FromDouble(value);
}

static PyObject *minus_at(const int64_t *at)
{
    double value;
    memcpy(&value, at, sizeof value);
    value = -value;
    return real_at((const int64_t *)&value, true);
}

static PyObject *dims_of(const int64_t *flags, uint32_t n, bool some)
{
    int64_t dims[CT_MAXDIM];
    uint32_t found = 0;
    for (uint32_t d = 0; d < n; d++)
        if (flags[d])
            dims[found++] = d;
    return some && found == n ? Py_NewRef(Py_None) : ints_from(dims, found);
}

/* The sizes of the outputs along one dim. */
static PyObject *outs_of(node *n, int64_t dim)
{
    PyObject *sizes = PyTuple_New(n->n_out);
    for (uint32_t i = 0; sizes && i < n->n_out; i++) {
        int ndim;
        ct_dtype dtype;
        PyObject *size = PyLong_FromLongLong(node_out_size(n, i, &ndim, &dtype)[dim]);
        if (!size)
            Py_CLEAR(sizes);
        else
            PyTuple_SET_ITEM(sizes, i, size);
    }
    return sizes;
}

/* An int or the bits of a double: no int that nodes hold is as large as the bits of any but the smallest. */
static PyObject *number_of(const int64_t *at) { return *at > -(1 << 30) && *at < 1 << 30 ? PyLong_FromLongLong(*at) : real_at(at, true); }

/* As PyTorch shows dims: below 0 as 64 bits without a sign. */
static PyObject *counts(const int64_t *at, uint32_t n)
{
    PyObject *all = PyTuple_New(n);
    for (uint32_t i = 0; all && i < n; i++) {
        PyObject *one = PyLong_FromUnsignedLongLong((uint64_t)at[i]);
        if (!one)
            Py_CLEAR(all);
        else
            PyTuple_SET_ITEM(all, i, one);
    }
    return all;
}

/* What was given for the parameter, where that is not what the node goes by; NULL without an exception: it is. */
static PyObject *given(node *n, const row *r)
{
    bool many = r->how == S_PLACES || r->how == S_SOME || r->how == S_INTS || r->how == S_REST || r->how == S_GIVENS, list;
    bool one = r->how == S_COUNT || r->how == S_PLACE || r->how == S_GIVEN || (r->how == S_END && !strcmp(r->name, "dim"));
    const op *o = n->flags & N_GIVEN && (many || one) ? py_op_of(n) : NULL;
    const char *at = o ? o->sig : NULL, *name;
    const int64_t *word = node_given(n), *end = (const int64_t *)((const char *)n + n->bytes);
    size_t length;
    int64_t place = 0;
    while (o && (length = op_next_name(&at, &name, &list)) && !(strlen(r->name) == length && !strncmp(name, r->name, length)))
        place++;
    for (; o && word < end; word += 1 + (uint32_t)*word)
        if (*word >> 32 == place)
            return one && (uint32_t)*word == 1 ? PyLong_FromUnsignedLongLong((uint64_t)word[1]) : many ? counts(word + 1, (uint32_t)*word) : NULL;
    return NULL;
}

static PyObject *shown(node *n, const row *r)
{
    PyObject *as_given = given(n, r);
    if (as_given || PyErr_Occurred())
        return as_given;
    if (r->how == S_GIVEN || r->how == S_GIVENS)
        Py_RETURN_NONE;
    const int64_t *number = node_params(n);
    uint32_t count = n->n_param, needed = r->how == S_INTS ? 1 : r->place + 1u;
    if (r->how == S_SIZES || r->how == S_NUMEL)
        return size_of(n, r->place, r->how == S_NUMEL);
    if (r->how == S_ONE || r->how == S_MINUS)
        return count <= r->place ? PyLong_FromLong(1) : r->how == S_ONE ? real_at(number + r->place, true) : minus_at(number + r->place);
    if (count < needed)
        return NULL;
    switch (r->how) {
    case S_INT: return PyLong_FromLongLong(number[r->place]);
    case S_COUNT: return PyLong_FromUnsignedLongLong((uint64_t)number[r->place]);
    case S_REAL: case S_SCALAR: return real_at(number + r->place, r->how == S_SCALAR);
    case S_TRUTH: return PyBool_FromLong(number[r->place] != 0);
    case S_PLACES: case S_SOME: return dims_of(number, count - 1 - r->place, r->how == S_SOME);
    case S_PLACE:
        for (uint32_t d = 0; d < count - 1 - r->place; d++)
            if (number[d])
                return PyLong_FromLong(d);
        return NULL;
    case S_LAST: return PyBool_FromLong(number[count - 1 - r->place] != 0);
    case S_END: return number_of(number + count - 1 - r->place);
    case S_FIRST: return number[0] >= 0 && r->place + number[0] <= count ? ints_from(number + r->place, (uint32_t)number[0]) : NULL;
    case S_OUTS: return outs_of(n, number[r->place]);
    case S_INTS: return ints_from(number, count);
    case S_REST: return ints_from(number + r->place, count - r->place);
    default: return PyUnicode_FromString(number[r->place] ? "tanh" : "none");
    }
}

/* Place among the kept values; -1: it is none of them. */
static int kept_place(const node *n, const row *r)
{
    if (r->how == S_KEPT)
        return r->place < n->n_in && n->keep_in >> r->place & 1 ? (int)ct_bits(n->keep_in & (((uint64_t)1 << r->place) - 1)) : -1;
    uint32_t at = ct_bits(n->keep_in) + ct_bits(n->keep_out) + r->place;
    return r->how == S_MADE && at < n->n_kept ? (int)at : -1;
}

int py_node_kept_row(node *n, const char *wanted)
{
    const char *name = node_name(n);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].how >= S_KEPT && !strcmp(rows[i].name, wanted) && !strcmp(rows[i].node, name))
            return kept_place(n, &rows[i]);
    return -1;
}

PyObject *py_node_number(node *n, const char *wanted)
{
    const char *name = node_name(n);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].how < S_KEPT && !strcmp(rows[i].name, wanted) && !strcmp(rows[i].node, name))
            return shown(n, &rows[i]);
    return NULL;
}

int py_node_number_names(node *n, PyObject *names)
{
    const char *node = node_name(n);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool kept = rows[i].how >= S_KEPT;
        if (strcmp(rows[i].node, node) || (kept && kept_place(n, &rows[i]) < 0))
            continue;
        for (int raw = 0; raw <= kept; raw++) {
            PyObject *name = PyUnicode_FromFormat(raw ? "_raw_saved_%s" : "_saved_%s", rows[i].name);
            int result = name ? PyList_Append(names, name) : -1;
            Py_XDECREF(name);
            if (result < 0)
                return -1;
        }
    }
    return 0;
}
