/* conv: what the maps of convolutions (conv.c), their gradients (conv_grad.c) and what users call (convs.c) share. */
#ifndef CT_OPS_CONV_H
#define CT_OPS_CONV_H
#include "ops/spread.h"

enum { SPATIAL = 3 };
/* What all of these ops take besides tensors, and keep in their nodes. */
typedef struct shape { int64_t nd, groups, stride[SPATIAL], pad[SPATIAL], dilation[SPATIAL]; } shape;
enum { SHAPE_PARAMS = sizeof(shape) / sizeof(int64_t) };

int conv_ints(const call *c, const arg *a, const char *name, int64_t nd, int64_t *to); /* one number, or one a dim */
int conv_range(const call *c, int64_t n, const int64_t *values); /* whatever fits into 31 bits can be multiplied and added up */
/* Places that a kernel reaches over. */
static inline int64_t conv_span(const shape *s, int64_t d, int64_t kernel) { return s->dilation[d] * (kernel - 1) + 1; }
/* Along a dim of `in` places that are all the same, the `out` places of the result that no border reaches are, in runs of conv_period: those
 * behind conv_border. Less than two runs: nothing to save. Without a run the images lack conv_step places. */
static inline int64_t conv_period(const shape *s, bool transposed, int64_t d) { return transposed ? s->stride[d] : 1; }
static inline int64_t conv_step(const shape *s, bool transposed, int64_t d) { return transposed ? 1 : s->stride[d]; }
int64_t conv_border(const shape *s, bool transposed, int64_t d, int64_t kernel);
int64_t conv_runs(const shape *s, bool transposed, int64_t d, int64_t in, int64_t kernel, int64_t out);
enum { CONV_RUNS = SHAPE_PARAMS + 1 /* number of the parameters of a convolution; behind them the runs of each dim, if there are any to save */ };
/* Groups that are all one: equal channels of images, and weights that are the same for each of the result's (transposed: and of what is convolved). */
static inline bool conv_equal_images(const array *x) { return x && still_dims(x, x->ndim) >> 1 & 1; }
static inline bool conv_equal_weights(const array *w, bool transposed)
{
    uint64_t all = transposed ? 3 : 1;
    return w && (still_dims(w, w->ndim) & all) == all;
}
struct k_conv;
int conv_keep_runs(call *c, const shape *s, bool transposed, const array *x, const array *w, const int64_t *size);
int conv_one_run(call *c, const shape *s, bool transposed);
int64_t conv_result_of_one(const call *c, const shape *s, bool transposed, struct k_conv *k);
void conv_repeat_runs(const call *c, const shape *s, bool transposed, const struct k_conv *k, const char *made);
int convolution_grad(scope *s, node *n, T const *g, T *out);
int conv_input_grad(scope *s, node *n, T const *g, T *out);
int conv_weight_grad(scope *s, node *n, T const *g, T *out);
uint64_t convolution_takes(node *n);
static inline const char *conv_text(const array *a, char *buffer) { return layout_text(a->ndim, array_size(a), buffer, 200); }
#endif
