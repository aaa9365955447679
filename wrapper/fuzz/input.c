#include "input.h"
#include <stdio.h>
#include <stdlib.h>

void *room_of(size_t size)
{
	void *made = calloc(1, size > 0 ? size : 1);
	expect(made != NULL, "memory");
	return made;
}

static text copy(text from)
{
	char *made = room_of(from.size);
	memcpy(made, from.at, from.size);
	return (text){made, from.size};
}

static int read_list(char **to, text *rest)
{
	int count = 0;
	while (rest->size > 0) {
		text field = cut_at(rest, '\0');
		if (field.size == 0) break;
		if (same(field, TEXT("\1"))) field.size = 0;
		if (count == MOST_INPUT_WORDS) continue;
		char *word = room_of(field.size + 1);
		memcpy(word, field.at, field.size);
		word[field.size] = 0;
		to[count++] = word;
	}
	to[count] = NULL;
	return count;
}

static text whole_policy(text lines)
{
	if (starts_with(lines, TEXT("interpose policy"))) return copy(lines);
	char head[64];
	int from = snprintf(head, sizeof head, "interpose policy 1, from %07d to %07d\n", 0, 0);
	snprintf(head, sizeof head, "interpose policy 1, from %07d to %07d\n", from, from + (int)lines.size);
	char *made = room_of((size_t)from + lines.size);
	memcpy(made, head, (size_t)from);
	memcpy(made + from, lines.at, lines.size);
	return (text){made, (size_t)from + lines.size};
}

void read_input(struct input *input, const uint8_t *bytes, size_t size)
{
	text rest = {(const char *)bytes, size};
	input->policy = whole_policy(cut_at(&rest, '\0'));
	input->argc = read_list(input->argv, &rest);
	read_list(input->envp, &rest);
	input->answers = copy(rest);
}

void free_input(struct input *input)
{
	free((void *)input->policy.at);
	free((void *)input->answers.at);
	for (char **word = input->argv; *word; word++) free(*word);
	for (char **entry = input->envp; *entry; entry++) free(*entry);
}

void begin_call(struct call *call, struct input *input)
{
	memset(call, 0, sizeof *call);
	call->argc = input->argc;
	/* Lists of the call's own, as the real ones lie on its stack. */
	call->argv = room_of((size_t)(input->argc + 1) * sizeof *call->argv);
	for (int at = 0; at <= input->argc; at++) call->argv[at] = input->argv[at];
	call->envp = input->envp;
	call->passed = call->argv;
	call->passed_count = call->argc;
	call->passed_environment = call->envp;
	call->memory.left = (size_t)256 << 20;
	call->process = 4321;
	call->parent = 1234;
	call->path = "/usr/bin/tool";
	call->user = call->effective_user = 1000;
}

void expect(bool holds, const char *what)
{
	if (holds) return;
	fprintf(stderr, "fuzz: does not hold: %s\n", what);
	abort();
}

void expect_unchanged(struct input *input, struct call *call)
{
	expect(call->passed_count == input->argc, "as many words as came");
	for (int at = 1; at < input->argc; at++) expect(call->passed[at] == input->argv[at], "the very words that came");
	expect(call->passed_environment == input->envp, "the environment that came");
}
