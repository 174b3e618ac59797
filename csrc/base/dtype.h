/* dtype: the rows of table/dtype.def as an enum, their facts, and PyTorch's promotion. */
#ifndef CT_DTYPE_H
#define CT_DTYPE_H
#include <stdbool.h>
#include <stdint.h>

typedef enum ct_dtype {
#define DTYPE(id, ctype, name, alias, class, format, numpy, sum, title, cxx) DT_##id,
#include "table/dtype.def"
#undef DTYPE
    DT_COUNT,
    DT_NONE = 255 /* "not given" in argument lists */
} ct_dtype;

typedef enum ct_class { C_BOOL, C_INT, C_FLOAT } ct_class;

typedef struct dtype_info {
    const char *name, *alias, *format, *numpy;
    int64_t bytes;
    ct_class cls;
    ct_dtype sum;      /* what sum() returns without dtype= */
    const char *title, *cxx; /* "Long", "long int": as PyTorch names dtypes in messages */
} dtype_info;
extern const dtype_info ct_dtypes[DT_COUNT];

static inline int64_t dtype_bytes(ct_dtype d) { return ct_dtypes[d].bytes; }
static inline bool dtype_is_float(ct_dtype d) { return ct_dtypes[d].cls == C_FLOAT; }
/* The halves, stored in 2 bytes and computed in float32 (base/half.h). */
static inline bool dtype_is_half(ct_dtype d) { return d == DT_F16 || d == DT_BF16; }
static inline ct_dtype dtype_computed(ct_dtype d) { return dtype_is_half(d) ? DT_F32 : d; }
static inline const char *dtype_title(ct_dtype d) { return ct_dtypes[d].title; }
static inline const char *dtype_cxx(ct_dtype d) { return ct_dtypes[d].cxx; }
static inline const char *dtype_name(ct_dtype d) { return ct_dtypes[d].name; }

ct_dtype dtype_default(void);                 /* float32 unless set_default_dtype said otherwise */
void dtype_set_default(ct_dtype d);
ct_dtype dtype_promote(ct_dtype a, ct_dtype b);
double dtype_largest(ct_dtype d);             /* finite number of a float */
/* May a value computed as `from` be written into `to` in place or through out=? (category may not drop) */
static inline bool dtype_can_cast(ct_dtype from, ct_dtype to) { return ct_dtypes[from].cls <= ct_dtypes[to].cls; }
#endif
