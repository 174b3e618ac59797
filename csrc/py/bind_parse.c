/* The signature language: "(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)".
 *
 * parameter   type name[=default], separated by commas; `*` starts the keyword-only ones
 * type        a row of `types`, `int[N]` (a single int stands for N of them) or `host` (the name then tells the type);
 *             a `?` at the end, or the default None, lets None in
 * `index`: an int that PyTorch types as SymInt, where its name does not tell (is_symbolic)
 * `self` is called `input` by keyword. Where a method is wanted, self moves to the front.
 */
#include "py/bind.h"
#include <stdlib.h>
#include <string.h>

static const param_type types[] = {
    {"Tensor", P_TENSOR, "Tensor", "Tensor"},
    {"Tensor[]", P_TENSORS, "tuple of Tensors", "Sequence[Tensor]"},
    {"Tensor...", P_TENSORS_APART, "tuple of Tensors", "Tensor | Sequence[Tensor]"},
    {"Operand", P_OPERAND, "Tensor", "Tensor | Number"},
    {"Scalar", P_SCALAR, "Number", "Number"},
    {"Number", P_NUMBER, "Number", "Number"},
    {"int", P_INT, "int", "int"},
    {"index", P_INT, "int", "int"},
    {"int[]", P_INTS, "tuple of ints", "Sequence[int]"},
    {"int[N]", P_INTS, "tuple of ints", "int | Sequence[int]"},
    {"int...", P_INTS_APART, "tuple of ints", "int | Sequence[int]"},
    {"float", P_FLOAT, "float", "float"},
    {"bool", P_BOOL, "bool", "bool"},
    {"str", P_STR, "str", "str"},
    {"dtype", P_DTYPE, "torch.dtype", "dtype"},
    {"Generator", P_GENERATOR, "torch.Generator", "Generator"},
    {"format", P_FORMAT, "torch.memory_format", "memory_format"},
    {"object", P_OBJECT, "object", "Any"},
    {"out", P_OUT, "Tensor", "Tensor"},
    {"outs", P_OUTS, "tuple of Tensors", "tuple[Tensor, ...]"},
    {"device", P_DEVICE, "torch.device", "device | str"},
    {"layout", P_LAYOUT, "torch.layout", "layout"},
    {"memory_format", P_MEMORY_FORMAT, "torch.memory_format", "memory_format"},
    {"pin_memory", P_PIN_MEMORY, "bool", "bool"},
    {"requires_grad", P_REQUIRES_GRAD, "bool", "bool"},
};

static const struct { const char *name, *alias[MAX_ALIAS]; } aliases[] = {
    {"dim", {"axis"}}, {"keepdim", {"keepdims"}}, {"input", {"x", "a", "x1"}}, {"other", {"x2"}},
};

/* ---- reading ---------------------------------------------------------------------------------------------- */
typedef struct reader { const char *at; signature *s; bool keyword_only; } reader;
typedef struct span { const char *text; size_t length; } span;

static int malformed(const reader *r, const char *what)
{
    PyErr_Format(PyExc_SystemError, "signature of %U: %s in \"%s\" at \"%s\"", r->s->name, what, r->s->text, r->at);
    return -1;
}

static span read_until(reader *r, const char *stops)
{
    span found = {r->at, strcspn(r->at, stops)};
    r->at += found.length;
    return found;
}

/* Up to the comma or bracket that ends the parameter: those inside [] and '' belong to the default. */
static span read_default(reader *r)
{
    const char *end = r->at;
    for (int depth = 0; *end && !(depth == 0 && (*end == ',' || *end == ')')); end++)
        if (*end == '[')
            depth++;
        else if (*end == ']')
            depth--;
        else if (*end == '\'')
            end += strcspn(end + 1, "'") + 1;
    span found = {r->at, (size_t)(end - r->at)};
    r->at = end;
    return found;
}

static const param_type *find_type(span type, const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (type.length == 4 && !strncmp(type.text, "host", 4) ? !strcmp(types[i].text, name)
            : strlen(types[i].text) == type.length && !strncmp(types[i].text, type.text, type.length))
            return &types[i];
    return NULL;
}

