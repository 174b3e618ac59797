/* The calls of LAPACK's routines, each for one matrix: the library's, and our own loops. */
#include "base/blas.h"
#include "kernel/dense.h"
#include "py/lapack.h"

enum { UPPER = 121, LOWER, LEFT = 141, RIGHT, ANY_DIAGONAL = 131, ONES };
enum { TILE = 16 };

/* ---- the library's ------------------------------------------------------------------------------------------- */
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

static void clear_other(const job *j, char *x)
{
    size_t one = j->wide ? sizeof(double) : sizeof(float), n = (size_t)j->n;
    for (size_t i = 0; i < n; i++)
        if (j->letters[0] == 'U')
            memset(x + (i * n + i + 1) * one, 0, (n - i - 1) * one);
        else
            memset(x + i * n * one, 0, i * one);
}
/* OpenBLAS goes on with a diagonal that is no number: its first such place is the info. The other triangle becomes zeros. */
static int run_potrf(const job *j, place at)
{
    int info = run_triangle(j, at);
    clear_other(j, at.matrix);
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
static void mirror(const job *j, char *x)
{
    int64_t n = j->n;
    bool upper = j->letters[0] == 'U';
    if (j->wide)
        MIRROR(double)
    else
        MIRROR(float)
}
static int run_potri(const job *j, place at)
{
    int info = run_triangle(j, at);
    mirror(j, at.matrix);
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

/* ---- our own loops --------------------------------------------------------------------------------------------- */
#define OWN(name, ...) (j->wide ? k_dense_d_##name(__VA_ARGS__) : k_dense_f_##name(__VA_ARGS__))
static int own_getrf(const job *j, place at) { return OWN(getrf, j->n, j->m, (void *)at.matrix, (int *)at.vector); }
static int own_getrs(const job *j, place at)
{
    OWN(getrs, j->letters[0] == 'T', j->n, (void *)at.matrix, (int *)at.vector, j->sides, (void *)at.sides);
    return 0;
}
static int own_gesv(const job *j, place at)
{
    int info = own_getrf(j, at);
    own_getrs(j, at);
    return info;
}
static int own_potrf(const job *j, place at)
{
    int info = OWN(potrf, j->letters[0] == 'U', j->n, (void *)at.matrix);
    clear_other(j, at.matrix);
    return info;
}
static int own_potri(const job *j, place at)
{
    int info = OWN(potri, j->letters[0] == 'U', j->n, (void *)at.matrix);
    mirror(j, at.matrix);
    return info;
}
static int own_geqrf(const job *j, place at)
{
    OWN(geqrf, j->n, j->m, (void *)at.matrix, (void *)at.vector);
    return 0;
}
static int own_orgqr(const job *j, place at)
{
    OWN(orgqr, j->n, j->m, j->k, (void *)at.matrix, (void *)at.vector);
    return 0;
}
static int own_ormqr(const job *j, place at)
{
    OWN(ormqr, j->letters[0] == 'T', j->m, j->k, (void *)at.matrix, (void *)at.vector, j->sides, (void *)at.sides);
    return 0;
}
static int own_trsm(const job *j, place at)
{
    bool rows = j->letters[2] == 'R';
    OWN(trsm, j->letters[0] == 'U', j->letters[1] == 'U', j->n, (void *)at.matrix, j->turned ? j->line : 1, j->turned ? 1 : j->line, j->sides, (void *)at.sides,
        rows ? 1 : j->near, rows ? j->near : 1);
    return 0;
}
/* Where each row is after the exchanges that pivots name, from the first, or, back, in the opposite order. */
static int own_laswp(const job *j, place at)
{
    const int *pivots = (const int *)at.matrix;
    int *order = (int *)at.sides, back = j->letters[0] == 'B';
    for (int i = 0; i < j->m; i++)
        order[i] = i;
    for (int step = 0; step < j->k; step++) {
        int k = back ? j->k - 1 - step : step, kept = order[k];
        order[k] = order[pivots[k] - 1];
        order[pivots[k] - 1] = kept;
    }
    return 0;
}

const routine lapack_routines[] = {
    [GETRF] = {"getrf", "LAPACKE", run_getrf, own_getrf, "API", {0}},
    [GETRS] = {"getrs", "LAPACKE", run_solve, own_getrs, "apR", {"NT"}},
    [GESV] = {"gesv", "LAPACKE", run_gesv, own_gesv, "APRI", {0}},
    [SYTRF] = {"sytrf", "LAPACKE", run_sytrf, NULL, "API", {"UL"}},
    [SYTRS] = {"sytrs", "LAPACKE", run_solve, NULL, "apR", {"L"}},
    [POTRF] = {"potrf", "LAPACKE", run_potrf, own_potrf, "AI", {"UL"}},
    [POTRI] = {"potri", "LAPACKE", run_potri, own_potri, "AI", {"UL"}},
    [GEQRF] = {"geqrf", "LAPACKE", run_getrf, own_geqrf, "AT", {0}},
    [ORGQR] = {"orgqr", "LAPACKE", run_orgqr, own_orgqr, "At", {0}},
    [ORMQR] = {"ormqr", "LAPACKE", run_ormqr, own_ormqr, "atR", {"NT"}},
    [TRSM] = {"trsm", "cblas", run_trsm, own_trsm, "sR", {"UL", "UN", "RC"}},
    [LASWP] = {"laswp", "", NULL, own_laswp, "qO", {"FB"}},
};
