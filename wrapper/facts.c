#include "facts.h"
#include "call.h"
#include "expression.h"
#include "kernel.h"
#include "media.h"

static bool read_facts(struct call *call)
{
	struct facts *facts = &call->facts;
	if (facts->read) return true;
	facts->all = take(&call->memory, call->policy.facts * sizeof *facts->all);
	if (!facts->all) return false;
	facts->read = true;
	text lines = call->policy.settings;
	struct line line;
	while (next_line(&lines, &line)) {
		if (!same(line.key, TEXT("fact"))) continue;
		struct fact *fact = &facts->all[facts->count++];
		memset(fact, 0, sizeof *fact);
		fact->name = first_word(&line.value);
		fact->kind = first_word(&line.value);
		fact->of = line.value;
	}
	return true;
}

/* Each gives NULL, or why the fact can't be had. */
static const char *ask_fact(struct call *call, struct fact *fact)
{
	/* A program's name of a file steers what is opened with its rights. */
	if (call->elevated) return "not asked with the rights of a set-id wrapper";
	text named;
	file_status file;
	if (!text_value(call, fact->of, &named)) return "its expression can't be read";
	char *path = joined(&call->memory, named, TEXT(""), TEXT(""));
	if (!path) return "no memory";
	if (kernel_status_at(AT_FDCWD, path, &file, 0) != 0 || (file.st_mode & MODE_KIND) != MODE_FILE) return "no such file";
	if (same(fact->kind, TEXT("size"))) {
		char *digits = take(&call->memory, NUMBER_SIZE);
		if (!digits) return "no memory";
		fact->value = (int64_t)file.st_size;
		fact->shown = number_text(digits, (uint64_t)file.st_size);
		return NULL;
	}
	if (same(fact->kind, TEXT("duration"))) return media_duration(call, named, &fact->value, &fact->shown);
	return "its kind is not known";
}

enum fact_state find_fact(struct call *call, text name, int64_t *value)
{
	struct facts *facts = &call->facts;
	if (!read_facts(call)) return FACT_UNKNOWN;
	for (unsigned at = 0; at < facts->count; at++) {
		struct fact *fact = &facts->all[at];
		if (!same(fact->name, name)) continue;
		if (fact->state == FACT_UNASKED) {
			const char *problem = ask_fact(call, fact);
			fact->state = problem ? FACT_MISSING : FACT_FOUND;
			if (problem) note_problem(call, fact->name, text_of(problem));
			if (facts->last_asked) facts->last_asked->next = fact;
			else facts->first_asked = fact;
			facts->last_asked = fact;
		}
		*value = fact->value;
		return fact->state;
	}
	return FACT_UNKNOWN;
}
