/* Views: other shapes and strides over the same elements. */
#include "array/layout.h"
#include "base/base.h"
#include <string.h>

enum { TEXT = 1536 }; /* holds 64 sizes of 20 digits */

static void put(layout *out, int d, int64_t size, int64_t stride)
{
    out->size[d] = size;
    out->stride[d] = stride;
}

/* Dims [from, to) of `in` become dims [at, at + to - from) of `out`. */
static void put_dims(layout *out, int at, const layout *in, int from, int to)
{
    for (int d = from; d < to; d++)
        put(out, at + d - from, in->size[d], in->stride[d]);
}

static void copy(layout *out, const layout *in)
{
    out->ndim = in->ndim;
    out->offset = in->offset;
    put_dims(out, 0, in, 0, in->ndim);
}

static int too_many_dims(const char *op, int ndim)
{
    return ct_fail(CT_RUNTIME, "%s: only tensors with up to %d dims are supported, got %d", op, CT_MAXDIM, ndim);
}

/* Strides of views can leave 63 bits only where the input is empty or size 1 and was given odd strides. */
static int stride_overflow(const char *op, const layout *in)
{
    char size[TEXT], stride[TEXT];
    return ct_fail(CT_RUNTIME, "Stride calculation overflowed: %s of sizes %s and strides %s", op, layout_text(in->ndim, in->size, size, TEXT),
                   layout_text(in->ndim, in->stride, stride, TEXT));
}

static int check_view_numel(int ndim, const int64_t *size)
{
    char text[TEXT];
    int64_t n = 1;
    for (int d = 0; d < ndim; d++)
        if (CT_UNLIKELY(size[d] < 0 || !ct_mul(n, size[d] ? size[d] : 1, &n)))
            return ct_fail(CT_RUNTIME, "numel: integer multiplication overflow (sizes %s)", layout_text(ndim, size, text, TEXT));
    return 0;
}

/* ---- expand ------------------------------------------------------------------------------------- */
static int refuse_expand(const layout *in, int ndim, const int64_t *size)
{
    char want[TEXT], got[TEXT];
    return ct_fail(CT_RUNTIME, "expand(torch.Tensor{%s}, size=%s): the number of sizes provided (%d) must be greater or equal to "
                   "the number of dimensions in the tensor (%d)", layout_text(in->ndim, in->size, got, TEXT),
                   layout_text(ndim, size, want, TEXT), ndim, in->ndim);
}

static int refuse_expand_dim(const layout *in, int ndim, const int64_t *size, int d)
{
    char want[TEXT], got[TEXT];
    return ct_fail(CT_RUNTIME, "The expanded size of the tensor (%lld) must match the existing size (%lld) at non-singleton dimension %d.  "
                   "Target sizes: %s.  Tensor sizes: %s", (long long)size[d], (long long)in->size[d - ndim + in->ndim], d,
                   layout_text(ndim, size, want, TEXT), layout_text(in->ndim, in->size, got, TEXT));
}

/* New leading dimensions: stride 0 where repeated; one of size 1 gets the stride it would have in a contiguous
 * tensor, except that all strides of an expanded 0-d tensor are 0. */
static int expand_leading(const layout *in, int more, const int64_t *size, layout *out)
{
    for (int d = more - 1; d >= 0; d--) {
        int64_t step = 0;
        if (in->ndim && size[d] == 1 && !ct_mul(out->size[d + 1], out->stride[d + 1], &step))
            return stride_overflow("expand", in);
        if (in->ndim && size[d] == -1)
            return ct_fail(CT_RUNTIME, "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension %d", d);
        put(out, d, size[d], step);
    }
    return 0;
}

int view_expand(const layout *in, int ndim, const int64_t *size, layout *out)
{
    int more = ndim - in->ndim;
    if (more < 0)
        return refuse_expand(in, ndim, size);
    if (ndim > CT_MAXDIM)
        return too_many_dims("expand", ndim);
    out->ndim = ndim;
    out->offset = in->offset;
    for (int d = in->ndim - 1; d >= 0; d--) {
        int64_t want = size[more + d];
        bool keeps = want == -1 || want == in->size[d];
        if (!keeps && in->size[d] != 1)
            return refuse_expand_dim(in, ndim, size, more + d);
        put(out, more + d, keeps ? in->size[d] : want, keeps ? in->stride[d] : 0);
    }
    return expand_leading(in, more, size, out) < 0 ? -1 : check_view_numel(ndim, out->size);
}

/* ---- reshape ------------------------------------------------------------------------------------ */
/* Splits `in` into runs of dimensions that a single stride walks and cuts each run into target sizes from the
 * inside out (PyTorch's computeStride decides the same way, down to the strides of size-1 dimensions). */
