/* half: one float16 or bfloat16 to float32 and back. Portable; the same bits as the instructions that convert (F16C, AVX-512):
 * to the nearest, of two the even one; infinities stay; a NaN stays one, of bfloat16 always 0x7fc0. */
#ifndef CT_HALF_H
#define CT_HALF_H
#include <stdint.h>
#include <string.h>

static inline uint32_t half_bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline float half_float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The exponent moves from bias 15 to 127; the largest one (inf, NaN) on to the largest; below the normal ones (exponent 0) a
 * number is what exceeds 2^-14. Every case is computed and one taken, so that loops of these have no branch. */
static inline float half_to_float(uint16_t half)
{
    uint32_t size = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t normal = size + (112u << 23), special = size + (224u << 23);
    uint32_t quiet = special & 0x7fffff ? special | 0x400000 : special;
    uint32_t tiny = half_bits_of(half_float_of(size + (113u << 23)) - 0x1p-14f);
    uint32_t bits = size >= 0x7c00u << 13 ? quiet : size < 0x400u << 13 ? tiny : normal;
    return half_float_of(bits | sign);
}

static inline uint16_t half_from_float(float x)
{
    uint32_t bits = half_bits_of(x), size = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;
    uint32_t normal = (size - (112u << 23) + 0xfff + (size >> 13 & 1)) >> 13;
    uint32_t tiny = half_bits_of(half_float_of(size) + 0.5f) - half_bits_of(0.5f); /* 0.5 has 2^-24 as its last place */
    uint32_t special = size > 0x7f800000 ? 0x7e00 | (size >> 13 & 0x3ff) : 0x7c00;
    return (uint16_t)((size >= 0x47800000 ? special : size < 0x38800000 ? tiny : normal) | sign);
}

static inline float bfloat_to_float(uint16_t half) { return half_float_of((uint32_t)half << 16); }

static inline uint16_t bfloat_from_float(float x)
{
    uint32_t bits = half_bits_of(x);
    return x != x ? 0x7fc0 : (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#endif
