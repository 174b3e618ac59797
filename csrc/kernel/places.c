/* Elements read, written and joined at the places of indices, and the check of these. */
#include "kernel/places.h"
#include "kernel/number.h"
#include <stdatomic.h>
#include <string.h>

typedef uint8_t word_1;
typedef uint16_t __attribute__((may_alias)) word_2;
typedef uint32_t __attribute__((may_alias)) word_4;
typedef uint64_t __attribute__((may_alias)) word_8;
typedef word_4 __attribute__((vector_size(16), aligned(1), may_alias)) words_4; /* stores, not loads, are what picking waits for */

static inline int64_t index_at(const char *p, int64_t size)
{
    int64_t at = *(const int64_t *)p;
    return at + (size & at >> 63);
}
/* Bytes from the place of index 0 at step i. */
static inline int64_t offset_at(char *const *index, const int64_t *s, int64_t i, const k_places *k)
{
    int64_t offset = 0;
    for (int j = 0; j < k->n; j++)
        offset += index_at(index[j] + i * s[j], k->size[j]) * k->stride[j];
    return offset;
}
static inline bool one_place(const int64_t *s, const k_places *k)
{
    for (int j = 0; j < k->n; j++)
        if (s[j])
            return false;
    return true;
}

/* BODY(offset) is done at every step, for the operands at a and b. Of one adjacent index into adjacent elements the address is one instruction's. */
#define EACH_STEP for (int64_t i = 0; i < n; i++, a += a_step, b += b_step)
#define AT_PLACES(item, BODY)                                              \
    {                                                                      \
        char *a = p[0], *b = p[1];                                         \
        const int64_t a_step = s[0], b_step = s[1];                        \
        if (k->n == 1 && s[2] == sizeof(int64_t)) {                        \
            const char *index = p[2];                                      \
            const int64_t size = k->size[0], stride = k->stride[0];        \
            if (!size && stride == (item))                                 \
                _Pragma("GCC unroll 4")                                    \
                EACH_STEP BODY(((const int64_t *)index)[i] * (item))       \
            else if (!size)                                                \
                EACH_STEP BODY(((const int64_t *)index)[i] * stride)       \
            else                                                           \
                EACH_STEP BODY(index_at(index + i * 8, size) * stride)     \
        } else                                                             \
            EACH_STEP BODY(offset_at(p + 2, s + 2, i, k))                  \
    }

