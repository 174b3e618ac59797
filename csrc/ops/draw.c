/* draw_places (hidden): where draws fall among weights. Args self, the weights (rows, n), floats of 4 or 8 bytes; draws (rows, k), float64 in [0, 1).
 * The first place whose running sum, divided by that of all and 1 at the end, is not less than the draw: PyTorch's multinomial. */
#include "ops/dispatch.h"
#include <string.h>

enum { ROWS = 4 }; /* sums of so many rows run side by side: one addition waits for another */

static int draw_rule(call *c)
{
    const array *w = c->in[0]->a, *u = c->in[1]->a;
    if (w->ndim != 2 || u->ndim != 2 || array_size(w)[0] != array_size(u)[0] || array_size(w)[1] < 1)
        return ct_fail(CT_RUNTIME, "draw_places: weights and draws have to be matrices of as many rows");
    if ((w->dtype != DT_F32 && w->dtype != DT_F64) || u->dtype != DT_F64)
        return ct_fail(CT_NOTIMPL, "draw_places: weights of %s, draws of %s", dtype_name(w->dtype), dtype_name(u->dtype));
    if (in_contiguous(c, 0) < 0 || in_contiguous(c, 1) < 0)
        return -1;
    c->work = w->numel;
    if (!ct_mul(array_size(w)[1], ROWS * (int64_t)sizeof(double), &c->scratch_bytes))
        return ct_fail(CT_RUNTIME, "draw_places: too many weights");
    return out_new(c, 0, DT_I64, 2, array_size(u));
}
#define DRAW(T)                                                                                             \
    static void sums_##T(const T *w, int64_t n, int64_t rows, T *sums)                                      \
    {                                                                                                       \
        T sum[ROWS] = {0};                                                                                  \
        const T *row[ROWS];                                                                                 \
        _Pragma("GCC unroll 4") for (int r = 0; r < ROWS; r++)                                              \
            row[r] = w + (r < rows ? r : 0) * n;                                                            \
        for (int64_t i = 0; i < n; i++)                                                                     \
            _Pragma("GCC unroll 4") for (int r = 0; r < ROWS; r++)                                          \
                sums[r * n + i] = sum[r] += row[r][i];                                                      \
    }                                                                                                       \
    static int64_t place_##T(const T *sums, int64_t n, double draw)                                         \
    {                                                                                                       \
        int64_t low = 0, high = n - 1; /* the last holds all that is left */                                \
        while (low < high) {                                                                                \
            int64_t middle = low + (high - low) / 2;                                                        \
            T share = sums[middle] / sums[n - 1];                                                           \
            if ((double)share < draw)                                                                       \
                low = middle + 1;                                                                           \
            else                                                                                            \
                high = middle;                                                                              \
        }                                                                                                   \
        return low;                                                                                         \
    }                                                                                                       \
    static void draw_##T(const call *c, int64_t rows, int64_t n, int64_t k)                                 \
    {                                                                                                       \
        const T *w = (const T *)array_data(c->ia[0]);                                                       \
        const double *draws = (const double *)array_data(c->ia[1]);                                         \
        T *sums = c->scratch;                                                                               \
        int64_t *places = (int64_t *)array_data(c->oa[0]);                                                  \
        for (int64_t row = 0; row < rows; row += ROWS) {                                                    \
            int64_t left = rows - row < ROWS ? rows - row : ROWS;                                           \
            sums_##T(w + row * n, n, left, sums);                                                           \
            for (int64_t i = 0; i < left * k; i++)                                                          \
                places[row * k + i] = place_##T(sums + i / k * n, n, draws[row * k + i]);                   \
        }                                                                                                   \
    }
DRAW(float)
DRAW(double)
static void draw_kernel(call *c)
{
    int64_t rows = array_size(c->ia[0])[0], n = array_size(c->ia[0])[1], k = array_size(c->ia[1])[1];
    (c->ia[0]->dtype == DT_F32 ? draw_float : draw_double)(c, rows, n, k);
}
const op op_draw_places = {.name = "_draw_places", .sig = "(Tensor self, Tensor draws)", .flags = OP_HIDDEN | OP_FUNCTION | OP_NO_GRAD, .run = op_block, .shape = draw_rule,
    .kernel = draw_kernel, .doc = "For each draw of [0, 1) the first place of its row whose share of the running sum of weights is not less."};
