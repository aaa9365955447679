/* Reading a policy: nothing outside of it is touched, and what is read of it lies within. */
#include "input.h"
#include "answers.h"

static bool within(text part, text whole)
{
	return !part.at || (part.at >= whole.at && part.at + part.size <= whole.at + whole.size);
}

static void check_values(struct call *call, text lines)
{
	struct line line;
	while (next_line(&lines, &line)) {
		text made = plain(line.value, &call->memory);
		if (!made.at) continue;
		expect(made.size <= line.value.size && made.at[made.size] == 0, "a value ends in a NUL, and is no longer than it was written");
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
	struct policy *policy = &call.policy;
	expect(within(policy->settings, input.policy) && within(policy->routes, input.policy), "lines lie in the policy");
	expect(within(policy->name, input.policy) && within(policy->binary, input.policy), "values lie in the policy");
	if (whole) expect(policy->targets > 0 && policy->name.size > 0 && policy->binary.size > 0, "a whole policy names what is run");
	check_values(&call, policy->settings);
	check_values(&call, policy->routes);
	free(call.argv);
	free_answers();
	free_input(&input);
	return 0;
}
