/* layout, view: every view against the index map that defines it, at random layouts of either sign; refusals and
 * their messages; sizes and strides at the ends of 63 bits. Links csrc/array/layout.c, view.c and csrc/base/base.c. */
#include "array/layout.h"
#include "base/base.h"
#include "check.h"
#include <string.h>

/* ---- tools ------------------------------------------------------------------------------------------- */
static int64_t place(const layout *l, const int64_t *index)
{
    int64_t at = l->offset;
    for (int d = 0; d < l->ndim; d++)
        at += index[d] * l->stride[d];
    return at;
}

/* Row-major successor; false after the last. */
static bool next_index(int ndim, const int64_t *size, int64_t *index)
{
    for (int d = ndim - 1; d >= 0; d--) {
        if (++index[d] < size[d])
            return true;
        index[d] = 0;
    }
    return false;
}

static layout draw_layout(int low_size)
{
    layout l = {.ndim = (int)draw(0, 4), .offset = draw(0, 50)};
    int64_t step = draw(0, 3);
    bool regular = draw(0, 1);
    for (int d = l.ndim - 1; d >= 0; d--) {
        l.size[d] = draw(low_size, 4);
        l.stride[d] = regular ? step : draw(-9, 12);
        step *= draw(0, 6) ? l.size[d] : 2;
    }
    return l;
}

typedef void (*index_map)(const int64_t *out, int64_t *in, const int64_t *p);

/* All indices of `out` lead where the mapped indices of `in` lead. */
static void check_view(const char *name, const layout *in, const layout *out, index_map map, const int64_t *p)
{
    int64_t index[CT_MAXDIM] = {0}, source[CT_MAXDIM];
    if (layout_numel(out->ndim, out->size) == 0)
        return;
    do {
        memset(source, 0, sizeof source);
        map(index, source, p);
        bool inside = true;
        for (int d = 0; d < in->ndim; d++)
            inside = inside && source[d] >= 0 && source[d] < in->size[d];
        CHECK(inside && place(out, index) == place(in, source), "%s leads elsewhere", name);
    } while (next_index(out->ndim, out->size, index));
}

static void check_size(const char *name, const layout *l, int ndim, const int64_t *size)
{
    char got[200], want[200];
    CHECK(l->ndim == ndim && !memcmp(l->size, size, (size_t)ndim * sizeof *size), "%s: sizes %s, not %s", name,
          layout_text(l->ndim, l->size, got, sizeof got), layout_text(ndim, size, want, sizeof want));
}

/* ---- views with one dimension changed: p is {ndim of the input, dim, a, b} -------------------------------- */
static void map_slice(const int64_t *out, int64_t *in, const int64_t *p)
{
    memcpy(in, out, (size_t)p[0] * sizeof *in);
    in[p[1]] = p[2] + out[p[1]] * p[3];
}
static void map_select(const int64_t *out, int64_t *in, const int64_t *p)
{
    for (int d = 0; d < p[0]; d++)
        in[d] = d < p[1] ? out[d] : d == p[1] ? p[2] : out[d - 1];
}
static void map_unfold(const int64_t *out, int64_t *in, const int64_t *p)
{
    memcpy(in, out, (size_t)p[0] * sizeof *in);
    in[p[1]] = out[p[1]] * p[3] + out[p[0]];
}

