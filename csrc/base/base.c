/* Status, and the allocator: size-class free lists over libc, counters, failure on demand. */
#define _GNU_SOURCE /* madvise, memfd_create */
#include "base/base.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

ct_lock ct_host_lock;

/* ---- status ---------------------------------------------------------------------------------- */
static ct_status status;      /* failures happen under the host's lock: kernels cannot fail */
static char message[2048];

int ct_fail(ct_status s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    status = s;
    return -1;
}
ct_status ct_failed(void) { return status; }
const char *ct_message(void) { return message; }
void ct_clear(void) { status = CT_OK; }

/* ---- memory ------------------------------------------------------------------------------------
 * Free lists hold blocks of one class each: 16-byte steps up to SMALL, then four steps a doubling up to
 * LARGE. A freed block's first word links to the next. Larger blocks go straight to libc. */
enum { SMALL = 512, SMALL_CLASSES = SMALL / 16, BIG_CLASSES = 72, CLASSES = SMALL_CLASSES + BIG_CLASSES };
static const size_t LARGE = (size_t)128 << 20, CACHE_LIMIT = (size_t)256 << 20;
/* Blocks from HUGE_FROM bytes on lie in pages of HUGE_PAGE bytes where the system has them: first use costs a fifth. */
enum { HUGE_PAGE = 2 << 20, HUGE_FROM = 4 << 20 };

static void *cached[CLASSES];
static int64_t cached_bytes, taken_blocks, taken_bytes, freed_blocks, freed_bytes;
static int64_t fail_in = -1, failures;
static bool fail_for_ever;
static int cache_on = -1; /* -1: CTGRAD_CACHE not read yet */

static bool told_to_fail(void)
{
    if (CT_LIKELY(fail_in < 0))
        return false;
    if (fail_in > 0) {
        fail_in--;
        return false;
    }
    if (!fail_for_ever)
        fail_in = -1;
    failures++;
    return true;
}

/* Class of a size, and the size that all blocks of the class have; -1 for sizes that are not cached. */
static inline int class_of(size_t nbytes, size_t *rounded)
{
    if (CT_LIKELY(nbytes <= SMALL)) {
        int c = nbytes == 0 ? 0 : (int)((nbytes - 1) / 16);
        *rounded = (size_t)(c + 1) * 16;
        return c;
    }
    if (nbytes > LARGE)
        return -1;
    int top = 63 - __builtin_clzll(nbytes - 1);        /* 2^top < nbytes <= 2^(top+1) or inside */
    size_t step = (size_t)1 << (top - 2);
    size_t quarter = (nbytes - ((size_t)1 << top) + step - 1) / step; /* 1..4 */
    *rounded = ((size_t)1 << top) + quarter * step;
    return SMALL_CLASSES + (top - 9) * 4 + (int)quarter - 1;
}

