/* Which table of loops this machine runs. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/pool.h"
#include "kernel/kernel.h"
#include "kernel/random.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const k_isa k_isa_base, k_isa_avx2, k_isa_avx512;
#if defined(__x86_64__)
static const k_isa *const best_first[] = {&k_isa_avx512, &k_isa_avx2, &k_isa_base};
#else
static const k_isa *const best_first[] = {&k_isa_base};
#endif
const k_isa *K = &k_isa_base;
_Thread_local bool k_zero_division;
bool k_rough_sqrt, k_unfused_products, k_lane_products;

static bool machine_has(const k_isa *isa)
{
#if defined(__x86_64__)
    if (isa == &k_isa_avx2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    if (isa == &k_isa_avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#endif
    return isa == &k_isa_base;
}

/* Is this the first of the processors that share its core? */
static bool first_of_core(int cpu)
{
    char path[100];
    int first = cpu;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    FILE *f = fopen(path, "r");
    if (f) {
        if (fscanf(f, "%d", &first) != 1)
            first = cpu;
        fclose(f);
    }
    return first == cpu;
}

/* As many as PyTorch starts threads: one a core, unless OMP_NUM_THREADS says otherwise. */
static int cores(void)
{
    const char *wanted = getenv("OMP_NUM_THREADS");
    int n = wanted ? atoi(wanted) : 0;
    if (n <= 0) {
        int processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
        n = 0;
        for (int cpu = 0; cpu < processors; cpu++)
            n += first_of_core(cpu);
    }
    return n < 1 ? 1 : n > FOLD_MAXPARTS ? FOLD_MAXPARTS : n;
}

/* CTGRAD_NUM_THREADS, else as many as PyTorch starts, but no more than there are processors for this process. */
static int threads(void)
{
    const char *wanted = getenv("CTGRAD_NUM_THREADS");
    int n = wanted ? atoi(wanted) : 0;
    if (n > 0)
        return n;
    n = cores();
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) < n)
        n = CPU_COUNT(&allowed);
#endif
    return n;
}

void k_choose(const char *wanted)
{
    k_parts = cores();
    ct_set_threads(threads());
#if defined(__x86_64__)
    k_rough_sqrt = k_unfused_products = !__builtin_cpu_is("intel");
#endif
    K = &k_isa_base;
    for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++)
        if (machine_has(best_first[i]) && (!wanted || !strcmp(wanted, best_first[i]->name))) {
            K = best_first[i];
            break;
        }
#if defined(__x86_64__)
    k_lane_products = __builtin_cpu_is("intel") && K == &k_isa_avx512;
#endif
    k_choose_random();
}
