/* Values of expressions; conditions are in expression.c. */
#include "arguments.h"
#include "call.h"
#include "expression.h"
#include "facts.h"

static struct value none(void)
{
	return (struct value){VALUE_NONE, 0, NO_TEXT};
}

static struct value text_as(text found)
{
	return (struct value){VALUE_TEXT, 0, found};
}

static struct value number_as(int64_t found)
{
	return (struct value){VALUE_NUMBER, found, NO_TEXT};
}

static struct value wrong(struct evaluation *run)
{
	run->failed = true;
	return none();
}

/* A text in quotes; only one with a backslash is copied. */
static struct value quoted(struct evaluation *run, text token)
{
	text inner = without_first(first_bytes(token, token.size - 1), 1);
	if (find_byte(inner, '\\') == inner.size) return text_as(inner);
	text made = plain(inner, &run->call->memory);
	return made.at ? text_as(made) : wrong(run);
}

static struct value literal_number(struct evaluation *run, text token)
{
	bool negative = starts_with(token, TEXT("-"));
	text digits = without_first(token, negative);
	uint64_t number = 0;
	if (digits.size == 0 || digits.size > 19) return wrong(run);
	for (size_t at = 0; at < digits.size; at++) {
		if (digits.at[at] < '0' || digits.at[at] > '9') return wrong(run);
		number = number * 10 + (uint64_t)(digits.at[at] - '0');
	}
	if (number > (uint64_t)INT64_MAX + negative) return wrong(run);
	return number_as((int64_t)(negative ? 0 - number : number));
}

static struct value changed_case(struct evaluation *run, text from, char first, char last)
{
	char *made = take(&run->call->memory, from.size);
	if (!made) return wrong(run);
	for (size_t at = 0; at < from.size; at++) {
		char byte = from.at[at];
		made[at] = byte >= first && byte <= last ? byte ^ 0x20 : byte;
	}
	return text_as((text){made, from.size});
}

/* Characters, which are the bytes that start one. */
static struct value measured(text of)
{
	int64_t count = 0;
	for (size_t at = 0; at < of.size; at++) count += (of.at[at] & 0xc0) != 0x80;
	return number_as(count);
}

static struct value fact_value(struct evaluation *run)
{
	text name = next_token(run);
	int64_t found;
	switch (find_fact(run->call, name, &found)) {
	case FACT_FOUND: return number_as(found);
	case FACT_MISSING: return none();
	default: return wrong(run);
	}
}

static struct value inner_value(struct evaluation *run, text operator)
{
	if (same(operator, TEXT("fact"))) return fact_value(run);
	struct value of = read_value(run);
	if (run->failed) return none();
	bool of_words = same(operator, TEXT("operand")) || same(operator, TEXT("option"));
	if (of_words && !scan_arguments(run->call)) return wrong(run);
	if (same(operator, TEXT("operand")))
		return of.kind == VALUE_NUMBER && of.number >= 0 ? text_as(operand_of(run->call, (uint64_t)of.number)) : wrong(run);
	if (of.kind != VALUE_TEXT) return wrong(run);
	if (same(operator, TEXT("option"))) return text_as(option_of(run->call, of.text));
	if (same(operator, TEXT("env"))) {
		text value = TEXT("");
		if (!run->call->elevated) variable(run->call->envp, of.text, &value);
		return text_as(value);
	}
	if (same(operator, TEXT("lower"))) return changed_case(run, of.text, 'A', 'Z');
	if (same(operator, TEXT("upper"))) return changed_case(run, of.text, 'a', 'z');
	if (same(operator, TEXT("size"))) return measured(of.text);
	return wrong(run);
}

struct value read_value(struct evaluation *run)
{
	text token = next_token(run);
	if (token.size == 0) return wrong(run);
	if (token.at[0] == '"') return token.size < 2 ? wrong(run) : quoted(run, token);
	if (token.at[0] != '(') return literal_number(run, token);
	if (!enter(run)) return none();
	text operator= next_token(run);
	struct value value = inner_value(run, operator);
	leave(run);
	return run->failed ? none() : value;
}
