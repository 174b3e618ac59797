/* Storages and arrays: making, counting, releasing. */
#include "array/array.h"
#include "base/half.h"
#include <string.h>

static int64_t live_storages, live_arrays;
int64_t storage_live(void) { return live_storages; }
int64_t array_live(void) { return live_arrays; }

/* ---- storage ----------------------------------------------------------------------------------- */
enum { MOST_ROOM = 64, ROOM_STEP = 16 }; /* up to here the bytes stand behind the header, in one block */

typedef struct foreign { void (*release)(void *owner, void *data); void *owner; } foreign;
static foreign *foreign_of(storage *s) { return (foreign *)(s + 1); }

static size_t storage_block(const storage *s) { return sizeof *s + s->room + s->tail; }

static storage *storage_header(int64_t nbytes, int64_t room, size_t tail)
{
    storage *s = ct_alloc(sizeof *s + (size_t)room + tail);
    if (!s)
        return NULL;
    *s = (storage){.refs = 1, .nbytes = nbytes, .room = (uint16_t)room, .tail = (uint16_t)tail, .data = (char *)(s + 1)};
    live_storages++;
    return s;
}

/* Data in a block of their own, with some room behind the header for another use. */
static storage *storage_apart(int64_t nbytes, int64_t room, size_t tail)
{
    char *data = ct_alloc((size_t)nbytes);
    storage *s = data ? storage_header(nbytes, room, tail) : NULL;
    if (!s) {
        ct_free(data, (size_t)nbytes);
        return NULL;
    }
    s->data = data;
    s->flags = ST_OWN_BLOCK;
    return s;
}

