/* product: sums of products of two arrays over named axes. Every matrix product, contraction and correlation is planned here.
 *
 * An axis has a size and a stride in each of a, b and y; the strides say what it is: an axis along which b stands still counts
 * rows, one along which a does counts columns, one that all share is a batch, and a summed one is contracted. The planner reads
 * strides of 0 before anything is multiplied:
 *   summed, one operand still     the other is summed along it first; both still: a factor
 *   not summed, both still        computed once and copied along y, or where y stands still too (its bytes are shared), once is all
 *   batch with one operand still  is an axis of rows or columns, and merges with these where the strides nest: one product
 * Nothing is expanded or copied to be multiplied.
 */
#ifndef CT_OPS_PRODUCT_H
#define CT_OPS_PRODUCT_H
#include "kernel/kernel.h"
#include "ops/dispatch.h"
#include "ops/product_host.h"

enum { PRODUCT_AXES = CT_MAXDIM + 4,
       PRODUCT_SMALL = 1024 /* multiply-adds up to which looking for structure costs more than it saves */ };
typedef struct axis { int64_t size, a, b, y; bool summed; } axis; /* strides in elements; y is 0 where summed */
typedef struct product {
    ct_dtype dtype;
    uint8_t single;                 /* bits 0, 1, 2: beside halves, a, b, y holds float32: what was summed before */
    bool add;                       /* to what y holds; only where product_adds */
    bool dot;                       /* of two vectors, which PyTorch adds up in an order of its own */
    const array *y_of, *plus;       /* `plus`, broadcast to the output `y_of`, is added in the pass that writes out what was computed once; then NULL */
    double effective;               /* multiply-adds if every element were stored */
    const char *a, *b;
    char *y;                        /* may be NULL until the product is run */
    int n, n_once;
    int64_t times;
    axis axis[PRODUCT_AXES], once[CT_MAXDIM]; /* last: of most products little is used */
} product;

/* Results whose bytes are shared along an axis have one index there. */
static inline void product_axis(product *p, int64_t size, int64_t a, int64_t b, int64_t y, bool summed)
{
    p->effective *= (double)size;
    p->axis[p->n++] = (axis){y || summed || size == 0 ? size : 1, a, b, y, summed};
}
static inline void product_start(product *p, const array *a, const array *b, const array *y)
{
    p->dtype = y->dtype;
    p->single = p->dot = 0;
    p->add = false;
    p->plus = NULL;
    p->effective = 1;
    p->a = array_data(a);
    p->b = array_data(b);
    p->y = array_data(y);
    p->n = 0;
}
/* Multiply-adds planned or done, for the counter. */
static inline void product_count(int64_t steps)
{
    if (__builtin_add_overflow(product_work, steps, &product_work))
        product_work = INT64_MAX;
}
/* The last two dims of a and b as matrices, dims before them (of y's size) as batches. */
void product_of_matrices(product *p, const array *a, const array *b, const array *y);

/* Rehearses the product: scratch and work of the call, the counter, the BLAS; and where the host takes part (FFT), runs it. -1 on failure. */
int product_plan(call *c, const product *p);
/* The kernel: what product_plan has not done already. */
void product_run(call *c, product *p);
/* Bit i: matrix i is stored by columns. */
static inline int64_t product_order(const array *a, const array *b)
{
    const int64_t *x = array_visible_stride(a), *y = array_visible_stride(b);
    return (x[0] == 1 && x[1] == array_size(a)[0]) | (y[0] == 1 && y[1] == array_size(b)[0]) << 1;
}
/* Can it start from what y holds? */
bool product_adds(const product *p);

/* Gradients of input i of a batch of matrix products: left·right, summed as the input takes it. matmul.c */
tensor *batch_grad(scope *s, node *n, uint32_t i, tensor *left, tensor *right);
/* Sums of aᵀ·b along what slides; `slid` as an input takes it. */
tensor *antidiagonals_of(scope *s, tensor *a, tensor *b, uint64_t slid);

/* ---- correlate.c: operands with equal or opposite strides in two axes, and their gradients ---- */
/* Of settled axes: will product_correlate do it, under the host's lock? It fails when the host does. */
bool product_correlates(const product *p);
int product_correlate(const product *p);
/* Have two axes of an operand equal or opposite strides? */
static inline bool axes_slide(int64_t s, int64_t t) { return s && (s == t || s == -t); }
/* Summed axes of one kind, rows, columns, batches; see product.c. */
enum { AXIS_ROW, AXIS_COLUMN, AXIS_SUM, AXIS_BATCH };
static inline int axis_kind(const axis *x) { return x->summed ? AXIS_SUM : !x->b ? AXIS_ROW : !x->a ? AXIS_COLUMN : AXIS_BATCH; }
#endif
