/*
 * Stops a real binary that calls its old path again and again, by exec or by starting processes. Turns are counted, not
 * dates: fifty ancestors that are this interception, or fifty calls of one process with less than ten seconds between.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>

struct call;

/* Looks where there is reason to; most calls show none, and pay nothing. */
bool is_loop(struct call *);
/* Before a program is asked, which may be behind the same wrapper. */
bool has_looping_ancestors(struct call *);

#endif
