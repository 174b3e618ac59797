/* Geometry: counts, strides of fresh results, dimension arguments, broadcasting. */
#include "array/layout.h"
#include "base/base.h"
#include <stdio.h>
#include <string.h>

enum { TEXT = 1536 }; /* holds 64 sizes of 20 digits */

/* ---- reading --------------------------------------------------------------------------------- */
int64_t layout_numel(int ndim, const int64_t *size)
{
    int64_t n = 1;
    for (int d = 0; d < ndim; d++)
        n *= size[d];
    return n;
}

/* The product with zeros counted as ones bounds every stride of a row-major result, so an accepted
 * shape never overflows later, empty or not. */
static bool product_fits(int ndim, const int64_t *size, int64_t *numel)
{
    int64_t n = 1;
    bool empty = false;
    for (int d = 0; d < ndim; d++) {
        empty |= size[d] == 0;
        if (!ct_mul(n, size[d] ? size[d] : 1, &n))
            return false;
    }
    *numel = empty ? 0 : n;
    return true;
}

int layout_check_numel(const char *op, int ndim, const int64_t *size, int64_t *numel)
{
    char text[TEXT];
    if (ndim > CT_MAXDIM)
        return ct_fail(CT_RUNTIME, "%s: only tensors with up to %d dims are supported, got %d", op, CT_MAXDIM, ndim);
    for (int d = 0; d < ndim; d++)
        if (size[d] < 0)
            return ct_fail(CT_RUNTIME, "Trying to create tensor with negative dimension %lld: %s", (long long)size[d],
                           layout_text(ndim, size, text, TEXT));
    if (!product_fits(ndim, size, numel))
        return ct_fail(CT_RUNTIME, "Storage size calculation overflowed with sizes=%s", layout_text(ndim, size, text, TEXT));
    return 0;
}

bool layout_is_contiguous(int ndim, const int64_t *size, const int64_t *stride)
{
    int64_t step = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        if (size[d] == 1)
            continue;
        if (size[d] == 0)
            return true;
        if (stride[d] != step)
            return layout_numel(d, size) == 0;
        step *= size[d];
    }
    return true;
}

bool layout_is_row_major(int ndim, const int64_t *size, const int64_t *stride)
{
    int64_t step = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        if (stride[d] != step)
            return false;
        step *= size[d] ? size[d] : 1;
    }
    return true;
}

bool layout_is_dense(int ndim, const int64_t *size, const int64_t *stride)
{
    if (layout_is_contiguous(ndim, size, stride))
        return true;
    int order[CT_MAXDIM], n = 0;
    for (int d = 0; d < ndim; d++) {
        if (size[d] < 2)
            continue;
        int at = n++;
        for (; at > 0 && stride[order[at - 1]] > stride[d]; at--)
            order[at] = order[at - 1];
        order[at] = d;
    }
    int64_t step = 1;
    for (int i = 0; i < n; i++) {
        if (stride[order[i]] != step)
            return false;
        step *= size[order[i]];
    }
    return true;
}

void layout_row_major(int ndim, const int64_t *size, int64_t *stride)
{
    int64_t step = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        stride[d] = step;
        step *= size[d] ? size[d] : 1;
    }
}

/* The channel, dimension 1, runs fastest, then the dimensions from the last to the third, then the batch. */
static int channels_last_dim(int place, int ndim) { return place == 0 ? 1 : place == ndim - 1 ? 0 : ndim - place; }

int layout_channels_last(const char *op, int rank, int ndim, const int64_t *size, int64_t *stride)
{
    int64_t step = 1;
    if (ndim != rank)
        return ct_fail(CT_RUNTIME, "%s: required rank %d tensor to use channels_last%s format, got %d dimensions", op, rank, rank == 5 ? "_3d" : "", ndim);
    for (int i = 0; i < ndim; i++) {
        int d = channels_last_dim(i, ndim);
        stride[d] = step;
        step *= size[d];
    }
    return 0;
}

