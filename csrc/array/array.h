/* array: storage + layout + dtype. Immutable but for its storage's bytes; counted.
 *
 * A compressed result holds each of its distinct elements once and shows more: its array has two layouts, where the
 * bytes are (held: stride 0 along the dimensions computed once, equal or opposite strides along those that slide over one
 * line of elements; an array's own strides may be negative there and nowhere else) and what users see (shown, a fresh dense tensor). The
 * first write that differs along what is held once, and every export, writes the storage out in full (ops/spread.c); from then on every array
 * over it reads the shown layout alone. No list of arrays is kept and none is rewritten: each asks the storage.
 *
 * storage  counted bytes; who wrote last and how often (version), who owns foreign memory.
 * array    a shape and strides over a storage. Tensors, views and kept values share arrays by count.
 *
 * Names: _new owns a fresh thing, _keep/_drop count, _alias shares the storage.
 * `const array *` parameters are borrowed. Every _new returns NULL with the status set on failure.
 */
#ifndef CT_ARRAY_H
#define CT_ARRAY_H
#include "array/layout.h"
#include "base/base.h"
#include "base/dtype.h"

typedef struct version {
    int64_t count;       /* writes so far; what a saved value is compared with */
    const char *writer;  /* static name of the op that wrote last, or NULL */
} version;

/* Small, since every kept value has one. In the same block, behind the header, stand: the data while they are few bytes;
 * ST_FOREIGN: the owner; ST_COMPRESSED: the pointer to the spread. Behind these: the first array over it (A_INNER), whose memory
 * goes with the storage's. */
typedef struct storage {
    int64_t refs;
    int64_t nbytes;      /* as shown; a compressed storage holds fewer: its spread's `held` */
    char *data;          /* in this block, or a block of its own, or foreign */
    version ver;
    uint16_t flags;
    uint16_t room;       /* bytes behind the header */
    uint16_t tail;       /* bytes behind those: the block is sizeof(storage) + room + tail */
    int16_t busy;        /* kernels running on it without the lock */
} storage;
enum {
    ST_READONLY = 1,  /* foreign memory that its owner protects */
    ST_OWN_BLOCK = 2, /* data is a block of its own */
    ST_INFERENCE = 8, /* made in inference mode: the tape may neither keep it nor, outside that mode, see it written */
    ST_PINNED = 4,    /* somebody outside holds a pointer into it: the bytes may not move any more */
    ST_COMPRESSED = 16, /* implies ST_OWN_BLOCK */
    ST_FOREIGN = 32,  /* the memory belongs to an owner, who is told at the end */
    ST_SHARED = 64,   /* pages that child processes share; implies ST_PINNED */
};
typedef struct spread {
    int64_t held;     /* bytes */
    uint8_t dtype, ndim;
    int64_t dim[];    /* size[ndim], stride shown (from offset 0), stride held, held offset, in elements */
} spread;

storage *storage_new(int64_t nbytes);
/* Memory of another: `release(owner, data)`, unless NULL, is called once at the end, under the host's lock. */
storage *storage_new_foreign(void *data, int64_t nbytes, void (*release)(void *, void *), void *owner);
void storage_set_owner(storage *s, void (*release)(void *, void *), void *owner); /* of foreign memory */
void storage_free(storage *s);
static inline storage *storage_keep(storage *s) { s->refs++; return s; }
static inline void storage_drop(storage *s) { if (s && --s->refs == 0) storage_free(s); }
/* Moves a full storage to pages that child processes share, or nothing if it is there; CT_RUNTIME where somebody holds a pointer into it. */
int storage_share(storage *s);
int storage_file(const storage *s);                          /* of shared pages, for a process that is no child of fork; -1: none */
storage *storage_new_shared(int file, int64_t nbytes);       /* takes the file, unless it fails */
int storage_resize(storage *s, int64_t nbytes); /* grows own memory, contents kept; CT_RUNTIME for foreign */
static inline bool storage_is_compressed(const storage *s) { return s->flags & ST_COMPRESSED; }
static inline spread *storage_spread(const storage *s) { return *(spread *const *)(s + 1); } /* of a compressed one */
static inline int64_t storage_held(const storage *s) { return storage_is_compressed(s) ? storage_spread(s)->held : s->nbytes; }
/* A compressed storage gets its full buffer of nbytes bytes (from ct_alloc, taken), whose contents the caller has written. */
void storage_take_full(storage *s, char *data);

enum {
    A_CONTIGUOUS = 1, /* row-major without gaps (sizes 0 and 1 ignore their stride) */
    A_WEAK = 2,       /* stands for a Python number: it does not widen its category */
    A_OWN_VERSION = 4,/* `ver` is a counted cell of its own (`.data`), not the storage's */
    A_PLAIN = 8,      /* strides are those of a fresh array to the last, of sizes 0 and 1 too; implies A_CONTIGUOUS */
    A_TWO = 16,       /* two layouts; the flags above but for A_WEAK and A_OWN_VERSION are not set, those below are */
    A_SHOWN_CONTIGUOUS = 32,
    A_INNER = 64,     /* stands in its storage's block */
    A_LENT_VERSION = 128, /* `ver` is that of another storage, on which it holds a count */
};