static int cut_runs(const layout *in, layout *out)
{
    int to = out->ndim - 1;
    int64_t base = in->stride[in->ndim - 1], run = 1, cut = 1, next;
    for (int from = in->ndim - 1; from >= 0; from--) {
        run *= in->size[from];
        if (from > 0 && (in->size[from - 1] == 1 || (ct_mul(run, base, &next) && in->stride[from - 1] == next)))
            continue; /* the next dimension belongs to this run */
        for (; to >= 0 && (cut < run || out->size[to] == 1); to--) {
            if (!ct_mul(cut, base, &out->stride[to]))
                return stride_overflow("view", in);
            cut *= out->size[to];
        }
        if (cut != run)
            return 0;
        if (from > 0)
            base = in->stride[from - 1], run = cut = 1;
    }
    return to == -1;
}

int view_reshape(const layout *in, int ndim, const int64_t *size, layout *out)
{
    int64_t numel = layout_numel(in->ndim, in->size);
    out->ndim = ndim;
    out->offset = in->offset;
    if (layout_infer_size("reshape", numel, ndim, size, out->size) < 0)
        return -1;
    if (numel == 0) { /* any strides will do: the input's where the shape is the same, as in PyTorch */
        if (ndim == in->ndim && layout_same(in->size, out->size, ndim))
            copy(out, in);
        else
            layout_row_major(ndim, out->size, out->stride);
        return 1;
    }
    if (in->ndim == 0) {
        for (int d = 0; d < ndim; d++)
            out->stride[d] = 1;
        return 1;
    }
    return cut_runs(in, out);
}

int view_flatten_size(const layout *in, int64_t start, int64_t end, int *ndim, int64_t *size)
{
    int first, last;
    if (layout_wrap_dim("flatten", start, in->ndim, &first) < 0 || layout_wrap_dim("flatten", end, in->ndim, &last) < 0)
        return -1;
    if (first > last)
        return ct_fail(CT_RUNTIME, "flatten() has invalid args: start_dim cannot come after end_dim");
    *ndim = 1;
    size[0] = 1;
    if (in->ndim == 0)
        return 0;
    *ndim = in->ndim - (last - first);
    layout_take(size, in->size, first);
    size[first] = layout_numel(last - first + 1, in->size + first);
    layout_take(size + first + 1, in->size + last + 1, in->ndim - last - 1);
    return 0;
}

int view_unflatten_size(const layout *in, int64_t dim, int n, const int64_t *sizes, int *ndim, int64_t *size)
{
    int d;
    char text[TEXT];
    if (n == 0)
        return ct_fail(CT_RUNTIME, "unflatten: sizes must be non-empty");
    if (layout_wrap_dim("unflatten", dim, in->ndim, &d) < 0)
        return -1;
    if (in->ndim == 0)
        return ct_fail(CT_RUNTIME, "unflatten got an unexpected error:\nDimension specified as %d but tensor has no dimensions", d);
    if (in->ndim + n - 1 > CT_MAXDIM)
        return too_many_dims("unflatten", in->ndim + n - 1);
    int fits = layout_fill_size(in->size[d], n, sizes, size + d);
    if (fits < 0)
        return -1;
    if (fits == 0)
        return ct_fail(CT_RUNTIME, "unflatten: Provided sizes %s don't multiply up to the size of dim %d (%lld) in the input tensor",
                       layout_text(n, sizes, text, TEXT), d, (long long)in->size[d]);
    layout_take(size, in->size, d);
    layout_take(size + d + n, in->size + d + 1, in->ndim - d - 1);
    *ndim = in->ndim + n - 1;
    return 0;
}

/* ---- order of dimensions -------------------------------------------------------------------------- */
int view_transpose(const layout *in, int64_t dim0, int64_t dim1, layout *out)
{
    int a, b;
    if (layout_wrap_dim("transpose", dim0, in->ndim, &a) < 0 || layout_wrap_dim("transpose", dim1, in->ndim, &b) < 0)
        return -1;
    copy(out, in);
    if (a != b) {
        put(out, a, in->size[b], in->stride[b]);
        put(out, b, in->size[a], in->stride[a]);
    }
    return 0;
}

int view_permute(const layout *in, int n, const int64_t *dims, layout *out)
{
    bool seen[CT_MAXDIM] = {false};
    if (n != in->ndim)
        return ct_fail(CT_RUNTIME, "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
                       "ordering of dimensions i.e. input.dim() = %d is not equal to len(dims) = %d", in->ndim, n);
    out->ndim = n;
    out->offset = in->offset;
    for (int i = 0, d; i < n; i++) {
        if (layout_wrap_dim("permute", dims[i], n, &d) < 0)
            return -1;
        if (seen[d])
            return ct_fail(CT_RUNTIME, "permute(): duplicate dims are not allowed.");
        seen[d] = true;
        put(out, i, in->size[d], in->stride[d]);
    }
    return 0;
}

