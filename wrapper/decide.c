#include "decide.h"
#include "call.h"
#include "expression.h"

/* Reads on to the next route; what is passed over are the lines of the one before. */
static text lines_of_route(text *rest)
{
	text lines = *rest;
	while (rest->size > 0 && !starts_with(*rest, TEXT("route")) && !same(*rest, TEXT("end\n"))) cut_at(rest, '\n');
	lines.size -= rest->size;
	return lines;
}

static bool take_route(struct call *call, text name, text edits)
{
	struct decision *decision = &call->decision;
	decision->route = name;
	decision->edits = edits;
	struct line line;
	text lines = edits;
	if (!next_line(&lines, &line) || !same(line.key, TEXT("deny"))) return true;
	uint64_t status;
	if (!to_number(first_word(&line.value), &status) || status > 255) return false;
	decision->denied = true;
	decision->status = (int)status;
	decision->message = plain(line.value, &call->memory);
	return decision->message.at != NULL;
}

static bool take_named(struct call *call, text wanted)
{
	text rest = call->policy.routes;
	struct line line;
	while (next_line(&rest, &line) && same(line.key, TEXT("route"))) {
		text ahead = rest, name = line.value;
		if (next_line(&ahead, &line) && same(line.key, TEXT("when"))) rest = ahead;
		text edits = lines_of_route(&rest);
		if (same(name, wanted)) return take_route(call, name, edits);
	}
	return false;
}

bool decide(struct call *call)
{
	text rest = call->policy.routes;
	struct line line;
	while (next_line(&rest, &line)) {
		if (!same(line.key, TEXT("route"))) return same(line.key, TEXT("end")) && rest.size == 0;
		text name = line.value, ahead = rest;
		bool failed = false, taken = true;
		if (next_line(&ahead, &line) && same(line.key, TEXT("when"))) {
			rest = ahead;
			taken = surely(call, line.value, true, &failed);
			bool unknown = !taken && !failed && call->policy.otherwise.at && call->problem_count > 0;
			if (unknown && !surely(call, line.value, false, &failed) && !failed)
				return take_named(call, call->policy.otherwise);
		}
		if (failed) return false;
		text edits = lines_of_route(&rest);
		if (taken) return take_route(call, name, edits);
	}
	return false;
}
