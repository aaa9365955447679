#include "explain.h"
#include "call.h"
#include "json.h"
#include "kernel.h"

bool is_asked_to_explain(struct call *call)
{
	if (call->argc < 1) return false;
	text name = text_of(call->argv[0]), end = TEXT("/interpose-explain");
	return ends_with(name, end) || same(name, without_first(end, 1));
}

static void put(text field)
{
	while (field.size > 0) {
		long written = kernel_write(1, field.at, field.size);
		if (written == -EINTR) continue;
		if (written <= 0) kernel_end(1);
		field = without_first(field, (size_t)written);
	}
	if (kernel_write(1, "", 1) != 1) kernel_end(1);
}

static text facts_as_json(struct call *call)
{
	char *room = take(&call->memory, 4096);
	if (!room) return TEXT("");
	struct json json = json_in(room, 4096);
	for (struct fact *fact = call->facts.first_asked; fact; fact = fact->next) {
		if (fact != call->facts.first_asked) json_put(&json, TEXT(","));
		json_string(&json, fact->name);
		json_put(&json, TEXT(":"));
		json_put(&json, fact->state == FACT_FOUND ? fact->shown : TEXT("null"));
	}
	return (text){room, json_size(&json)};
}

void explain(struct call *call)
{
	char digits[NUMBER_SIZE];
	struct decision *decision = &call->decision;
	put(decision->route.at ? decision->route : TEXT(""));
	put(facts_as_json(call));
	put(decision->denied ? number_text(digits, (uint64_t)decision->status) : TEXT(""));
	put(decision->denied ? decision->message : TEXT(""));
	put(number_text(digits, (uint64_t)call->problem_count));
	for (int at = 0; at < call->problem_count; at++) {
		struct problem *problem = &call->problems[at];
		char *shown = joined(&call->memory, problem->about, problem->about.size > 0 ? TEXT(": ") : TEXT(""), problem->what);
		put(shown ? text_of(shown) : problem->what);
	}
	for (int at = 1; at < call->passed_count; at++) put(text_of(call->passed[at]));
	kernel_end(0);
}
