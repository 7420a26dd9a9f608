/* How ggml's threads wait for each other: spin for some microseconds, then sleep until woken.
 *
 * Spinning alone is fastest on idle cores. Beside another busy process the waiting thread would burn its time slice while
 * the one it waits for is not running; a sleeper is also scheduled sooner when its turn comes (measured: kernels.ts).
 */
#ifndef PARLEY_BARRIER_H
#define PARLEY_BARRIER_H

#include <limits.h>
#include <sched.h>
#include <stdatomic.h>

#define PARLEY_SPINS 2000 /* about 30 µs */

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int parley_sleepers;

static inline void parley_wait(atomic_int * word, int seen, int * spins) {
    if (++*spins < PARLEY_SPINS) {
        ggml_thread_cpu_relax();
        return;
    }
    atomic_fetch_add(&parley_sleepers, 1);
    syscall(SYS_futex, (int *) word, FUTEX_WAIT_PRIVATE, seen, (void *) 0, (void *) 0, 0);
    atomic_fetch_sub(&parley_sleepers, 1);
}

static inline void parley_wake(atomic_int * word) {
    if (atomic_load(&parley_sleepers) > 0) syscall(SYS_futex, (int *) word, FUTEX_WAKE_PRIVATE, INT_MAX, (void *) 0, (void *) 0, 0);
}
#else
static inline void parley_wait(atomic_int * word, int seen, int * spins) {
    (void) word;
    (void) seen;
    if (++*spins < PARLEY_SPINS) ggml_thread_cpu_relax();
    else sched_yield();
}

static inline void parley_wake(atomic_int * word) { (void) word; }
#endif
#endif
