/* LAPACK for linalg: one routine over a batch of matrices in buffers, from the library that large products use (blas.c).
 *
 * Matrices lie column by column, (..., columns, rows), C-contiguous. Everything is looked at before a routine gets an address: layouts, sizes,
 * and pivots, which are places. */
#include "base/blas.h"
#include "py/py.h"

enum { UPPER = 121, LOWER, LEFT = 141, RIGHT, ANY_DIAGONAL = 131, ONES };
enum { KEEPS_LOCK = 4096 /* numbers: less is done before another thread would have begun */, TILE = 16 };

typedef struct operand {
    Py_buffer view;
    bool held;
    int64_t count, n, m, apart; /* so many of n lines of m numbers (vectors: one line); apart: bytes from one to the next */
} operand;
enum { MATRIX, VECTOR, SIDES, INFOS, OPERANDS };

typedef struct job job;
typedef struct place { char *matrix, *vector, *sides; } place; /* of one of the batch */
typedef int run(const job *j, place at);

typedef struct routine {
    const char *name, *library;
    run *run;
    /* A matrix, S likewise, any view whose rows or columns are adjacent, P pivots, T numbers, R right sides, I infos; small letters: read only */
    const char *takes;
    const char *letters[3]; /* the choices of each letter that is to be given */
} routine;

struct job {
    const routine *routine;
    void *call, *then;      /* then: what gesv ends by */
    bool wide;              /* float64 */
    char letters[3];
    int n, m, k, sides;     /* columns, rows, numbers of a vector, right sides */
    int line, near;         /* trsm: numbers from one line to the next of the matrix, and of the right sides */
    bool turned;            /* trsm: rows of the matrix are adjacent numbers */
    operand of[OPERANDS];
};

/* ---- calls, each of one matrix ------------------------------------------------------------------------------ */
#define AS(function, ...) ((int (*)(int, __VA_ARGS__))(function))
enum { BY_COLUMNS = 102 };
typedef void *numbers;

static int run_getrf(const job *j, place at) { return AS(j->call, int, int, numbers, int, numbers)(BY_COLUMNS, j->m, j->n, at.matrix, j->m, at.vector); }
static int solve(const job *j, void *call, char letter, place at)
{
    return AS(call, char, int, int, numbers, int, numbers, numbers, int)(BY_COLUMNS, letter, j->n, j->sides, at.matrix, j->n, at.vector, at.sides, j->n);
}
static int run_solve(const job *j, place at) { return solve(j, j->call, j->letters[0], at); }
/* Right sides of singular matrices, which LAPACK leaves as they are, become what is no solution. */
static int run_gesv(const job *j, place at)
{
    int info = AS(j->call, int, int, numbers, int, numbers, numbers, int)(BY_COLUMNS, j->n, j->sides, at.matrix, j->n, at.vector, at.sides, j->n);
    int failed = info > 0 ? solve(j, j->then, 'N', at) : 0;
    return failed < 0 ? failed : info;
}
static int run_sytrf(const job *j, place at) { return AS(j->call, char, int, numbers, int, numbers)(BY_COLUMNS, j->letters[0], j->n, at.matrix, j->n, at.vector); }
static int run_triangle(const job *j, place at) { return AS(j->call, char, int, numbers, int)(BY_COLUMNS, j->letters[0], j->n, at.matrix, j->n); }
static int run_orgqr(const job *j, place at) { return AS(j->call, int, int, int, numbers, int, numbers)(BY_COLUMNS, j->m, j->n, j->k, at.matrix, j->m, at.vector); }
static int run_ormqr(const job *j, place at)
{
    return AS(j->call, char, char, int, int, int, numbers, int, numbers, numbers, int)(BY_COLUMNS, 'L', j->letters[0], j->m, j->sides, j->k, at.matrix, j->m, at.vector,
                                                                                      at.sides, j->m);
}

/* OpenBLAS goes on with a diagonal that is no number: its first such place is the info. The other triangle becomes zeros. */
static int run_potrf(const job *j, place at)
{
    int info = run_triangle(j, at);
    size_t one = j->wide ? sizeof(double) : sizeof(float), n = (size_t)j->n;
    for (size_t i = 0; i < n; i++)
        if (j->letters[0] == 'U')
            memset(at.matrix + (i * n + i + 1) * one, 0, (n - i - 1) * one);
        else
            memset(at.matrix + i * n * one, 0, i * one);
    for (int64_t i = 0; i < j->n && info == 0; i++) {
        int64_t at_i = i * (j->n + 1);
        double x = j->wide ? ((double *)at.matrix)[at_i] : ((float *)at.matrix)[at_i];
        info = x != x ? (int)i + 1 : 0;
    }
    return info;
}

