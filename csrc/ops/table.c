/* The contents list: every op record, blocks first (their overloads are tried before the rows'). */
#include "ops/formula.h"

const op *const op_table[] = {
#define OP(name) &op_##name,
#include "table/index.def"
#undef OP
#define UNARY(name, ...) &op_##name,
#include "table/unary.def"
#undef UNARY
#define BINARY(name, ...) &op_##name,
#include "table/binary.def"
#undef BINARY
#define TEST(name, ...) &op_##name,
#define COMPARE(name, ...) &op_##name,
#include "table/compare.def"
#undef TEST
#undef COMPARE
    NULL};

const char *op_public_name(const op *o, char *buffer, size_t capacity)
{
    size_t n = 0;
    for (; o->name[n] && o->name[n] != '.' && n + 1 < capacity; n++)
        buffer[n] = o->name[n];
    buffer[n] = '\0';
    return buffer;
}
