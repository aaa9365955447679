#include "redact.h"
#include "call.h"

void redact(struct call *call, struct redaction *redaction, text *word, text *hidden)
{
	const text mark = TEXT("[redacted]");
	bool all = redaction->next;
	text whole = *word, lines = call->policy.settings;
	struct line line;
	redaction->next = false;
	while (next_line(&lines, &line)) {
		if (!same(line.key, TEXT("redact"))) continue;
		text name = line.value;
		bool is_long = starts_with(name, TEXT("--"));
		if (same(whole, name)) redaction->next = true;
		else if (starts_with(whole, name) && (!is_long || whole.at[name.size] == '=')) {
			*word = first_bytes(whole, name.size + (whole.at[name.size] == '='));
			*hidden = mark;
		}
	}
	if (all) {
		*word = TEXT("");
		*hidden = mark;
	}
}