typedef struct array {
    storage *st;
    version *ver;
    int64_t offset;   /* in elements, from the storage's first byte, as shown */
    int64_t numel;
    void *home;       /* borrowed by tape/: the tensor of the host's object that shows it, while it does. Of several the first */
    uint32_t refs;    /* what counts it takes 16 bytes and more: memory ends before this does */
    uint8_t dtype, ndim;
    uint16_t flags;
    int64_t dim[];    /* size[ndim], stride[ndim] in elements; A_TWO: held stride[ndim], held offset */
} array;

/* Fresh contiguous array with its own storage; contents undefined. CT_RUNTIME if sizes overflow. */
array *array_new(ct_dtype dtype, int ndim, const int64_t *size);
/* Fresh, with the shape and strides of `like`, which is plain. */
array *array_new_like(const array *like, ct_dtype dtype);
/* A layout over a storage that the caller has checked (layout_in_bounds). Keeps the storage. */
array *array_new_over(storage *s, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride, int64_t offset);
/* Fresh and compressed: elements that differ along a dimension of `once` alone are one. `shown` is dense, from offset 0. */
array *array_new_spread(ct_dtype dtype, const layout *shown, uint64_t once);
/* The same by any strides and offset, negative ones too, that stay within n elements held. */
array *array_new_held_by(ct_dtype dtype, const layout *shown, const layout *held, int64_t n);
/* A view with two layouts over a's storage and version cell; one where the storage is not compressed. */
array *array_view(const array *a, const layout *shown, const layout *held);
/* The same with size 1 along the dimensions in `mask`, at their first index. */
array *array_narrow(const array *a, uint64_t mask);
/* Another layout over the same storage and version cell, told in the strides and offset of the bytes held: of a compressed
 * array only for as long as nothing can write to it. */
array *array_alias(const array *a, int ndim, const int64_t *size, const int64_t *stride, int64_t offset);
array *array_alias_unversioned(const array *a);           /* `.data`: same bytes, version cell of its own */
array *array_alias_with_version(const array *a, const array *of); /* the bytes of a, counted by the version of `of` */
/* One value written as the dtype, as a C conversion does (floats truncate towards zero into integers). */
void dtype_store_f(void *p, ct_dtype dtype, double value);
double dtype_rounded(ct_dtype dtype, double value);      /* as the dtype holds it */
double dtype_load(const void *p, ct_dtype dtype);        /* int64 is rounded */
void dtype_store_i(void *p, ct_dtype dtype, int64_t value);
array *array_scalar_f(double value, ct_dtype dtype, bool weak);
array *array_scalar_i(int64_t value, ct_dtype dtype, bool weak);
void array_free(array *a);
static inline array *array_keep(array *a) { a->refs++; return a; }
static inline void array_drop(array *a) { if (a && --a->refs == 0) array_free(a); }
/* Takes `with`. What is dropped may run the host's code (owners of memory), which may look at the very place: it is filled before. */
static inline void array_set(array **place, array *with)
{
    array *was = *place;
    *place = with;
    array_drop(was);
}

/* What kernels and rules read. Strides and data go through these alone, so that an array whose
 * bytes are laid out otherwise than it shows (compressed results) needs a change only here. */
static inline const int64_t *array_size(const array *a) { return a->dim; }
static inline bool array_is_compressed(const array *a) { return CT_UNLIKELY(a->flags & A_TWO) && storage_is_compressed(a->st); }
static inline const int64_t *array_stride(const array *a) { return a->dim + (array_is_compressed(a) ? 2 : 1) * a->ndim; }
static inline int64_t array_offset(const array *a) { return array_is_compressed(a) ? a->dim[3 * a->ndim] : a->offset; }
static inline char *array_data(const array *a) { return a->st->data + array_offset(a) * dtype_bytes(a->dtype); }
/* Are the bytes row-major without gaps? */
static inline bool array_is_contiguous(const array *a)
{
    return a->flags & A_CONTIGUOUS || (CT_UNLIKELY(a->flags & A_SHOWN_CONTIGUOUS) && !storage_is_compressed(a->st));
}
void array_layout(const array *a, layout *l);       /* what is shown: for view_* */
void array_held_layout(const array *a, layout *l);  /* of the bytes: for kernels */
static inline bool array_is_plain(const array *a) { return a->flags & A_PLAIN; }
static inline bool array_is_weak(const array *a) { return a->flags & A_WEAK; }
static inline bool array_same_size(const array *a, const array *b) { return a->ndim == b->ndim && layout_same(a->dim, b->dim, a->ndim); }
static inline void array_wrote(array *a, const char *writer) { a->ver->count++; a->ver->writer = writer; }
/* As users see it: strides, a->offset, and whether it is contiguous. */
static inline const int64_t *array_visible_stride(const array *a) { return a->dim + a->ndim; }
static inline bool array_shows_contiguous(const array *a) { return a->flags & (A_CONTIGUOUS | A_SHOWN_CONTIGUOUS); }
int64_t array_held(const array *a);     /* elements that differ in place, counting each stride-0 dimension once */

int64_t storage_live(void); /* how many storages and arrays exist (leak tests) */
int64_t array_live(void);
#endif
