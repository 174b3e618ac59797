/* Stable merge sort of places, from the bottom: runs of RUN by insertion, then pairs of runs into scratch and back. */
#include "kernel/sort.h"
#include "kernel/number.h"

enum { RUN = 16 };

#define SORT(D)                                                                                                                  \
    /* Must a stand before b, whatever their order was? */                                                                       \
    static inline bool before_##D(number_##D a, number_##D b, bool descending)                                                   \
    {                                                                                                                            \
        return descending ? a > b || (a != a && b == b) : a < b || (b != b && a == a);                                           \
    }                                                                                                                            \
    static void runs_##D(const stored_##D *row, int64_t n, bool down, int64_t *places)                                           \
    {                                                                                                                            \
        for (int64_t i = 0; i < n; i++) {                                                                                        \
            number_##D x = load_##D(row[i]);                                                                                     \
            int64_t at = i, first = i - i % RUN;                                                                                 \
            for (; at > first && before_##D(x, load_##D(row[places[at - 1]]), down); at--)                                       \
                places[at] = places[at - 1];                                                                                     \
            places[at] = i;                                                                                                      \
        }                                                                                                                        \
    }                                                                                                                            \
    static void merge_##D(const stored_##D *row, bool down, const int64_t *a, int64_t m, const int64_t *b, int64_t n, int64_t *to) \
    {                                                                                                                            \
        while (m && n) {                                                                                                         \
            bool second = before_##D(load_##D(row[*b]), load_##D(row[*a]), down);                                                \
            *to++ = second ? *b++ : *a++;                                                                                        \
            n -= second;                                                                                                         \
            m -= !second;                                                                                                        \
        }                                                                                                                        \
        for (; m; m--)                                                                                                           \
            *to++ = *a++;                                                                                                        \
        for (; n; n--)                                                                                                           \
            *to++ = *b++;                                                                                                        \
    }                                                                                                                            \
    static void sort_##D(const stored_##D *row, int64_t n, bool down, int64_t *places, int64_t *scratch)                         \
    {                                                                                                                            \
        int64_t *from = places, *to = scratch;                                                                                   \
        runs_##D(row, n, down, places);                                                                                          \
        for (int64_t width = RUN; width < n; width *= 2) {                                                                       \
            for (int64_t i = 0; i < n; i += 2 * width) {                                                                         \
                int64_t m = n - i < width ? n - i : width, rest = n - i - m < width ? n - i - m : width;                         \
                merge_##D(row, down, from + i, m, from + i + m, rest, to + i);                                                   \
            }                                                                                                                    \
            int64_t *swap = from;                                                                                                \
            from = to;                                                                                                           \
            to = swap;                                                                                                           \
        }                                                                                                                        \
        for (int64_t i = 0; from != places && i < n; i++)                                                                        \
            places[i] = from[i];                                                                                                 \
    }
SORT(BOOL)
SORT(U8)
SORT(I32)
SORT(I64)
SORT(F16)
SORT(BF16)
SORT(F32)
SORT(F64)

void k_sort_places(ct_dtype dtype, const void *row, int64_t n, bool descending, int64_t *places, int64_t *scratch)
{
    switch (dtype) {
    case DT_BOOL: sort_BOOL(row, n, descending, places, scratch); break;
    case DT_U8: sort_U8(row, n, descending, places, scratch); break;
    case DT_I32: sort_I32(row, n, descending, places, scratch); break;
    case DT_I64: sort_I64(row, n, descending, places, scratch); break;
    case DT_F16: sort_F16(row, n, descending, places, scratch); break;
    case DT_BF16: sort_BF16(row, n, descending, places, scratch); break;
    case DT_F32: sort_F32(row, n, descending, places, scratch); break;
    default: sort_F64(row, n, descending, places, scratch); break;
    }
}
