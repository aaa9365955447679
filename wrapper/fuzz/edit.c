/* Arguments and edits: the lines of every route are made of the caller's words. */
#include "../edit.h"
#include "answers.h"
#include "edits.h"
#include "input.h"

/* The lines up to the next route, which is read over. */
static text next_route(text *rest)
{
	text lines = *rest, before = lines;
	struct line line;
	if (starts_with(lines, TEXT("when "))) {
		cut_at(rest, '\n');
		lines = *rest;
	}
	do before = *rest;
	while (next_line(rest, &line) && !same(line.key, TEXT("route")) && !same(line.key, TEXT("end")));
	lines.size -= before.size;
	return lines;
}

static bool may_be_named(text lines, text entry)
{
	struct line line;
	while (next_line(&lines, &line))
		if (same(line.key, TEXT("env")) || (same(line.key, TEXT("unset")) && starts_with(entry, line.value))) return true;
	return false;
}

static void expect_variables(struct input *input, struct call *call)
{
	char **passed = call->passed_environment;
	for (char **entry = input->envp; *entry; entry++) {
		if (may_be_named(call->decision.edits, text_of(*entry))) continue;
		while (*passed && *passed != *entry) passed++;
		expect(*passed++ != NULL, "a variable that isn't named is passed on, in order");
	}
}

static void edit(struct input *input, struct call *call)
{
	text rest = call->policy.routes;
	while (rest.size > 0) {
		call->decision.edits = next_route(&rest);
		if (!edit_words(call)) continue;
		expect(call->argc == 0 || call->passed[0] == input->argv[0], "argv[0] is the caller's");
		expect_operands(input, call);
		if (edit_environment(call)) expect_variables(input, call);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input;
	struct call call;
	read_input(&input, bytes, size);
	begin_call(&call, &input);
	begin_answers(input.answers, call.effective_user);
	bool whole = read_policy(&call.policy, input.policy);
	if (setjmp(answers.ended) == 0 && whole) edit(&input, &call);
	free(call.argv);
	free_answers();
	free_input(&input);
	return 0;
}
