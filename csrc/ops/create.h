/* What creation and random ops share. */
#ifndef CT_CREATE_H
#define CT_CREATE_H
#include "ops/dispatch.h"
#include "ops/formula.h"

void array_fill(array *a, const void *element);                /* element: one value of a's dtype */
void array_fill_number(array *a, const arg *number);
ct_dtype made_dtype(const call *c, const arg *dtype, ct_dtype otherwise); /* the dtype given, else out='s, else `otherwise` */
/* Declares output 0 with the sizes of an int list argument; CT_RUNTIME for negative or overflowing ones. */
int sized(call *c, const char *name, const arg *size, const arg *dtype, ct_dtype otherwise);
#define HOST "dtype? dtype=None, host layout=None, host device=None, host pin_memory=False, host requires_grad=False"
#define HOST_LIKE HOST ", format? memory_format=None"
#endif