static void test_parts(void)
{
    layout in = draw_layout(0), out;
    if (in.ndim == 0)
        return;
    int64_t dim = draw(0, in.ndim - 1), n = in.size[dim], from_end = draw(0, 1) ? in.ndim : 0;
    int64_t start = draw(-6, 6), stop = draw(-6, 6), step = draw(1, 4), size[CT_MAXDIM];
    int64_t a = start < 0 ? start + n : start, b = stop < 0 ? stop + n : stop;
    a = a < 0 ? 0 : a > n ? n : a, b = b < a ? a : b > n ? n : b;
    memcpy(size, in.size, sizeof size);
    size[dim] = (b - a + step - 1) / step;
    CHECK(view_slice(&in, dim - from_end, start, stop, step, &out) == 0, "slice refused");
    check_size("slice", &out, in.ndim, size);
    check_view("slice", &in, &out, map_slice, (int64_t[]){in.ndim, dim, a, step});
    size[dim] = b - a;
    CHECK(view_narrow(&in, dim, a, b - a, &out) == 0, "narrow refused");
    check_size("narrow", &out, in.ndim, size);
    check_view("narrow", &in, &out, map_slice, (int64_t[]){in.ndim, dim, a, 1});
    if (n) {
        int64_t i = draw(0, n - 1);
        CHECK(view_select(&in, dim, draw(0, 1) ? i : i - n, &out) == 0 && out.ndim == in.ndim - 1, "select refused");
        check_view("select", &in, &out, map_select, (int64_t[]){in.ndim, dim, i});
    }
    int64_t window = draw(0, n);
    size[dim] = (n - window) / step + 1;
    size[in.ndim] = window;
    CHECK(view_unfold(&in, dim, window, step, &out) == 0, "unfold refused");
    check_size("unfold", &out, in.ndim + 1, size);
    check_view("unfold", &in, &out, map_unfold, (int64_t[]){in.ndim, dim, 0, step});
}

/* ---- diagonals: p is {ndim of the input, dim1, dim2, offset} ------------------------------------------------- */
static void map_diagonal(const int64_t *out, int64_t *in, const int64_t *p)
{
    int at = 0;
    for (int d = 0; d < p[0]; d++)
        if (d != p[1] && d != p[2])
            in[d] = out[at++];
    in[p[1]] = out[at] + (p[3] < 0 ? -p[3] : 0);
    in[p[2]] = out[at] + (p[3] > 0 ? p[3] : 0);
}

static void test_diagonal(void)
{
    layout in = draw_layout(0), out;
    if (in.ndim < 2)
        return;
    int64_t one = draw(0, in.ndim - 1), two = draw(0, in.ndim - 1), offset = draw(-5, 5), length = 0;
    if (one == two) {
        CHECK(view_diagonal(&in, 0, one, two - in.ndim, &out) < 0 && ct_failed() == CT_RUNTIME, "diagonal of one dimension");
        return;
    }
    for (int64_t i = 0; i < in.size[one]; i++)
        length += i + offset >= 0 && i + offset < in.size[two];
    CHECK(view_diagonal(&in, offset, one - in.ndim, two, &out) == 0, "diagonal refused");
    CHECK(out.ndim == in.ndim - 1 && out.size[out.ndim - 1] == length,
            "diagonal: length %lld, not %lld", (long long)out.size[out.ndim - 1], (long long)length);
    check_view("diagonal", &in, &out, map_diagonal, (int64_t[]){in.ndim, one, two, offset});
}

/* ---- order, expand: p is {ndim of the input, its dims in the order of the output …} --------------------------- */
static void map_permute(const int64_t *out, int64_t *in, const int64_t *p)
{
    for (int d = 0; d < p[0]; d++)
        in[p[1 + d]] = out[d];
}

static void test_order(void)
{
    layout in = draw_layout(0), out;
    int64_t p[1 + CT_MAXDIM] = {in.ndim}, *order = p + 1, dims[CT_MAXDIM];
    for (int d = 0; d < in.ndim; d++) {
        int64_t at = draw(0, d);
        memmove(order + at + 1, order + at, (size_t)(d - at) * sizeof *order);
        order[at] = d;
    }
    for (int d = 0; d < in.ndim; d++)
        dims[d] = draw(0, 1) ? order[d] : order[d] - in.ndim;
    CHECK(view_permute(&in, in.ndim, dims, &out) == 0, "permute refused");
    check_view("permute", &in, &out, map_permute, p);
    if (in.ndim == 0)
        return;
    int64_t a = draw(0, in.ndim - 1), b = draw(0, in.ndim - 1);
    for (int d = 0; d < in.ndim; d++)
        order[d] = d == a ? b : d == b ? a : d;
    CHECK(view_transpose(&in, a, b - in.ndim, &out) == 0, "transpose refused");
    check_view("transpose", &in, &out, map_permute, p);
}

