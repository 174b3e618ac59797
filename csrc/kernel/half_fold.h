/* half_fold: reductions of halves: widened tile by tile, folded by float32's planes and lines, each result rounded once. */
#ifndef CT_HALF_FOLD_H
#define CT_HALF_FOLD_H
#include "kernel/kernel.h"

/* k_fold_planes for halves. Results of sums are multiplied by `times` and divided by `divisor` before they are rounded. */
void k_fold_halves(const k_fold *f, ct_dtype half, k_plane_kind kind, double times, double divisor);

#define EACH_LINES_KIND(M, D) M(LINES_MAX, D) M(LINES_MIN, D) M(LINES_VAR, D) M(LINES_STD, D) M(LINES_VAR_ALL, D) \
    M(LINES_STD_ALL, D) M(LINES_NORM, D) M(LINES_NORM_LAST, D)
#define DECLARE(kind, D)                                                                         \
    void half_##kind##_start_##D(k_state *s, const k_fold *f);                                   \
    void half_##kind##_take_##D(k_state *s, const k_line *line, const k_fold *f);                \
    void half_##kind##_join_##D(k_state *s, const k_state *part, const k_fold *f);               \
    void half_##kind##_finish_##D(const k_state *s, char *out, char *out2, const k_fold *f);
EACH_LINES_KIND(DECLARE, F16)
EACH_LINES_KIND(DECLARE, BF16)
#undef DECLARE
#define HALF_LINES(kind, D, in_order) \
    [DT_##D] = {half_##kind##_start_##D, half_##kind##_take_##D, half_##kind##_join_##D, half_##kind##_finish_##D, in_order}
#endif
