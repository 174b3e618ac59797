/* check: counts what a C test compared, prints the first failures, draws reproducible numbers. */
#ifndef CT_CHECK_H
#define CT_CHECK_H
#include <stdint.h>
#include <stdio.h>

static int checks, failures;
#define CHECK(ok, ...)                          \
    do {                                        \
        checks++;                               \
        if (!(ok) && failures++ < 20) {         \
            printf("%s:%d: ", __FILE__, __LINE__); \
            printf(__VA_ARGS__);                \
            putchar('\n');                      \
        }                                       \
    } while (0)

static uint64_t seed = 88172645463325252u;
static inline int64_t draw(int64_t low, int64_t high) /* low..high */
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return low + (int64_t)((seed >> 11) % (uint64_t)(high - low + 1));
}
#endif
