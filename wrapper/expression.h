/*
 * Conditions and values, in prefix form: (and (flag "--fast") (< (fact length) 3600000000000)). They are evaluated as
 * they are read, nothing is built; depth, steps and memory are bounded.
 *
 *   conditions   true, false, (and C...), (or C...), (not C), (flag "NAME"),
 *                (== A B), != < <= > >=, (in A B...), (starts A B), (ends A B), (contains A B)
 *   values       123, "text", (operand 0), (option "NAME"), (env "NAME"), (lower T), (upper T), (size T), (fact NAME)
 *
 * A fact that can't be had makes what it is in neither true nor false, as an error does in CEL.
 */
#ifndef EXPRESSION_H
#define EXPRESSION_H

#include "text.h"

struct call;

enum value_kind { VALUE_NONE, VALUE_NUMBER, VALUE_TEXT };

struct value {
	enum value_kind kind;
	int64_t number;
	text text;
};

/* One evaluation: what is left to read, and what it may still cost. */
struct evaluation {
	struct call *call;
	text rest;
	int depth, steps;
	/* It is written wrongly, or costs too much. */
	bool failed;
};

/* Whether a condition surely is as wanted; neither is sure where it depends on a fact that can't be had. */
bool surely(struct call *, text condition, bool wanted, bool *failed);
/* The text that an expression gives, false where it gives none. */
bool text_value(struct call *, text expression, text *);

/* For value.c and expression.c. */
text next_token(struct evaluation *);
bool enter(struct evaluation *);
void leave(struct evaluation *);
bool skip_expression(struct evaluation *);
struct value read_value(struct evaluation *);

#endif
