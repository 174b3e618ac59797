/* array: storage + layout + dtype. Immutable but for its storage's bytes; counted.
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
    int64_t refs;        /* 0 for the one inside a storage */
} version;

typedef struct storage {
    int64_t refs;
    int64_t nbytes;
    char *data;          /* inside this block for own small buffers, else separate or foreign */
    version ver;
    void (*release)(void *owner, void *data); /* foreign memory: called once at the end, under the host's lock */
    void *owner;         /* what `release` gets; opaque to this room */
    uint32_t flags;
    int32_t busy;        /* kernels running on it without the lock */
} storage;
enum {
    ST_READONLY = 1,  /* foreign memory that its owner protects */
    ST_OWN_BLOCK = 2,
    ST_INFERENCE = 8, /* made in inference mode: the tape may neither keep it nor, outside that mode, see it written */
    ST_PINNED = 4,    /* somebody outside holds a pointer into it: the bytes may not move any more */
};

storage *storage_new(int64_t nbytes);
storage *storage_new_foreign(void *data, int64_t nbytes, void (*release)(void *, void *), void *owner);
void storage_free(storage *s);
static inline storage *storage_keep(storage *s) { s->refs++; return s; }
static inline void storage_drop(storage *s) { if (s && --s->refs == 0) storage_free(s); }
int storage_resize(storage *s, int64_t nbytes); /* grows own memory, contents kept; CT_RUNTIME for foreign */

enum {
    A_CONTIGUOUS = 1, /* row-major without gaps (sizes 0 and 1 ignore their stride) */
    A_WEAK = 2,       /* stands for a Python number: it does not widen its category */
    A_OWN_VERSION = 4,/* `ver` is a counted cell of its own (`.data`), not the storage's */
    A_PLAIN = 8,      /* strides are those of a fresh array to the last, of sizes 0 and 1 too; implies A_CONTIGUOUS */
};

typedef struct array {
    int64_t refs;
    storage *st;
    version *ver;
    int64_t offset;   /* in elements, from the storage's first byte */
    int64_t numel;
    uint8_t dtype, ndim;
    uint16_t flags;
    uint32_t spare;
    int64_t dim[];    /* size[ndim], then stride[ndim] in elements */
} array;

/* Fresh contiguous array with its own storage; contents undefined. CT_RUNTIME if sizes overflow. */
array *array_new(ct_dtype dtype, int ndim, const int64_t *size);
/* Fresh, with the shape and strides of `like`, which is plain. */
array *array_new_like(const array *like, ct_dtype dtype);
/* A layout over a storage that the caller has checked (layout_in_bounds). Keeps the storage. */
array *array_new_over(storage *s, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride, int64_t offset);
/* Another layout over the same storage and version cell. */
array *array_alias(const array *a, int ndim, const int64_t *size, const int64_t *stride, int64_t offset);
array *array_alias_unversioned(const array *a);           /* `.data`: same bytes, version cell of its own */
/* One value written as the dtype, as a C conversion does (floats truncate towards zero into integers). */
void dtype_store_f(void *p, ct_dtype dtype, double value);
void dtype_store_i(void *p, ct_dtype dtype, int64_t value);
array *array_scalar_f(double value, ct_dtype dtype, bool weak);
array *array_scalar_i(int64_t value, ct_dtype dtype, bool weak);
void array_free(array *a);
static inline array *array_keep(array *a) { a->refs++; return a; }
static inline void array_drop(array *a) { if (a && --a->refs == 0) array_free(a); }

/* What kernels and rules read. Strides and data go through these alone, so that an array whose
 * bytes are laid out otherwise than it shows (compressed results) needs a change only here. */
static inline const int64_t *array_size(const array *a) { return a->dim; }
static inline const int64_t *array_stride(const array *a) { return a->dim + a->ndim; }
static inline char *array_data(const array *a) { return a->st->data + a->offset * dtype_bytes(a->dtype); }
static inline bool array_is_contiguous(const array *a) { return a->flags & A_CONTIGUOUS; }
static inline bool array_is_plain(const array *a) { return a->flags & A_PLAIN; }
static inline bool array_is_weak(const array *a) { return a->flags & A_WEAK; }
bool array_same_size(const array *a, const array *b);
static inline void array_wrote(array *a, const char *writer) { a->ver->count++; a->ver->writer = writer; }
/* Visible strides and offset as users see them. */
static inline const int64_t *array_visible_stride(const array *a) { return a->dim + a->ndim; }

int64_t storage_live(void); /* how many storages and arrays exist (leak tests) */
int64_t array_live(void);
#endif
