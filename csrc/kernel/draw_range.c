/* What randint and random_ draw from: the range as the dtype can hold it. */
#include "base/half.h"
#include "kernel/random.h"
#include "kernel/scalar.h"

int64_t k_random_top(ct_dtype dtype)
{
    switch (dtype) {
    case DT_BOOL: return 1;
    case DT_U8: return UINT8_MAX;
    case DT_I32: return INT32_MAX;
    case DT_F16: return 1 << 11;
    case DT_BF16: return 1 << 8;
    case DT_F32: return (int64_t)1 << 24;
    case DT_F64: return (int64_t)1 << 53;
    default: return INT64_MAX;
    }
}

/* 0 ... top of the dtype. int64 and float64 take 64 bits, the others 32, whatever the size of the range. */
k_draw k_draw_any(ct_rng *rng, ct_dtype dtype)
{
    return (k_draw){.rng = rng, .range = (uint64_t)k_random_top(dtype) + 1, .wide = dtype == DT_I64 || dtype == DT_F64};
}

/* 32 bits serve up to 2^28 - 1 values, which bounds the bias of the remainder. All of int64 is the word itself, as a
 * signed number, without an offset. */
k_draw k_draw_between(ct_rng *rng, int64_t first, int64_t last)
{
    uint64_t range = (uint64_t)last - (uint64_t)first + 1;
    return (k_draw){.rng = rng, .low = range ? first : 0, .range = range, .wide = range == 0 || range >= (uint64_t)1 << 28};
}

/* Bits of |v|, less one. */
static int log2_of(int64_t v)
{
    uint64_t size = v < 0 ? -(uint64_t)v : (uint64_t)v;
    return size ? 63 - __builtin_clzll(size) : 0;
}

/* v as the dtype rounds it; 2^63 becomes INT64_MIN. */
static int64_t rounded(ct_dtype dtype, int64_t v)
{
    switch (dtype) {
    case DT_F16: return to_i64_F32(half_to_float(half_from_float((float)v)));
    case DT_BF16: return to_i64_F32(bfloat_to_float(bfloat_from_float((float)v)));
    case DT_F32: return to_i64_F32((float)v);
    default: return to_i64_F64((double)v);
    }
}

static int digits(ct_dtype dtype) { return dtype == DT_F16 ? 11 : dtype == DT_BF16 ? 8 : dtype == DT_F32 ? 24 : 53; }

int64_t k_random_from(ct_dtype dtype, int64_t from)
{
    if (!dtype_is_float(dtype) || from == INT64_MAX || rounded(dtype, from + 1) >= from)
        return from;
    return rounded(dtype, from + 1) + ((int64_t)1 << (log2_of(from + 1) - digits(dtype) + 1));
}

int64_t k_random_to(ct_dtype dtype, int64_t to)
{
    if (!dtype_is_float(dtype) || to == INT64_MIN || rounded(dtype, to - 1) < to)
        return to;
    return rounded(dtype, to - 1) - ((int64_t)1 << (log2_of(to - 1) - digits(dtype) + 1));
}