static void *fresh(size_t nbytes)
{
    void *block = NULL;
    if (nbytes < CT_BIG)
        return malloc(nbytes);
    if (posix_memalign(&block, nbytes < HUGE_FROM ? 64 : HUGE_PAGE, nbytes))
        return NULL;
#if defined(MADV_HUGEPAGE)
    if (nbytes >= HUGE_FROM)
        madvise(block, nbytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return block;
}

static bool caching(void)
{
    if (CT_UNLIKELY(cache_on < 0)) {
        const char *setting = getenv("CTGRAD_CACHE");
        cache_on = !(setting && strcmp(setting, "0") == 0);
    }
    return cache_on;
}

static inline void count_taken(size_t nbytes)
{
    taken_blocks++;
    taken_bytes += (int64_t)nbytes;
}
static inline void count_freed(size_t nbytes)
{
    freed_blocks++;
    freed_bytes += (int64_t)nbytes;
}

static __attribute__((noinline)) void *alloc_any(size_t nbytes)
{
    if (told_to_fail()) {
        ct_fail(CT_MEMORY, "not enough memory: allocation of %zu bytes was made to fail", nbytes);
        return NULL;
    }
    size_t rounded = nbytes;
    int c = class_of(nbytes, &rounded);
    void *block = NULL;
    if (c >= 0 && cached[c]) {
        block = cached[c];
        cached[c] = *(void **)block;
        cached_bytes -= (int64_t)rounded;
    } else if (nbytes > ((size_t)1 << 62) || !(block = fresh(rounded))) {
        ct_alloc_trim();
        if (nbytes > ((size_t)1 << 62) || !(block = fresh(rounded))) {
            ct_fail(CT_MEMORY, "not enough memory: you tried to allocate %zu bytes", nbytes);
            return NULL;
        }
    }
    count_taken(nbytes);
    return block;
}

/* The small class of a size, when that is less than SMALL_CLASSES; 0 bytes have none. */
static inline size_t small_class(size_t nbytes) { return (nbytes - 1) / 16; }

void *ct_alloc(size_t nbytes)
{
    size_t c = small_class(nbytes);
    void *block = c < SMALL_CLASSES && fail_in < 0 ? cached[c] : NULL;
    if (CT_UNLIKELY(!block))
        return alloc_any(nbytes);
    cached[c] = *(void **)block;
    cached_bytes -= (int64_t)(c + 1) * 16;
    count_taken(nbytes);
    return block;
}

/* Shared pages lie behind one that is this process's own: its first number is the file that holds them, -1 for none. */
static size_t page_bytes(void) { return (size_t)sysconf(_SC_PAGESIZE); }
int ct_shared_file(const void *pages) { return *(const int *)((const char *)pages - page_bytes()); }

/* Pages beyond a file's end are there to be mapped, and end the process that reads them. */
static bool is_of_size(int file, size_t nbytes)
{
    struct stat found;
    return fstat(file, &found) == 0 && found.st_size >= 0 && (size_t)found.st_size >= nbytes;
}

void *ct_map_shared(int file, size_t nbytes)
{
    size_t page = page_bytes();
    if (file >= 0 && !is_of_size(file, nbytes)) {
        ct_fail(CT_RUNTIME, "there is no file of %zu bytes to share behind descriptor %d", nbytes, file);
        return NULL;
    }
    char *block = told_to_fail() ? MAP_FAILED : mmap(NULL, page + nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int kind = MAP_SHARED | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0);
    if (block != MAP_FAILED && mmap(block + page, nbytes, PROT_READ | PROT_WRITE, kind, file, 0) == MAP_FAILED) {
        munmap(block, page + nbytes);
        block = MAP_FAILED;
    }
    if (block == MAP_FAILED) {
        ct_fail(CT_MEMORY, "not enough memory: you tried to share %zu bytes", nbytes);
        return NULL;
    }
    *(int *)block = file;
    count_taken(nbytes);
    return block + page;
}

/* Without a name, gone with its last user; -1 where the system has none to give. */
static int new_file(size_t nbytes)
{
    int file = -1;
#ifdef __linux__
    file = memfd_create("ctgrad", MFD_CLOEXEC);
    if (file >= 0 && ftruncate(file, (off_t)nbytes) < 0) {
        close(file);
        file = -1;
    }
#endif
    return file;
}

void *ct_alloc_shared(size_t nbytes)
{
    int file = new_file(nbytes);
    void *pages = ct_map_shared(file, nbytes);
    if (!pages && file >= 0)
        close(file);
    return pages;
}

void ct_free_shared(void *pages, size_t nbytes)
{
    int file = ct_shared_file(pages);
    if (file >= 0)
        close(file);
    munmap((char *)pages - page_bytes(), page_bytes() + nbytes);
    count_freed(nbytes);
}

void *ct_alloc_zero(size_t nbytes)
{
    void *block = ct_alloc(nbytes);
    return block ? memset(block, 0, nbytes) : NULL;
}

static inline void cache_block(void *block, size_t c, size_t rounded)
{
    *(void **)block = cached[c];
    cached[c] = block;
    cached_bytes += (int64_t)rounded;
}

static __attribute__((noinline)) void free_any(void *block, size_t nbytes)
{
    size_t rounded = nbytes;
    int c = class_of(nbytes, &rounded);
    if (c < 0 || !caching() || cached_bytes + (int64_t)rounded > (int64_t)CACHE_LIMIT)
        free(block);
    else
        cache_block(block, (size_t)c, rounded);
}

void ct_free(void *block, size_t nbytes)
{
    if (!block)
        return;
    count_freed(nbytes);
    size_t c = small_class(nbytes);
    if (CT_LIKELY(c < SMALL_CLASSES && cache_on > 0 && cached_bytes < (int64_t)CACHE_LIMIT))
        cache_block(block, c, (c + 1) * 16);
    else
        free_any(block, nbytes);
}

void ct_alloc_trim(void)
{
    for (int c = 0; c < CLASSES; c++)
        while (cached[c]) {
            void *next = *(void **)cached[c];
            free(cached[c]);
            cached[c] = next;
        }
    cached_bytes = 0;
}

ct_memory ct_memory_now(void)
{
    return (ct_memory){.live_blocks = taken_blocks - freed_blocks, .live_bytes = taken_bytes - freed_bytes, .total_blocks = taken_blocks,
                       .total_bytes = taken_bytes, .cached_bytes = cached_bytes};
}
void ct_alloc_fail_after(int64_t n, bool for_ever) { fail_in = n; fail_for_ever = for_ever; failures = 0; }
int64_t ct_alloc_failures(void) { return failures; }