bool layout_like_channels_last(int ndim, const int64_t *size, const int64_t *stride)
{
    int64_t least = 0;
    if ((ndim != 4 && ndim != 5) || stride[1] == 0)
        return false;
    for (int i = 0; i < ndim; i++) {
        int d = channels_last_dim(i, ndim);
        if (size[d] == 0 || stride[d] < least || (d == 0 && least == stride[1]))
            return false;
        least = stride[d] * (size[d] > 1 ? size[d] : 1);
    }
    return true;
}

bool layout_is_channels_last(int ndim, const int64_t *size, const int64_t *stride)
{
    int64_t step = 1;
    if (ndim != 4 && ndim != 5)
        return false;
    for (int i = 0; i < ndim; i++) {
        int d = channels_last_dim(i, ndim);
        if (size[d] != 1 && stride[d] != step)
            return false;
        step *= size[d];
    }
    return true;
}

char *layout_text(int ndim, const int64_t *size, char *buffer, int capacity)
{
    int at = snprintf(buffer, (size_t)capacity, "[");
    for (int d = 0; d < ndim && at < capacity; d++) {
        if (capacity - at < 32) { /* room for ", ", 20 digits and the end */
            snprintf(buffer + at, (size_t)(capacity - at), ", ...]");
            return buffer;
        }
        at += snprintf(buffer + at, (size_t)(capacity - at), d ? ", %lld" : "%lld", (long long)size[d]);
    }
    if (at < capacity)
        snprintf(buffer + at, (size_t)(capacity - at), "]");
    return buffer;
}

void layout_extent(int ndim, const int64_t *size, const int64_t *stride, int64_t *low, int64_t *high)
{
    int64_t from = 0, to = 0;
    for (int d = 0; d < ndim; d++) {
        if (size[d] == 0) {
            *low = 0, *high = -1;
            return;
        }
        if (stride[d] > 0)
            to += (size[d] - 1) * stride[d];
        else if (size[d] > 1)
            from += (size[d] - 1) * stride[d];
    }
    *low = from, *high = to;
}

bool layout_reach(int ndim, const int64_t *size, const int64_t *stride, int64_t offset, int64_t *low, int64_t *high)
{
    int64_t from = offset, to = offset, span;
    for (int d = 0; d < ndim; d++)
        if (size[d] == 0) {
            *low = offset, *high = offset - 1;
            return true;
        }
    for (int d = 0; d < ndim; d++) {
        int64_t *end = stride[d] > 0 ? &to : &from;
        if (!ct_mul(size[d] - 1, stride[d], &span) || !ct_add(*end, span, end))
            return false;
    }
    *low = from, *high = to;
    return true;
}

/* ---- strides of fresh results ------------------------------------------------------------------- */
/* Operands that all have the result's shape and agree on an order keep it. */
static bool agree_on_order(int ndim, const int64_t *size, int n, const geometry *operand, int64_t *out)
{
    size_t bytes = (size_t)ndim * sizeof *size;
    bool row_major = true, channels_last = ndim == 4, alike = true;
    for (int i = 0; i < n; i++) {
        const int64_t *stride = operand[i].stride;
        if (operand[i].ndim != ndim || (ndim && memcmp(operand[i].size, size, bytes)))
            return false;
        row_major = row_major && layout_is_contiguous(ndim, size, stride);
        channels_last = channels_last && layout_is_channels_last(ndim, size, stride);
        alike = alike && (ndim == 0 || !memcmp(stride, operand[0].stride, bytes));
    }
    if (row_major)
        layout_row_major(ndim, size, out);
    else if (channels_last)
        layout_channels_last("elementwise", 4, ndim, size, out);
    else if (n && alike && layout_is_dense(ndim, size, operand[0].stride))
        memmove(out, operand[0].stride, bytes);
    else
        return false;
    return true;
}

static int64_t stride_within(const geometry *g, int ndim, const int64_t *size, int d)
{
    int own = d - (ndim - g->ndim);
    return own < 0 || (g->size[own] == 1 && size[d] != 1) ? 0 : g->stride[own];
}

