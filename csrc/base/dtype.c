/* The dtype rows as data, the default dtype, promotion. */
#include "base/dtype.h"
#include <stddef.h>

#define I64 DT_I64
#define F32 DT_F32
#define F64 DT_F64
const dtype_info ct_dtypes[DT_COUNT] = {
#define DTYPE(id, ctype, name, alias, cls, format, numpy, sum) \
    [DT_##id] = {name, alias, format, numpy, (int64_t)sizeof(ctype), cls, sum},
#include "table/dtype.def"
#undef DTYPE
};
#undef I64
#undef F32
#undef F64

static ct_dtype default_dtype = DT_F32;
ct_dtype dtype_default(void) { return default_dtype; }
void dtype_set_default(ct_dtype d) { default_dtype = d; }

/* The rows stand in promotion order: of two dtypes the later one holds both. (int8 with uint8 would
 * be the first pair that needs a third; there is no int8 yet.) */
ct_dtype dtype_promote(ct_dtype a, ct_dtype b) { return a > b ? a : b; }
