/* Search by halves, as many for every value, so that nothing is guessed; some values at once, so that none waits for the memory of another. */
#include "kernel/search.h"
#include <math.h>

enum { AT_ONCE = 8 };

/* At first `left` numbers from place `at` on are undecided; those before are counted. */
#define SEARCH(name, T, before)                                                                            \
    static void search_##name(const T *row, int64_t n, const T *values, int64_t m, int64_t *places)        \
    {                                                                                                      \
        T x[AT_ONCE];                                                                                      \
        int64_t at[AT_ONCE];                                                                               \
        for (int j = 0; j < AT_ONCE; j++) {                                                                \
            x[j] = values[j < m ? j : m - 1];                                                              \
            at[j] = 0;                                                                                     \
        }                                                                                                  \
        for (int64_t left = n, half; left > 1; left -= half) {                                             \
            half = left / 2;                                                                               \
            for (int j = 0; j < AT_ONCE; j++)                                                              \
                at[j] += half & -(int64_t)(row[at[j] + half - 1] before x[j]);                             \
        }                                                                                                  \
        for (int j = 0; j < AT_ONCE && j < m; j++)                                                         \
            places[j] = at[j] + (n && row[at[j]] before x[j]);                                             \
    }
#define SEARCHES(T) SEARCH(left_##T, T, <) SEARCH(right_##T, T, <=)
SEARCHES(int32_t)
SEARCHES(int64_t)
SEARCHES(float)
SEARCHES(double)

/* NaN is before nothing and nothing but NaN is before it: all numbers that are none stand before the first NaN. */
#define OVER(T, nans)                                                                                      \
    static void over_##T(const T *row, int64_t n, const T *values, int64_t m, bool right, int64_t *places) \
    {                                                                                                      \
        int64_t numbers = n;                                                                               \
        if (nans && !right)                                                                                \
            search_right_##T(row, n, (const T[]){(T)(nans ? INFINITY : 0)}, 1, &numbers);                  \
        for (int64_t i = 0; i < m; i += AT_ONCE)                                                           \
            (right ? search_right_##T : search_left_##T)(row, n, values + i, m - i, places + i);           \
        for (int64_t i = 0; i < m && nans; i++)                                                            \
            places[i] = values[i] != values[i] ? numbers : places[i];                                      \
    }
OVER(int32_t, false)
OVER(int64_t, false)
OVER(float, true)
OVER(double, true)

void k_search(ct_dtype dtype, const void *row, int64_t n, const void *values, int64_t m, bool right, int64_t *places)
{
    switch (dtype) {
    case DT_I32: over_int32_t(row, n, values, m, right, places); break;
    case DT_I64: over_int64_t(row, n, values, m, right, places); break;
    case DT_F32: over_float(row, n, values, m, right, places); break;
    default: over_double(row, n, values, m, right, places); break;
    }
}