/* Sizes and places along a dimension, which PyTorch types as SymInt. */
static bool is_symbolic(const char *name)
{
    static const char *const names[] = {"n", "m", "low", "high", "index", "start", "end", "length", "storage_offset", "split_size", "k", "num_samples", "minlength"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

/* Sequences of ints that are plain ones in PyTorch: dims, and all that says how a pool is laid. */
static bool is_of_dims(const char *name)
{
    static const char *const names[] = {"dim", "dims", "source", "destination", "physical_layout", "how"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static int set_type(reader *r, param *p, span type)
{
    const char *name = PyUnicode_AsUTF8(p->name);
    if (type.length > 1 && type.text[type.length - 1] == '?') {
        p->none_ok = true;
        type.length--;
    }
    if (type.length > 5 && !strncmp(type.text, "int[", 4)) {
        p->spread = (uint8_t)atoi(type.text + 4);
        type = (span){"int[N]", 6};
    }
    if (!name || !(p->type = find_type(type, name)))
        return malformed(r, "unknown type");
    p->kind = p->type->kind;
    p->none_ok |= p->kind >= P_OUT;
    p->indexed = (p->kind == P_INT && (is_symbolic(name) || !strcmp(p->type->text, "index"))) || ((p->kind == P_INTS || p->kind == P_INTS_APART) && !is_of_dims(name));
    p->without_dims = p->kind == P_INT && p->indexed && !strcmp(name, "start");
    return 0;
}

/* ---- defaults ----------------------------------------------------------------------------------------------- */
static void default_number(arg *a, uint8_t kind, const char *text)
{
    bool real = strpbrk(text, ".en") != NULL; /* 1e-5, 0.5, inf, nan */
    if (kind == P_FLOAT || real)
        *a = (arg){.kind = ARG_FLOAT, .f = strtod(text, NULL)};
    else
        *a = (arg){.kind = ARG_INT, .i = strtoll(text, NULL, 10)};
}

static int default_ints(reader *r, param *p, const char *text)
{
    p->otherwise = (arg){.kind = ARG_INTS, .ints = p->ints};
    if (*text != '[') {
        for (uint32_t n = p->spread ? p->spread : 1; p->otherwise.n < n && n <= MAX_DEFAULT_INTS;)
            p->ints[p->otherwise.n++] = strtoll(text, NULL, 10);
        return 0;
    }
    p->none_ok |= text[1] == ']'; /* dims=[] takes None for it, as PyTorch's roll does */
    for (char *at = (char *)text + 1; *at != ']'; at += strspn(at, ", ")) {
        char *end = at;
        if (p->otherwise.n == MAX_DEFAULT_INTS)
            return malformed(r, "too many ints");
        p->ints[p->otherwise.n++] = strtoll(at, &end, 10);
        if (end == at)
            return malformed(r, "no int");
        at = end;
    }
    return 0;
}

/* The text of a string default stays alive in shown_default, without its quotes. */
static int set_default(reader *r, param *p, span written)
{
    p->required = false;
    bool quoted = written.length >= 2 && *written.text == '\'';
    if (!(p->shown_default = PyUnicode_FromStringAndSize(written.text + quoted, (Py_ssize_t)written.length - 2 * quoted)))
        return -1;
    const char *text = PyUnicode_AsUTF8(p->shown_default);
    if (!text)
        return -1;
    if (quoted)
        p->otherwise = (arg){.kind = ARG_STR, .str = text};
    else if (!strcmp(text, "None")) {
        p->otherwise = (arg){.kind = ARG_NONE, .truthy = true};
        p->none_ok |= p->kind != P_FORMAT; /* contiguous() has a format, and refuses None */
    } else if (!strcmp(text, "True") || !strcmp(text, "False"))
        p->otherwise = (arg){.kind = ARG_BOOL, .i = *text == 'T'};
    else if (p->kind == P_INTS || p->kind == P_INTS_APART)
        return default_ints(r, p, text);
    else if (*text && strspn(text, "0123456789+-.einfa") == strlen(text))
        default_number(&p->otherwise, p->kind, text);
    else
        return malformed(r, "unknown default");
    return 0;
}

/* ---- parameters ----------------------------------------------------------------------------------------------- */
static int set_name(const signature *s, param *p, span name)
{
    bool self = name.length == 4 && !strncmp(name.text, "self", 4);
    p->name = self ? PyUnicode_FromString("input") : PyUnicode_FromStringAndSize(name.text, (Py_ssize_t)name.length);
    if (!p->name)
        return -1;
    PyUnicode_InternInPlace(&p->name);
    if (PyUnicode_CompareWithASCIIString(s->name, "norm") == 0) /* a function in Python there: it has the names of its own parameters alone */
        return 0;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        for (int k = 0; k < MAX_ALIAS && aliases[i].alias[k] && PyUnicode_CompareWithASCIIString(p->name, aliases[i].name) == 0; k++)
            if (!(p->alias[k] = PyUnicode_InternFromString(aliases[i].alias[k])))
                return -1;
    return 0;
}

static param *add_param(reader *r)
{
    signature *s = r->s;
    if (s->n_params == MAX_SIG) {
        malformed(r, "too many parameters");
        return NULL;
    }
    param *p = &s->params[s->n_params++];
    p->required = true;
    p->keyword_only = r->keyword_only;
    return p;
}

static int read_param(reader *r)
{
    if (*r->at == '*') {
        r->keyword_only = true;
        r->at++;
        return 0;
    }
    span type = read_until(r, " "), default_text = {0};
    r->at += strspn(r->at, " ");
    span name = read_until(r, "=,)");
    if (*r->at == '=') {
        r->at++;
        default_text = read_default(r);
    }
    param *p = add_param(r);
    if (!p || set_name(r->s, p, name) < 0 || set_type(r, p, type) < 0)
        return -1;
    return default_text.text ? set_default(r, p, default_text) : 0;
}

static int add_out(reader *r, uint32_t n_outputs)
{
    r->keyword_only = true;
    param *p = add_param(r);
    if (!p || set_name(r->s, p, (span){"out", 3}) < 0)
        return -1;
    p->required = false;
    p->none_ok = true;
    p->type = find_type(n_outputs > 1 ? (span){"outs", 4} : (span){"out", 3}, "");
    p->kind = p->type->kind;
    return (p->shown_default = PyUnicode_FromString("None")) ? 0 : -1;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */
/* A method's self goes to the front; its place among the op's args stays. */
static int self_first(reader *r)
{
    signature *s = r->s;
    uint32_t at = 0;
    while (at < s->n_params && PyUnicode_CompareWithASCIIString(s->params[at].name, "input") != 0)
        at++;
    if (at == s->n_params || s->params[at].keyword_only)
        return malformed(r, "a method without self");
    param self = s->params[at];
    memmove(&s->params[1], &s->params[0], at * sizeof self);
    s->params[0] = self;
    for (uint32_t i = 0; i <= at; i++)     /* defaults that pointed into the moved rows */
        if (s->params[i].otherwise.kind == ARG_INTS)
            s->params[i].otherwise.ints = s->params[i].ints;
    return 0;
}

static void count(signature *s)
{
    for (uint32_t i = 0; i < s->n_params; i++) {
        param *p = &s->params[i];
        p->arg = p->kind < P_OUT ? (int8_t)s->n_args++ : -1;
        s->n_positional += !p->keyword_only;
        s->n_required += p->required;
    }
}

/* x.view(2, 3), but torch.reshape(x, (2, 3)): ints come apart only where nothing else is positional, then even for int[]
 * (x.squeeze(0, 1)); tensors anywhere. */
static void find_apart(signature *s)
{
    s->apart = -1;
    if (!s->n_positional)
        return;
    uint32_t last = s->n_positional - 1;
    const param *p = &s->params[last];
    bool ints = p->kind == P_INTS_APART || (p->kind == P_INTS && !(p->spread && last + 1 < s->n_params)); /* not std's dim, beside its correction */
    if (p->kind == P_TENSORS_APART || (ints && last == sig_hidden(s)))
        s->apart = (int)last;
}

static int read_all(reader *r)
{
    if (*r->at++ != '(')
        return malformed(r, "no bracket");
    while (*r->at && *r->at != ')') {
        if (read_param(r) < 0)
            return -1;
        r->at += strspn(r->at, ", ");
    }
    if (*r->at != ')')
        return malformed(r, "no closing bracket");
    if (r->s->how & SIG_OUT && add_out(r, r->s->n_outputs) < 0)
        return -1;
    count(r->s);
    if (r->s->how & SIG_METHOD && self_first(r) < 0)
        return -1;
    find_apart(r->s);
    for (uint32_t i = 0; i < r->s->n_params; i++)
        if (r->s->params[i].required)
            r->s->least = i + 1;
    return 0;
}

signature *signature_parse(const char *name, const char *text, uint32_t how, uint32_t n_outputs)
{
    size_t most = 2; /* commas separate, or stand inside a default; out comes on top */
    for (const char *at = text; *at; at++)
        most += *at == ',';
    signature *s = PyMem_Calloc(1, sizeof *s + most * sizeof *s->params);
    if (!s)
        return (signature *)PyErr_NoMemory();
    s->text = text;
    s->how = how;
    s->n_outputs = n_outputs;
    reader r = {.at = text, .s = s};
    if (!(s->name = PyUnicode_InternFromString(name)) || read_all(&r) < 0) {
        signature_free(s);
        return NULL;
    }
    return s;
}

void signature_free(signature *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->n_params; i++) {
        Py_XDECREF(s->params[i].name);
        Py_XDECREF(s->params[i].shown_default);
        for (int k = 0; k < MAX_ALIAS; k++)
            Py_XDECREF(s->params[i].alias[k]);
    }
    Py_XDECREF(s->name);
    PyMem_Free(s);
}

uint32_t signature_required(const signature *s) { return s->n_required; }