/* ---- parts of one dimension ------------------------------------------------------------------------- */
/* Moves the start of `out` by `steps` along a dimension. */
static int advance(const char *op, const layout *in, int64_t steps, int64_t stride, layout *out)
{
    int64_t move;
    if (!ct_mul(steps, stride, &move) || !ct_add(out->offset, move, &out->offset))
        return stride_overflow(op, in);
    return 0;
}

int view_select(const layout *in, int64_t dim, int64_t index, layout *out)
{
    int d;
    char text[TEXT];
    if (in->ndim == 0)
        return ct_fail(CT_INDEX, "select() cannot be applied to a 0-dim tensor.");
    if (layout_wrap_dim("select", dim, in->ndim, &d) < 0)
        return -1;
    if (CT_UNLIKELY(index < -in->size[d] || index >= in->size[d]))
        return ct_fail(CT_INDEX, "select(): index %lld out of range for tensor of size %s at dimension %d", (long long)index,
                       layout_text(in->ndim, in->size, text, TEXT), d);
    out->ndim = in->ndim - 1;
    out->offset = in->offset;
    put_dims(out, 0, in, 0, d);
    put_dims(out, d, in, d + 1, in->ndim);
    return advance("select", in, index < 0 ? index + in->size[d] : index, in->stride[d], out);
}

int view_slice(const layout *in, int64_t dim, int64_t start, int64_t stop, int64_t step, layout *out)
{
    int d;
    if (in->ndim == 0)
        return ct_fail(CT_INDEX, "slice() cannot be applied to a 0-dim tensor.");
    if (layout_wrap_dim("slice", dim, in->ndim, &d) < 0)
        return -1;
    if (step <= 0)
        return ct_fail(CT_RUNTIME, "slice step must be positive");
    int64_t n = in->size[d], count, stride;
    start = start < 0 ? start + n : start;
    start = start < 0 ? 0 : start > n ? n : start;
    stop = stop < 0 ? stop + n : stop;
    stop = stop < start ? start : stop > n ? n : stop;
    if (!ct_add(stop - start, step - 1, &count) || !ct_mul(in->stride[d], step, &stride))
        return stride_overflow("slice", in);
    copy(out, in);
    put(out, d, count / step, stride);
    return advance("slice", in, start, in->stride[d], out);
}

int view_narrow(const layout *in, int64_t dim, int64_t start, int64_t length, layout *out)
{
    int d;
    if (in->ndim == 0)
        return ct_fail(CT_RUNTIME, "narrow() cannot be applied to a 0-dim tensor.");
    if (length < 0)
        return ct_fail(CT_RUNTIME, "narrow(): length must be non-negative.");
    if (layout_wrap_dim("narrow", dim, in->ndim, &d) < 0)
        return -1;
    int64_t n = in->size[d];
    if (start < -n || start > n)
        return ct_fail(CT_INDEX, "start out of range (expected to be in range of [%lld, %lld], but got %lld)",
                       (long long)-n, (long long)n, (long long)start);
    start = start < 0 ? start + n : start;
    if (length > n - start)
        return ct_fail(CT_RUNTIME, "start (%lld) + length (%lld) exceeds dimension size (%lld).", (long long)start, (long long)length, (long long)n);
    return view_slice(in, d, start, start + length, 1, out);
}

int view_unfold(const layout *in, int64_t dim, int64_t size, int64_t step, layout *out)
{
    int d;
    if (layout_wrap_dim("unfold", dim, in->ndim, &d) < 0)
        return -1;
    int64_t whole = in->ndim ? in->size[d] : 1, stride = in->ndim ? in->stride[d] : 1;
    if (size < 0)
        return ct_fail(CT_RUNTIME, "size is %lld but must be >= 0", (long long)size);
    if (size > whole)
        return ct_fail(CT_RUNTIME, "maximum size for tensor at dimension %d is %lld but size is %lld", d, (long long)whole, (long long)size);
    if (step <= 0)
        return ct_fail(CT_RUNTIME, "step is %lld but must be > 0", (long long)step);
    if (in->ndim == CT_MAXDIM)
        return too_many_dims("unfold", in->ndim + 1);
    copy(out, in);
    put(out, in->ndim, size, stride);
    if (in->ndim && !ct_mul(stride, step, &out->stride[d]))
        return stride_overflow("unfold", in);
    if (in->ndim)
        out->size[d] = (whole - size) / step + 1;
    out->ndim = in->ndim + 1;
    return check_view_numel(out->ndim, out->size);
}

