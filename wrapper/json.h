/*
 * Writes JSON into room of a fixed size. A byte that isn't UTF-8 becomes the lone surrogate \udcXX, as Python's
 * surrogateescape has it.
 */
#ifndef JSON_H
#define JSON_H

#include "text.h"

struct json {
	char *start, *at, *end;
	/* Something didn't fit, and is left out from its first byte on. */
	bool full;
	bool not_utf8;
};

struct json json_in(char *room, size_t size);
size_t json_size(const struct json *);
void json_put(struct json *, text);
void json_number(struct json *, uint64_t);
void json_string(struct json *, text);
/* The string, only where all of it fits below `end`; false otherwise, and then nothing is written. */
bool json_fits(struct json *, text, text behind, const char *end);

#endif
