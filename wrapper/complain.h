/* The one form of what is said on standard error: "interpose: NAME: WHAT". */
#ifndef COMPLAIN_H
#define COMPLAIN_H

#include "text.h"

struct call;

void complain(struct call *, text first, text second, text third);
/* A line of the policy's own words. */
void say(struct call *, text message);

#endif