int view_diagonal(const layout *in, int64_t offset, int64_t dim1, int64_t dim2, layout *out)
{
    int a, b, at = 0;
    if (layout_wrap_dim("diagonal", dim1, in->ndim, &a) < 0 || layout_wrap_dim("diagonal", dim2, in->ndim, &b) < 0)
        return -1;
    if (a == b)
        return ct_fail(CT_RUNTIME, "diagonal dimensions cannot be identical %lld, %lld", (long long)dim1, (long long)dim2);
    int64_t rows = in->size[a], columns = in->size[b], stride;
    rows = offset < 0 ? rows + offset : rows;
    columns = offset > 0 ? columns - offset : columns;
    int64_t length = rows < columns ? rows : columns;
    if (!ct_add(in->stride[a], in->stride[b], &stride))
        return stride_overflow("diagonal", in);
    out->offset = in->offset;
    out->ndim = in->ndim - 1;
    for (int d = 0; d < in->ndim; d++)
        if (d != a && d != b)
            put(out, at++, in->size[d], in->stride[d]);
    put(out, at, length < 0 ? 0 : length, stride);
    if (length <= 0)
        return 0;
    return offset < 0 ? advance("diagonal", in, -offset, in->stride[a], out) : advance("diagonal", in, offset, in->stride[b], out);
}

/* ---- dimensions of size 1 ---------------------------------------------------------------------------- */
int view_squeeze(const layout *in, int n, const int64_t *dims, bool all, layout *out)
{
    bool goes[CT_MAXDIM];
    memset(goes, all, sizeof goes);
    for (int i = 0, d; i < n && !all; i++) {
        if (layout_wrap_dim("squeeze", dims[i], in->ndim, &d) < 0)
            return -1;
        if (goes[d])
            return ct_fail(CT_RUNTIME, "dim %d appears multiple times in the list of dims", d);
        goes[d] = true;
    }
    out->ndim = 0;
    out->offset = in->offset;
    for (int d = 0; d < in->ndim; d++)
        if (!goes[d] || in->size[d] != 1)
            put(out, out->ndim++, in->size[d], in->stride[d]);
    return 0;
}

int view_unsqueeze(const layout *in, int64_t dim, layout *out)
{
    int d;
    int64_t stride = 1;
    if (in->ndim == CT_MAXDIM)
        return too_many_dims("unsqueeze", in->ndim + 1);
    if (layout_wrap_dim("unsqueeze", dim, in->ndim + 1, &d) < 0)
        return -1;
    if (d < in->ndim && !ct_mul(in->size[d], in->stride[d], &stride))
        return stride_overflow("unsqueeze", in);
    out->ndim = in->ndim + 1;
    out->offset = in->offset;
    put_dims(out, 0, in, 0, d);
    put(out, d, 1, stride);
    put_dims(out, d + 1, in, d, in->ndim);
    return 0;
}

/* ---- a geometry from outside --------------------------------------------------------------------------- */
int view_as_strided(int ndim, const int64_t *size, const int64_t *stride, int64_t offset, int64_t storage_bytes, int64_t item,
                    layout *out)
{
    char sizes[TEXT], strides[TEXT];
    int64_t low, high, need;
    bool negative = false;
    if (ndim > CT_MAXDIM)
        return too_many_dims("as_strided", ndim);
    for (int d = 0; d < ndim; d++) {
        negative |= size[d] < 0;
        if (stride[d] < 0)
            return ct_fail(CT_RUNTIME, "as_strided: Negative strides are not supported at the moment, got strides: %s",
                           layout_text(ndim, stride, strides, TEXT));
    }
    if (offset < 0)
        return ct_fail(CT_RUNTIME, "Tensor: invalid storage offset %lld", (long long)offset);
    if (negative || !layout_reach(ndim, size, stride, offset, &low, &high) || !ct_add(high, 1, &need) || !ct_mul(need, item, &need))
        return ct_fail(CT_RUNTIME, "Storage size calculation overflowed with sizes=%s and strides=%s",
                       layout_text(ndim, size, sizes, TEXT), layout_text(ndim, stride, strides, TEXT));
    if (high >= low && need > storage_bytes)
        return ct_fail(CT_RUNTIME, "setStorage: sizes %s, strides %s, storage offset %lld, and itemsize %lld requiring a storage size of %lld are "
                       "out of bounds for storage of size %lld", layout_text(ndim, size, sizes, TEXT), layout_text(ndim, stride, strides, TEXT),
                       (long long)offset, (long long)item, (long long)need, (long long)storage_bytes);
    if (check_view_numel(ndim, size) < 0)
        return -1;
    out->ndim = ndim;
    out->offset = offset;
    for (int d = 0; d < ndim; d++)
        put(out, d, size[d], stride[d]);
    return 0;
}
