/* LAPACK for linalg: one routine over a batch of matrices in buffers, from the library that large products use (blas.c). Batches of small matrices,
 * and all where there is no library, go through our own loops.
 *
 * Matrices lie column by column, (..., columns, rows), C-contiguous. Everything is looked at before a routine gets an address: layouts, sizes,
 * and pivots, which are places. */
#include "py/lapack.h"

enum { KEEPS_LOCK = 4096 /* numbers: less is done before another thread would have begun */ };
enum { SMALL = 16 /* rows and columns */, MANY = 16 /* matrices: fewer have the bits of one */ };

/* ---- finding ------------------------------------------------------------------------------------------------- */
static void *calls[LAPACK_ROUTINES][2];
static bool looked;

static void look(void)
{
    void (*check)(int) = (void (*)(int))py_blas_symbol("LAPACKE_set_nancheck");
    if (check)
        check(0); /* what is no number is computed with */
    for (int i = 0; i < LAPACK_ROUTINES; i++)
        for (int wide = 0; wide < 2 && lapack_routines[i].run; wide++) {
            char name[32];
            PyOS_snprintf(name, sizeof name, "%s_%c%s", lapack_routines[i].library, wide ? 'd' : 's', lapack_routines[i].name);
            calls[i][wide] = py_blas_symbol(name);
        }
    looked = true;
}

/* Borrowed; NULL where it is none, maybe with an exception. */
static const char *text_of(PyObject *o)
{
    Py_ssize_t n = 0;
    const char *text = PyUnicode_Check(o) ? PyUnicode_AsUTF8AndSize(o, &n) : NULL;
    return text && (Py_ssize_t)strlen(text) == n ? text : NULL;
}

static const routine *routine_named(PyObject *name)
{
    const char *text = text_of(name);
    for (int i = 0; text && i < LAPACK_ROUTINES; i++)
        if (!strcmp(text, lapack_routines[i].name)) {
            if (!looked)
                look();
            return &lapack_routines[i];
        }
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_ValueError, "no routine is named %R", name);
    return NULL;
}

/* ---- what is given ------------------------------------------------------------------------------------------- */
static int refuse(const job *j, const char *why)
{
    PyErr_Format(PyExc_ValueError, "%s: %s", j->routine->name, why);
    return -1;
}

static which routine_of(const job *j) { return (which)(j->routine - lapack_routines); }

static int read_letters(job *j, PyObject *given)
{
    const char *text = text_of(given);
    if (!text)
        return PyErr_Occurred() ? -1 : refuse(j, "letters are a str");
    int i = 0;
    for (; i < 3 && j->routine->letters[i]; i++) {
        if (!text[i] || !strchr(j->routine->letters[i], text[i]))
            return refuse(j, "other letters are wanted");
        j->letters[i] = text[i];
    }
    return text[i] ? refuse(j, "fewer letters are wanted") : 0;
}

/* 'f', 'd', 'i'; 0 of others: numbers of other sizes, in another order of bytes, or at odd addresses. */
static char kind_of(const Py_buffer *v)
{
    const char *format = v->format ? v->format : "B";
    char kind = format[0] == 'l' ? 'i' : format[0];
    Py_ssize_t bytes = kind == 'f' ? sizeof(float) : kind == 'd' ? sizeof(double) : kind == 'i' ? sizeof(int) : 0;
    return format[0] && !format[1] && bytes && v->itemsize == bytes && (uintptr_t)v->buf % bytes == 0 ? kind : 0;
}

/* Sizes of an operand whose last `own` dims are no batch. */
static int measure(const job *j, operand *o, int own)
{
    const Py_buffer *v = &o->view;
    if (v->ndim < own)
        return refuse(j, "an array has too few dims");
    o->count = o->n = o->m = 1;
    for (int d = 0; d < v->ndim - own; d++)
        o->count *= v->shape[d];
    o->m = own > 0 ? v->shape[v->ndim - 1] : 1;
    o->n = own > 1 ? v->shape[v->ndim - 2] : 1;
    o->apart = v->len ? o->n * o->m * v->itemsize : 0;
    return o->n > INT_MAX || o->m > INT_MAX ? refuse(j, "sizes are beyond 32 bits") : 0;
}

/* Whether each matrix is lines of adjacent numbers; tells where the lines are. */
static bool in_lines(job *j, const operand *o)
{
    const Py_buffer *v = &o->view;
    Py_ssize_t one = v->itemsize, far = v->strides[v->ndim - 2], near = v->strides[v->ndim - 1];
    j->turned = near != one;
    if (o->n == 1) { /* strides of one number have no meaning */
        j->line = 1;
        j->turned = false;
        return o->m == 1;
    }
    Py_ssize_t line = j->turned ? far : near, to_next = j->turned ? near : far;
    j->line = (int)(to_next / one);
    return line == one && to_next >= one * o->n && to_next % one == 0 && to_next / one <= INT_MAX;
}

