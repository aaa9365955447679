/* Who made the call: the parent's name and first words, the call's own control group and unit, its directory. */
#ifndef CALLER_H
#define CALLER_H

#include <stdbool.h>

struct call;
struct json;

/*
 * The record's members `caller` and `cwd`; `room` bytes at most for the parent's words. Whether these say that the call
 * is a probe of the tool's own.
 */
bool json_caller(struct json *, struct call *, unsigned long room);

#endif
