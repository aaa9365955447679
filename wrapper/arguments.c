#include "arguments.h"
#include "call.h"

static bool read_settings(struct call *call)
{
	struct policy *policy = &call->policy;
	struct arguments *known = &call->arguments;
	known->valued = take(&call->memory, policy->valued * sizeof *known->valued);
	known->asked = take(&call->memory, policy->asked * sizeof *known->asked);
	uint64_t most = policy->operands < (uint64_t)call->argc ? policy->operands : (uint64_t)call->argc;
	known->operands = take(&call->memory, (size_t)most * sizeof *known->operands);
	if (!known->valued || !known->asked || !known->operands) return false;
	text lines = policy->settings;
	struct line line;
	while (next_line(&lines, &line))
		if (same(line.key, TEXT("value"))) known->valued[known->valued_count++] = line.value;
	lines = policy->settings;
	while (next_line(&lines, &line))
		if (same(line.key, TEXT("option")) || same(line.key, TEXT("flag")))
			known->asked[known->asked_count++] =
				(struct asked){line.value, TEXT(""), takes_value(known, line.value), false};
	return true;
}

bool takes_value(const struct arguments *known, text option)
{
	for (unsigned at = 0; at < known->valued_count; at++)
		if (same(known->valued[at], option)) return true;
	return false;
}

/* Whether the word is that option with its value in the same word: --name=value, -nvalue. */
static bool holds_value(const struct asked *option, text word, text *value)
{
	bool is_long = starts_with(option->name, TEXT("--"));
	if (!starts_with(word, option->name) || word.size == option->name.size) return false;
	*value = without_first(word, option->name.size);
	if (!is_long) return option->takes_value;
	if (value->at[0] != '=') return false;
	*value = without_first(*value, 1);
	return true;
}

static void look_at_option(struct arguments *known, text word)
{
	for (unsigned at = 0; at < known->asked_count; at++) {
		struct asked *option = &known->asked[at];
		text value;
		if (same(word, option->name)) option->given = true;
		else if (holds_value(option, word, &value)) {
			option->given = true;
			option->value = value;
		}
	}
}

static void keep_value(struct arguments *known, text option, text value)
{
	for (unsigned at = 0; at < known->asked_count; at++)
		if (same(known->asked[at].name, option)) known->asked[at].value = value;
}

static void keep_operand(struct call *call, text word)
{
	struct arguments *known = &call->arguments;
	if (known->operand_count < call->policy.operands) known->operands[known->operand_count++] = word;
}

bool scan_arguments(struct call *call)
{
	struct arguments *known = &call->arguments;
	if (known->scanned) return true;
	if (!read_settings(call)) return false;
	known->scanned = true;
	text value_of = NO_TEXT;
	for (int at = 1; at < call->argc; at++) {
		const char *start = call->argv[at];
		if (known->terminator) {
			if (known->operand_count >= call->policy.operands) break;
			keep_operand(call, text_of(start));
		} else if (value_of.at) {
			keep_value(known, value_of, text_of(start));
			value_of = NO_TEXT;
		} else if (start[0] != '-' || !start[1]) {
			/* Only what is asked for is measured. */
			if (known->operand_count < call->policy.operands) keep_operand(call, text_of(start));
		} else {
			text word = text_of(start);
			if (same(word, TEXT("--"))) {
				known->terminator = at;
				continue;
			}
			look_at_option(known, word);
			if (takes_value(known, word)) value_of = word;
		}
	}
	return true;
}

text operand_of(struct call *call, uint64_t index)
{
	if (!scan_arguments(call) || index >= call->arguments.operand_count) return TEXT("");
	return call->arguments.operands[index];
}

static struct asked *find_asked(struct call *call, text name)
{
	if (!scan_arguments(call)) return NULL;
	struct arguments *known = &call->arguments;
	for (unsigned turn = 0; turn < known->asked_count; turn++) {
		if (known->next_asked >= known->asked_count) known->next_asked = 0;
		struct asked *option = &known->asked[known->next_asked++];
		if (same(option->name, name)) return option;
	}
	return NULL;
}

text option_of(struct call *call, text name)
{
	struct asked *option = find_asked(call, name);
	return option ? option->value : TEXT("");
}

bool flag_of(struct call *call, text name)
{
	struct asked *option = find_asked(call, name);
	return option && option->given;
}
