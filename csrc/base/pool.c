/* The pool: one job at a time, its pieces counted out by an atomic counter. */
#include "base/pool.h"
#include "base/base.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

typedef struct job {
    ct_piece *piece;
    void *work;
    int64_t n, step;
    int most, joined;              /* under `guard` */
    atomic_llong next;
    atomic_int working;            /* workers that have joined and not left */
    atomic_bool stop;
    unsigned forks;                /* when it was shared */
} job;

enum { TURNS = 4000 /* of a waiting loop before a thread sleeps: about 20 us */, STACK = 1 << 20 };
static const int64_t PATIENCE = 15 * 1000 * 1000; /* ns between questions to the host */
enum { PART = 1 << 16 /* elements of a long pass between questions */ };
enum { MANY = 8 /* pieces */, WORTH = 20000 /* ns, of which waking a worker takes half */ };

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;  /* held by the thread whose job is shared */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER, left = PTHREAD_COND_INITIALIZER;
static job *shared;
static int asleep;
static atomic_uint jobs;           /* counts jobs that were shared */
static atomic_int wanted = 1;
static int started;                /* workers; under `door` */
static atomic_uint forks;          /* how many forks this process is away from the first */
static _Thread_local bool inside;
static _Thread_local int place;
static _Thread_local ct_watch *watching;
static _Thread_local bool asking;
static _Thread_local job *joined;  /* by a worker */
bool ct_share_always;

int ct_threads(void) { return atomic_load_explicit(&wanted, memory_order_relaxed); }
void ct_set_threads(int n) { atomic_store(&wanted, n < 1 ? 1 : n > POOL_MOST ? POOL_MOST : n); }
int ct_place(void) { return place; }
bool ct_watch_asking(void) { return asking; }
int64_t ct_shared(void) { return atomic_load(&jobs); }

static inline void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* ---- the host's wish ------------------------------------------------------------------------------------------- */
static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void release(ct_watch *w) { w->lock = w->unlocked ? ct_host_lock.release() : NULL; }
static void take(const ct_watch *w)
{
    if (w->unlocked)
        ct_host_lock.take(w->lock);
}

void ct_watch_begin(ct_watch *w, bool may_stop, bool unlocked)
{
    *w = (ct_watch){.may_stop = may_stop && ct_host_lock.interrupted, .unlocked = unlocked, .asked = may_stop ? now() : 0, .outer = watching};
    watching = w;
    release(w);
}

bool ct_watch_end(ct_watch *w)
{
    watching = w->outer;
    take(w);
    return w->stopped;
}

/* What the host runs meanwhile may share work itself: it does so alone, under a watch of its own. */
static bool asked_to_stop(void)
{
    ct_watch *w = watching;
    if (!w || !w->may_stop || w->stopped)
        return w && w->stopped;
    int64_t time = now();
    if (time - w->asked < PATIENCE)
        return false;
    unsigned before = atomic_load(&forks);
    take(w);
    watching = NULL;
    asking = true;
    w->stopped = ct_host_lock.interrupted() < 0;
    if (!w->stopped && before != atomic_load(&forks)) {
        ct_fail(CT_RUNTIME, "the process was forked by a signal handler in the middle of an op, whose other threads are not in the child");
        w->stopped = true;
    }
    watching = w;
    asking = false;
    release(w);
    w->asked = now();
    return w->stopped;
}

bool ct_watch_stopped(void) { return joined ? atomic_load_explicit(&joined->stop, memory_order_relaxed) : asked_to_stop(); }

bool ct_next_part(int64_t *from, int64_t *end, int64_t n)
{
    if (*end >= n || (*end && ct_watch_stopped()))
        return false;
    *from = *end;
    *end = n - *end > PART ? *end + PART : n;
    return true;
}

/* ---- pieces -------------------------------------------------------------------------------------------------------- */
static void run_piece(const job *j, int64_t i)
{
    int64_t begin = i * j->step, end = j->n - begin > j->step ? begin + j->step : j->n;
    j->piece(j->work, begin, end);
}

static void run_pieces(job *j, int64_t pieces, bool ask)
{
    for (int64_t i; !atomic_load_explicit(&j->stop, memory_order_relaxed) && (i = atomic_fetch_add(&j->next, 1)) < pieces;) {
        run_piece(j, i);
        if (ask && asked_to_stop())
            atomic_store(&j->stop, true);
    }
}

static void run_alone(const job *j, int64_t first, int64_t pieces)
{
    int before = place;
    bool nested = inside;
    place = 0;
    inside = true;
    for (int64_t i = first; i < pieces && !(watching && watching->stopped); i++) {
        run_piece(j, i);
        if (!nested)
            asked_to_stop();
    }
    place = before;
    inside = nested;
}

