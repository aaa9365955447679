/* Takes a route: the first whose condition surely holds. */
#ifndef DECIDE_H
#define DECIDE_H

#include <stdbool.h>

struct call;

/* false where the policy can't be read; then nothing is decided, and the real binary is run as it was called. */
bool decide(struct call *);

#endif
