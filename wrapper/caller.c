#include "caller.h"
#include "call.h"
#include "json.h"
#include "kernel.h"

#define MOST_NAME 64
#define MOST_READ 1024
#define MOST_WORDS 12
#define PROBE_WORD TEXT("interpose-probe")
#define MOST_GROUP 1024
#define MOST_DIRECTORY 1024

/* All that is there, `size` bytes at most; nothing where it can't be read. */
static text read_file(int directory, const char *path, char *room, size_t size)
{
	long have = -1;
	int file = (int)kernel_open(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
	if (file >= 0) {
		have = kernel_read(file, room, size);
		kernel_close(file);
	}
	return (text){room, have > 0 ? (size_t)have : 0};
}

/* Whether /proc shows this process under its own number: in a namespace it may be another one's. */
static bool is_own_proc(struct call *call)
{
	char link[NUMBER_SIZE], digits[NUMBER_SIZE];
	long size = kernel_read_link("/proc/self", link, sizeof link);
	return size > 0 && same((text){link, (size_t)size}, number_text(digits, (uint64_t)call->process));
}

/* The parent's directory in /proc; negative where there is none. */
static int open_parent(struct call *call)
{
	char path[6 + NUMBER_SIZE + 1] = "/proc/", digits[NUMBER_SIZE];
	if (call->parent <= 0 || !is_own_proc(call)) return -1;
	text number = number_text(digits, (uint64_t)call->parent);
	memcpy(path + 6, number.at, number.size);
	path[6 + number.size] = 0;
	return (int)kernel_open(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

static text without_newline(text line)
{
	return ends_with(line, TEXT("\n")) ? first_bytes(line, line.size - 1) : line;
}

static size_t find_space(text words)
{
	size_t at = 0;
	while (at < words.size && words.at[at] != ' ' && (words.at[at] < '\t' || words.at[at] > '\r')) at++;
	return at;
}

/* The parent's first words. With secrets only the first one, as far as its first space: the others may hold the same. */
static void json_parent_words(struct json *json, struct call *call, text words, bool more, size_t room)
{
	const char *end = json->at + room;
	bool secret = call->policy.redacts;
	int count = 0;
	while (words.size > 0) {
		text word = cut_at(&words, '\0');
		text shown = secret ? first_bytes(word, find_space(word)) : word;
		struct json before = *json;
		if (count > 0) json_put(json, TEXT(","));
		if (count == (secret ? 1 : MOST_WORDS) || !json_fits(json, shown, TEXT(""), end)) {
			*json = before;
			more = true;
			break;
		}
		if (shown.size < word.size) more = true;
		count++;
	}
	json_put(json, TEXT("]"));
	if (more) json_put(json, TEXT(",\"cmdlineTruncated\":true"));
}

/*
 * Whether one of the parent's first words marks what it calls as a probe of the tool's own. Anybody can call so, which
 * hides no more than their own records from who doesn't ask for probes.
 */
static bool calls_as_probe(text words, bool more)
{
	for (int count = 0; count <= MOST_WORDS && words.size > 0; count++) {
		text word = cut_at(&words, '\0');
		/* The last one may be cut. */
		if (same(word, PROBE_WORD)) return words.size > 0 || !more;
	}
	return false;
}

/* Where the last `part` begins; the size where there is none. */
static size_t find_last(text whole, text part)
{
	for (size_t at = whole.size; at-- > 0;)
		if (starts_with(without_first(whole, at), part)) return at;
	return whole.size;
}

/* The service or scope at the end of the path, else the innermost service in it, else the innermost scope. */
static text unit_of(text group)
{
	text unit = NO_TEXT;
	size_t service = find_last(group, TEXT(".service/")), scope = find_last(group, TEXT(".scope/"));
	if (ends_with(group, TEXT(".service")) || ends_with(group, TEXT(".scope"))) unit = group;
	else if (service < group.size) unit = first_bytes(group, service + 8);
	else if (scope < group.size) unit = first_bytes(group, scope + 6);
	else return NO_TEXT;
	size_t slash = find_last_byte(unit, '/');
	return slash < unit.size ? without_first(unit, slash + 1) : unit;
}

/* The path behind the second colon of the last line. */
static text group_in(text lines)
{
	text line = without_newline(lines);
	size_t before = find_last_byte(line, '\n');
	if (before < line.size) line = without_first(line, before + 1);
	cut_at(&line, ':');
	cut_at(&line, ':');
	return line;
}

static void json_or_null(struct json *json, text written, bool known)
{
	if (known) json_string(json, written);
	else json_put(json, TEXT("null"));
}

static void json_group(struct json *json, text group)
{
	struct json before = *json;
	bool known = group.size > 0 && group.size <= MOST_GROUP;
	for (;;) {
		text unit = known ? unit_of(group) : NO_TEXT;
		json_put(json, TEXT(",\"unit\":"));
		json_or_null(json, unit, unit.at != NULL);
		json_put(json, TEXT(",\"cgroup\":"));
		const char *start = json->at;
		json_or_null(json, group, known);
		if (!known || (!json->full && json->at - start <= MOST_GROUP)) return;
		*json = before;
		known = false;
	}
}

static void json_directory(struct json *json, char *room, size_t room_size)
{
	long size = kernel_working_directory(room, room_size);
	text path = {room, size > 0 ? (size_t)size - 1 : 0};
	json_put(json, TEXT(",\"cwd\":"));
	if (!json_fits(json, path, TEXT(""), json->at + MOST_DIRECTORY)) json_put(json, TEXT("\"\""));
}

bool json_caller(struct json *json, struct call *call, unsigned long room)
{
	/* What is read is written into the record before the next is: a page of the stack less is a fault less. */
	char page[4096];
	int parent = open_parent(call);
	json_put(json, TEXT(",\"caller\":{\"comm\":"));
	json_string(json, parent < 0 ? TEXT("") : without_newline(read_file(parent, "comm", page, MOST_NAME)));
	json_put(json, TEXT(",\"cmdline\":["));
	text read = parent < 0 ? TEXT("") : read_file(parent, "cmdline", page, MOST_READ);
	if (parent >= 0) kernel_close(parent);
	bool more = read.size == MOST_READ, probe = calls_as_probe(read, more);
	/* The last word may be cut; none that is kept is that long. */
	json_parent_words(json, call, read, more, room);
	json_group(json, group_in(read_file(AT_FDCWD, "/proc/self/cgroup", page, sizeof page)));
	json_put(json, TEXT("}"));
	json_directory(json, page, sizeof page);
	return probe;
}
