/* The loops of dense.h for both dtypes. */
#include "kernel/dense.h"
#include <float.h>
#include <math.h>

#define T float
#define NAME(x) k_dense_f_##x
#define ABS fabsf
#define SQRT sqrtf
#define LEAST FLT_MIN
#define EPS FLT_EPSILON
#include "kernel/dense.inc"
#undef T
#undef NAME
#undef ABS
#undef SQRT
#undef LEAST
#undef EPS

#define T double
#define NAME(x) k_dense_d_##x
#define ABS fabs
#define SQRT sqrt
#define LEAST DBL_MIN
#define EPS DBL_EPSILON
#include "kernel/dense.inc"
