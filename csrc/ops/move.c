/* Elements moved between arrays, or between parts of their memory, with a cast where the dtypes differ. */
#include "kernel/kernel.h"
#include "ops/dispatch.h"
#include <string.h>

static void convert(k_nd *nd, ct_dtype from, ct_dtype to)
{
    k_loop *loop = K->cast[from][to];
    if (from == to)
        k_copy(nd, loop, dtype_bytes(to));
    else
        k_walk(nd, loop, NULL);
}

void array_convert(const array *from, array *to)
{
    k_nd nd;
    array_operands(&nd, 2, to->ndim, array_size(to), (const array *[]){to, from});
    convert(&nd, from->dtype, to->dtype);
}

/* Operand k of a walk over size: the part `l` of a's memory. */
static void part_operand(k_nd *nd, int k, const array *a, const layout *l)
{
    int64_t item = dtype_bytes(a->dtype);
    nd->data[k] = a->st->data + l->offset * item;
    for (int d = 0; d < l->ndim; d++)
        nd->stride[k][d] = l->stride[d] * item;
}

void array_convert_between(const array *from, const layout *source, array *to, const layout *part)
{
    k_nd nd;
    nd.ndim = part->ndim;
    nd.nop = 2;
    layout_take(nd.size, part->size, part->ndim);
    part_operand(&nd, 0, to, part);
    part_operand(&nd, 1, from, source);
    convert(&nd, from->dtype, to->dtype);
}

void array_convert_at(const array *from, array *to, const layout *part)
{
    layout l;
    l.ndim = part->ndim;
    l.offset = array_offset(from);
    layout_broadcast_stride(part->ndim, part->size, from->ndim, array_size(from), array_stride(from), l.stride);
    array_convert_between(from, &l, to, part);
}

void array_add_at(const array *from, array *to, const layout *part)
{
    k_nd nd;
    array_operands(&nd, 3, part->ndim, part->size, (const array *[]){from, from, from});
    part_operand(&nd, 0, to, part);
    part_operand(&nd, 1, to, part);
    k_walk(&nd, K->binary[B_add][to->dtype], NULL);
}
