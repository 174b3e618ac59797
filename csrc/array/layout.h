/* layout: pure shape and stride arithmetic. No memory, no arrays, no dtypes.
 *
 * All sizes, strides and offsets are in elements; all products and sums go through checked helpers.
 * No op computes its own geometry. Functions return -1 with the status set when a shape is refused.
 * Messages are PyTorch's word for word where users know them by heart; the others start with `op`.
 *
 * Strides may be negative everywhere but in view_as_strided. An accepted layout has a number of elements,
 * zeros counted as ones, and a reach that fit into 63 bits.
 */
#ifndef CT_LAYOUT_H
#define CT_LAYOUT_H
#include <stdbool.h>
#include <stdint.h>

enum { CT_MAXDIM = 64 }; /* PyTorch's limit */

/* A shape with strides being computed; by value, on the stack. Only the first ndim entries are set. */
typedef struct layout {
    int ndim;
    int64_t offset;
    int64_t size[CT_MAXDIM], stride[CT_MAXDIM];
} layout;

/* Somebody's shape and strides, borrowed. */
typedef struct geometry { int ndim; const int64_t *size, *stride; } geometry;

/* ---- reading ------------------------------------------------------------------------------ */
int64_t layout_numel(int ndim, const int64_t *size);   /* sizes already accepted: cannot overflow */
/* Number of elements; CT_RUNTIME when a size is negative or the product (zeros counted as ones too) overflows. */
int layout_check_numel(const char *op, int ndim, const int64_t *size, int64_t *numel);
bool layout_is_contiguous(int ndim, const int64_t *size, const int64_t *stride);
/* The strides of layout_row_major, of sizes 0 and 1 too. */
bool layout_is_row_major(int ndim, const int64_t *size, const int64_t *stride);
/* A few numbers copied and compared: a call of libc's takes longer than they do. */
static inline void layout_take(int64_t *to, const int64_t *from, int n)
{
    for (int d = 0; d < n; d++)
        to[d] = from[d];
}
static inline bool layout_same(const int64_t *a, const int64_t *b, int n)
{
    for (int d = 0; d < n; d++)
        if (a[d] != b[d])
            return false;
    return true;
}
/* The three above in one pass: every view asks for all of them. */
static inline int64_t layout_look(int ndim, const int64_t *size, const int64_t *stride, bool *contiguous, bool *row_major)
{
    int64_t numel = 1, step = 1;
    bool dense = true, exact = true;
    for (int d = ndim - 1; d >= 0; d--) {
        bool as_fresh = stride[d] == step;
        exact &= as_fresh;
        dense &= as_fresh | (size[d] == 1);
        numel *= size[d];
        step *= size[d] ? size[d] : 1;
    }
    *contiguous = dense || !numel;
    *row_major = exact;
    return numel;
}
/* No gaps and no overlaps in *some* order of dimensions. */
bool layout_is_dense(int ndim, const int64_t *size, const int64_t *stride);
/* PyTorch's NHWC order of a 4-d shape (`rank` 4), NDHWC of a 5-d one; CT_RUNTIME for another number of dimensions. */
int layout_channels_last(const char *op, int rank, int ndim, const int64_t *size, int64_t *stride);
bool layout_is_channels_last(int ndim, const int64_t *size, const int64_t *stride);
/* Are the strides ordered as channels_last's, gaps allowed? Where sizes of 1 leave it open, no: PyTorch's suggest_memory_format. */
bool layout_like_channels_last(int ndim, const int64_t *size, const int64_t *stride);
void layout_row_major(int ndim, const int64_t *size, int64_t *stride);
/* Strides of a fresh result in the memory order of its operand: what PyTorch's elementwise ops return. */
void layout_dense_like(int ndim, const int64_t *size, const int64_t *like_stride, int64_t *stride);
/* The same for empty_like and clone (preserve_format), which also copy the strides of sizes 0 and 1. */
void layout_preserve(int ndim, const int64_t *size, const int64_t *like_stride, int64_t *stride);
/* Strides of a fresh elementwise result of n operands that broadcast to `size`. */
void layout_elementwise(int ndim, const int64_t *size, int n, const geometry *operand, int64_t *out);
/* "[2, 3]" into buffer, which is returned; what does not fit ends in ", ...]". */
char *layout_text(int ndim, const int64_t *size, char *buffer, int capacity);

/* ---- dimensions ---------------------------------------------------------------------------- */
/* Negative dims counted from the end; CT_INDEX "Dimension out of range (expected to be in range of [-2, 1], but got 5)".
 * 0-d tensors accept 0 and -1. */
int layout_wrap_dim(const char *op, int64_t dim, int ndim, int *wrapped);
/* n dims to a flag per dimension; duplicates refused ("dim 0 appears multiple times in the list of dims"); n == 0 or dims NULL means all. */
int layout_dims_mask(const char *op, int n, const int64_t *dims, int ndim, bool *mask);

