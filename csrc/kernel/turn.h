#ifndef CT_KERNEL_TURN_H
#define CT_KERNEL_TURN_H
#include "kernel/kernel.h"
enum { TURN_ROWS = 16 };                                /* a line of the cache, of 4 bytes each */
typedef struct k_turn { int64_t rows, out; } k_turn;    /* param of k_isa.turn; 8 or TURN_ROWS rows are turned by tiles */
/* Of `lines` lines of n steps, which lie along dimension d with `there` of them in all from p on, those that are run with operands turned. */
typedef struct k_line_run { int d; int64_t n, lines, there; } k_line_run;
int64_t k_turned_lines(const k_nd *nd, k_line_run of, k_loop *loop, const void *param, char *const *p, const int64_t *stride);
#endif