/* p is {new dims in front, ndim of the input, its sizes …} */
static void map_expand(const int64_t *out, int64_t *in, const int64_t *p)
{
    for (int d = 0; d < p[1]; d++)
        in[d] = p[2 + d] == 1 ? 0 : out[p[0] + d];
}

static void test_expand(void)
{
    layout in = draw_layout(0), out;
    int64_t more = draw(0, 2), p[2 + CT_MAXDIM] = {more, in.ndim}, want[CT_MAXDIM], ask[CT_MAXDIM], stride[CT_MAXDIM];
    memcpy(p + 2, in.size, (size_t)in.ndim * sizeof *p);
    for (int d = 0; d < more + in.ndim; d++) {
        int64_t own = d < more ? 1 : in.size[d - more];
        want[d] = own == 1 ? draw(0, 3) : own;
        ask[d] = d >= more && want[d] == own && draw(0, 1) ? -1 : want[d];
    }
    int n = (int)more + in.ndim;
    CHECK(view_expand(&in, n, ask, &out) == 0, "expand refused");
    check_size("expand", &out, n, want);
    check_view("expand", &in, &out, map_expand, p);
    CHECK(layout_is_expandable_to(in.ndim, in.size, n, want), "expanded, but not expandable");
    layout_broadcast_stride(n, want, in.ndim, in.size, in.stride, stride);
    for (int d = 0; d < n; d++)
        CHECK(want[d] < 2 || stride[d] == out.stride[d], "broadcast stride differs from expand's");
    int joined = in.ndim;
    CHECK(layout_broadcast("add", &joined, in.size, n, want) == 0 && joined == n && !memcmp(in.size, want, (size_t)n * sizeof *want),
            "broadcast to its own expansion");
}

/* ---- reshape, squeeze, unsqueeze: element k of the output is element k of the input ---------------------------- */
static bool same_sequence(const layout *in, const layout *out)
{
    int64_t a[CT_MAXDIM] = {0}, b[CT_MAXDIM] = {0};
    int64_t n = layout_numel(in->ndim, in->size);
    for (int64_t i = 0; i < n; i++) {
        if (place(in, a) != place(out, b))
            return false;
        next_index(in->ndim, in->size, a);
        next_index(out->ndim, out->size, b);
    }
    return n == layout_numel(out->ndim, out->size);
}

/* The only strides that could express the shape: from the places of the first steps along each dimension. */
static bool expressible(const layout *in, int ndim, const int64_t *size)
{
    layout flat = {.ndim = ndim, .offset = in->offset}, row = {.ndim = ndim};
    memcpy(flat.size, size, (size_t)ndim * sizeof *size);
    layout_row_major(ndim, size, row.stride);
    for (int d = 0; d < ndim; d++) {
        int64_t index[CT_MAXDIM], rank = row.stride[d];
        for (int i = in->ndim - 1; i >= 0; i--)
            index[i] = rank % in->size[i], rank /= in->size[i];
        flat.stride[d] = size[d] > 1 ? place(in, index) - in->offset : 0;
    }
    return same_sequence(in, &flat);
}

