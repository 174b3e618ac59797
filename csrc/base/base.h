/* base: status and message, the allocator, overflow-checked sizes. Knows libc only.
 *
 * Failure below py/ has one shape: a function returns -1 (or NULL) after ct_fail() has set the
 * status. py/raise.c turns the status into an exception through one table.
 */
#ifndef CT_BASE_H
#define CT_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- status ------------------------------------------------------------------------------ */
typedef enum ct_status {
    CT_OK, CT_VALUE, CT_TYPE, CT_INDEX, CT_RUNTIME, CT_MEMORY, CT_OVERFLOW, CT_NOTIMPL,
    CT_FOREIGN /* the error indicator of a host language is set already; the message is empty */
} ct_status;

/* Sets status and message (callers hold the host's lock); returns -1, so that `return ct_fail(...)` reads well. */
int ct_fail(ct_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
ct_status ct_failed(void);          /* CT_OK when nothing failed since ct_clear */
const char *ct_message(void);       /* valid until the next ct_fail */
void ct_clear(void);

/* ---- memory ------------------------------------------------------------------------------
 * One allocator for everything below py/. Blocks are aligned to 64 bytes from CT_BIG bytes on,
 * to 16 below. Small blocks come from free lists of their size class, so a free needs the size.
 * Not thread safe by itself: callers hold the interpreter lock (kernels never allocate). */
enum { CT_BIG = 1024 };
void *ct_alloc(size_t nbytes);              /* NULL and CT_MEMORY when exhausted; 0 bytes is valid */
void ct_free(void *block, size_t nbytes);   /* nbytes as given to ct_alloc; NULL is allowed */
void *ct_alloc_zero(size_t nbytes);
/* Pages that the children of this process, by fork, share with it: zeros. NULL and CT_MEMORY; nbytes > 0. Counted as ct_alloc's are. */
void *ct_alloc_shared(size_t nbytes);
void *ct_map_shared(int file, size_t nbytes); /* takes the file, unless it fails */
int ct_shared_file(const void *pages);        /* -1: none, only children of fork see the pages */
void ct_free_shared(void *pages, size_t nbytes);
void ct_alloc_trim(void);                   /* returns cached blocks to libc */

/* Bits set, of masks that have few: no instruction is assumed for it. */
static inline uint32_t ct_bits(uint64_t mask)
{
    uint32_t n = 0;
    for (; mask; mask &= mask - 1)
        n++;
    return n;
}

typedef struct ct_memory { int64_t live_blocks, live_bytes, total_blocks, total_bytes, cached_bytes; } ct_memory;
ct_memory ct_memory_now(void);
/* Test hook: the n-th allocation from now (0 = the next) fails, once or for ever; n < 0 switches it off. */
void ct_alloc_fail_after(int64_t n, bool for_ever);
int64_t ct_alloc_failures(void);            /* how many allocations the hook has made to fail */

/* ---- checked arithmetic: false on overflow, *result is then unspecified ------------------ */
static inline bool ct_mul(int64_t a, int64_t b, int64_t *result) { return !__builtin_mul_overflow(a, b, result); }
static inline bool ct_add(int64_t a, int64_t b, int64_t *result) { return !__builtin_add_overflow(a, b, result); }

/* ---- the lock of the host language (py/module.c sets it; C tests leave them NULL) -- */
typedef struct ct_lock {
    void *(*release)(void);
    void (*take)(void *state);
    int (*interrupted)(void); /* asked with the lock held: -1 and CT_FOREIGN when the host wants what runs to end */
} ct_lock;
extern ct_lock ct_host_lock;

#define CT_LIKELY(x) __builtin_expect(!!(x), 1)
#define CT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#endif
