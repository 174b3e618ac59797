/* number_D: what an element of dtype D is computed as: itself, but float32 for halves. load_D and store_D go between the two, so
 * that a text over them holds for every dtype. */
#ifndef CT_NUMBER_H
#define CT_NUMBER_H
#include "base/half.h"
#if defined(__F16C__)
#include <immintrin.h>
#define WIDEN_F16 _cvtsh_ss
#define NARROW_F16(x) _cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT)
#else
#define WIDEN_F16 half_to_float
#define NARROW_F16 half_from_float
#endif

#define NUMBER(D, S, T, in, out)                                 \
    typedef S stored_##D;                                        \
    typedef T number_##D;                                        \
    static inline T load_##D(S x) { return in(x); }              \
    static inline S store_##D(T x) { return out(x); }
NUMBER(BOOL, uint8_t, uint8_t, , )
NUMBER(U8, uint8_t, uint8_t, , )
NUMBER(I32, int32_t, int32_t, , )
NUMBER(I64, int64_t, int64_t, , )
NUMBER(F16, uint16_t, float, WIDEN_F16, NARROW_F16)
NUMBER(BF16, uint16_t, float, bfloat_to_float, bfloat_from_float)
NUMBER(F32, float, float, , )
NUMBER(F64, double, double, , )
#undef NUMBER
#undef WIDEN_F16
#undef NARROW_F16
#endif
