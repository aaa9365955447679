/* Where a program is that a fact asks. */
#ifndef FIND_H
#define FIND_H

#include "text.h"

struct call;

/*
 * Its path: the caller's PATH without entries that aren't absolute (in whose place anybody can put a program), then
 * /usr/local/bin, /usr/bin and /bin. Where this very interception stands in front of it, the real binary; a question
 * that asks itself would go on for ever. NULL for none.
 */
const char *find_program(struct call *, text name);

#endif
