/* Rows of a norm, shared among threads: each is found and written by one. */
#include "kernel/norm.h"
#include "base/pool.h"
#include "kernel/kernel.h"
#include <stddef.h>

enum { NUMBERS_OF_PIECE = 1 << 14 };

typedef struct work { const k_norm *k; const k_norm_rows *r; k_norm_f *f; int64_t item; } work;

static void *at(const void *p, int64_t bytes) { return p ? (char *)p + bytes : NULL; }
/* Units of k->groups rows. */
static void piece(void *of, int64_t begin, int64_t end)
{
    const work *w = of;
    const k_norm_rows *r = w->r;
    k_norm part = *w->k;
    int64_t row = begin * part.groups, number = row * part.n * w->item;
    part.rows = (end - begin) * part.groups;
    w->f(&part, at(r->x, number), r->weight, r->bias, at(r->y, number), at(r->mean, row * w->item), at(r->scale, row * w->item));
}
void k_norm_forward(ct_dtype dtype, const k_norm *k, bool grouped, const k_norm_rows *r)
{
    const k_norms *f = &K->norm[dtype];
    work w = {k, r, grouped ? f->grouped : f->forward, dtype_bytes(dtype)};
    if (k->rows)
        ct_share(k->rows / k->groups, NUMBERS_OF_PIECE / (k->n * k->groups + 1) + 1, POOL_MOST, piece, &w);
}
