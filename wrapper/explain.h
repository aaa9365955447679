/* Says what would be done with a call, and does nothing: for the tool, which calls it by the name `interpose-explain`. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>

struct call;

bool is_asked_to_explain(struct call *);
/*
 * On standard output, each ended by a NUL: the route, the facts as members of JSON, the status and the message of a
 * refusal, the number of problems, these, and the words that the real binary would get.
 */
void explain(struct call *) __attribute__((noreturn));

#endif
