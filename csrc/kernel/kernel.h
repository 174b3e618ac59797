/* kernel: inner loops. Handed pointers, byte strides, counts; owns nothing, cannot fail, takes no lock.
 *
 * An inner loop runs n steps over its operands: p[0] is the output (a loop with several outputs has them
 * first), then the inputs; each advances by its stride in bytes (0 and negative are fine). Loops have a fast
 * body where strides equal item sizes or are 0, and a general one. `param` is what the op hands over.
 * k_walk runs a loop over any number of dimensions, long ones by several threads: a loop's steps may be cut anywhere between
 * multiples of K_CUT. Each loop is compiled once per instruction set
 * (isa_*.c include the .inc files); K is the table chosen at import (CTGRAD_SIMD=base|avx2|avx512 overrides).
 */
#ifndef CT_KERNEL_H
#define CT_KERNEL_H
#include <stdbool.h>
#include <stdint.h>
#include "base/dtype.h"
#include "kernel/attention.h"
#include "kernel/channels.h"
#include "kernel/fused.h"
#include "kernel/gelu.h"
#include "kernel/matmul.h"
#include "kernel/norm.h"
#include "kernel/pool.h"
#include "kernel/recur.h"
#include "kernel/reduce.h"
#include "kernel/step.h"

enum { K_MAXOP = 5, K_MAXDIM = 64, K_CUT = 1024 };

typedef void k_loop(char *const *p, const int64_t *stride, int64_t n, const void *param);
/* The same for rows of n steps, the operands `row` bytes apart; false, and nothing done, where the loop's fast bodies would not serve. */
typedef bool k_rows(char *const *p, const int64_t *stride, const int64_t *row, int64_t n, int64_t rows);

/* Operands over one shape. stride[operand][dim] in bytes. k_walk may reorder and merge dims in place. */
typedef struct k_nd {
    int ndim, nop;
    int64_t size[K_MAXDIM];
    char *data[K_MAXOP];
    int64_t stride[K_MAXOP][K_MAXDIM];
} k_nd;
/* Runs the loop over every index. Dimensions of size 1 vanish, mergeable ones merge, and the innermost is chosen
 * for speed (smallest output stride); nothing is run when a size is 0. The result does not depend on the order. */
void k_walk(k_nd *nd, k_loop *loop, const void *param);
/* A walk along one dimension, as given. */
void k_run_line(k_loop *loop, int nop, char *const *data, const int64_t *stride, int64_t n, const void *param);
/* The same in the given order of dimensions, at every index, be it one step again and again (draws; writes at places that repeat). */
void k_walk_in_order(k_nd *nd, k_loop *loop, const void *param);
/* A walk of a loop that copies items of so many bytes: out, in. */
void k_copy(k_nd *nd, k_loop *copy, int64_t item);

/* Row numbers of the tables in table/. */
enum k_unary {
#define UNARY(name, ...) U_##name,
#include "table/unary.def"
#undef UNARY
    U_COUNT
};
enum k_binary {
#define BINARY(name, ...) B_##name,
#include "table/binary.def"
#undef BINARY
    B_COUNT
};
enum { K_ROWS = B_mul + 1 };
enum k_test { /* one input, bool output */
#define TEST(name, ...) T_##name,
#define COMPARE(name, ...)
#include "table/compare.def"
#undef TEST
#undef COMPARE
    T_COUNT
};
enum k_compare { /* two inputs of one dtype, bool output */
#define TEST(name, ...)
#define COMPARE(name, ...) C_##name,
#include "table/compare.def"
#undef TEST
#undef COMPARE
    C_COUNT
};

enum k_activation { /* floats; _slope: the gradient from the incoming one. */
#define ACTIVATION(name) A_##name, A_##name##_slope,
#include "table/activation.def"
#undef ACTIVATION
    A_COUNT
};

typedef struct k_bessel { int order /* 0, 1 */; bool scaled /* times e^-|x| */; } k_bessel;
typedef struct k_bessel_series { const double *near /* |x| <= 8 */, *far; int n_near, n_far; } k_bessel_series;
extern const k_bessel_series k_bessel_narrow[2], k_bessel_wide[2]; /* by order: of float32, of float64 */

/* One table per instruction set; NULL where a dtype is not offered (the shape rule refuses it before). */
typedef struct k_isa {
    const char *name;
    k_loop *unary[U_COUNT][DT_COUNT];
    k_loop *binary[B_COUNT][DT_COUNT];
    k_rows *rows[K_ROWS][DT_COUNT];   /* of the first rows of binary: float32 and float64 */
    k_loop *test[T_COUNT][DT_COUNT];
    k_loop *compare[C_COUNT][DT_COUNT];
    k_loop *cast[DT_COUNT][DT_COUNT];     /* [from][to]: out, in. C conversion; float to bool is != 0; saturation nowhere */
    k_loop *fill[DT_COUNT];               /* out; param points to one value of the dtype */
    k_loop *turn[3];                      /* of 2, 4, 8 bytes: out, in; see turn.h */
    k_loop *back[4];                      /* of 1, 2, 4, 8 bytes: out, in; fast where in's stride is negative */
    k_loop *where[DT_COUNT];              /* out, condition (bool bytes), a, b */
    k_loop *clamp[DT_COUNT];              /* out, in, low, high (tensors or stride-0 scalars); NaN in the input stays, NaN bound gives NaN */
    k_gemm_f *const *gemm;                /* by dtype; NULL for bool */
    const k_slides *slides;               /* by dtype: float32 and float64 */
    k_loop *arange[DT_COUNT];             /* out; param: const double or int64 {start, step}, one call for the whole output */
    k_loop *linspace[DT_COUNT];           /* out; param: const double {first, last, step}; float32 and float64, one call for the whole output */
    k_loop *pow_scalar[DT_COUNT];         /* out, in; param: const double, the power (>= 0 for integers) */
    k_loop *libm_log[2];                  /* out, in: float32 log and log1p with the C library's bits */
    k_loop *polygamma[DT_COUNT];          /* out, in; param: const int64, the order >= 1 */
    k_loop *bessel_i[DT_COUNT];           /* out, in; param: const k_bessel */
    k_loop *activation[A_COUNT][DT_COUNT]; /* out, in, or out, incoming gradient, in; param: const double[3], the numbers */
    k_loop *fused[FUSED_COUNT][DT_COUNT];
    k_pools pool[DT_COUNT];
    k_cells cells[DT_COUNT];
    k_loop *step[STEP_COUNT][DT_COUNT];
    k_loop *gelu[GELU_COUNT][DT_COUNT];
    k_norms norm[DT_COUNT];
    k_channel_norms channels[DT_COUNT];
    k_attend attention[DT_COUNT];
    k_reductions reduce;
} k_isa;
/* out, a, x: P(a, x), or Q where param, a const bool, says so. Prepared once, with the host's lock held. */
extern k_loop *const k_incomplete[DT_COUNT];
void k_incomplete_prepare(void);
extern const k_isa *K;
extern bool k_rough_sqrt;                 /* float32 sqrt as PyTorch computes it outside Intel's processors; see approx.h */
extern bool k_unfused_products;           /* small float32 products as PyTorch sums them there; see ordered.h */
extern bool k_lane_products;              /* and as it sums them on Intel's with AVX-512 */
/* Set by integer floor_divide, remainder and fmod (which write 0) when a divisor is 0; the caller clears and reads it. */
extern _Thread_local bool k_zero_division;
void k_choose(const char *wanted);        /* NULL: the best this machine has; called once at import */
#endif