/* A repeated dimension says nothing; equal strides put the longer dimension outside. */
static int compare_dims(int ndim, const int64_t *size, int n, const geometry *operand, int inner, int outer)
{
    for (int i = 0; i < n; i++) {
        int64_t x = stride_within(&operand[i], ndim, size, inner), y = stride_within(&operand[i], ndim, size, outer);
        if (x == 0 || y == 0)
            continue;
        if (x != y)
            return x < y ? -1 : 1;
        if (size[inner] > size[outer])
            return 1;
    }
    return 0;
}

/* Insertion sort from the row-major order, the operands deciding in turn (the order of PyTorch's TensorIterator,
 * which depends on the algorithm where they do not decide). */
static void sort_dims(int ndim, const int64_t *size, int n, const geometry *operand, int *order)
{
    for (int d = 0; d < ndim; d++)
        order[d] = ndim - 1 - d; /* fastest first */
    for (int i = 1; i < ndim; i++)
        for (int at = i, below = i - 1; below >= 0; below--) {
            int says = compare_dims(ndim, size, n, operand, order[below], order[at]);
            if (says < 0)
                break;
            if (says > 0) {
                int swapped = order[below];
                order[below] = order[at];
                order[at] = swapped;
                at = below;
            }
        }
}

static void stride_in_order(int ndim, const int64_t *size, int n, const geometry *operand, int64_t *out)
{
    int order[CT_MAXDIM];
    int64_t step = 1;
    bool row_major = true;
    sort_dims(ndim, size, n, operand, order);
    for (int i = 0; i < ndim; i++) {
        row_major &= order[i] == ndim - 1 - i;
        out[order[i]] = step;
        step *= size[order[i]]; /* by 0 too: so are the strides of PyTorch's empty results in another than row-major order */
    }
    if (row_major)
        layout_row_major(ndim, size, out);
}

void layout_elementwise(int ndim, const int64_t *size, int n, const geometry *operand, int64_t *out)
{
    if (!agree_on_order(ndim, size, n, operand, out))
        stride_in_order(ndim, size, n, operand, out);
}

void layout_dense_like(int ndim, const int64_t *size, const int64_t *like_stride, int64_t *stride)
{
    geometry like = {ndim, size, like_stride};
    layout_elementwise(ndim, size, 1, &like, stride);
}

void layout_preserve(int ndim, const int64_t *size, const int64_t *like_stride, int64_t *stride)
{
    geometry like = {ndim, size, like_stride};
    if (layout_is_dense(ndim, size, like_stride))
        memmove(stride, like_stride, (size_t)ndim * sizeof *stride);
    else
        stride_in_order(ndim, size, 1, &like, stride);
}

/* ---- dimensions ------------------------------------------------------------------------------- */
int layout_wrap_dim(const char *op, int64_t dim, int ndim, int *wrapped)
{
    (void)op; /* users know the sentence by heart, without a name in front */
    int64_t n = ndim ? ndim : 1;
    if (CT_UNLIKELY(dim < -n || dim >= n))
        return ct_fail(CT_INDEX, "Dimension out of range (expected to be in range of [%lld, %lld], but got %lld)",
                       (long long)-n, (long long)n - 1, (long long)dim);
    *wrapped = (int)(dim < 0 ? dim + n : dim);
    return 0;
}

int layout_dims_mask(const char *op, int n, const int64_t *dims, int ndim, bool *mask)
{
    bool all = n == 0 || !dims;
    int d = 0;
    memset(mask, all, (size_t)ndim * sizeof *mask);
    for (int i = 0; i < n && !all; i++) /* range before repetition, as PyTorch's reductions look */
        if (layout_wrap_dim(op, dims[i], ndim, &d) < 0)
            return -1;
    if (ndim == 0 && n > 1 && !all)
        return ct_fail(CT_RUNTIME, "dim 0 appears multiple times in the list of dims");
    for (int i = 0; i < n && ndim && !all; i++) {
        d = (int)(dims[i] < 0 ? dims[i] + ndim : dims[i]);
        if (mask[d])
            return ct_fail(CT_RUNTIME, "dim %d appears multiple times in the list of dims", d);
        mask[d] = true;
    }
    return 0;
}

