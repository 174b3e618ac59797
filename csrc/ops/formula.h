/* formula: ops as verbs over a scope, for gradients and compositions. Included by ops/ sources only.
 *
 * Every verb takes the scope first and returns a tensor that the scope owns; NULL in, NULL out (sticky failure).
 * Numbers enter as weak constants, so they never widen a dtype's category.
 */
#ifndef CT_FORMULA_H
#define CT_FORMULA_H
#include "ops/op.h"

/* Any op by its record; `args` in the order of the signature (missing ones at the end count as None). */
T f_call(scope *s, const op *o, uint32_t n_args, arg *args);
int f_call_many(scope *s, const op *o, uint32_t n_args, arg *args, uint32_t n_out, T *out);

static inline arg a_t(T t) { return (arg){.kind = ARG_TENSOR, .t = t}; }
static inline arg a_i(int64_t i) { return (arg){.kind = ARG_INT, .i = i}; }
static inline arg a_f(double f) { return (arg){.kind = ARG_FLOAT, .f = f}; }
static inline arg a_b(bool b) { return (arg){.kind = ARG_BOOL, .i = b}; }
static inline arg a_ints(uint32_t n, const int64_t *v) { return (arg){.kind = ARG_INTS, .n = n, .ints = v}; }
static inline arg a_dtype(ct_dtype d) { return (arg){.kind = ARG_DTYPE, .i = d}; }
static inline arg a_ts(uint32_t n, T *v) { return (arg){.kind = ARG_TENSORS, .n = n, .ts = v}; }
static inline arg a_none(void) { return (arg){.kind = ARG_NONE}; }

T f_made(scope *s, int done, tensor *made);       /* what a short way has made, taken; done is not 0 */
T f_unary(scope *s, const op *o, T x);
T f_binary(scope *s, const op *o, T a, T b);
/* The same of the incoming gradient and the one value that n kept, which n's formula reads nowhere else: in the memory of either where
 * nobody else holds it. */
T f_last(scope *s, node *n, const op *o, T g, T kept);
T f_number(scope *s, double value);                /* weak constant */
T f_weak_int(scope *s, int64_t value);
T f_weak(scope *s, const arg *a);                    /* of a number's own category */

#define OP(name) extern const op op_##name;
#include "table/index.def"
#undef OP
#define UNARY(name, ...) extern const op op_##name;
#include "table/unary.def"
#undef UNARY
#define BINARY(name, ...) extern const op op_##name;
#include "table/binary.def"
#undef BINARY
#define TEST(name, ...) extern const op op_##name;
#define COMPARE(name, ...) extern const op op_##name;
#include "table/compare.def"
#undef TEST
#undef COMPARE

/* Verbs that several families use; a family's own stand in its file. */
static inline T f_neg(scope *s, T x) { return f_unary(s, &op_neg, x); }
static inline T f_add(scope *s, T a, T b) { return f_binary(s, &op_add, a, b); }
static inline T f_sub(scope *s, T a, T b) { return f_binary(s, &op_sub, a, b); }
static inline T f_mul(scope *s, T a, T b) { return f_binary(s, &op_mul, a, b); }
static inline T f_div(scope *s, T a, T b) { return f_binary(s, &op_div, a, b); }
static inline T f_scale(scope *s, T a, double k) { return f_binary(s, &op_mul, a, f_number(s, k)); }
T f_expand(scope *s, T x, int ndim, const int64_t *size);
T f_reshape(scope *s, T x, int ndim, const int64_t *size);
T f_sum_to(scope *s, T x, int ndim, const int64_t *size);   /* the adjoint of expand: sums the broadcast dims away */
T f_sum_dims(scope *s, T x, int n, const int64_t *dims, bool keepdim);
bool f_sums_both(scope *s, T x, T *rows, T *columns); /* of a matrix (m, n), to (m, 1) and (n), where one pass over it does; else false */
T f_transpose(scope *s, T x, int64_t d0, int64_t d1);
T f_permute(scope *s, T x, int n, const int64_t *dims);
T f_view(scope *s, T x, int ndim, const int64_t *size);
T f_turned(scope *s, T x);                          /* x.t() */
T f_contiguous(scope *s, T x);
T f_row_major(scope *s, T x);                       /* always a copy */
T f_in_full(scope *s, T x);                         /* held as it is shown: before its bytes are read without strides */
T f_select(scope *s, T x, int64_t dim, int64_t index);
T f_unsqueeze(scope *s, T x, int64_t dim);
T f_matmul(scope *s, T a, T b);
T f_mm(scope *s, T a, T b);                       /* of two matrices */
T f_cast(scope *s, T x, ct_dtype dtype);
T f_zeros(scope *s, ct_dtype dtype, int ndim, const int64_t *size);
T f_zeros_like(scope *s, T x);
T f_where(scope *s, T condition, T a, T b);
T f_shared(scope *s, T g, T equal);         /* a gradient of no dims, in equal parts where `equal` (bool), 0 elsewhere */
#endif
