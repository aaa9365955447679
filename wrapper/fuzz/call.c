/* A whole call, from its start to the exec of the real binary or its end. */
#include "answers.h"
#include "edits.h"
#include "input.h"
#include "records.h"

void handle_call(struct call *, text policy) __attribute__((noreturn));

static text name_of(const char *path)
{
	text whole = text_of(path);
	size_t slash = find_last_byte(whole, '/');
	return slash < whole.size ? without_first(whole, slash + 1) : whole;
}

/* What the program is run with is what was decided; a script without a first line by a shell. */
static void expect_run(struct input *input, struct call *call)
{
	bool by_shell = same(text_of(answers.path), TEXT("/bin/sh")) && answers.argv != call->passed;
	expect(by_shell || answers.argv == call->passed, "the words that were decided");
	expect(answers.envp == call->passed_environment, "the environment that was decided");
	for (int at = 1; by_shell && at < call->passed_count; at++)
		expect(answers.argv[at + 1] == call->passed[at], "the shell gets the words too");
	if (!by_shell && input->argc > 0 && answers.argv[0] != input->argv[0]) {
		text wrapper = plain(call->policy.wrapper, &call->memory);
		expect(call->policy.called.at || (wrapper.at && same(name_of(input->argv[0]), name_of(wrapper.at))),
		       "argv[0] is the caller's, unless that is the wrapper's name or the policy names it");
	}
	expect_operands(input, call);
}

static bool was_read(struct call *call)
{
	for (int at = 0; at < call->problem_count; at++)
		if (starts_with(call->problems[at].what, TEXT("the policy can't be read"))) return false;
	return call->policy.targets > 0;
}

static void check(struct input *input, struct call *call)
{
	if (answers.path) {
		expect(!call->decision.denied, "what is denied isn't run");
		if (was_read(call)) expect_run(input, call);
		else expect_unchanged(input, call);
		expect(answers.said_size == 0, "nothing is said of a call that runs");
	} else if (call->decision.denied) {
		expect(answers.status == call->decision.status, "a refusal has the policy's status");
	} else {
		expect(answers.status == 126 || answers.status == 127, "a program that can't be run is told as a shell does");
	}
	expect_record(call);
}

/* What was explained is no call: it says the route, and the words with a NUL behind each. */
static bool explains(struct input *input)
{
	return input->argc > 0 && same(name_of(input->argv[0]), TEXT("interpose-explain"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input;
	struct call call;
	read_input(&input, bytes, size);
	begin_call(&call, &input);
	char **own = call.argv;
	if (input.answers.size > 0) {
		unsigned first = (unsigned char)input.answers.at[0];
		call.elevated = first & 1;
		if (first & 2) call.path = NULL;
	}
	bool elevated = call.elevated;
	begin_answers(input.answers, call.effective_user);
	if (setjmp(answers.ended) == 0) handle_call(&call, input.policy);
	expect(!(elevated && answers.child), "a set-id wrapper asks no program");
	if (!answers.child && !explains(&input)) check(&input, &call);
	free(own);
	free_answers();
	free_input(&input);
	return 0;
}
