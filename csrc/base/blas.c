/* The BLAS of the process, found when it is first wanted. */
#include "base/blas.h"

ct_blas_calls ct_blas;
void (*ct_blas_find)(void);

void ct_blas_wanted(void)
{
    void (*find)(void) = ct_blas_find;
    ct_blas_find = 0;
    if (find)
        find();
}
