/* Images that repeat along a dim: windows see the same, but where borders come in. One run of the places of the result is computed; where it is
 * all there is, the result is computed once, else it is written again and again. */
#include "kernel/conv.h"
#include "kernel/kernel.h"
#include "ops/conv.h"
#include "ops/dispatch.h"
#include "ops/spread.h"

int64_t conv_border(const shape *s, bool transposed, int64_t d, int64_t kernel)
{
    int64_t reach = conv_span(s, d, kernel) - 1 - s->pad[d];
    return transposed ? (reach > 0 ? reach : 0) : (s->pad[d] + s->stride[d] - 1) / s->stride[d];
}
int64_t conv_runs(const shape *s, bool transposed, int64_t d, int64_t in, int64_t kernel, int64_t out)
{
    int64_t room = in + s->pad[d] - conv_span(s, d, kernel), end = transposed ? (in - 1) * s->stride[d] - s->pad[d] + 1 : room < 0 ? 0 : room / s->stride[d] + 1;
    int64_t inside = (end < out ? end : out) - conv_border(s, transposed, d, kernel);
    return inside > 0 ? inside / conv_period(s, transposed, d) : 0;
}
static int64_t left_out(const call *c, int64_t d) { return c->n_param > CONV_RUNS ? c->param[CONV_RUNS + d] - 1 : 0; }
static int64_t written_again(const call *c, int64_t d) { return c->once_out >> (d + 2) & 1 ? 0 : left_out(c, d); }
/* How often each run is there along the dims in which the images repeat. Dims whose runs are all of the result are computed once. */
int conv_keep_runs(call *c, const shape *s, bool transposed, const array *x, const array *w, const int64_t *size)
{
    int64_t runs[SPATIAL], numel, most = 1;
    if (CT_LIKELY(array_is_plain(x) || !array_repeats(x)))
        return 0;
    if (layout_check_numel(c->op->name, x->ndim, size, &numel) < 0)
        return -1;
    for (int64_t d = 0; d < s->nd && spread_worth((ct_dtype)x->dtype, numel); d++) {
        runs[d] = array_stride(x)[d + 2] == 0 ? conv_runs(s, transposed, d, array_size(x)[d + 2], array_size(w)[d + 2], size[d + 2]) : 1;
        runs[d] = runs[d] < 2 ? 1 : runs[d];
        c->once_out |= (uint64_t)(runs[d] == size[d + 2] && runs[d] > 1) << (d + 2);
        most = runs[d] > most ? runs[d] : most;
    }
    for (int64_t d = 0; d < s->nd && most > 1; d++)
        keep_param(c, runs[d]);
    return 0;
}
/* Images without the places of all runs but one. */
int conv_one_run(call *c, const shape *s, bool transposed)
{
    layout l;
    if (c->n_param == CONV_RUNS)
        return 0;
    array_held_layout(c->ia[0], &l);
    for (int64_t d = 0; d < s->nd; d++)
        l.size[d + 2] -= left_out(c, d) * conv_step(s, transposed, d);
    return in_view(c, 0, &l);
}
/* The result of these, of sizes `made`; the bytes it takes where it is not all of the output. */
int64_t conv_result_of_one(const call *c, const shape *s, bool transposed, k_conv *k)
{
    int64_t *made = (transposed ? k->in : k->out) + SPATIAL - s->nd, *batch = transposed ? &k->x_batch : &k->y_batch, channels = array_size(c->oa[0])[1];
    bool all = true;
    for (int64_t d = 0; d < s->nd; d++) {
        int64_t again = written_again(c, d);
        all &= !again;
        made[d] = again == left_out(c, d) ? made[d] - again * conv_period(s, transposed, d) : 1;
    }
    if (all)
        return 0;
    *batch = channels * layout_numel((int)s->nd, made);
    return ((c->once_out & 1 ? 1 : k->batch) * *batch * dtype_bytes(k->dtype) + 63) / 64 * 64;
}
/* `made`, row-major, to the output: along each dim what is before the run, the run again and again, what is behind. */
void conv_repeat_runs(const call *c, const shape *s, bool transposed, const k_conv *k, const char *made)
{
    const int64_t *size = (transposed ? k->in : k->out) + SPATIAL - s->nd, *stride = array_stride(c->oa[0]);
    int64_t item = dtype_bytes(k->dtype), pieces = 1;
    for (int64_t d = 0; d < s->nd; d++)
        pieces *= 3;
    for (int64_t piece = 0; piece < pieces; piece++) {
        k_nd nd = {.ndim = 2, .nop = 2, .data = {array_data(c->oa[0]), (char *)made}, .size = {k->batch, array_size(c->oa[0])[1]}};
        int64_t step = item, which = piece;
        for (int64_t d = s->nd - 1; d >= 0; step *= size[d--], which /= 3) {
            int64_t period = conv_period(s, transposed, d), again = written_again(c, d), border = again ? conv_border(s, transposed, d, k->kernel[SPATIAL - s->nd + d]) : size[d];
            int64_t from[4] = {0, border, again ? border + period : border, size[d]}, part = which % 3;
            int64_t n[2] = {part == 1 ? again + 1 : 1, from[part + 1] - from[part]}, to[2] = {period * stride[d + 2] * item, stride[d + 2] * item};
            nd.data[0] += (from[part] + (part == 2 ? again * period : 0)) * to[1];
            nd.data[1] += from[part] * step;
            for (int i = 0; i < 2; i++) {
                nd.size[nd.ndim] = n[i];
                nd.stride[0][nd.ndim] = to[i];
                nd.stride[1][nd.ndim++] = i ? step : 0;
            }
        }
        if (!layout_numel(nd.ndim, nd.size))
            continue;
        nd.stride[0][0] = stride[0] * item;
        nd.stride[0][1] = stride[1] * item;
        nd.stride[1][1] = step;
        nd.stride[1][0] = step * nd.size[1];
        k_copy(&nd, K->cast[k->dtype][k->dtype], item);
    }
}
