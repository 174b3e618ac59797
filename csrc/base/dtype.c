/* The dtype rows as data, the default dtype, promotion. */
#include "base/dtype.h"
#include <float.h>
#include <stddef.h>

#define I64 DT_I64
#define F16 DT_F16
#define BF16 DT_BF16
#define F32 DT_F32
#define F64 DT_F64
const dtype_info ct_dtypes[DT_COUNT] = {
#define DTYPE(id, ctype, name, alias, cls, format, numpy, sum, title, cxx) \
    [DT_##id] = {name, alias, format, numpy, (int64_t)sizeof(ctype), cls, sum, title, cxx},
#include "table/dtype.def"
#undef DTYPE
};
#undef I64
#undef F16
#undef BF16
#undef F32
#undef F64

static ct_dtype default_dtype = DT_F32;
ct_dtype dtype_default(void) { return default_dtype; }
void dtype_set_default(ct_dtype d) { default_dtype = d; }

double dtype_largest(ct_dtype d) { return d == DT_F16 ? 65504 : d == DT_BF16 ? 0x1.fep127 : d == DT_F32 ? FLT_MAX : DBL_MAX; }

/* The rows stand in promotion order: of two dtypes the later one holds both, but for the two halves: neither holds the other. */
ct_dtype dtype_promote(ct_dtype a, ct_dtype b)
{
    if ((a == DT_F16 && b == DT_BF16) || (a == DT_BF16 && b == DT_F16))
        return DT_F32;
    return a > b ? a : b;
}
