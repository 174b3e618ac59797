/* Random fills: PyTorch's CPU stream bit for bit. Loops (kernel.h) whose param is a k_draw; out is p[0].
 *
 * Order of draws: not row-major but the order in which PyTorch's iterator walks memory. Call k_draw_order on the
 * operands, then k_walk_in_order. A dense tensor of any order of dimensions is drawn in the order of its addresses.
 * Nothing here checks its arguments; the conditions stand with each table. NULL where a dtype is not offered.
 */
#ifndef CT_KERNEL_RANDOM_H
#define CT_KERNEL_RANDOM_H
#include "base/random.h"
#include "kernel/kernel.h"

typedef struct k_draw {
    ct_rng *rng;
    double a, b;    /* uniform: low, high; normal, log_normal: mean, std; cauchy: median, sigma; else: see there */
    int64_t low;    /* random range: least value, */
    uint64_t range; /* how many values there are, 0 for 2^64, */
    bool wide;      /* and whether a draw takes 64 bits */
    bool noted;     /* dropout: is there a third operand? */
} k_draw;

void k_choose_random(void); /* tells the engine the instruction set in use */

/* Reorders the dimensions for the draws (innermost last). Dimensions of size 1 are fine. */
void k_draw_order(k_nd *nd);

extern k_loop *const k_uniform[DT_COUNT];     /* a <= b, b - a finite in the dtype */
extern k_loop *const k_normal[DT_COUNT];      /* b >= 0. For n < 16 in all, or when the tensor is not contiguous */
extern k_loop *const k_log_normal[DT_COUNT];  /* b > 0 */
extern k_loop *const k_exponential[DT_COUNT]; /* a = lambda > 0 */
extern k_loop *const k_cauchy[DT_COUNT];      /* b > 0 */
extern k_loop *const k_geometric[DT_COUNT];   /* 0 < a < 1 */
extern k_loop *const k_bernoulli[DT_COUNT];   /* 0 <= a <= 1; takes 64 bits a value */
extern k_loop *const k_dropout[DT_COUNT];     /* floats: out, in, and if noted a byte, 1 where a draw of bernoulli is: b times in, else 0 times in */
extern k_loop *const k_random_range[DT_COUNT];
/* [of][to]: probabilities in [0, 1] from p[1]: a 32-bit draw a value, 64 bits for float64. */
extern k_loop *const k_bernoulli_of[DT_COUNT][DT_COUNT];

extern k_loop *const k_poisson_of[DT_COUNT]; /* floats: rates >= 0 of the same dtype from p[1] */

/* Uniform in [0, 1), of 64 bits. */
static inline double draw_unit(ct_rng *g) { return (double)(int64_t)(ct_rng_u64(g) & (((uint64_t)1 << 53) - 1)) * 0x1p-53; }

/* normal_ on a contiguous tensor of n >= 16 elements: blocks of 16. The cached normal is neither read nor written. */
void k_normal_f32(ct_rng *rng, float *out, int64_t n, double mean, double std);
void k_normal_half(ct_rng *rng, ct_dtype half, char *out, int64_t n, double mean, double std);
void k_normal_f64(ct_rng *rng, double *out, int64_t n, double mean, double std);

/* What random_() and randint draw. 1. random_(): k_draw_any. 2. random_(from, to), randint: in float dtypes from and
 * to move inwards to values the dtype can hold (k_random_from, k_random_to), then k_draw_between(from, to - 1).
 * 3. random_(from, None): k_draw_between(k_random_from(dtype, from), k_random_top(dtype)); but with from = INT64_MIN
 * k_draw_between(INT64_MIN, INT64_MAX), which only int64 and the float dtypes take. */
k_draw k_draw_any(ct_rng *rng, ct_dtype dtype);
k_draw k_draw_between(ct_rng *rng, int64_t first, int64_t last); /* first <= last, both included */
int64_t k_random_top(ct_dtype dtype);                            /* largest of the dtype; 2^digits for floats */
int64_t k_random_from(ct_dtype dtype, int64_t from);
int64_t k_random_to(ct_dtype dtype, int64_t to);

/* randperm(n) into out[0], out[stride], ...; stride in bytes. n fits the dtype. */
void k_randperm(ct_rng *rng, ct_dtype dtype, char *out, int64_t stride, int64_t n);

/* multinomial(replacement=True) of two samples and more, one row: `samples` indices of `categories` weights (finite,
 * >= 0, with a positive sum). `sums` is scratch for `categories` values. Strides in bytes. */
typedef struct k_weights { const char *data; int64_t stride, categories; void *sums; } k_weights;
void k_multinomial_f32(ct_rng *rng, const k_weights *w, char *out, int64_t stride, int64_t samples);
void k_multinomial_f64(ct_rng *rng, const k_weights *w, char *out, int64_t stride, int64_t samples);
#endif