static void test_reshape(void)
{
    layout in = draw_layout(1), out;
    int64_t numel = layout_numel(in.ndim, in.size), left = numel, size[CT_MAXDIM], ask[CT_MAXDIM];
    int n = 0;
    while (n < 5 && (left > 1 || draw(0, 2))) {
        int64_t part = n == 4 ? left : draw(1, left);
        while (left % part)
            part--;
        size[n++] = part;
        left /= part;
    }
    if (left != 1)
        return;
    memcpy(ask, size, sizeof ask);
    if (n && draw(0, 1))
        ask[draw(0, n - 1)] = -1;
    int done = view_reshape(&in, n, ask, &out);
    CHECK(done == expressible(&in, n, size), "reshape: %d where strides say otherwise", done);
    if (done == 1) {
        check_size("reshape", &out, n, size);
        CHECK(same_sequence(&in, &out), "reshape changes the order");
    }
    int64_t d = draw(-in.ndim - 1, in.ndim);
    CHECK(view_unsqueeze(&in, d, &out) == 0 && out.ndim == in.ndim + 1 && same_sequence(&in, &out), "unsqueeze");
    layout back;
    CHECK(view_squeeze(&out, 1, &d, false, &back) == 0 && back.ndim == in.ndim && same_sequence(&in, &back), "squeeze of what was unsqueezed");
    CHECK(view_squeeze(&in, 0, NULL, true, &out) == 0 && same_sequence(&in, &out), "squeeze");
    for (int i = 0; i < out.ndim; i++)
        CHECK(out.size[i] != 1, "squeeze leaves a 1");
}

static void test_flatten(void)
{
    layout in = draw_layout(0), out;
    int64_t size[CT_MAXDIM];
    int first = in.ndim ? (int)draw(0, in.ndim - 1) : 0, last = in.ndim ? (int)draw(first, in.ndim - 1) : -1, n, m;
    CHECK(view_flatten_size(&in, first, in.ndim ? last - in.ndim : 0, &n, size) == 0, "flatten refused");
    CHECK(n == in.ndim - (last - first) && size[first] == layout_numel(last - first + 1, in.size + first), "flatten to %d dims", n);
    CHECK(!memcmp(size, in.size, (size_t)first * sizeof *size) && !memcmp(size + first + 1, in.size + last + 1, (size_t)(n - first - 1) * sizeof *size),
            "flatten moves other sizes");
    out.ndim = n;
    memcpy(out.size, size, sizeof size);
    CHECK(view_unflatten_size(&out, first, last - first + 1, in.size + first, &m, size) == (in.ndim ? 0 : -1), "unflatten refused");
    CHECK(!in.ndim || (m == in.ndim && !memcmp(size, in.size, (size_t)m * sizeof *size)), "unflatten does not undo flatten");
}

/* ---- contiguity, fresh strides ------------------------------------------------------------------------------------ */
static void test_fresh(void)
{
    layout in = draw_layout(0);
    int64_t fresh[CT_MAXDIM], row[CT_MAXDIM];
    layout_row_major(in.ndim, in.size, row);
    CHECK(layout_is_contiguous(in.ndim, in.size, row) && layout_is_dense(in.ndim, in.size, row), "row-major is not contiguous");
    bool same = layout_numel(in.ndim, in.size) == 0, increasing = true;
    if (!same) {
        same = true;
        for (int d = 0; d < in.ndim; d++)
            same = same && (in.size[d] == 1 || in.stride[d] == row[d]);
    }
    CHECK(layout_is_contiguous(in.ndim, in.size, in.stride) == same, "contiguous");
    layout_dense_like(in.ndim, in.size, in.stride, fresh);
    CHECK(layout_is_dense(in.ndim, in.size, fresh), "a fresh result is not dense");
    layout_preserve(in.ndim, in.size, in.stride, fresh);
    CHECK(layout_is_dense(in.ndim, in.size, fresh), "a preserved result is not dense");
    for (int a = 0; a < in.ndim; a++)
        for (int b = 0; b < in.ndim; b++)
            if (in.stride[a] && in.stride[b] && in.size[a] > 1 && in.size[b] > 1 && in.stride[a] < in.stride[b])
                increasing = increasing && fresh[a] < fresh[b];
    for (int d = 0; d < in.ndim; d++)
        increasing = increasing || in.stride[d] == 0 || in.size[d] < 2; /* zeros and ones may hide an order */
    CHECK(increasing, "a preserved result has another order");
}