static int take(job *j, char letter, PyObject *given)
{
    bool written = letter >= 'A' && letter <= 'Z';
    char low = written ? (char)(letter + 'a' - 'A') : letter;
    int slot = low == 'a' || low == 's' || low == 'q' ? MATRIX : low == 'r' || low == 'o' ? SIDES : low == 'i' ? INFOS : VECTOR;
    operand *o = &j->of[slot];
    if (PyObject_GetBuffer(given, &o->view, PyBUF_FORMAT | PyBUF_STRIDES | (written ? PyBUF_WRITABLE : 0)) < 0)
        return -1;
    o->held = true;
    o->written = written;
    char kind = kind_of(&o->view), numbers_of = j->wide ? 'd' : 'f';
    bool places = low == 'p' || low == 'q' || low == 'o' || low == 'i';
    if (slot == MATRIX) {
        j->wide = kind == 'd';
        numbers_of = kind == 'd' ? 'd' : 'f';
    }
    if (kind != (places ? 'i' : numbers_of))
        return refuse(j, "an array has other numbers than are wanted");
    if (measure(j, o, slot == INFOS ? 0 : slot == VECTOR || places ? 1 : 2) < 0)
        return -1;
    if (low != 's')
        return PyBuffer_IsContiguous(&o->view, 'C') ? 0 : refuse(j, "an array is not contiguous");
    if (o->view.ndim > 3)
        return refuse(j, "its matrices have one batch dim at most");
    if (!o->view.len)
        return 0;
    o->apart = o->view.ndim == 3 ? o->view.strides[0] : 0;
    return in_lines(j, o) && o->apart % o->view.itemsize == 0 ? 0 : refuse(j, "neither rows nor columns of its matrices are adjacent numbers");
}

static const char *wrong_sizes(job *j)
{
    const operand *a = &j->of[MATRIX], *v = &j->of[VECTOR], *r = &j->of[SIDES];
    which asked = routine_of(j);
    bool reflects = asked == ORGQR || asked == ORMQR, any = reflects || asked == GETRF || asked == GEQRF;
    for (int i = 0; i < OPERANDS; i++)
        if (j->of[i].held && j->of[i].count != a->count)
            return "batches differ";
    j->m = (int)r->m, j->k = (int)a->m;
    if (asked == LASWP)
        return a->m > r->m ? "there are fewer rows than pivots" : NULL;
    if (!any && a->n != a->m)
        return "matrices are not square";
    int64_t least = a->n < a->m ? a->n : a->m;
    if (v->held && (reflects ? v->m > least : v->m != least))
        return "the vector's size does not fit the matrix";
    if (asked == ORGQR && a->n > a->m)
        return "matrices are wide";
    bool rows = j->letters[2] == 'R';
    if (r->held && (rows ? r->n : r->m) != a->m)
        return "right sides do not fit the matrix";
    j->n = (int)a->n, j->m = (int)a->m, j->k = (int)v->m, j->sides = (int)(rows ? r->m : r->n), j->near = (int)r->m;
    return NULL;
}

/* Places from 1 to `most`; `pairs`: negative ones come in pairs, as sytrf tells blocks. */
static bool are_places(const operand *v, int64_t most, bool pairs)
{
    for (int64_t i = 0; i < v->count; i++) {
        const int *p = (const int *)((const char *)v->view.buf + i * v->apart);
        for (int64_t k = 0; k < v->m; k++) {
            if (pairs && p[k] < 0 && p[k] >= -most && k + 1 < v->m && p[k + 1] < 0 && p[k + 1] >= -most)
                k++;
            else if (p[k] < 1 || p[k] > most)
                return false;
        }
    }
    return true;
}

/* What is written may be nothing else: pivots would be no places any more. Any view's numbers are read, and lead nowhere. */
static bool shares(const job *j)
{
    for (int i = 0; i < OPERANDS; i++)
        for (int k = 0; k < i; k++) {
            const operand *a = &j->of[i], *b = &j->of[k];
            uintptr_t at = (uintptr_t)a->view.buf, other = (uintptr_t)b->view.buf;
            if (a->held && b->held && (a->written || b->written) && at < other + (size_t)b->view.len && other < at + (size_t)a->view.len)
                return true;
        }
    return false;
}

static int check(job *j)
{
    const char *wrong = wrong_sizes(j);
    if (!wrong && routine_of(j) != TRSM && shares(j))
        wrong = "an array that is written shares memory with another";
    which asked = routine_of(j);
    if (!wrong && (asked == GETRS || asked == SYTRS || asked == LASWP) && !are_places(&j->of[asked == LASWP ? MATRIX : VECTOR], j->m, asked == SYTRS))
        wrong = "pivots are no places in the matrix";
    return wrong ? refuse(j, wrong) : 0;
}

/* ---- the batch ----------------------------------------------------------------------------------------------- */
static bool are_finite(const operand *o, bool wide)
{
    int64_t n = o->n * o->m;
    double sum = 0; /* of zeros, one of which is none where a number is not finite */
    for (int64_t i = 0; i < o->count; i++) {
        const char *x = (const char *)o->view.buf + i * o->apart;
        for (int64_t k = 0; wide && k < n; k++)
            sum += ((const double *)x)[k] * 0;
        float part = 0;
        for (int64_t k = 0; !wide && k < n; k++)
            part += ((const float *)x)[k] * 0;
        sum += part;
    }
    return sum == 0;
}

