/* pool: long work cut into pieces that several threads take, the caller among them.
 *
 * Who runs a piece is left to chance: pieces write apart from each other, and what they write does not depend on where the
 * cuts are, or the cuts follow from the sizes alone. Then the bits are the same for every number of threads.
 * A call from inside of a piece, or while another thread's call has the workers, runs in the calling thread alone. Workers
 * are started when first wanted, never touch the host, take no signals; a forked child starts its own. */
#ifndef CT_POOL_H
#define CT_POOL_H
#include <stdbool.h>
#include <stdint.h>

enum { POOL_MOST = 64 };                  /* threads */
typedef void ct_piece(void *work, int64_t begin, int64_t end);

int ct_threads(void);
void ct_set_threads(int n);               /* 1 .. POOL_MOST; more or less are brought to that */
/* Runs piece(work, b, b + step) for b = 0, step, ... below n (the last piece may be shorter), by at most `most` threads. */
void ct_share(int64_t n, int64_t step, int most, ct_piece *piece, void *work);
/* Inside of a piece: the place, below `most`, that its thread has among those that share the work. 0 elsewhere. */
int ct_place(void);

/* Between ct_watch_begin and ct_watch_end the calling thread has released the host's lock (if `unlocked`), and asks the host now and then, between pieces,
 * whether to go on; if not, all further pieces of ct_share are left out. `watch` holds what was there before. */
typedef struct ct_watch { void *lock; bool stopped, may_stop, unlocked; int64_t asked; struct ct_watch *outer; } ct_watch;
void ct_watch_begin(ct_watch *watch, bool may_stop, bool unlocked);
bool ct_watch_end(ct_watch *watch);       /* true: stopped, and the host's error is set */
bool ct_watch_stopped(void);              /* Asks inside of long pieces; true: what is left of the piece is left out. Also in workers, who do not ask. */
bool ct_watch_asking(void);               /* The host, asked, runs something of its own in this thread: what is under way goes on only after it. */

/* Long passes go part by part: the next of 0 .. n - 1, from the end (0 at first) of the one before. False: none is left, or the host wants an
 * end; then whatever follows may be left undone as well. */
bool ct_next_part(int64_t *from, int64_t *end, int64_t n);

/* For tests: everything of two pieces and more is shared; how many jobs were. */
extern bool ct_share_always;
int64_t ct_shared(void);
#endif