#define D(...) (int64_t[]){__VA_ARGS__}
#define STRIDES(...) !memcmp(stride, D(__VA_ARGS__), sizeof D(__VA_ARGS__))
/* Values that PyTorch gives. */
static void test_order_of_results(void)
{
    int64_t stride[CT_MAXDIM];
    layout_dense_like(2, D(1, 3), D(7, 1), stride);
    CHECK(STRIDES(3, 1), "contiguous with an odd stride");
    layout_preserve(2, D(1, 3), D(7, 1), stride);
    CHECK(STRIDES(7, 1), "preserve keeps an odd stride");
    layout_dense_like(4, D(1, 5, 1, 4), D(1, 1, 5, 5), stride);
    CHECK(STRIDES(20, 1, 20, 5), "channels last");
    layout_dense_like(3, D(2, 1, 3), D(1, 0, 4), stride);
    CHECK(STRIDES(1, 2, 2), "gaps closed");
    layout_dense_like(2, D(3, 2), D(1, 1), stride);
    CHECK(STRIDES(2, 1), "equal strides: the longer dimension outside");
    geometry turned = {3, D(2, 0, 3), D(1, 2, 2)}, row = {1, D(3), D(1)}, one = {2, D(1, 4), D(1, 1)}, number = {0, NULL, NULL};
    layout_elementwise(3, D(2, 0, 3), 2, (geometry[]){turned, row}, stride);
    CHECK(STRIDES(1, 2, 0), "empty, joined");
    layout_elementwise(2, D(1, 4), 2, (geometry[]){one, number}, stride);
    CHECK(STRIDES(1, 1), "with a number");
    layout_elementwise(2, D(1, 4), 2, (geometry[]){one, one}, stride);
    CHECK(STRIDES(4, 1), "contiguous operands of one shape");
    layout in = {.ndim = 2, .size = {0, 3}, .stride = {7, 9}}, out;
    CHECK(view_reshape(&in, 2, D(0, 3), &out) == 1 && out.stride[0] == 7 && out.stride[1] == 9, "empty, reshaped to itself");
    CHECK(view_reshape(&in, 3, D(5, 0, 2), &out) == 1 && out.stride[0] == 2 && out.stride[1] == 2, "empty, reshaped");
}

/* ---- refusals ------------------------------------------------------------------------------------------------------- */
#define REFUSED(call, status, text)                                                                                     \
    do {                                                                                                                \
        ct_clear();                                                                                                     \
        CHECK((call) < 0 && ct_failed() == (status) && !strncmp(ct_message(), text, strlen(text)), "%s: %s", #call,      \
              ct_failed() ? ct_message() : "accepted");                                                                 \
    } while (0)
static const layout two_three = {.ndim = 2, .size = {2, 3}, .stride = {3, 1}}, scalar = {.ndim = 0}, many = {.ndim = CT_MAXDIM};

