/* Keeps the values of secret options out of the log. */
#ifndef REDACT_H
#define REDACT_H

#include "text.h"

struct call;

/* Whether the next word is the value of a secret option. */
struct redaction {
	bool next;
};

/* The word as it may be shown: what is left of it, and what stands for the rest. */
void redact(struct call *, struct redaction *, text *word, text *hidden);

#endif
