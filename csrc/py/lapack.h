/* lapack: what the entry for LAPACK (lapack.c) and the calls of its routines (lapack_calls.c) know of each other. */
#ifndef CT_PY_LAPACK_H
#define CT_PY_LAPACK_H
#include "py/py.h"

typedef struct operand {
    Py_buffer view;
    bool held, written;
    int64_t count, n, m, apart; /* so many of n lines of m numbers (vectors: one line); apart: bytes from one to the next */
} operand;
/* Places among the operands. */
enum { MATRIX, VECTOR, SIDES, INFOS, OPERANDS };

typedef struct job job;
typedef struct place { char *matrix, *vector, *sides; } place; /* of one of the batch */
typedef int run(const job *j, place at);

typedef struct routine {
    const char *name, *library;
    run *run, *own; /* own: our loops, NULL where there are none */
    /* A matrix, S likewise, any view whose rows or columns are adjacent, P pivots, T numbers, R right sides, I infos; small letters: read only.
     * laswp alone: q pivots, O the order of rows */
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

typedef enum which { GETRF, GETRS, GESV, SYTRF, SYTRS, POTRF, POTRI, GEQRF, ORGQR, ORMQR, TRSM, LASWP, LAPACK_ROUTINES } which;
extern const routine lapack_routines[LAPACK_ROUTINES];
#endif