#define MIRROR(T)                                                                                                      \
    for (int64_t a = 0; a < n; a += TILE)                                                                              \
        for (int64_t b = 0; b <= a; b += TILE)                                                                         \
            for (int64_t i = a; i < n && i < a + TILE; i++)                                                            \
                for (int64_t k = b; k < i && k < b + TILE; k++)                                                        \
                    *(upper ? &((T *)x)[k * n + i] : &((T *)x)[i * n + k]) = upper ? ((T *)x)[i * n + k] : ((T *)x)[k * n + i];
/* The triangle that the routine leaves becomes the whole matrix; upper: of columns, the numbers above the diagonal come first. */
static int run_potri(const job *j, place at)
{
    int info = run_triangle(j, at);
    int64_t n = j->n;
    char *x = at.matrix;
    bool upper = j->letters[0] == 'U';
    if (j->wide)
        MIRROR(double)
    else
        MIRROR(float)
    return info;
}

/* By rows X^T A^T is asked for: to BLAS the right sides are columns of a matrix at the other side. */
static int run_trsm(const job *j, place at)
{
    typedef void substitute_f(int, int, int, int, int, int, int, float, numbers, int, numbers, int);
    typedef void substitute_d(int, int, int, int, int, int, int, double, numbers, int, numbers, int);
    bool rows = j->letters[2] == 'R', upper = j->letters[0] == 'U';
    int side = rows ? RIGHT : LEFT, triangle = upper == j->turned ? LOWER : UPPER, turn = j->turned != rows ? BLAS_TRANSPOSED : BLAS_AS_IS;
    int diagonal = j->letters[1] == 'U' ? ONES : ANY_DIAGONAL, high = rows ? j->sides : j->n, broad = rows ? j->n : j->sides;
    if (j->wide)
        ((substitute_d *)j->call)(BY_COLUMNS, side, triangle, turn, diagonal, high, broad, 1, at.matrix, j->line, at.sides, j->near);
    else
        ((substitute_f *)j->call)(BY_COLUMNS, side, triangle, turn, diagonal, high, broad, 1, at.matrix, j->line, at.sides, j->near);
    return 0;
}

static const routine routines[] = {
    {"getrf", "LAPACKE", run_getrf, "API", {0}},
    {"getrs", "LAPACKE", run_solve, "apR", {"NT"}},
    {"gesv", "LAPACKE", run_gesv, "APRI", {0}},
    {"sytrf", "LAPACKE", run_sytrf, "API", {"UL"}},
    {"sytrs", "LAPACKE", run_solve, "apR", {"L"}},
    {"potrf", "LAPACKE", run_potrf, "AI", {"UL"}},
    {"potri", "LAPACKE", run_potri, "AI", {"UL"}},
    {"geqrf", "LAPACKE", run_getrf, "AT", {0}},
    {"orgqr", "LAPACKE", run_orgqr, "At", {0}},
    {"ormqr", "LAPACKE", run_ormqr, "atR", {"NT"}},
    {"trsm", "cblas", run_trsm, "sR", {"UL", "UN", "RC"}},
};
enum { GETRS = 1, GESV, ROUTINES = sizeof routines / sizeof *routines };

/* ---- finding ------------------------------------------------------------------------------------------------- */
static void *calls[ROUTINES][2];
static bool looked;

static void look(void)
{
    void (*check)(int) = (void (*)(int))py_blas_symbol("LAPACKE_set_nancheck");
    if (check)
        check(0); /* what is no number is computed with */
    for (int i = 0; i < ROUTINES; i++)
        for (int wide = 0; wide < 2; wide++) {
            char name[32];
            PyOS_snprintf(name, sizeof name, "%s_%c%s", routines[i].library, wide ? 'd' : 's', routines[i].name);
            calls[i][wide] = py_blas_symbol(name);
        }
    looked = true;
}