static void test_refused_arguments(void)
{
    layout out;
    int dim, ndim = 2;
    bool mask[CT_MAXDIM];
    int64_t n, size[CT_MAXDIM] = {2, 3};
    REFUSED(layout_check_numel("empty", 2, D(2, -3), &n), CT_RUNTIME, "Trying to create tensor with negative dimension -3: [2, -3]");
    REFUSED(layout_wrap_dim("sum", 5, 2, &dim), CT_INDEX, "Dimension out of range (expected to be in range of [-2, 1], but got 5)");
    REFUSED(layout_wrap_dim("sum", INT64_MIN, 0, &dim), CT_INDEX, "Dimension out of range (expected to be in range of [-1, 0]");
    REFUSED(layout_dims_mask("sum", 2, D(0, -2), 2, mask), CT_RUNTIME, "dim 0 appears multiple times in the list of dims");
    REFUSED(layout_dims_mask("sum", 2, D(0, -1), 0, mask), CT_RUNTIME, "dim 0 appears multiple times in the list of dims");
    REFUSED(layout_broadcast("add", &ndim, size, 1, D(4)), CT_RUNTIME,
            "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1");
    REFUSED(view_expand(&two_three, 1, D(3), &out), CT_RUNTIME, "expand(");
    REFUSED(view_expand(&two_three, 2, D(4, 3), &out), CT_RUNTIME,
            "The expanded size of the tensor (4) must match the existing size (2) at non-singleton dimension 0.  Target sizes: [4, 3].  Tensor sizes: [2, 3]");
    REFUSED(view_expand(&two_three, 3, D(-1, 2, 3), &out), CT_RUNTIME,
            "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension 0");
    REFUSED(view_reshape(&two_three, 1, D(4), &out), CT_RUNTIME, "shape '[4]' is invalid for input of size 6");
    REFUSED(view_reshape(&two_three, 2, D(-1, -1), &out), CT_RUNTIME, "only one dimension can be inferred");
    REFUSED(view_reshape(&two_three, 2, D(-2, 3), &out), CT_RUNTIME, "invalid shape dimension -2 at index 0 of shape [-2, 3]");
    REFUSED(layout_infer_size("reshape", 0, 2, D(-1, 0), size), CT_RUNTIME, "cannot reshape tensor of 0 elements into shape [-1, 0]");
    REFUSED(view_permute(&two_three, 2, D(0, -2), &out), CT_RUNTIME, "permute(): duplicate dims are not allowed.");
    REFUSED(view_permute(&two_three, 1, D(0), &out), CT_RUNTIME, "permute(");
    REFUSED(view_unflatten_size(&two_three, 0, 2, D(3, 3), &ndim, size), CT_RUNTIME,
            "unflatten: Provided sizes [3, 3] don't multiply up to the size of dim 0 (2)");
    REFUSED(view_unflatten_size(&two_three, 0, 0, NULL, &ndim, size), CT_RUNTIME, "unflatten: sizes must be non-empty");
    REFUSED(view_unflatten_size(&scalar, -1, 1, D(1), &ndim, size), CT_RUNTIME, "unflatten got an unexpected error:\nDimension specified as 0 but");
    REFUSED(view_flatten_size(&two_three, 1, 0, &ndim, size), CT_RUNTIME, "flatten() has invalid args: start_dim cannot come after end_dim");
}

