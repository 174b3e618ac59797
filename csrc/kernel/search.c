/* Search by halves, with PyTorch's questions in PyTorch's order, so that rows which are in no order, or hold NaN, give its places; some values
 * at once, so that none waits for the memory of another. */
#include "kernel/search.h"

enum { AT_ONCE = 8 };

/* `many` numbers from place `at` on are undecided; those before are counted. At the end of the row none are, and the last one is read for nothing. */
#define SEARCH(name, T, stays)                                                                             \
    static void search_##name(const T *row, int64_t n, const T *values, int64_t m, int64_t *places)        \
    {                                                                                                      \
        T x[AT_ONCE];                                                                                      \
        int64_t at[AT_ONCE], many[AT_ONCE];                                                                \
        for (int j = 0; j < AT_ONCE; j++) {                                                                \
            x[j] = values[j < m ? j : m - 1];                                                              \
            at[j] = 0;                                                                                     \
            many[j] = n;                                                                                   \
        }                                                                                                  \
        for (int64_t most = n; most > 0; most /= 2)                                                        \
            for (int j = 0; j < AT_ONCE; j++) {                                                            \
                int64_t half = many[j] >> 1;                                                               \
                bool past = many[j] > 0 && !(row[at[j] + half - (at[j] == n)] stays x[j]);                 \
                at[j] += past ? half + 1 : 0;                                                              \
                many[j] = past ? many[j] - half - 1 : half;                                                \
            }                                                                                              \
        for (int j = 0; j < AT_ONCE && j < m; j++)                                                         \
            places[j] = at[j];                                                                             \
    }
#define OVER(T)                                                                                            \
    SEARCH(left_##T, T, >=)                                                                                \
    SEARCH(right_##T, T, >)                                                                                \
    static void over_##T(const T *row, int64_t n, const T *values, int64_t m, bool right, int64_t *places) \
    {                                                                                                      \
        for (int64_t i = 0; i < m; i += AT_ONCE)                                                           \
            (right ? search_right_##T : search_left_##T)(row, n, values + i, m - i, places + i);           \
    }
OVER(int32_t)
OVER(int64_t)
OVER(float)
OVER(double)

void k_search(ct_dtype dtype, const void *row, int64_t n, const void *values, int64_t m, bool right, int64_t *places)
{
    switch (dtype) {
    case DT_I32: over_int32_t(row, n, values, m, right, places); break;
    case DT_I64: over_int64_t(row, n, values, m, right, places); break;
    case DT_F32: over_float(row, n, values, m, right, places); break;
    default: over_double(row, n, values, m, right, places); break;
    }
}
