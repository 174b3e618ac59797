/* fused: loops of a product and a sum that are rounded once, whichever instructions the machine has. */
#ifndef CT_FUSED_H
#define CT_FUSED_H
#include <stdint.h>

typedef enum k_fused_kind {
    FUSED_SCALED,     /* out, x, y: x + k y */
    FUSED_MULTIPLIED, /* out, x, y, z: x + (k y) z */
    FUSED_DIVIDED,    /* out, x, y, z: x + (k y) / z, in steps; floats only */
    FUSED_LERP,       /* out, x, y, z: x + z (y - x), counted from the nearer end; floats only */
    FUSED_MASKED,     /* out, x, bytes: k x where the byte is 1, 0 x where it is 0; floats only */
    FUSED_SMOOTH_L1,  /* out, x, y: with d = |x - y|: d d / 2 / k below k, d - k / 2 from there on; float32 and float64 */
    FUSED_HUBER,      /* out, x, y: d d / 2 up to k, k (d - k / 2) beyond; float32 and float64 */
    FUSED_COUNT
} k_fused_kind;

/* What param points to: k, as floats and as integers read it. */
typedef struct k_factor { double f; int64_t i; bool wide; /* beside halves, the last operand is float32 */ } k_factor;

#endif