/* ---- broadcasting --------------------------------------------------------------------------- */
/* Joins b into the shape *ndim/size (which starts as a copy of a). CT_RUNTIME "The size of tensor a (3) must match
 * the size of tensor b (4) at non-singleton dimension 1". */
int layout_broadcast(const char *op, int *ndim, int64_t *size, int b_ndim, const int64_t *b_size);
/* Strides of an array seen at a wider shape: 0 where it is repeated. The shapes are known to broadcast. */
void layout_broadcast_stride(int ndim, const int64_t *size, int a_ndim, const int64_t *a_size,
                             const int64_t *a_stride, int64_t *stride);
/* Can `from` be summed to `to` (is `to` broadcastable to `from`)? */
bool layout_is_expandable_to(int to_ndim, const int64_t *to, int from_ndim, const int64_t *from);

/* ---- sizes with one left to infer ------------------------------------------------------------- */
/* One -1 in size becomes what makes `numel` elements; CT_RUNTIME "shape '[4]' is invalid for input of size 6". */
int layout_infer_size(const char *op, int64_t numel, int ndim, const int64_t *size, int64_t *full);
/* The same, but 0 instead of a refusal where the sizes do not multiply up to numel; 1 when they do. */
int layout_fill_size(int64_t numel, int ndim, const int64_t *size, int64_t *full);

/* ---- views: each reads `in` and fills `out` (they may not be the same object) ---------------- */
int view_expand(const layout *in, int ndim, const int64_t *size, layout *out);            /* -1 keeps a size */
/* reshape without a copy: 1 done, 0 the strides cannot express it, -1 refused. size may hold one -1. */
int view_reshape(const layout *in, int ndim, const int64_t *size, layout *out);
int view_transpose(const layout *in, int64_t dim0, int64_t dim1, layout *out);
int view_permute(const layout *in, int n, const int64_t *dims, layout *out);
int view_select(const layout *in, int64_t dim, int64_t index, layout *out);
int view_narrow(const layout *in, int64_t dim, int64_t start, int64_t length, layout *out);
/* Python slice semantics on one dim with step >= 1; start and stop already clamped or not, both are accepted (INT64_MAX = end). */
int view_slice(const layout *in, int64_t dim, int64_t start, int64_t stop, int64_t step, layout *out);
int view_squeeze(const layout *in, int n, const int64_t *dims, bool all, layout *out);
int view_unsqueeze(const layout *in, int64_t dim, layout *out);
int view_diagonal(const layout *in, int64_t offset, int64_t dim1, int64_t dim2, layout *out);
int view_unfold(const layout *in, int64_t dim, int64_t size, int64_t step, layout *out);
int view_flatten_size(const layout *in, int64_t start, int64_t end, int *ndim, int64_t *size); /* target size for reshape */
int view_unflatten_size(const layout *in, int64_t dim, int n, const int64_t *sizes, int *ndim, int64_t *size);
/* Sizes and strides non-negative, last element of `item` bytes inside `storage_bytes`; CT_RUNTIME as PyTorch. */
int view_as_strided(int ndim, const int64_t *size, const int64_t *stride, int64_t offset, int64_t storage_bytes, int64_t item,
                    layout *out);

/* ---- memory: exact overlap -------------------------------------------------------------------- */
/* Do two different indices of one layout reach the same element? Exact. On yes, first/second get the colliding indices, the
 * smaller first. Time: a sort where strides are nested; n² for n dims of which two collide; else at most a few
 * milliseconds of search, then a small multiple of visiting every element, or every place where those are fewer. */
bool layout_self_overlap(int ndim, const int64_t *size, const int64_t *stride, int64_t *first, int64_t *second);
typedef enum overlap { OVERLAP_NONE, OVERLAP_SAME, OVERLAP_SOME } overlap; /* SAME: element i of one is element i of the other */
/* Two operands of possibly different item sizes in one address space: starts in bytes, strides in elements. Exact. Time:
 * as above, with the elements of both (stride-0 and regularly nested dimensions counted once). */
overlap layout_overlap(int a_ndim, const int64_t *a_size, const int64_t *a_stride, int64_t a_start, int64_t a_item,
                       int b_ndim, const int64_t *b_size, const int64_t *b_stride, int64_t b_start, int64_t b_item);
/* Elements that the layout reaches, exactly. Closed form for any regular dimensions and up to two irregular ones at a time;
 * else a small multiple of visiting every element, or where those are many times more than places, a search for each place. */
int64_t layout_distinct(int ndim, const int64_t *size, const int64_t *stride);
/* Lowest and highest element reached, relative to offset (0, -1 for empty), of an accepted layout. */
void layout_extent(int ndim, const int64_t *size, const int64_t *stride, int64_t *low, int64_t *high);
/* The same including the offset, for sizes and strides from outside; false when it does not fit into 64 bits. */
bool layout_reach(int ndim, const int64_t *size, const int64_t *stride, int64_t offset, int64_t *low, int64_t *high);
#endif
