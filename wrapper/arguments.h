/*
 * The words of a call as the policy describes them: options, their values, operands, and where the options end. All of
 * them are looked at once, at the first question.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "text.h"

struct call;

/* An option that a condition asks for. */
struct asked {
	text name, value;
	bool takes_value, given;
};

struct arguments {
	bool scanned;
	/* Options whose value is the next word. */
	text *valued;
	unsigned valued_count;
	struct asked *asked;
	unsigned asked_count;
	/* Where the next question is looked for first: conditions ask in the order of the policy. */
	unsigned next_asked;
	text *operands;
	uint64_t operand_count;
	/* Which word is the `--` that ends the options; 0 for none. */
	int terminator;
};

/* false where there is no memory. */
bool scan_arguments(struct call *);
bool takes_value(const struct arguments *, text option);
/* What a call doesn't have is the empty text. */
text operand_of(struct call *, uint64_t index);
text option_of(struct call *, text name);
bool flag_of(struct call *, text name);

#endif