/* Calls of a library would take longer than their work; what is no number LAPACK has an order of its own for. */
static bool are_many(const job *j)
{
    const operand *a = &j->of[MATRIX], *v = &j->of[VECTOR], *r = &j->of[SIDES];
    int64_t most = a->n > a->m ? a->n : a->m;
    bool adjacent = routine_of(j) != TRSM || j->line == a->n;
    return most <= SMALL && a->count >= MANY && adjacent && are_finite(a, j->wide) && (!r->held || are_finite(r, j->wide)) &&
           (!strchr(j->routine->takes, 't') || are_finite(v, j->wide));
}

/* 0, or a negative info: LAPACK's own work found no memory. */
static int run_all(const job *j)
{
    const operand *of = j->of;
    int *infos = of[INFOS].view.buf, info = 0;
    bool nothing = (!of[MATRIX].view.len && routine_of(j) != LASWP) || (of[SIDES].held && !of[SIDES].view.len);
    run *one = j->call && !(j->routine->own && are_many(j)) ? j->routine->run : j->routine->own;
    for (int64_t i = 0; i < of[MATRIX].count && info >= 0; i++) {
        place at = {(char *)of[MATRIX].view.buf + i * of[MATRIX].apart, (char *)of[VECTOR].view.buf + i * of[VECTOR].apart, (char *)of[SIDES].view.buf + i * of[SIDES].apart};
        info = nothing ? 0 : one(j, at);
        if (of[INFOS].held)
            infos[i] = info;
    }
    return info < 0 ? info : 0;
}

static int run_unlocked(const job *j)
{
    int64_t all = j->of[MATRIX].count * (j->of[MATRIX].n * j->of[MATRIX].m + j->of[SIDES].n * j->of[SIDES].m);
    bool reads_places = routine_of(j) == GETRS || routine_of(j) == SYTRS || routine_of(j) == LASWP; /* which other threads might change */
    if (all < KEEPS_LOCK || reads_places)
        return run_all(j);
    int info;
    Py_BEGIN_ALLOW_THREADS
    info = run_all(j);
    Py_END_ALLOW_THREADS
    return info;
}

static int do_all(job *j, PyObject *letters, PyObject *const *arrays, Py_ssize_t n)
{
    const char *takes = j->routine->takes;
    if (read_letters(j, letters) < 0)
        return -1;
    if (n != (Py_ssize_t)strlen(takes))
        return refuse(j, "another number of arrays is wanted");
    for (int i = 0; takes[i]; i++)
        if (take(j, takes[i], arrays[i]) < 0)
            return -1;
    if (check(j) < 0)
        return -1;
    j->then = calls[GETRS][j->wide];
    j->call = routine_of(j) == GESV && !j->then ? NULL : calls[routine_of(j)][j->wide];
    if (!j->call && !j->routine->own)
        return 0;
    int info = run_unlocked(j);
    if (info < 0)
        PyErr_Format(PyExc_MemoryError, "LAPACK's %s found no memory for its work (info %d)", j->routine->name, info);
    return info < 0 ? -1 : 1;
}

static PyObject *lapack(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (n < 2)
        return PyErr_Format(PyExc_TypeError, "_lapack() takes a name, letters and arrays");
    job j = {.routine = routine_named(args[0])};
    int done = j.routine ? do_all(&j, args[1], args + 2, n - 2) : -1;
    for (int i = 0; i < OPERANDS; i++)
        if (j.of[i].held)
            PyBuffer_Release(&j.of[i].view);
    return done < 0 ? NULL : PyBool_FromLong(done);
}

static PyObject *has_lapack(PyObject *module, PyObject *name)
{
    (void)module;
    const routine *r = routine_named(name);
    return r ? PyBool_FromLong(calls[r - lapack_routines][0] && calls[r - lapack_routines][1]) : NULL;
}

/* For tests: as if there were no library. */
static PyObject *without_lapack(PyObject *module, PyObject *value)
{
    (void)module;
    int truth = PyObject_IsTrue(value);
    if (truth < 0)
        return NULL;
    if (truth)
        memset(calls, 0, sizeof calls);
    else
        look();
    looked = true;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"_lapack", (PyCFunction)(void (*)(void))lapack, METH_FASTCALL,
     "_lapack(name, letters, /, *arrays)\n--\n\nLAPACK's routine (or BLAS's trsm) for each matrix of a batch, in place; False where neither a library nor we have it. The arrays are float32 or float64,\n"
     "pivots and infos int32: matrices (..., columns, rows), then what the routine has of pivots or sizes, right sides, infos.\n"
     "ValueError where sizes do not fit."},
    {"_has_lapack", has_lapack, METH_O, "_has_lapack(name, /)\n--\n\nWhether the library has LAPACK's routine."},
    {"_without_lapack", without_lapack, METH_O, "_without_lapack(yes, /)\n--\n\nWhether linalg does as if there were no library."},
    {NULL},
};

int py_lapack_setup(PyObject *module) { return PyModule_AddFunctions(module, methods); }
