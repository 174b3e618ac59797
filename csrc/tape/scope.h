/* scope: owner of the tensors that a formula makes, with a sticky failure.
 *
 * A verb given a failed scope, or NULL for an operand, returns NULL and does nothing, so formulas read as
 * mathematics; whoever opened the scope asks scope_failed once at the end.
 */
#ifndef CT_SCOPE_H
#define CT_SCOPE_H
#include "tape/tensor.h"

enum { SCOPE_CHUNK = 8 };
typedef struct scope_chunk { struct scope_chunk *next; int used; tensor t[SCOPE_CHUNK]; } scope_chunk;
typedef struct scope { scope_chunk *more; bool failed; int used; tensor t[SCOPE_CHUNK]; } scope;

static inline void scope_open(scope *s) { s->more = NULL; s->failed = false; s->used = 0; }
void scope_close(scope *s);
/* A blank tensor owned by the scope; NULL and failed when memory fails. */
tensor *scope_new(scope *s);
tensor *scope_array(scope *s, array *a);   /* takes a; NULL a: failed */
static inline tensor *scope_fail(scope *s) { s->failed = true; return NULL; }
#endif
