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
