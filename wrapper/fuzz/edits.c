#include "edits.h"
#include "input.h"

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

void expect_operands(struct input *input, struct call *call)
{
	int next = 1;
	bool all = false;
	for (int at = 1; at < input->argc; at++) {
		const char *word = input->argv[at], *before = at > 1 ? input->argv[at - 1] : "";
		if (!all && is_option(before)) continue;
		/* Behind no option it can't be the value of one. */
		if (same(text_of(word), TEXT("--"))) all = true;
		if (!all && is_option(word)) continue;
		while (next < call->passed_count && call->passed[next] != word) next++;
		expect(next < call->passed_count, "every operand is passed on, in order");
		next++;
	}
	expect(!call->passed[call->passed_count], "the words end");
	for (int at = 1; at < call->passed_count; at++) expect(call->passed[at] != NULL, "no word is missing");
}
