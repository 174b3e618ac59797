/* recur: a recurrent layer over all of its steps, forward and backward: a product and one pass over the gates each step.
 *
 * Rows are packed: step t has count[t] of them, at row begin[t] of x, y, acts; row j of every step is sequence j. Counts
 * never grow with t. `order` lists the steps as they are taken, forwards or backwards in time. G is the number of gates:
 *   LSTM  4 (i f g o)   acts: i f g o tanh(c)     c is a second result
 *   GRU   3 (r z n)     acts: r z n and the state's part of n
 *   TANH, RELU  1       no acts
 * All arrays are contiguous, float32 or float64. */
#ifndef CT_RECUR_H
#define CT_RECUR_H
#include "base/dtype.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum k_recur_kind { RECUR_LSTM, RECUR_GRU, RECUR_TANH, RECUR_RELU } k_recur_kind;
typedef struct k_recur {
    k_recur_kind kind;
    ct_dtype dtype;
    bool reverse;
    int64_t steps, batch, rows, n;             /* n: size of the state */
    const int64_t *count;
    const char *x, *h0, *c0, *w, *b;           /* (rows, G n), (batch, n) twice, (G n, n), (G n) or NULL: of the state's product (not LSTM) */
    char *y, *c, *acts;                        /* (rows, n) twice, (rows, A n); read by backward */
    const char *gy, *gc;                       /* gradients of y and c; NULL: zero */
    char *gx, *gh, *gh0, *gc0;                 /* results of backward: (rows, G n); GRU: of the state's product (rows, G n); (batch, n) twice */
    char *scratch;
} k_recur;

/* One row's cell. LSTM: acts hold the gates' sums, which are overwritten; else hg holds the sums of the state alone. Back: `product` is
 * what the step after it sends through its product, added last as PyTorch adds it. */
typedef struct k_cell { int64_t n; void *acts; const void *hg, *x, *h, *c; void *y, *c_new; } k_cell;
typedef struct k_cell_back { int64_t n; const void *acts, *y, *h, *c, *gy, *gc, *product; void *gx, *gh, *carry, *c_carry; } k_cell_back;
typedef void k_cell_f(const k_cell *c);
typedef void k_cell_back_f(const k_cell_back *c);
typedef struct k_cells { k_cell_f *forward[4]; k_cell_back_f *backward[4]; void (*arrive)(void *carry, const void *g, int64_t n); } k_cells; /* by kind */

int64_t k_recur_gates(k_recur_kind kind);
int64_t k_recur_acts(k_recur_kind kind);
int64_t k_recur_scratch(const k_recur *r);
bool k_recur_wants_blas(const k_recur *r);
void k_recur_forward(const k_recur *r);
void k_recur_backward(const k_recur *r);
#endif
