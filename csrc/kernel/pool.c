/* Windows. */
#include "kernel/pool.h"
#include <math.h>

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static k_window window_at(const k_pool *p, int d, int64_t o)
{
    int64_t in = p->in[d], step = p->dilation[d];
    if (p->adaptive) {
        int64_t from = o * in / p->out[d], to = ((o + 1) * in + p->out[d] - 1) / p->out[d];
        return (k_window){from, to - from, to - from};
    }
    int64_t from = o * p->stride[d] - p->pad[d], reach = from + (p->kernel[d] - 1) * step + 1, to = smaller(reach, in);
    int64_t extent = smaller(reach, in + p->pad[d]) - from;
    if (from < 0)
        from += (step - 1 - from) / step * step;
    int64_t count = to > from ? (to - from + step - 1) / step : 0;
    return (k_window){from, count, p->count_pad ? extent : count};
}
void k_pool_windows(k_pool *p)
{
    for (int d = 0; d < 3; d++)
        for (int64_t o = 0; o < p->out[d]; o++)
            p->window[d][o] = window_at(p, d, o);
}

static int64_t place_along(const k_pool *p, int d, int64_t o, bool last)
{
    k_window w = window_at(p, d, o);
    return w.from + (last ? (w.count - 1) * (p->adaptive ? 1 : p->dilation[d]) : 0);
}
static int64_t place_moved(const k_pool *p, const k_moved *m, int64_t place, const int64_t *o, bool last)
{
    int64_t to = 0, unit = 1;
    for (int d = 2; d >= 0; d--) {
        int64_t along = place % m->in[d];
        place /= m->in[d];
        if (m->dropped >> d & 1)
            continue;
        to += unit * (m->windows >> d & 1 ? place_along(p, d, o[d], last) : along);
        unit *= p->in[d];
    }
    return to;
}
static bool is_nan(const char *values, int64_t i, ct_dtype dtype)
{
    if (dtype == DT_F64 || dtype == DT_F32)
        return dtype == DT_F64 ? isnan(((const double *)values)[i]) : isnan(((const float *)values)[i]);
    return (((const uint16_t *)values)[i] & 0x7fff) > (dtype == DT_F16 ? 0x7c00 : 0x7f80);
}
void k_pool_places(const k_pool *p, const k_moved *m, const int64_t *found, int64_t *to)
{
    int64_t n = m->to[0] * m->to[1] * m->to[2], have = m->from[0] * m->from[1] * m->from[2], o[3];
    const char *values = m->values;
    for (int64_t i = 0; i < p->planes; i++, found += have, values += values ? have * dtype_bytes(m->dtype) : 0)
        for (int64_t k = 0; k < n; k++, to++) {
            int64_t at = 0, unit = 1, rest = k;
            for (int d = 2; d >= 0; d--) {
                o[d] = rest % m->to[d];
                rest /= m->to[d];
                at += m->from[d] == 1 ? 0 : unit * o[d];
                unit *= m->from[d];
            }
            bool nan = found[at] < 0 || (values && is_nan(values, at, m->dtype));
            int64_t place = place_moved(p, m, found[at] < 0 ? ~found[at] : found[at], o, nan);
            *to = nan && m->told ? ~place : place;
        }
}
