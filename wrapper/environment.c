/* What the taken route changes in the environment; everything else stays to the byte, and in order. */
#include "call.h"
#include "edit.h"

static bool is_entry_of(const char *entry, text name)
{
	for (size_t at = 0; at < name.size; at++)
		if (entry[at] != name.at[at]) return false;
	return entry[name.size] == '=';
}

/* Puts the entry where the first of its name is, or at the end; takes away the others. `entry` is NULL for none at all. */
static int change_entry(char **entries, int count, text name, char *entry)
{
	int kept = 0;
	for (int at = 0; at < count; at++) {
		if (!is_entry_of(entries[at], name)) {
			entries[kept++] = entries[at];
		} else if (entry) {
			entries[kept++] = entry;
			entry = NULL;
		}
	}
	if (entry) entries[kept++] = entry;
	return kept;
}

bool edit_environment(struct call *call)
{
	call->passed_environment = call->envp;
	text lines = call->decision.edits;
	struct line line;
	int edits = 0, count = 0;
	while (next_line(&lines, &line)) edits += same(line.key, TEXT("env")) || same(line.key, TEXT("unset"));
	if (edits == 0) return true;
	while (call->envp[count]) count++;
	char **entries = take(&call->memory, (size_t)(count + edits + 1) * sizeof *entries);
	if (!entries) return false;
	for (int at = 0; at < count; at++) entries[at] = call->envp[at];
	lines = call->decision.edits;
	while (next_line(&lines, &line)) {
		if (same(line.key, TEXT("env"))) {
			text entry = plain(line.value, &call->memory);
			if (!entry.at) return false;
			count = change_entry(entries, count, first_bytes(entry, find_byte(entry, '=')), (char *)entry.at);
		} else if (same(line.key, TEXT("unset"))) {
			count = change_entry(entries, count, line.value, NULL);
		}
	}
	entries[count] = NULL;
	call->passed_environment = entries;
	return true;
}
