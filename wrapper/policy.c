#include "policy.h"

/* The first line: "interpose policy 1, from 000123 to 004567". */
static bool find_compiled(text whole, text *compiled)
{
	const text start = TEXT("interpose policy 1, from ");
	text head = first_bytes(whole, 64);
	if (!starts_with(head, start)) return false;
	head = without_first(head, start.size);
	text from_digits = cut_at(&head, ' ');
	uint64_t from, to;
	if (!starts_with(head, TEXT("to "))) return false;
	head = without_first(head, 3);
	text to_digits = cut_at(&head, '\n');
	if (!to_number(from_digits, &from) || !to_number(to_digits, &to)) return false;
	if (from > to || to > whole.size) return false;
	*compiled = without_first(first_bytes(whole, (size_t)to), (size_t)from);
	/* A NUL would end a path before its time. */
	return ends_with(*compiled, TEXT("\nend\n")) && find_byte(*compiled, '\0') == compiled->size;
}

bool next_line(text *lines, struct line *line)
{
	if (lines->size == 0) return false;
	line->value = cut_at(lines, '\n');
	line->key = cut_at(&line->value, ' ');
	return true;
}

text first_word(text *rest)
{
	return cut_at(rest, ' ');
}

bool read_policy(struct policy *policy, text whole)
{
	memset(policy, 0, sizeof *policy);
	policy->log_size = 16u << 20;
	policy->log_keep = 4;
	policy->log_free = 5;
	text lines;
	if (!find_compiled(whole, &lines)) return false;
	policy->settings = lines;
	struct line line;
	for (;;) {
		text before = lines;
		if (!next_line(&lines, &line)) return false;
		text key = line.key, value = line.value;
		uint64_t number;
		if (same(key, TEXT("route")) || same(key, TEXT("end"))) {
			policy->settings.size -= before.size;
			policy->routes = before;
			break;
		}
		if (same(key, TEXT("value"))) policy->valued++;
		else if (same(key, TEXT("option")) || same(key, TEXT("flag"))) policy->asked++;
		else if (same(key, TEXT("fact"))) policy->facts++;
		else if (same(key, TEXT("run"))) policy->targets++;
		else if (same(key, TEXT("name"))) policy->name = value;
		else if (same(key, TEXT("binary"))) policy->binary = value;
		else if (same(key, TEXT("wrapper"))) policy->wrapper = value;
		else if (same(key, TEXT("called"))) policy->called = value;
		else if (same(key, TEXT("otherwise"))) policy->otherwise = value;
		else if (same(key, TEXT("redact"))) policy->redacts = true;
		else if (same(key, TEXT("log-directory"))) policy->log_directory = value;
		else if (same(key, TEXT("log-full"))) policy->log_full = true;
		else if (same(key, TEXT("no-log"))) policy->log_none = true;
		else if (!to_number(value, &number)) return false;
		else if (same(key, TEXT("operands"))) policy->operands = number;
		else if (same(key, TEXT("log-size"))) policy->log_size = number;
		else if (same(key, TEXT("log-keep"))) policy->log_keep = number;
		else if (same(key, TEXT("log-free"))) policy->log_free = number;
		else return false;
	}
	return policy->name.size > 0 && policy->binary.size > 0 && policy->wrapper.size > 0 && policy->targets > 0;
}

static int from_hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9') return digit - '0';
	if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
	return -1;
}

text plain(text written, struct memory *memory)
{
	char *made = take(memory, written.size + 1);
	if (!made) return NO_TEXT;
	size_t size = 0;
	for (size_t at = 0; at < written.size; at++) {
		char byte = written.at[at];
		if (byte == '\\') {
			char kind = ++at < written.size ? written.at[at] : 0;
			if (kind == 'n') byte = '\n';
			else if (kind == '\\' || kind == '"') byte = kind;
			else if (kind == 'x' && at + 2 < written.size) {
				int high = from_hexadecimal(written.at[at + 1]), low = from_hexadecimal(written.at[at + 2]);
				if (high < 0 || low < 0) return NO_TEXT;
				byte = (char)(high << 4 | low);
				at += 2;
			} else return NO_TEXT;
		}
		made[size++] = byte;
	}
	made[size] = 0;
	return (text){made, size};
}
