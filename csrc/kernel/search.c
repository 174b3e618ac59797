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
                /* By masks: of a select the compiler makes a branch, guessed wrong every other time. */   \
                int64_t past = -(int64_t)((many[j] > 0) & !(row[at[j] + half - (at[j] == n)] stays x[j])); \
                at[j] += past & (half + 1);                                                                \
                many[j] = half + (past & (many[j] - 2 * half - 1));                                        \
            }                                                                                              \
        for (int j = 0; j < AT_ONCE && j < m; j++)                                                         \
            places[j] = at[j];                                                                             \
    }
/* Of a row in order, 0 < n, where all questions have the same answers: of n places the last half is kept or left, for all values alike. */
#define HALVES(name, T, stays)                                                                             \
    static void halves_##name(const T *row, int64_t n, const T *values, int64_t m, int64_t *places)        \
    {                                                                                                      \
        int64_t at[AT_ONCE] = {0};                                                                         \
        T x[AT_ONCE];                                                                                      \
        for (int j = 0; j < AT_ONCE; j++)                                                                  \
            x[j] = values[j < m ? j : m - 1];                                                              \
        for (int64_t half; n > 1; n -= half) {                                                             \
            half = n / 2;                                                                                  \
            for (int j = 0; j < AT_ONCE; j++)                                                              \
                at[j] += half & -(int64_t)!(row[at[j] + half - 1] stays x[j]);                             \
        }                                                                                                  \
        for (int j = 0; j < AT_ONCE && j < m; j++)                                                         \
            places[j] = at[j] + !(row[at[j]] stays x[j]);                                                  \
    }
#define OVER(T)                                                                                            \
    SEARCH(left_##T, T, >=)                                                                                \
    SEARCH(right_##T, T, >)                                                                                \
    HALVES(left_##T, T, >=)                                                                                \
    HALVES(right_##T, T, >)                                                                                \
    static bool in_order_##T(const T *row, int64_t n)                                                      \
    {                                                                                                      \
        int beyond = 0;                                                                                    \
        for (int64_t i = 0; i + 1 < n; i++)                                                                \
            beyond |= !(row[i] <= row[i + 1]);                                                             \
        return n > 1 && !beyond;                                                                           \
    }                                                                                                      \
    static void over_##T(const T *row, int64_t n, const T *values, int64_t m, bool right, int64_t *places) \
    {                                                                                                      \
        const bool ordered = n <= 16 * m && in_order_##T(row, n);                                          \
        for (int64_t i = 0; i < m; i += AT_ONCE)                                                           \
            if (ordered)                                                                                   \
                (right ? halves_right_##T : halves_left_##T)(row, n, values + i, m - i, places + i);       \
            else                                                                                           \
                (right ? search_right_##T : search_left_##T)(row, n, values + i, m - i, places + i);       \
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
