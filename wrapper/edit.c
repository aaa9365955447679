#include "edit.h"
#include "arguments.h"
#include "call.h"

/* An option of `set` or `remove`. */
struct change {
	text name;
	/* What it is set to; NULL for one that is removed. */
	const char *value;
	bool met;
};

struct changes {
	struct change *all;
	unsigned count;
	/* Words for the front and the end. */
	char **prepend, **append;
	unsigned prepend_count, append_count, set_count;
};

static unsigned count_lines(text lines, text key)
{
	unsigned count = 0;
	struct line line;
	while (next_line(&lines, &line)) count += same(line.key, key);
	return count;
}

/* The value as a word, ended by a NUL. */
static char *word_of(struct call *call, text value)
{
	return (char *)plain(value, &call->memory).at;
}

static bool read_changes(struct call *call, struct changes *changes)
{
	text lines = call->decision.edits;
	struct memory *memory = &call->memory;
	changes->prepend = take(memory, count_lines(lines, TEXT("prepend")) * sizeof(char *));
	changes->append = take(memory, count_lines(lines, TEXT("append")) * sizeof(char *));
	unsigned most = count_lines(lines, TEXT("set")) + count_lines(lines, TEXT("remove"));
	changes->all = take(memory, most * sizeof *changes->all);
	if (!changes->prepend || !changes->append || !changes->all) return false;
	struct line line;
	while (next_line(&lines, &line)) {
		bool is_set = same(line.key, TEXT("set"));
		if (same(line.key, TEXT("prepend"))) {
			if (!(changes->prepend[changes->prepend_count++] = word_of(call, line.value))) return false;
		} else if (same(line.key, TEXT("append"))) {
			if (!(changes->append[changes->append_count++] = word_of(call, line.value))) return false;
		} else if (is_set || same(line.key, TEXT("remove"))) {
			struct change change = {first_word(&line.value), is_set ? word_of(call, line.value) : NULL, false};
			if (is_set && !change.value) return false;
			changes->set_count += is_set;
			changes->all[changes->count++] = change;
		} else if (!same(line.key, TEXT("env")) && !same(line.key, TEXT("unset"))) {
			return false;
		}
	}
	return true;
}

/* The name of the option that a word is: --name, also of --name=value; -n, also of -nvalue where it takes a value. */
static text option_name(struct call *call, text word)
{
	if (word.size < 2 || word.at[0] != '-') return NO_TEXT;
	if (word.at[1] == '-') return word.size > 2 ? first_bytes(word, find_byte(word, '=')) : NO_TEXT;
	text name = first_bytes(word, 2);
	return word.size == 2 || takes_value(&call->arguments, name) ? name : NO_TEXT;
}

static struct change *find_change(struct changes *changes, text name)
{
	for (unsigned at = 0; name.at && at < changes->count; at++)
		if (same(changes->all[at].name, name)) return &changes->all[at];
	return NULL;
}

/* What becomes of one option and, where it is another word, of its value. false where there is no memory. */
static bool change_option(struct call *call, struct change *change, text word, char **to, int *count, int *at)
{
	bool alone = word.size == change->name.size;
	bool has_value = alone && takes_value(&call->arguments, change->name);
	if (!change->value) {
		if (has_value && *at + 1 < call->argc) ++*at;
		return true;
	}
	change->met = true;
	if (alone) {
		to[(*count)++] = call->argv[*at];
		to[(*count)++] = (char *)change->value;
		if (*at + 1 < call->argc) ++*at;
		return true;
	}
	text joint = starts_with(word, TEXT("--")) ? TEXT("=") : TEXT("");
	return (to[(*count)++] = joined(&call->memory, change->name, joint, text_of(change->value))) != NULL;
}

/* The caller's words with their changes; *end is where what is appended goes. */
static int change_words(struct call *call, struct changes *changes, char **to, int *end)
{
	int count = 0;
	*end = -1;
	for (int at = 1; at < call->argc; at++) {
		char *start = call->argv[at];
		if (start[0] != '-' || !start[1]) {
			to[count++] = start;
			continue;
		}
		text word = text_of(start);
		if (same(word, TEXT("--"))) {
			*end = count;
			while (at < call->argc) to[count++] = call->argv[at++];
			break;
		}
		text name = option_name(call, word);
		struct change *change = find_change(changes, name);
		if (change) {
			if (!change_option(call, change, word, to, &count, &at)) return -1;
			continue;
		}
		to[count++] = start;
		if (name.size == word.size && takes_value(&call->arguments, name) && at + 1 < call->argc)
			to[count++] = call->argv[++at];
	}
	if (*end < 0) *end = count;
	return count;
}

/* The words as they came, with what is appended before the end of the options. */
static int copy_words(struct call *call, char **to, int *end)
{
	int terminator = call->arguments.terminator;
	for (int at = 1; at < call->argc; at++) to[at - 1] = call->argv[at];
	*end = (terminator ? terminator : call->argc) - 1;
	return call->argc - 1;
}

bool edit_words(struct call *call)
{
	call->passed = call->argv;
	call->passed_count = call->argc;
	struct changes changes = {0};
	if (!read_changes(call, &changes)) return false;
	unsigned added = changes.prepend_count + changes.append_count + 2 * changes.set_count;
	if (added + changes.count == 0) return true;
	if (!scan_arguments(call)) return false;

	/* Before the first word, argv[0]; a caller may have given none, and then it is what newer kernels make of that. */
	size_t words = call->argc > 0 ? (size_t)call->argc : 1;
	/* An option that is set may come once a word, with a value of its own. */
	size_t most = words + added + 2 + (changes.set_count > 0 ? words : 0);
	char **passed = take(&call->memory, most * sizeof *passed);
	char **changed = take(&call->memory, most * sizeof *changed);
	if (!passed || !changed) return false;
	int end, changed_count = changes.count > 0 ? change_words(call, &changes, changed, &end) : copy_words(call, changed, &end);
	if (changed_count < 0) return false;

	int count = 0;
	passed[count++] = call->argc > 0 ? call->argv[0] : "";
	for (unsigned at = 0; at < changes.prepend_count; at++) passed[count++] = changes.prepend[at];
	for (int at = 0; at < end; at++) passed[count++] = changed[at];
	for (unsigned at = 0; at < changes.count; at++) {
		struct change *change = &changes.all[at];
		if (!change->value || change->met) continue;
		if (!(passed[count++] = joined(&call->memory, change->name, TEXT(""), TEXT("")))) return false;
		passed[count++] = (char *)change->value;
	}
	for (unsigned at = 0; at < changes.append_count; at++) passed[count++] = changes.append[at];
	for (int at = end; at < changed_count; at++) passed[count++] = changed[at];
	passed[count] = NULL;
	call->passed = passed;
	call->passed_count = count;
	return true;
}