static void test_refused_views(void)
{
    layout out;
    REFUSED(view_select(&two_three, 0, 2, &out), CT_INDEX, "select(): index 2 out of range for tensor of size [2, 3] at dimension 0");
    REFUSED(view_select(&scalar, 0, 0, &out), CT_INDEX, "select() cannot be applied to a 0-dim tensor.");
    REFUSED(view_slice(&two_three, 0, 0, 1, 0, &out), CT_RUNTIME, "slice step must be positive");
    REFUSED(view_slice(&scalar, 0, 0, 1, 1, &out), CT_INDEX, "slice() cannot be applied to a 0-dim tensor.");
    REFUSED(view_narrow(&scalar, 0, 0, 1, &out), CT_RUNTIME, "narrow() cannot be applied to a 0-dim tensor.");
    REFUSED(view_narrow(&two_three, 5, 0, -1, &out), CT_RUNTIME, "narrow(): length must be non-negative.");
    REFUSED(view_unfold(&two_three, 0, -1, 0, &out), CT_RUNTIME, "size is -1 but must be >= 0");
    REFUSED(view_narrow(&two_three, 0, 1, 2, &out), CT_RUNTIME, "start (1) + length (2) exceeds dimension size (2).");
    REFUSED(view_narrow(&two_three, 0, 1, INT64_MAX, &out), CT_RUNTIME, "start (1) + length (9223372036854775807) exceeds");
    REFUSED(view_narrow(&two_three, 0, 3, 0, &out), CT_INDEX, "start out of range (expected to be in range of [-2, 2], but got 3)");
    REFUSED(view_unfold(&two_three, 1, 4, 1, &out), CT_RUNTIME, "maximum size for tensor at dimension 1 is 3 but size is 4");
    REFUSED(view_unfold(&two_three, 1, 2, 0, &out), CT_RUNTIME, "step is 0 but must be > 0");
    REFUSED(view_diagonal(&two_three, 0, 0, -2, &out), CT_RUNTIME, "diagonal dimensions cannot be identical 0, -2");
    REFUSED(view_squeeze(&two_three, 2, D(0, 0), false, &out), CT_RUNTIME, "dim 0 appears multiple times in the list of dims");
    REFUSED(view_unsqueeze(&two_three, 3, &out), CT_INDEX, "Dimension out of range (expected to be in range of [-3, 2], but got 3)");
    REFUSED(view_unsqueeze(&many, 0, &out), CT_RUNTIME, "unsqueeze: only tensors with up to 64 dims are supported");
    REFUSED(view_unfold(&many, 0, 0, 1, &out), CT_RUNTIME, "unfold: only tensors with up to 64 dims are supported");
    REFUSED(view_as_strided(2, D(2, 3), D(1, -2), 0, 24, 4, &out), CT_RUNTIME,
            "as_strided: Negative strides are not supported at the moment, got strides: [1, -2]");
    REFUSED(view_as_strided(2, D(2, 3), D(3, 1), -1, 24, 4, &out), CT_RUNTIME, "Tensor: invalid storage offset -1");
    REFUSED(view_as_strided(2, D(2, 3), D(3, 1), 1, 24, 4, &out), CT_RUNTIME,
            "setStorage: sizes [2, 3], strides [3, 1], storage offset 1, and itemsize 4 requiring a storage size of 28 are out of bounds for storage of size 24");
    CHECK(view_as_strided(2, D(2, 0), D(300, 1), 100, 24, 4, &out) == 0 && out.offset == 100, "as_strided of nothing");
}

