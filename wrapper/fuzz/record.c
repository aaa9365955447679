/* Records: words, facts and problems of any kind, with any policy for the log. */
#include "../record.h"
#include "../decide.h"
#include "../edit.h"
#include "answers.h"
#include "input.h"
#include "records.h"

/* A value that a secret option hides; the fuzzer's words seldom hold it by chance. */
static const char secret[] = "sEcReT";

/* Each word behind an option that is to be hidden becomes the secret. */
static bool hide(struct input *input, struct call *call)
{
	bool hidden = false;
	for (int at = 1; at + 1 < input->argc; at++) {
		text lines = call->policy.settings;
		struct line line;
		while (next_line(&lines, &line))
			if (same(line.key, TEXT("redact")) && same(line.value, text_of(input->argv[at])) && at + 1 < input->argc) {
				free(input->argv[++at]);
				input->argv[at] = room_of(sizeof secret);
				memcpy(input->argv[at], secret, sizeof secret);
				call->argv[at] = input->argv[at];
				hidden = true;
				break;
			}
	}
	return hidden;
}

static bool holds(text whole, text part)
{
	for (; whole.size >= part.size; whole = without_first(whole, 1))
		if (starts_with(whole, part)) return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input;
	struct call call;
	bool hidden = !holds((text){(const char *)bytes, size}, TEXT("sEcReT"));
	read_input(&input, bytes, size);
	begin_call(&call, &input);
	bool whole = read_policy(&call.policy, input.policy);
	hidden = whole && hide(&input, &call) && hidden;
	begin_answers(input.answers, call.effective_user);
	if (setjmp(answers.ended) == 0) {
		if (whole && decide(&call) && !call.decision.denied) edit_words(&call);
		write_record(&call);
		expect_record(&call);
		if (hidden) expect(!holds((text){answers.record, answers.record_size}, TEXT("sEcReT")), "a secret isn't in the log");
	}
	free(call.argv);
	free_answers();
	free_input(&input);
	return 0;
}
