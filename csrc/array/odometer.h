/* odometer: visits every index of a shape in row-major order, with the place (in elements) that strides give it. */
#ifndef CT_ODOMETER_H
#define CT_ODOMETER_H
#include "array/layout.h"

typedef struct odometer {
    int ndim;
    bool left;                     /* false when every index has been visited */
    int64_t place, at[CT_MAXDIM];
    const int64_t *size, *stride;  /* borrowed */
} odometer;

static inline void odometer_start(odometer *o, int ndim, const int64_t *size, const int64_t *stride)
{
    o->ndim = ndim;
    o->size = size;
    o->stride = stride;
    o->place = 0;
    o->left = true;
    o->at[0] = 0; /* without dimensions too: the one element of a scalar counts as the first of a vector of one */
    for (int d = 0; d < ndim; d++) {
        o->at[d] = 0;
        o->left &= size[d] != 0;
    }
}

static inline void odometer_next(odometer *o)
{
    for (int d = o->ndim - 1; d >= 0; d--) {
        o->place += o->stride[d];
        if (++o->at[d] < o->size[d])
            return;
        o->place -= o->stride[d] * o->size[d];
        o->at[d] = 0;
    }
    o->left = false;
}
#endif