/* ---- workers -------------------------------------------------------------------------------------------------------- */
static void sleep_until_after(unsigned seen)
{
    for (int i = 0; i < TURNS && atomic_load_explicit(&jobs, memory_order_relaxed) == seen; i++)
        pause_briefly();
    pthread_mutex_lock(&guard);
    asleep++;
    while (atomic_load(&jobs) == seen)
        pthread_cond_wait(&wake, &guard);
    asleep--;
    pthread_mutex_unlock(&guard);
}

/* The shared job, if it has room; its pieces see the place. */
static job *join(void)
{
    pthread_mutex_lock(&guard);
    job *j = shared;
    if (j && j->joined < j->most) {
        place = j->joined++;
        atomic_fetch_add(&j->working, 1);
    } else
        j = NULL;
    pthread_mutex_unlock(&guard);
    return j;
}

static void leave(job *j)
{
    pthread_mutex_lock(&guard);
    if (atomic_fetch_sub(&j->working, 1) == 1)
        pthread_cond_signal(&left);
    pthread_mutex_unlock(&guard);
}

static void *work(void *unused)
{
    (void)unused;
    inside = true;
    for (unsigned seen = 0;;) {
        sleep_until_after(seen);
        seen = atomic_load(&jobs);
        job *j = join();
        if (!j)
            continue;
        joined = j;
        run_pieces(j, (j->n + j->step - 1) / j->step, false);
        leave(j);
    }
    return NULL;
}

/* Nothing of the parent's workers is in the child: neither they nor what they held. */
static void forget(void)
{
    pthread_mutex_init(&door, NULL);
    pthread_mutex_init(&guard, NULL);
    pthread_cond_init(&wake, NULL);
    pthread_cond_init(&left, NULL);
    shared = NULL;
    asleep = started = 0;
    atomic_store(&jobs, 0);
    atomic_fetch_add(&forks, 1);
}

/* One that cannot be had is done without. */
static void start_workers(int most)
{
    static bool prepared;
    sigset_t all, before;
    pthread_attr_t small;
    if (started >= most)
        return;
    if (!prepared)
        prepared = pthread_atfork(NULL, NULL, forget) == 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    for (pthread_t thread; prepared && started < most; started++)
        if (pthread_create(&thread, &small, work, NULL))
            break;
    pthread_attr_destroy(&small);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Of many pieces the first tells how long the others will take: too short a time is not shared. */
static int64_t probe(const job *j, int *most)
{
    int64_t start = now();
    inside = true;
    run_piece(j, 0);
    inside = false;
    if (!ct_share_always && (now() - start) * ((j->n - 1) / j->step) < WORTH)
        *most = 1;
    return 1;
}

/* ---- sharing --------------------------------------------------------------------------------------------------------- */
static void offer(job *j)
{
    pthread_mutex_lock(&guard);
    shared = j;
    atomic_fetch_add(&jobs, 1);
    if (asleep)
        pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&guard);
}

/* No worker joins any more, and none is at work when it returns. */
static void withdraw(job *j)
{
    if (j->forks != atomic_load(&forks)) /* the workers are the parent's */
        return;
    pthread_mutex_lock(&guard);
    shared = NULL;
    pthread_mutex_unlock(&guard);
    for (int i = 0; i < TURNS && atomic_load(&j->working); i++)
        pause_briefly();
    pthread_mutex_lock(&guard);
    while (atomic_load(&j->working))
        pthread_cond_wait(&left, &guard);
    pthread_mutex_unlock(&guard);
    pthread_mutex_unlock(&door);
}

/* The calling thread ends in the middle, as Python's daemon threads do where they ask for its lock at its exit: the job is on this thread's stack. */
static void abandon(void *job_of_this_thread)
{
    job *j = job_of_this_thread;
    atomic_store(&j->stop, true);
    withdraw(j);
}

void ct_share(int64_t n, int64_t step, int most, ct_piece *piece, void *data)
{
    int64_t pieces = (n + step - 1) / step;
    most = most < ct_threads() ? most : ct_threads();
    most = pieces < most ? (int)pieces : most;
    job j = {.piece = piece, .work = data, .n = n, .step = step, .most = most, .joined = 1};
    int64_t first = most < 2 || inside || pieces < MANY ? 0 : probe(&j, &most);
    if (most < 2 || inside || (watching && watching->stopped) || pthread_mutex_trylock(&door)) {
        run_alone(&j, first, pieces);
        return;
    }
    atomic_store(&j.next, first);
    j.forks = atomic_load(&forks);
    start_workers(most - 1);
    inside = true;
    pthread_cleanup_push(abandon, &j);
    offer(&j);
    if (ct_share_always)
        sched_yield();
    run_pieces(&j, pieces, true);
    pthread_cleanup_pop(false);
    withdraw(&j);
    inside = false;
}