/* ---- broadcasting ------------------------------------------------------------------------------ */
int layout_broadcast(const char *op, int *ndim, int64_t *size, int b_ndim, const int64_t *b_size)
{
    (void)op; /* as in layout_wrap_dim */
    int more = b_ndim - *ndim;
    if (more > 0) {
        memmove(size + more, size, (size_t)*ndim * sizeof *size);
        for (int d = 0; d < more; d++)
            size[d] = 1;
        *ndim = b_ndim;
    }
    int64_t *tail = size + (*ndim - b_ndim);
    for (int d = b_ndim - 1; d >= 0; d--) {
        if (tail[d] == b_size[d] || b_size[d] == 1)
            continue;
        if (CT_UNLIKELY(tail[d] != 1))
            return ct_fail(CT_RUNTIME, "The size of tensor a (%lld) must match the size of tensor b (%lld) at non-singleton dimension %d",
                           (long long)tail[d], (long long)b_size[d], d + *ndim - b_ndim);
        tail[d] = b_size[d];
    }
    return 0;
}

void layout_broadcast_stride(int ndim, const int64_t *size, int a_ndim, const int64_t *a_size,
                             const int64_t *a_stride, int64_t *stride)
{
    int more = ndim - a_ndim;
    for (int d = 0; d < more; d++)
        stride[d] = 0;
    for (int d = 0; d < a_ndim; d++)
        stride[more + d] = a_size[d] == 1 && size[more + d] != 1 ? 0 : a_stride[d];
}

bool layout_is_expandable_to(int to_ndim, const int64_t *to, int from_ndim, const int64_t *from)
{
    if (to_ndim > from_ndim)
        return false;
    const int64_t *tail = from + (from_ndim - to_ndim);
    for (int d = 0; d < to_ndim; d++)
        if (to[d] != tail[d] && to[d] != 1)
            return false;
    return true;
}

/* ---- sizes with one left to infer ----------------------------------------------------------------- */
static int find_unknown(int ndim, const int64_t *size, int *unknown)
{
    char text[TEXT];
    *unknown = -1;
    for (int d = 0; d < ndim; d++) {
        if (size[d] == -1 && *unknown >= 0)
            return ct_fail(CT_RUNTIME, "only one dimension can be inferred");
        if (size[d] == -1)
            *unknown = d;
        else if (size[d] < 0)
            return ct_fail(CT_RUNTIME, "invalid shape dimension %lld at index %d of shape %s", (long long)size[d], d,
                           layout_text(ndim, size, text, TEXT));
    }
    return 0;
}

int layout_fill_size(int64_t numel, int ndim, const int64_t *size, int64_t *full)
{
    int unknown;
    int64_t known;
    char text[TEXT];
    if (find_unknown(ndim, size, &unknown) < 0)
        return -1;
    if (ndim > 0) /* a shape of no dimensions may come as NULL */
        memmove(full, size, (size_t)ndim * sizeof *full);
    if (unknown >= 0)
        full[unknown] = 1;
    if (!product_fits(ndim, full, &known)) {
        bool empty = numel == 0 && unknown < 0;
        return empty ? ct_fail(CT_RUNTIME, "numel: integer multiplication overflow (sizes %s)", layout_text(ndim, size, text, TEXT)) : 0;
    }
    if (unknown < 0)
        return known == numel;
    if (known == 0 && numel == 0)
        return ct_fail(CT_RUNTIME, "cannot reshape tensor of 0 elements into shape %s because the unspecified dimension size -1 "
                       "can be any value and is ambiguous", layout_text(ndim, size, text, TEXT));
    if (known == 0 || numel % known)
        return 0;
    full[unknown] = numel / known;
    return 1;
}

int layout_infer_size(const char *op, int64_t numel, int ndim, const int64_t *size, int64_t *full)
{
    char text[TEXT];
    if (ndim > CT_MAXDIM)
        return ct_fail(CT_RUNTIME, "%s: only tensors with up to %d dims are supported, got %d", op, CT_MAXDIM, ndim);
    int fits = layout_fill_size(numel, ndim, size, full);
    if (fits)
        return fits < 0 ? -1 : 0;
    return ct_fail(CT_RUNTIME, "shape '%s' is invalid for input of size %lld", layout_text(ndim, size, text, TEXT), (long long)numel);
}
