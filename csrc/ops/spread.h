/* spread: compressed results, whose bytes hold each distinct element once (array/array.h has the layouts).
 *
 * What makes them: an op that is told by its operands' strides that every one of them repeats along a dimension, and that
 * does not mix that dimension, computes it once. A rule says so by call_once before it declares its outputs; records with
 * OP_POINTWISE mix no dimension and need not. Everything else follows in dispatch: outputs are declared compressed, and
 * the kernel sees operands and outputs narrowed to one index of what is computed once. */
#ifndef CT_SPREAD_H
#define CT_SPREAD_H
#include "ops/op.h"

/* Bytes shown from which a result may be compressed; INT64_MAX: never (CTGRAD_COMPRESS=0), 0: always (CTGRAD_COMPRESS=all). */
enum { SPREAD_FROM = 4096 }; /* below, two layouts cost more than the elements they save */
extern int64_t spread_from;
bool spread_worth(ct_dtype dtype, int64_t numel);
bool spread_saves(ct_dtype dtype, int64_t numel); /* of what is read alone, which may show more than any memory holds */
void spread_choose(const char *setting);      /* NULL: the default */

/* Dims of the joint shape along which every tensor operand repeats by stride 0 (or has size 1): bit d is dim d. */
uint64_t repeated_dims(uint32_t n, const array *const *operand, int ndim, const int64_t *size);
/* For a shape rule whose outputs have in[0]'s dims: those that repeat and are not in `mixed` are computed once. */
void call_once(call *c, uint64_t mixed);
uint64_t call_once_in(const call *c, uint32_t i); /* the same as dims of operand i, aligned at the last */
uint64_t still_dims(const array *a, int ndim); /* dims of a shape along which `a`, aligned at the last, has one element in memory */
static inline bool strides_repeat(const array *a, const int64_t *stride)
{
    for (int d = 0; d < a->ndim; d++)
        if (stride[d] == 0 && array_size(a)[d] > 1)
            return true;
    return false;
}
static inline bool array_repeats(const array *a) { return strides_repeat(a, array_stride(a)); }
/* Row-major for the shape of `a`, but for stride 0 along `still`: what in_cast and in_copy fill. One layout: for kernels only. */
array *array_new_held(const array *a, ct_dtype dtype, uint64_t still);
/* A compressed output where something is computed once; NULL where nothing is. -1: memory failed. stride NULL: row-major. */
int out_once(call *c, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride, array **made);

/* Fresh and row-major, every element the first of `one`: held once where that is worth it. */
array *array_repeat(const array *one, int ndim, const int64_t *size);
/* Is every element the same one? */
static inline bool array_is_still(const array *a)
{
    bool still = a->numel;
    for (int d = 0; d < a->ndim && still; d++)
        still = !array_stride(a)[d] || array_size(a)[d] == 1;
    return still;
}
/* Compressed to a single element, and shown contiguous? */
static inline bool array_is_repeated(const array *a) { return array_is_compressed(a) && array_shows_contiguous(a) && array_is_still(a); }

int array_start_as(const array *x, array *y); /* y = x, of y's shape, once where y is held once */
/* Writes the storage out in full if it is compressed: before a write that differs along what is held once, before memory is shown to
 * others, and where a view cannot be told in the bytes held. -1: out of memory, nothing changed. */
int array_write_out_slow(array *a);
static inline int array_write_out(array *a) { return CT_UNLIKELY(a->flags & A_TWO) ? array_write_out_slow(a) : 0; }
array *tensor_written_out(tensor *t);            /* its array, so, counted */
int array_export(array *a);                    /* the same, and the bytes may not move any more: somebody outside gets a pointer */
/* Unless what is made of these, or `with` themselves, can be written to the bytes held. */
int array_write_out_for_slow(array *a, uint32_t n, const array *const *with);
static inline int array_write_out_for(array *a, uint32_t n, const array *const *with) { return array_is_compressed(a) ? array_write_out_for_slow(a, n, with) : 0; }
int call_write_out(call *c);                  /* what the call is going to write to, but for self where what is written is looked at first, by the above */

/* For views: the rule has made c->oa[0] or c->list of self's shown layout; they get the held one by the rule run on that. Where it cannot
 * be told, or the op names strides of its own (OP_ABSOLUTE), self is written out. */
int views_of_both(call *c);
/* What a kernel reads and writes: every array as its bytes are held, of size 1 along what is computed once. */
typedef struct narrowed { const array *ia[FEW_IN], **all; array *oa[MAX_OUT]; } narrowed;
int call_narrow(call *c, narrowed *was);
void call_widen(call *c, narrowed *was);
#endif