/* ---- the ends of 63 bits ------------------------------------------------------------------------------------------------ */
static void test_large(void)
{
    layout out, huge = {.ndim = 1, .size = {INT64_MAX}, .stride = {1}}, empty = {.ndim = 2, .size = {0, 5}, .stride = {1, INT64_MAX / 2}};
    int64_t n, low, high, G = (int64_t)1 << 31, size[CT_MAXDIM];
    CHECK(layout_check_numel("empty", 2, D(G, G), &n) == 0 && n == (int64_t)1 << 62, "2^31 · 2^31");
    CHECK(layout_check_numel("empty", 2, D(2 * G - 1, G), &n) == 0 && n == (2 * G - 1) * G, "just below 2^63");
    REFUSED(layout_check_numel("empty", 2, D(2 * G, G), &n), CT_RUNTIME, "Storage size calculation overflowed with sizes=[4294967296, 2147483648]");
    REFUSED(layout_check_numel("empty", 3, D(0, 2 * G, G), &n), CT_RUNTIME, "Storage size calculation overflowed");
    CHECK(layout_check_numel("empty", 2, D(0, INT64_MAX), &n) == 0 && n == 0, "empty and wide");
    REFUSED(layout_infer_size("reshape", 6, 3, D(2 * G, 2 * G, -1), size), CT_RUNTIME,
            "shape '[4294967296, 4294967296, -1]' is invalid for input of size 6");
    REFUSED(layout_infer_size("reshape", 0, 2, D(2 * G, 2 * G), size), CT_RUNTIME, "numel: integer multiplication overflow");
    REFUSED(view_expand(&scalar, 2, D(2 * G, 2 * G), &out), CT_RUNTIME, "numel: integer multiplication overflow");
    REFUSED(view_expand(&scalar, 2, D(-2, 0), &out), CT_RUNTIME, "numel: integer multiplication overflow");
    CHECK(view_expand(&scalar, 2, D(2 * G - 1, G), &out) == 0, "expand to just below 2^63");
    CHECK(view_slice(&huge, 0, 1, INT64_MAX, INT64_MAX, &out) < 0 && ct_failed() == CT_RUNTIME, "slice: length + step overflows");
    CHECK(view_slice(&huge, 0, INT64_MAX - 1, INT64_MAX, 1, &out) == 0 && out.offset == INT64_MAX - 1 && out.size[0] == 1, "the last of 2^63 - 1");
    CHECK(view_slice(&huge, 0, INT64_MIN, INT64_MAX, 1, &out) == 0 && out.size[0] == INT64_MAX, "all of 2^63 - 1");
    CHECK(view_select(&huge, 0, -1, &out) == 0 && out.offset == INT64_MAX - 1, "select the last");
    REFUSED(view_select(&empty, 1, 4, &out), CT_RUNTIME, "Stride calculation overflowed");
    REFUSED(view_unsqueeze(&empty, 1, &out), CT_RUNTIME, "Stride calculation overflowed");
    REFUSED(view_unfold(&huge, 0, G, 1, &out), CT_RUNTIME, "numel: integer multiplication overflow");
    CHECK(view_diagonal(&two_three, INT64_MIN, 0, 1, &out) == 0 && out.size[0] == 0, "diagonal far below");
    CHECK(view_diagonal(&two_three, INT64_MAX, 0, 1, &out) == 0 && out.size[0] == 0, "diagonal far above");
    REFUSED(view_as_strided(2, D(INT64_MAX, INT64_MAX), D(1, 1), 0, 24, 4, &out), CT_RUNTIME, "Storage size calculation overflowed");
    REFUSED(view_as_strided(1, D(1), D(1), INT64_MAX, 24, 1, &out), CT_RUNTIME, "Storage size calculation overflowed");
    REFUSED(view_as_strided(2, D(2 * G, 2 * G), D(0, 0), 0, 24, 4, &out), CT_RUNTIME, "numel: integer multiplication overflow");
    CHECK(!layout_reach(1, D(3), D(INT64_MIN), 0, &low, &high), "reach of -2^64");
    CHECK(layout_reach(2, D(2, 2), D(INT64_MIN, INT64_MAX), 0, &low, &high) && low == INT64_MIN && high == INT64_MAX, "reach of all 64 bits");
    layout_extent(2, D(3, 2), D(-5, 2), &low, &high);
    CHECK(low == -10 && high == 2, "extent");
}

static void test_text(void)
{
    char text[40];
    CHECK(!strcmp(layout_text(0, NULL, text, sizeof text), "[]"), "%s", text);
    CHECK(!strcmp(layout_text(2, D(2, -3), text, sizeof text), "[2, -3]"), "%s", text);
    CHECK(!strcmp(layout_text(4, D(1234567890123, 1, 1, 1), text, sizeof text), "[1234567890123, ...]"), "%s", text);
    for (int room = 1; room < 40; room++) {
        memset(text, 'x', sizeof text);
        layout_text(2, D(INT64_MIN, INT64_MIN), text, room);
        CHECK(memchr(text, 0, (size_t)room), "no end within %d", room);
    }
}

int main(void)
{
    void (*const trials[])(void) = {test_parts, test_diagonal, test_order, test_expand, test_reshape, test_flatten, test_fresh};
    for (int i = 0; i < 20000; i++)
        for (size_t k = 0; k < sizeof trials / sizeof *trials; k++)
            trials[k]();
    test_refused_arguments();
    test_refused_views();
    test_large();
    test_text();
    test_order_of_results();
    printf("layout: %d checks, %d failures\n", checks, failures);
    return failures != 0;
}
