/* pool: every piece runs once, at any number of threads; nested calls, callers at the same time, changes of the number, fork, a host that ends
 * the work, or the thread. Built with -fsanitize=thread as well as the others' sanitizers. */
#include "base/base.h"
#include "base/pool.h"
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { N = 5000, CALLERS = 4, ROUNDS = 300 };
typedef struct marks {
    atomic_int count[N];
    atomic_int places[POOL_MOST], wrong;
    int most, inner;
} marks;

static void inner_piece(void *work, int64_t begin, int64_t end)
{
    int64_t *sum = work;
    for (; begin < end; begin++)
        *sum += begin + ct_place(); /* in the calling thread alone: no race, and place 0 */
}

static void mark(void *work, int64_t begin, int64_t end)
{
    marks *m = work;
    int place = ct_place();
    if (place < 0 || place >= m->most)
        atomic_fetch_add(&m->wrong, 1);
    else
        atomic_fetch_add(&m->places[place], 1);
    for (int64_t i = begin; i < end; i++)
        atomic_fetch_add(&m->count[i], 1);
    if (m->inner) {
        int64_t sum = 0;
        ct_share(m->inner, 3, POOL_MOST, inner_piece, &sum);
        if (sum != (int64_t)m->inner * (m->inner - 1) / 2 || ct_place() != place)
            atomic_fetch_add(&m->wrong, 1);
    }
}

static bool all_once(int64_t n, int64_t step, int most, int inner)
{
    marks *m = calloc(1, sizeof *m);
    m->most = most < ct_threads() ? most : ct_threads();
    m->inner = inner;
    ct_share(n, step, most, mark, m);
    bool right = atomic_load(&m->wrong) == 0;
    for (int i = 0; i < N; i++)
        right &= atomic_load(&m->count[i]) == (i < n);
    free(m);
    return right && ct_place() == 0;
}

static void *caller(void *unused)
{
    long wrong = 0;
    for (int i = 0; i < ROUNDS; i++)
        wrong += !all_once(i * 16 % N, 1 + i % 70, 1 + i % 5, i % 3 * 10);
    return (void *)wrong;
}

static void sizes(void)
{
    static const int64_t ns[] = {0, 1, 2, 7, 8, 100, N}, steps[] = {1, 3, 64, N + 1};
    for (int threads = 1; threads <= 5; threads++) {
        ct_set_threads(threads);
        for (size_t i = 0; i < sizeof ns / sizeof *ns; i++)
            for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
                for (int most = 1; most <= 6; most++)
                    CHECK(all_once(ns[i], steps[k], most, most % 2 * 20), "%lld by %lld, %d of %d threads", (long long)ns[i], (long long)steps[k], most, threads);
    }
}

/* One caller changes the number of threads while others share. */
static void several(void)
{
    pthread_t thread[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        pthread_create(&thread[i], NULL, caller, NULL);
    for (int i = 0; i < CALLERS; i++) {
        void *wrong;
        pthread_join(thread[i], &wrong);
        CHECK(wrong == NULL, "caller %d: %ld jobs went wrong", i, (long)wrong);
    }
}

static void forks(void)
{
    for (int i = 0; i < 5; i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            _exit(all_once(N, 10, 4, 5) && all_once(N, 1, 4, 0) ? 0 : 1);
        int status = -1;
        waitpid(child, &status, 0);
        CHECK(status == 0, "child %d: status %d", i, status);
    }
}

/* ---- a host ---- */
static int asked, taken;
static void *release(void) { taken--; return &taken; }
static void take(void *state) { CHECK(state == &taken, "the lock's state is handed back"); taken++; }
static int interrupted(void)
{
    int64_t sum = 0;
    CHECK(taken == 1 && ct_watch_asking(), "asked with the lock held");
    ct_share(20, 1, POOL_MOST, inner_piece, &sum);
    CHECK(sum == 190, "the host may share work when asked");
    return ++asked >= 2 ? ct_fail(CT_FOREIGN, "%s", "") : 0;
}
static void slow(void *work, int64_t begin, int64_t end)
{
    nanosleep(&(struct timespec){0, 1000000}, NULL);
    atomic_fetch_add((atomic_int *)work, (int)(end - begin));
}
static void stops(void)
{
    ct_host_lock = (ct_lock){release, take, interrupted};
    for (int threads = 1; threads <= 3; threads++)
        for (int may = 0; may < 2; may++) {
            atomic_int done = 0;
            ct_watch w;
            int pieces = may ? 100000 : 100;
            asked = 0;
            taken = 1;
            ct_set_threads(threads);
            ct_watch_begin(&w, may, threads != 2); /* with two threads the lock stays held */
            CHECK(taken == (threads == 2), "the lock: %d", taken);
            ct_share(pieces, 1, POOL_MOST, slow, &done);
            ct_share(may ? 10 : 0, 1, POOL_MOST, slow, &done);
            int after = atomic_load(&done);
            bool stopped = ct_watch_end(&w);
            CHECK(stopped == may && taken == 1, "stopped: %d", stopped);
            CHECK(may ? asked == 2 && after < pieces : asked == 0 && after == pieces, "asked %d times, %d pieces", asked, after);
        }
    ct_host_lock = (ct_lock){0};
}

/* ---- a host that ends a thread where it asks for the lock, as Python ends daemon threads at its exit ---- */
static atomic_int finished;
static void gone(void *state) { (void)state; pthread_exit(NULL); }
static void *endless(void *unused)
{
    ct_watch w;
    ct_watch_begin(&w, true, true);
    ct_share(100000, 1, POOL_MOST, slow, &finished);
    return &finished;
}
static void ends(void)
{
    enum { STACK = 1 << 22 };
    void *stack = aligned_alloc(4096, STACK), *result = &finished;
    pthread_attr_t own;
    pthread_t thread;
    ct_host_lock = (ct_lock){release, gone, interrupted};
    ct_set_threads(3);
    pthread_attr_init(&own);
    pthread_attr_setstack(&own, stack, STACK);
    CHECK(pthread_create(&thread, &own, endless, NULL) == 0, "no thread");
    pthread_attr_destroy(&own);
    pthread_join(thread, &result);
    memset(stack, 0, STACK); /* the job was there */
    int after = atomic_load(&finished);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    CHECK(result == NULL && after == atomic_load(&finished) && after < 100000, "workers go on without the job's owner: %d pieces, then %d", after, atomic_load(&finished));
    ct_host_lock = (ct_lock){0};
    int64_t before = ct_shared();
    ct_share(100, 1, POOL_MOST, slow, &finished);
    CHECK(ct_shared() == before + 1 && atomic_load(&finished) == after + 100, "the workers are to be had again");
    free(stack);
}

int main(void)
{
    ct_share_always = true;
    sizes();
    ct_set_threads(4);
    several();
    forks();
    ct_share_always = false;
    several();
    stops();
    ends();
    CHECK(ct_shared() > 0, "nothing was shared");
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}