/* One row, picked from by adjacent indices that count from its front: what most calls want, and nothing but loads and stores. */
static inline bool picks_from_row(const int64_t *s, const k_places *k, int64_t item)
{
    return k->n == 1 && !k->size[0] && k->stride[0] == item && s[0] == item && s[1] == 0 && s[2] == sizeof(int64_t);
}
#define READ_BODY(offset) W(a) = W(b + (offset));
#define WRITE_BODY(offset) { int64_t o = offset; W(a + o) = W(b); }
#define MOVE(size)                                                                                         \
    static void pick_##size(word_##size *restrict to, const word_##size *restrict row, const int64_t *restrict index, int64_t n) \
    {                                                                                                      \
        int64_t i = 0;                                                                                     \
        for (; size == 4 && i + 4 <= n; i += 4)                                                            \
            *(words_4 *)(to + i) = (words_4){(word_4)row[index[i]], (word_4)row[index[i + 1]], (word_4)row[index[i + 2]], (word_4)row[index[i + 3]]}; \
        for (; i < n; i++)                                                                                 \
            to[i] = row[index[i]];                                                                         \
    }                                                                                                      \
    static void line_##size(char *to, int64_t to_step, const char *from, int64_t from_step, int64_t n)     \
    {                                                                                                      \
        if (to_step == size && from_step == size)                                                          \
            memcpy(to, from, (size_t)n * size);                                                            \
        else                                                                                               \
            for (int64_t i = 0; i < n; i++)                                                                \
                *(word_##size *)(to + i * to_step) = *(const word_##size *)(from + i * from_step);         \
    }                                                                                                      \
    static void read_##size(char *const *p, const int64_t *s, int64_t n, const void *param)                \
    {                                                                                                      \
        const k_places *k = param;                                                                         \
        if (one_place(s + 2, k))                                                                           \
            line_##size(p[0], s[0], p[1] + offset_at(p + 2, s + 2, 0, k), s[1], n);                        \
        else if (picks_from_row(s, k, size))                                                               \
            pick_##size((word_##size *)p[0], (const word_##size *)p[1], (const int64_t *)p[2], n);         \
        else                                                                                               \
            AT_PLACES(size, READ_BODY)                                                                     \
    }                                                                                                      \
    static void write_##size(char *const *p, const int64_t *s, int64_t n, const void *param)               \
    {                                                                                                      \
        const k_places *k = param;                                                                         \
        if (one_place(s + 2, k))                                                                           \
            line_##size(p[0] + offset_at(p + 2, s + 2, 0, k), s[0], p[1], s[1], n);                        \
        else                                                                                               \
            AT_PLACES(size, WRITE_BODY)                                                                    \
    }
#define W(address) (*(word_1 *)(address))
MOVE(1)
#undef W
#define W(address) (*(word_2 *)(address))
MOVE(2)
#undef W
#define W(address) (*(word_4 *)(address))
MOVE(4)
#undef W
#define W(address) (*(word_8 *)(address))
MOVE(8)
#undef W

static k_loop *by_item(k_loop *const *loops, int64_t item) { return loops[item == 8 ? 3 : item >> 1]; }
k_loop *k_places_read(int64_t item) { return by_item((k_loop *const[]){read_1, read_2, read_4, read_8}, item); }
k_loop *k_places_write(int64_t item) { return by_item((k_loop *const[]){write_1, write_2, write_4, write_8}, item); }

/* ---- joins ------------------------------------------------------------------------------------------------------ */
/* The values of one place: all adjacent, or one after the other where the place does not move. */
static void join_line(k_loop *join, char *to, const int64_t *s, char *from, int64_t n)
{
    if (s[0])
        join((char *[3]){to, to, from}, (int64_t[3]){s[0], s[0], s[1]}, n, NULL);
    for (int64_t i = 0; i < n && !s[0]; i++)
        join((char *[3]){to, to, from + i * s[1]}, (int64_t[3]){0, 0, 0}, 1, NULL);
}
void k_places_join(char *const *p, const int64_t *s, int64_t n, const void *param)
{
    const k_places *k = param;
    if (one_place(s + 2, k)) {
        join_line(k->join, p[0] + offset_at(p + 2, s + 2, 0, k), s, p[1], n);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        char *to = p[0] + i * s[0] + offset_at(p + 2, s + 2, i, k);
        k->join((char *[3]){to, to, p[1] + i * s[1]}, (int64_t[3]){0, 0, 0}, 1, NULL);
    }
}
#define PLAIN_SUM(a, b) a + b
#define WHOLE_SUM_I64(a, b) (int64_t)((uint64_t)a + (uint64_t)b)
#define ADD(D)                                                                                        \
    static void add_##D(char *const *p, const int64_t *s, int64_t n, const void *param)                    \
    {                                                                                                      \
        const k_places *k = param;                                                                         \
        if (one_place(s + 2, k))                                                                           \
            k_places_join(p, s, n, k);                                                                     \
        else                                                                                               \
            AT_PLACES((int64_t)sizeof(stored_##D), ADD_BODY_##D)                                           \
    }
#define ADD_BODY(D, sum, offset)                                                                           \
    {                                                                                                      \
        stored_##D *to = (stored_##D *)(a + (offset));                                                     \
        number_##D x = load_##D(*to), y = load_##D(*(const stored_##D *)b);                                \
        *to = store_##D((number_##D)(sum(x, y)));                                                          \
    }
#define ADD_BODY_I64(offset) ADD_BODY(I64, WHOLE_SUM_I64, offset)
#define ADD_BODY_F16(offset) ADD_BODY(F16, PLAIN_SUM, offset)
#define ADD_BODY_BF16(offset) ADD_BODY(BF16, PLAIN_SUM, offset)
#define ADD_BODY_F32(offset) ADD_BODY(F32, PLAIN_SUM, offset)
#define ADD_BODY_F64(offset) ADD_BODY(F64, PLAIN_SUM, offset)
ADD(I64)
ADD(F16)
ADD(BF16)
ADD(F32)
ADD(F64)
k_loop *k_places_add(ct_dtype dtype)
{
    static k_loop *const loops[DT_COUNT] = {[DT_I64] = add_I64, [DT_F16] = add_F16, [DT_BF16] = add_BF16, [DT_F32] = add_F32, [DT_F64] = add_F64};
    return loops[dtype] ? loops[dtype] : k_places_join;
}

/* ---- the check: of every element the signs of what it exceeds low by, and what high exceeds it by ------------------------------ */
typedef struct bounds { int64_t low, high; atomic_bool beyond; } bounds;
#define WITHIN(type)                                                                                       \
    static void within_##type(char *const *p, const int64_t *s, int64_t n, const void *param)              \
    {                                                                                                      \
        bounds *b = (bounds *)param;                                                                       \
        uint64_t low = (uint64_t)b->low, last = (uint64_t)b->high - 1, signs = 0;                          \
        if (s[0] == sizeof(type))                                                                          \
            for (int64_t i = 0; i < n; i++) {                                                              \
                uint64_t at = (uint64_t)(int64_t)((const type *)p[0])[i];                                  \
                signs |= (at - low) | (last - at);                                                         \
            }                                                                                              \
        else                                                                                               \
            for (int64_t i = 0; i < n; i++) {                                                              \
                uint64_t at = (uint64_t)(int64_t)*(const type *)(p[0] + i * s[0]);                         \
                signs |= (at - low) | (last - at);                                                         \
            }                                                                                              \
        if (signs >> 63)                                                                                   \
            atomic_store(&b->beyond, true);                                                                \
    }
WITHIN(int64_t)
WITHIN(int32_t)

bool k_places_within(k_nd *nd, ct_dtype dtype, int64_t low, int64_t high)
{
    bounds b = {low, high, false};
    k_walk(nd, dtype == DT_I64 ? within_int64_t : within_int32_t, &b);
    return !atomic_load(&b.beyond);
}
