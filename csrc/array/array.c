/* Storages and arrays: making, counting, releasing. */
#include "array/array.h"
#include <string.h>

static int64_t live_storages, live_arrays;
int64_t storage_live(void) { return live_storages; }
int64_t array_live(void) { return live_arrays; }

/* ---- storage ----------------------------------------------------------------------------------- */
enum { INLINE_BYTES = 64 }; /* up to here the bytes stand behind the header, in one block */

static inline size_t storage_block(const storage *s)
{
    return sizeof(storage) + ((s->flags & ST_OWN_BLOCK) || s->release ? 0 : INLINE_BYTES);
}

static storage *storage_header(size_t nbytes)
{
    storage *s = ct_alloc(nbytes);
    if (!s)
        return NULL;
    *s = (storage){.refs = 1};
    live_storages++;
    return s;
}

storage *storage_new(int64_t nbytes)
{
    bool own = nbytes > INLINE_BYTES;
    char *data = own ? ct_alloc((size_t)nbytes) : NULL;
    if (own && !data)
        return NULL;
    storage *s = storage_header(sizeof(storage) + (own ? 0 : INLINE_BYTES));
    if (!s) {
        ct_free(data, (size_t)nbytes);
        return NULL;
    }
    s->nbytes = nbytes;
    s->data = own ? data : (char *)(s + 1);
    s->flags = own ? ST_OWN_BLOCK : 0;
    return s;
}

static void release_nothing(void *owner, void *data) { (void)owner, (void)data; }

storage *storage_new_foreign(void *data, int64_t nbytes, void (*release)(void *, void *), void *owner)
{
    storage *s = storage_header(sizeof(storage));
    if (!s)
        return NULL;
    s->nbytes = nbytes;
    s->data = data;
    s->release = release ? release : release_nothing;
    s->owner = owner;
    return s;
}

void storage_free(storage *s)
{
    size_t block = storage_block(s);
    live_storages--;
    if (s->release)
        s->release(s->owner, s->data);
    else if (s->flags & ST_OWN_BLOCK)
        ct_free(s->data, (size_t)s->nbytes);
    ct_free(s, block);
}

int storage_resize(storage *s, int64_t nbytes)
{
    if (nbytes <= s->nbytes)
        return 0;
    if (s->release || s->busy || s->flags & ST_PINNED)
        return ct_fail(CT_RUNTIME, "Trying to resize storage that is not resizable: another object owns or shares its memory; clone() the tensor first");
    if (!(s->flags & ST_OWN_BLOCK) && nbytes <= INLINE_BYTES) {
        s->nbytes = nbytes;
        return 0;
    }
    if (!(s->flags & ST_OWN_BLOCK))
        return ct_fail(CT_RUNTIME, "a storage of %lld bytes cannot grow in place; give the tensor a new one", (long long)s->nbytes);
    char *data = ct_alloc((size_t)nbytes);
    if (!data)
        return -1;
    memcpy(data, s->data, (size_t)s->nbytes);
    ct_free(s->data, (size_t)s->nbytes);
    s->data = data;
    s->nbytes = nbytes;
    return 0;
}

/* ---- array --------------------------------------------------------------------------------------- */
static inline size_t array_block(int ndim) { return sizeof(array) + 2 * (size_t)ndim * sizeof(int64_t); }

static array *array_blank(storage *s, ct_dtype dtype, int ndim, int64_t offset)
{
    array *a = ct_alloc(array_block(ndim));
    if (!a)
        return NULL;
    *a = (array){.refs = 1, .st = s, .ver = &s->ver, .offset = offset, .numel = 1,
                 .dtype = (uint8_t)dtype, .ndim = (uint8_t)ndim};
    live_arrays++;
    return a;
}

array *array_new(ct_dtype dtype, int ndim, const int64_t *size)
{
    int64_t numel = 1, nbytes;
    if (ndim == 1 && size[0] >= 0)
        numel = size[0];
    else if (ndim && layout_check_numel("empty", ndim, size, &numel) < 0)
        return NULL;
    if (!ct_mul(numel, dtype_bytes(dtype), &nbytes)) {
        char text[300];
        ct_fail(CT_RUNTIME, "Storage size calculation overflowed with sizes=%s (%s)", layout_text(ndim, size, text, sizeof text), dtype_name(dtype));
        return NULL;
    }
    storage *s = storage_new(nbytes);
    if (!s)
        return NULL;
    array *a = array_blank(s, dtype, ndim, 0);
    if (!a) {
        storage_drop(s);
        return NULL;
    }
    a->numel = numel;
    a->flags = A_CONTIGUOUS | A_PLAIN;
    for (int d = 0; d < ndim; d++)
        a->dim[d] = size[d];
    layout_row_major(ndim, size, a->dim + ndim);
    return a;
}

