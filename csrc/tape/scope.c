#include "tape/scope.h"

tensor *scope_new(scope *s)
{
    if (s->failed)
        return NULL;
    if (s->used < SCOPE_CHUNK) {
        s->t[s->used] = (tensor){0};
        return &s->t[s->used++];
    }
    if (!s->more || s->more->used == SCOPE_CHUNK) {
        scope_chunk *chunk = ct_alloc(sizeof *chunk);
        if (!chunk)
            return scope_fail(s);
        chunk->next = s->more;
        chunk->used = 0;
        s->more = chunk;
    }
    tensor *t = &s->more->t[s->more->used++];
    *t = (tensor){0};
    return t;
}

tensor *scope_array(scope *s, array *a)
{
    tensor *t = a ? scope_new(s) : scope_fail(s);
    if (!t) {
        array_drop(a);
        return NULL;
    }
    t->a = a;
    return t;
}

void scope_close(scope *s)
{
    for (int i = 0; i < s->used; i++)
        tensor_clear(&s->t[i]);
    s->used = 0;
    while (s->more) {
        scope_chunk *chunk = s->more;
        s->more = chunk->next;
        for (int i = 0; i < chunk->used; i++)
            tensor_clear(&chunk->t[i]);
        ct_free(chunk, sizeof *chunk);
    }
}
