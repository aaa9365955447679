#include "expression.h"
#include "arguments.h"
#include "call.h"

#define MOST_DEPTH 200
#define MOST_STEPS 100000

/* A parenthesis, a word, or a text with its quotes; empty at the end. */
text next_token(struct evaluation *run)
{
	text rest = run->rest;
	while (rest.size > 0 && rest.at[0] == ' ') rest = without_first(rest, 1);
	size_t size = 0;
	if (rest.size > 0 && rest.at[0] == '"') {
		for (size = 1; size < rest.size && rest.at[size] != '"'; size++)
			if (rest.at[size] == '\\') size++;
		size++;
	} else if (rest.size > 0 && (rest.at[0] == '(' || rest.at[0] == ')')) {
		size = 1;
	} else {
		while (size < rest.size && rest.at[size] != ' ' && rest.at[size] != '(' && rest.at[size] != ')') size++;
	}
	if (size > rest.size || --run->steps < 0) {
		run->failed = true;
		size = 0;
	}
	run->rest = without_first(rest, size);
	return first_bytes(rest, size);
}

bool enter(struct evaluation *run)
{
	if (++run->depth > MOST_DEPTH) run->failed = true;
	return !run->failed;
}

/* Reads the parenthesis that closes. */
void leave(struct evaluation *run)
{
	run->depth--;
	if (!same(next_token(run), TEXT(")"))) run->failed = true;
}

static bool at_end_of_list(struct evaluation *run)
{
	struct evaluation ahead = *run;
	text token = next_token(&ahead);
	return token.size == 0 || same(token, TEXT(")"));
}

bool skip_expression(struct evaluation *run)
{
	int open = 0;
	do {
		text token = next_token(run);
		if (token.size == 0) run->failed = true;
		else if (same(token, TEXT("("))) open++;
		else if (same(token, TEXT(")"))) open--;
	} while (open > 0 && !run->failed);
	return !run->failed;
}

/* Whether the order of two values is what the operator says. */
static bool compared(text operator, int order, bool *known)
{
	*known = true;
	if (same(operator, TEXT("=="))) return order == 0;
	if (same(operator, TEXT("!="))) return order != 0;
	if (same(operator, TEXT("<"))) return order < 0;
	if (same(operator, TEXT("<="))) return order <= 0;
	if (same(operator, TEXT(">"))) return order > 0;
	if (same(operator, TEXT(">="))) return order >= 0;
	*known = false;
	return false;
}

static bool both(struct value left, struct value right, enum value_kind kind)
{
	return left.kind == kind && right.kind == kind;
}

static int order_of(struct value left, struct value right)
{
	if (left.kind == VALUE_TEXT) return compare(left.text, right.text);
	return left.number < right.number ? -1 : left.number > right.number;
}

/*
 * Whether `part` is somewhere in `whole`, in linear time (Knuth, Morris, Pratt): back[n] is how much of the part's
 * beginning its first n + 1 bytes end with.
 */
static bool contains(struct evaluation *run, text whole, text part)
{
	if (part.size == 0) return true;
	if (part.size > whole.size) return false;
	uint32_t *back = take(&run->call->memory, part.size * sizeof *back);
	if (!back) {
		run->failed = true;
		return false;
	}
	back[0] = 0;
	uint32_t met = 0;
	for (size_t at = 1; at < part.size; at++) {
		while (met > 0 && part.at[at] != part.at[met]) met = back[met - 1];
		if (part.at[at] == part.at[met]) met++;
		back[at] = met;
	}
	met = 0;
	for (size_t at = 0; at < whole.size; at++) {
		while (met > 0 && whole.at[at] != part.at[met]) met = back[met - 1];
		if (whole.at[at] == part.at[met]) met++;
		if (met == part.size) return true;
	}
	return false;
}

/* A test of values: true or false is sure only where all of them can be had. */
static bool test_holds(struct evaluation *run, text operator, bool wanted)
{
	if (same(operator, TEXT("flag"))) {
		struct value name = read_value(run);
		/* Without memory nothing is known of the words, so nothing is decided by them. */
		if (name.kind != VALUE_TEXT || !scan_arguments(run->call)) run->failed = true;
		return !run->failed && flag_of(run->call, name.text) == wanted;
	}
	struct value left = read_value(run);
	if (same(operator, TEXT("in"))) {
		bool found = false;
		while (!at_end_of_list(run) && !run->failed) {
			struct value item = read_value(run);
			if (left.kind == item.kind && left.kind != VALUE_NONE && order_of(left, item) == 0) found = true;
		}
		return left.kind != VALUE_NONE && found == wanted;
	}
	/* Without the left one the right one isn't asked for. */
	if (left.kind == VALUE_NONE) {
		skip_expression(run);
		return false;
	}
	struct value right = read_value(run);
	bool texts = both(left, right, VALUE_TEXT), known;
	if (!texts && !both(left, right, VALUE_NUMBER)) {
		if (right.kind != VALUE_NONE) run->failed = true;
		return false;
	}
	bool found = compared(operator, order_of(left, right), &known);
	if (known) return found == wanted;
	if (!texts) run->failed = true;
	else if (same(operator, TEXT("starts"))) return starts_with(left.text, right.text) == wanted;
	else if (same(operator, TEXT("ends"))) return ends_with(left.text, right.text) == wanted;
	else if (same(operator, TEXT("contains"))) return contains(run, left.text, right.text) == wanted;
	else run->failed = true;
	return false;
}

/* `a and b` is surely true when both are, and surely false when one of them is. */
static bool condition_holds(struct evaluation *run, bool wanted)
{
	text token = next_token(run);
	if (same(token, TEXT("true"))) return wanted;
	if (same(token, TEXT("false"))) return !wanted;
	if (!same(token, TEXT("(")) || !enter(run)) {
		run->failed = true;
		return false;
	}
	text operator= next_token(run);
	bool result;
	if (same(operator, TEXT("and")) || same(operator, TEXT("or"))) {
		bool all = same(operator, TEXT("and")) == wanted;
		result = all;
		while (!at_end_of_list(run) && !run->failed) {
			if (result == all) result = condition_holds(run, wanted);
			else skip_expression(run);
		}
	} else if (same(operator, TEXT("not"))) {
		result = condition_holds(run, !wanted);
	} else {
		result = test_holds(run, operator, wanted);
	}
	leave(run);
	return result && !run->failed;
}

bool surely(struct call *call, text condition, bool wanted, bool *failed)
{
	struct evaluation run = {call, condition, 0, MOST_STEPS, false};
	bool result = condition_holds(&run, wanted);
	if (run.failed || run.rest.size > 0) *failed = true;
	return result && !*failed;
}

bool text_value(struct call *call, text expression, text *value)
{
	struct evaluation run = {call, expression, 0, MOST_STEPS, false};
	struct value found = read_value(&run);
	*value = found.text;
	return !run.failed && run.rest.size == 0 && found.kind == VALUE_TEXT;
}