static const routine *routine_named(PyObject *name)
{
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
    for (int i = 0; text && i < ROUTINES; i++)
        if (!strcmp(text, routines[i].name)) {
            if (!looked)
                look();
            return &routines[i];
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

static int read_letters(job *j, PyObject *given)
{
    const char *text = PyUnicode_Check(given) ? PyUnicode_AsUTF8(given) : NULL;
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
    int slot = low == 'a' || low == 's' ? MATRIX : low == 'r' ? SIDES : low == 'i' ? INFOS : VECTOR;
    operand *o = &j->of[slot];
    if (PyObject_GetBuffer(given, &o->view, PyBUF_FORMAT | PyBUF_STRIDES | (written ? PyBUF_WRITABLE : 0)) < 0)
        return -1;
    o->held = true;
    char kind = kind_of(&o->view), numbers_of = j->wide ? 'd' : 'f';
    if (slot == MATRIX) {
        j->wide = kind == 'd';
        numbers_of = kind == 'd' ? 'd' : 'f';
    }
    if (kind != (low == 'p' || low == 'i' ? 'i' : numbers_of))
        return refuse(j, "an array has other numbers than are wanted");
    if (measure(j, o, slot == INFOS ? 0 : slot == VECTOR ? 1 : 2) < 0)
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
    const char *name = j->routine->name;
    bool reflects = !strcmp(name, "orgqr") || !strcmp(name, "ormqr"), any = reflects || j->routine->run == run_getrf;
    for (int i = 0; i < OPERANDS; i++)
        if (j->of[i].held && j->of[i].count != a->count)
            return "batches differ";
    if (!any && a->n != a->m)
        return "matrices are not square";
    int64_t least = a->n < a->m ? a->n : a->m;
    if (v->held && (reflects ? v->m > least : v->m != least))
        return "the vector's size does not fit the matrix";
    if (j->routine->run == run_orgqr && a->n > a->m)
        return "matrices are wide";
    bool rows = j->letters[2] == 'R';
    if (r->held && (rows ? r->n : r->m) != a->m)
        return "right sides do not fit the matrix";
    j->n = (int)a->n, j->m = (int)a->m, j->k = (int)v->m, j->sides = (int)(rows ? r->m : r->n), j->near = (int)r->m;
    return NULL;
}

/* Places from 1 to n; `pairs`: negative ones come in pairs, as sytrf tells blocks. */
static bool are_places(const operand *v, bool pairs)
{
    for (int64_t i = 0; i < v->count; i++) {
        const int *p = (const int *)((const char *)v->view.buf + i * v->apart);
        for (int64_t k = 0; k < v->m; k++) {
            if (pairs && p[k] < 0 && p[k] >= -v->m && k + 1 < v->m && p[k + 1] < 0 && p[k + 1] >= -v->m)
                k++;
            else if (p[k] < 1 || p[k] > v->m)
                return false;
        }
    }
    return true;
}

static int check(job *j)
{
    const char *wrong = wrong_sizes(j);
    if (!wrong && j->routine->run == run_solve && !are_places(&j->of[VECTOR], !strcmp(j->routine->name, "sytrs")))
        wrong = "pivots are no places in the matrix";
    return wrong ? refuse(j, wrong) : 0;
}

/* ---- the batch ----------------------------------------------------------------------------------------------- */
/* 0, or a negative info: LAPACK's own work found no memory. */
static int run_all(const job *j)
{
    const operand *of = j->of;
    int *infos = of[INFOS].view.buf, info = 0;
    bool nothing = !of[MATRIX].view.len || (of[SIDES].held && !of[SIDES].view.len);
    for (int64_t i = 0; i < of[MATRIX].count && info >= 0; i++) {
        place at = {(char *)of[MATRIX].view.buf + i * of[MATRIX].apart, (char *)of[VECTOR].view.buf + i * of[VECTOR].apart, (char *)of[SIDES].view.buf + i * of[SIDES].apart};
        info = nothing ? 0 : j->routine->run(j, at);
        if (of[INFOS].held)
            infos[i] = info;
    }
    return info < 0 ? info : 0;
}

static int run_unlocked(const job *j)
{
    int64_t all = j->of[MATRIX].count * (j->of[MATRIX].n * j->of[MATRIX].m + j->of[SIDES].n * j->of[SIDES].m);
    if (all < KEEPS_LOCK)
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
    int64_t which = j->routine - routines;
    j->call = calls[which][j->wide];
    j->then = calls[GETRS][j->wide];
    if (!j->call || (which == GESV && !j->then))
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
    return r ? PyBool_FromLong(calls[r - routines][0] && calls[r - routines][1]) : NULL;
}

static PyMethodDef methods[] = {
    {"_lapack", (PyCFunction)(void (*)(void))lapack, METH_FASTCALL,
     "_lapack(name, letters, /, *arrays)\n--\n\nLAPACK's routine (or BLAS's trsm) for each matrix of a batch, in place; False where no library has it. The arrays are float32 or float64,\n"
     "pivots and infos int32: matrices (..., columns, rows), then what the routine has of pivots or sizes, right sides, infos.\n"
     "ValueError where sizes do not fit."},
    {"_has_lapack", has_lapack, METH_O, "_has_lapack(name, /)\n--\n\nWhether the library has LAPACK's routine."},
    {NULL},
};

int py_lapack_setup(PyObject *module) { return PyModule_AddFunctions(module, methods); }