static storage *storage_new_with(int64_t nbytes, size_t tail)
{
    if (nbytes > MOST_ROOM)
        return storage_apart(nbytes, 0, tail);
    return storage_header(nbytes, nbytes ? (nbytes + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP : ROOM_STEP, tail);
}
storage *storage_new(int64_t nbytes) { return storage_new_with(nbytes, 0); }

storage *storage_new_foreign(void *data, int64_t nbytes, void (*release)(void *, void *), void *owner)
{
    storage *s = storage_header(nbytes, sizeof(foreign), 0);
    if (!s)
        return NULL;
    s->data = data;
    s->flags = ST_FOREIGN;
    storage_set_owner(s, release, owner);
    return s;
}

void storage_set_owner(storage *s, void (*release)(void *, void *), void *owner) { *foreign_of(s) = (foreign){release, owner}; }

static size_t spread_block(int ndim) { return sizeof(spread) + (3 * (size_t)ndim + 1) * sizeof(int64_t); }

static void drop_bytes(storage *s)
{
    if (s->flags & ST_FOREIGN && foreign_of(s)->release)
        foreign_of(s)->release(foreign_of(s)->owner, s->data);
    else if (s->flags & ST_SHARED && s->nbytes)
        ct_free_shared(s->data, (size_t)s->nbytes);
    else if (s->flags & ST_OWN_BLOCK)
        ct_free(s->data, (size_t)storage_held(s));
}

void storage_free(storage *s)
{
    live_storages--;
    drop_bytes(s);
    if (storage_is_compressed(s))
        ct_free(storage_spread(s), spread_block(storage_spread(s)->ndim));
    ct_free(s, storage_block(s));
}

void storage_take_full(storage *s, char *data)
{
    spread *p = storage_spread(s);
    ct_free(s->data, (size_t)p->held);
    ct_free(p, spread_block(p->ndim));
    s->data = data;
    s->flags &= (uint16_t)~ST_COMPRESSED;
}

int storage_share(storage *s)
{
    if (s->flags & ST_SHARED)
        return 0;
    if (s->busy || s->flags & ST_PINNED)
        return ct_fail(CT_RUNTIME, "share_memory_(): another object holds a pointer to this memory, which would move (an array made by numpy(), a buffer, DLPack); "
                                   "share it before you export it, or clone() it");
    if (!s->nbytes) {
        s->flags |= ST_SHARED | ST_PINNED;
        return 0;
    }
    char *pages = ct_alloc_shared((size_t)s->nbytes);
    if (!pages)
        return -1;
    memcpy(pages, s->data, (size_t)s->nbytes);
    drop_bytes(s);
    s->data = pages;
    s->flags = (uint16_t)((s->flags & ~(ST_FOREIGN | ST_OWN_BLOCK | ST_READONLY)) | ST_SHARED | ST_PINNED);
    return 0;
}

int storage_file(const storage *s) { return s->flags & ST_SHARED && s->nbytes ? ct_shared_file(s->data) : -1; }

storage *storage_new_shared(int file, int64_t nbytes)
{
    storage *s = storage_header(nbytes, ROOM_STEP, 0);
    char *pages = s ? ct_map_shared(file, (size_t)nbytes) : NULL;
    if (s && !pages)
        storage_drop(s);
    if (!pages)
        return NULL;
    s->data = pages;
    s->flags = ST_SHARED | ST_PINNED;
    return s;
}

int storage_resize(storage *s, int64_t nbytes)
{
    if (nbytes <= s->nbytes)
        return 0;
    if (s->busy || s->flags & (ST_FOREIGN | ST_PINNED))
        return ct_fail(CT_RUNTIME, "Trying to resize storage that is not resizable: another object owns or shares its memory; clone() the tensor first");
    if (!(s->flags & ST_OWN_BLOCK) && nbytes <= s->room) {
        s->nbytes = nbytes;
        return 0;
    }
    char *data = ct_alloc((size_t)nbytes);
    if (!data)
        return -1;
    memcpy(data, s->data, (size_t)s->nbytes);
    if (s->flags & ST_OWN_BLOCK)
        ct_free(s->data, (size_t)s->nbytes);
    s->data = data;
    s->nbytes = nbytes;
    s->flags |= ST_OWN_BLOCK;
    return 0;
}

/* ---- array --------------------------------------------------------------------------------------- */
/* A version of its own (A_OWN_VERSION), shared by count between arrays. */
typedef struct version_cell { version ver; int64_t refs; } version_cell;
static version_cell *cell_of(const array *a) { return (version_cell *)a->ver; }

static inline size_t array_block(int ndim, int two) { return sizeof(array) + (2 * (size_t)ndim + (two ? (size_t)ndim + 1 : 0)) * sizeof(int64_t); }

static inline array *array_blank_of(storage *s, ct_dtype dtype, int ndim, int64_t offset, int two)
{
    array *a = ct_alloc(array_block(ndim, two));
    if (!a)
        return NULL;
    *a = (array){.refs = 1, .st = s, .ver = &s->ver, .offset = offset, .numel = 1,
                 .dtype = (uint8_t)dtype, .ndim = (uint8_t)ndim, .flags = (uint16_t)two};
    live_arrays++;
    return a;
}
static array *array_blank(storage *s, ct_dtype dtype, int ndim, int64_t offset) { return array_blank_of(s, dtype, ndim, offset, 0); }

/* A plain array over a fresh storage of its own, in one block; sizes and strides are the caller's to write. */
static array *array_with_storage(ct_dtype dtype, int ndim, int64_t numel, int64_t nbytes)
{
    storage *s = storage_new_with(nbytes, array_block(ndim, 0));
    if (CT_UNLIKELY(!s))
        return NULL;
    array *a = (array *)((char *)(s + 1) + s->room);
    *a = (array){.refs = 1, .st = s, .ver = &s->ver, .numel = numel, .dtype = (uint8_t)dtype, .ndim = (uint8_t)ndim,
                 .flags = A_CONTIGUOUS | A_PLAIN | A_INNER};
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
    array *a = array_with_storage(dtype, ndim, numel, nbytes);
    if (!a)
        return NULL;
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
    array *a = array_with_storage(dtype, like->ndim, like->numel, nbytes);
    if (CT_UNLIKELY(!a))
        return NULL;
    layout_take(a->dim, like->dim, 2 * like->ndim);
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
    bool contiguous, row_major;
    a->numel = layout_look(ndim, size, stride, &contiguous, &row_major);
    a->flags |= contiguous ? row_major ? A_CONTIGUOUS | A_PLAIN : A_CONTIGUOUS : 0;
    return a;
}

static storage *lender_of(const array *a) { return (storage *)((char *)a->ver - offsetof(storage, ver)); }

static array *share_version(array *b, const array *a)
{
    if (!b || a->ver == b->ver)
        return b;
    b->ver = a->ver;
    if (a->flags & A_OWN_VERSION)
        cell_of(a)->refs++;
    else
        storage_keep(lender_of(a));
    b->flags |= a->flags & A_OWN_VERSION ? A_OWN_VERSION : A_LENT_VERSION;
    return b;
}

array *array_alias(const array *a, int ndim, const int64_t *size, const int64_t *stride, int64_t offset)
{
    return share_version(array_new_over(a->st, a->dtype, ndim, size, stride, offset), a);
}

/* ---- two layouts ------------------------------------------------------------------------------------- */
static array *new_two(storage *s, ct_dtype dtype, int ndim, const int64_t *size, const int64_t *shown, int64_t offset, const int64_t *held, int64_t held_offset)
{
    array *a = array_blank_of(s, dtype, ndim, offset, A_TWO);
    if (!a)
        return NULL;
    storage_keep(s);
    for (int d = 0; d < ndim; d++) {
        a->dim[d] = size[d];
        a->dim[ndim + d] = shown[d];
        a->dim[2 * ndim + d] = held[d];
    }
    a->dim[3 * ndim] = held_offset;
    a->numel = layout_numel(ndim, size);
    if (layout_is_contiguous(ndim, size, shown))
        a->flags |= A_SHOWN_CONTIGUOUS;
    return a;
}

/* Row-major strides of the dimensions that are not in `once`, 0 along those that are; returns how many elements that makes. */
static int64_t held_strides(const layout *shown, uint64_t once, layout *held)
{
    int64_t size[CT_MAXDIM], n = 1;
    held->offset = 0;
    for (int d = 0; d < shown->ndim; d++)
        size[d] = once >> d & 1 ? 1 : shown->size[d];
    for (int d = shown->ndim - 1; d >= 0; d--) {
        held->stride[d] = once >> d & 1 ? 0 : n;
        n *= size[d];
    }
    return n;
}

static spread *spread_new(ct_dtype dtype, const layout *shown, const layout *held, int64_t n)
{
    spread *p = ct_alloc(spread_block(shown->ndim));
    if (!p)
        return NULL;
    p->held = n * dtype_bytes(dtype);
    p->dtype = (uint8_t)dtype;
    p->ndim = (uint8_t)shown->ndim;
    for (int d = 0; d < shown->ndim; d++) {
        p->dim[d] = shown->size[d];
        p->dim[shown->ndim + d] = shown->stride[d];
        p->dim[2 * shown->ndim + d] = held->stride[d];
    }
    p->dim[3 * shown->ndim] = held->offset;
    return p;
}

array *array_new_spread(ct_dtype dtype, const layout *shown, uint64_t once)
{
    layout held;
    return array_new_held_by(dtype, shown, &held, held_strides(shown, once, &held));
}

array *array_new_held_by(ct_dtype dtype, const layout *shown, const layout *held, int64_t n)
{
    int64_t nbytes, numel;
    if (layout_check_numel("empty", shown->ndim, shown->size, &numel) < 0)
        return NULL;
    if (!ct_mul(numel, dtype_bytes(dtype), &nbytes))
        return array_new(dtype, shown->ndim, shown->size); /* says so */
    spread *p = spread_new(dtype, shown, held, n);
    if (!p)
        return NULL;
    storage *s = storage_apart(p->held, ROOM_STEP, 0);
    if (!s) {
        ct_free(p, spread_block(shown->ndim));
        return NULL;
    }
    s->nbytes = nbytes;
    *(spread **)(s + 1) = p;
    s->flags |= ST_COMPRESSED;
    array *a = new_two(s, dtype, shown->ndim, shown->size, shown->stride, 0, held->stride, held->offset);
    storage_drop(s);
    return a;
}

array *array_view(const array *a, const layout *shown, const layout *held)
{
    if (!array_is_compressed(a))
        return array_alias(a, shown->ndim, shown->size, shown->stride, shown->offset);
    return share_version(new_two(a->st, a->dtype, shown->ndim, shown->size, shown->stride, shown->offset, held->stride, held->offset), a);
}

array *array_narrow(const array *a, uint64_t mask)
{
    int64_t size[CT_MAXDIM];
    for (int d = 0; d < a->ndim; d++)
        size[d] = mask >> d & 1 ? 1 : array_size(a)[d];
    if (!array_is_compressed(a))
        return array_alias(a, a->ndim, size, array_stride(a), a->offset);
    return share_version(new_two(a->st, a->dtype, a->ndim, size, array_visible_stride(a), a->offset, array_stride(a), array_offset(a)), a);
}

int64_t array_held(const array *a)
{
    int64_t n = 1;
    for (int d = 0; d < a->ndim; d++)
        if (array_stride(a)[d] || !array_size(a)[d])
            n *= array_size(a)[d];
    return n;
}

/* ---- `.data` -------------------------------------------------------------------------------------------- */
static array *same_bytes(const array *a)
{
    return array_is_compressed(a) ? new_two(a->st, a->dtype, a->ndim, array_size(a), array_visible_stride(a), a->offset, array_stride(a), array_offset(a))
         : array_new_over(a->st, a->dtype, a->ndim, array_size(a), array_visible_stride(a), a->offset);
}

array *array_alias_with_version(const array *a, const array *of) { return share_version(same_bytes(a), of); }

array *array_alias_unversioned(const array *a)
{
    version_cell *cell = ct_alloc_zero(sizeof *cell);
    if (!cell)
        return NULL;
    array *b = same_bytes(a);
    if (!b) {
        ct_free(cell, sizeof *cell);
        return NULL;
    }
    cell->refs = 1;
    b->ver = &cell->ver;
    b->flags |= A_OWN_VERSION;
    return b;
}

void array_free(array *a)
{
    if ((a->flags & A_OWN_VERSION) && --cell_of(a)->refs == 0)
        ct_free(cell_of(a), sizeof(version_cell));
    if (CT_UNLIKELY(a->flags & A_LENT_VERSION))
        storage_drop(lender_of(a));
    storage *s = a->st;
    live_arrays--;
    if (!(a->flags & A_INNER))
        ct_free(a, array_block(a->ndim, a->flags & A_TWO));
    storage_drop(s);
}

/* ---- scalars --------------------------------------------------------------------------------------- */
static void store(char *p, ct_dtype dtype, double f, int64_t i, bool is_float)
{
    switch (dtype) {
    case DT_BOOL: *(uint8_t *)p = is_float ? f != 0 : i != 0; break;
    case DT_U8: *(uint8_t *)p = (uint8_t)(is_float ? (int64_t)f : i); break;
    case DT_I32: *(int32_t *)p = (int32_t)(is_float ? (int64_t)f : i); break;
    case DT_I64: *(int64_t *)p = is_float ? (int64_t)f : i; break;
    case DT_F16: *(uint16_t *)p = half_from_float(is_float ? (float)f : (float)i); break;
    case DT_BF16: *(uint16_t *)p = bfloat_from_float(is_float ? (float)f : (float)i); break;
    case DT_F32: *(float *)p = is_float ? (float)f : (float)i; break;
    case DT_F64: *(double *)p = is_float ? f : (double)i; break;
    default: break;
    }
}
void dtype_store_f(void *p, ct_dtype dtype, double value) { store(p, dtype, value, 0, true); }
void dtype_store_i(void *p, ct_dtype dtype, int64_t value) { store(p, dtype, 0, value, false); }
double dtype_load(const void *p, ct_dtype dtype)
{
    switch (dtype) {
    case DT_I32: return *(const int32_t *)p;
    case DT_I64: return (double)*(const int64_t *)p;
    case DT_F16: return half_to_float(*(const uint16_t *)p);
    case DT_BF16: return bfloat_to_float(*(const uint16_t *)p);
    case DT_F32: return *(const float *)p;
    case DT_F64: return *(const double *)p;
    default: return *(const uint8_t *)p;
    }
}

double dtype_rounded(ct_dtype dtype, double value)
{
    double room;
    dtype_store_f(&room, dtype, value);
    return dtype_load(&room, dtype);
}

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

/* ---- layouts ------------------------------------------------------------------------------------------- */
void array_layout(const array *a, layout *l)
{
    l->ndim = a->ndim;
    l->offset = a->offset;
    layout_take(l->size, array_size(a), a->ndim);
    layout_take(l->stride, array_visible_stride(a), a->ndim);
}

void array_held_layout(const array *a, layout *l)
{
    array_layout(a, l);
    l->offset = array_offset(a);
    layout_take(l->stride, array_stride(a), a->ndim);
}