array *array_new_like(const array *like, ct_dtype dtype)
{
    int64_t nbytes;
    if (CT_UNLIKELY(!ct_mul(like->numel, dtype_bytes(dtype), &nbytes)))
        return array_new(dtype, like->ndim, array_size(like));
    storage *s = storage_new(nbytes);
    array *a = s ? array_blank(s, dtype, like->ndim, 0) : NULL;
    if (CT_UNLIKELY(!a)) {
        storage_drop(s);
        return NULL;
    }
    a->numel = like->numel;
    a->flags = A_CONTIGUOUS | A_PLAIN;
    for (int d = 0; d < 2 * like->ndim; d++)
        a->dim[d] = like->dim[d];
    return a;
}

array *array_new_over(storage *s, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *stride, int64_t offset)
{
    array *a = array_blank(s, dtype, ndim, offset);
    if (!a)
        return NULL;
    storage_keep(s);
    for (int d = 0; d < ndim; d++) {
        a->dim[d] = size[d];
        a->dim[ndim + d] = stride[d];
    }
    a->numel = layout_numel(ndim, size);
    if (layout_is_contiguous(ndim, size, stride))
        a->flags |= layout_is_row_major(ndim, size, stride) ? A_CONTIGUOUS | A_PLAIN : A_CONTIGUOUS;
    return a;
}

array *array_alias(const array *a, int ndim, const int64_t *size, const int64_t *stride, int64_t offset)
{
    array *b = array_new_over(a->st, a->dtype, ndim, size, stride, offset);
    if (!b || a->ver == &a->st->ver)
        return b;
    b->ver = a->ver;
    b->ver->refs++;
    b->flags |= A_OWN_VERSION;
    return b;
}

array *array_alias_unversioned(const array *a)
{
    version *cell = ct_alloc_zero(sizeof *cell);
    if (!cell)
        return NULL;
    array *b = array_new_over(a->st, a->dtype, a->ndim, array_size(a), array_stride(a), a->offset);
    if (!b) {
        ct_free(cell, sizeof *cell);
        return NULL;
    }
    cell->refs = 1;
    b->ver = cell;
    b->flags |= A_OWN_VERSION;
    return b;
}

void array_free(array *a)
{
    if ((a->flags & A_OWN_VERSION) && --a->ver->refs == 0)
        ct_free(a->ver, sizeof *a->ver);
    storage *s = a->st;
    live_arrays--;
    ct_free(a, array_block(a->ndim));
    storage_drop(s);
}

bool array_same_size(const array *a, const array *b)
{
    if (a->ndim != b->ndim)
        return false;
    for (int d = 0; d < a->ndim; d++)
        if (a->dim[d] != b->dim[d])
            return false;
    return true;
}

/* ---- scalars --------------------------------------------------------------------------------------- */
static void store(char *p, ct_dtype dtype, double f, int64_t i, bool is_float)
{
    switch (dtype) {
    case DT_BOOL: *(uint8_t *)p = is_float ? f != 0 : i != 0; break;
    case DT_U8: *(uint8_t *)p = (uint8_t)(is_float ? (int64_t)f : i); break;
    case DT_I32: *(int32_t *)p = (int32_t)(is_float ? (int64_t)f : i); break;
    case DT_I64: *(int64_t *)p = is_float ? (int64_t)f : i; break;
    case DT_F32: *(float *)p = is_float ? (float)f : (float)i; break;
    case DT_F64: *(double *)p = is_float ? f : (double)i; break;
    default: break;
    }
}
void dtype_store_f(void *p, ct_dtype dtype, double value) { store(p, dtype, value, 0, true); }
void dtype_store_i(void *p, ct_dtype dtype, int64_t value) { store(p, dtype, 0, value, false); }

array *array_scalar_f(double value, ct_dtype dtype, bool weak)
{
    array *a = array_new(dtype, 0, NULL);
    if (!a)
        return NULL;
    a->flags |= weak ? A_WEAK : 0;
    dtype_store_f(a->st->data, dtype, value);
    return a;
}

array *array_scalar_i(int64_t value, ct_dtype dtype, bool weak)
{
    array *a = array_new(dtype, 0, NULL);
    if (!a)
        return NULL;
    a->flags |= weak ? A_WEAK : 0;
    dtype_store_i(a->st->data, dtype, value);
    return a;
}
