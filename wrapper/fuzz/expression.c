/* Conditions and values: the policy's field is its settings, from the first `when` or `value` word on expressions. */
#include "answers.h"
#include "input.h"
#include "../expression.h"

/* Each line of a route whose key is `when` is a condition; all others are taken for values. */
static void evaluate(struct call *call, text lines)
{
	struct line line;
	while (next_line(&lines, &line)) {
		bool failed = false;
		text first, second;
		if (same(line.key, TEXT("when"))) {
			bool is_true = surely(call, line.value, true, &failed);
			bool again = surely(call, line.value, true, &failed);
			bool is_false = surely(call, line.value, false, &failed);
			if (failed) continue;
			expect(!(is_true && is_false), "a condition isn't both true and false");
			expect(is_true == again, "a condition is as true as before");
		} else if (text_value(call, line.value, &first)) {
			expect(first.at != NULL, "a text is somewhere");
			if (text_value(call, line.value, &second)) expect(same(first, second), "a text is the same as before");
		}
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
	if (setjmp(answers.ended) == 0 && whole) evaluate(&call, call.policy.routes);
	free(call.argv);
	free_answers();
	free_input(&input);
	return 0;
}
