/* What can be asked about a file that a call names; each is asked once, and only when a condition needs it. */
#ifndef FACTS_H
#define FACTS_H

#include "text.h"

struct call;

enum fact_state { FACT_UNASKED, FACT_FOUND, FACT_MISSING, FACT_UNKNOWN };

struct fact {
	text name, kind, of;
	enum fact_state state;
	/* Nanoseconds, or bytes. */
	int64_t value;
	/* As the record shows it: seconds, or bytes. */
	text shown;
	/* The one that was asked after it. */
	struct fact *next;
};

struct facts {
	bool read;
	struct fact *all, *first_asked, *last_asked;
	unsigned count;
};

enum fact_state find_fact(struct call *, text name, int64_t *value);

#endif
