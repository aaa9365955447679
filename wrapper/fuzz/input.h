/*
 * What the fuzzer gave, as a call: fields that each end in a NUL.
 *
 *   POLICY WORD... "" VARIABLE... "" ANSWERS
 *
 * The policy is whole, or its compiled lines, which then get their first line. A word of one byte 1 stands for an empty
 * one. What is left are the kernel's answers. Each piece has memory of its own, of its size, so that no step over its
 * end goes unseen.
 */
#ifndef INPUT_H
#define INPUT_H

#include "../call.h"

#define MOST_INPUT_WORDS 200

struct input {
	text policy, answers;
	char *argv[MOST_INPUT_WORDS + 1], *envp[MOST_INPUT_WORDS + 1];
	int argc;
};

void read_input(struct input *, const uint8_t *bytes, size_t size);
void free_input(struct input *);
/* A call of it, as the kernel starts one, whose policy isn't read yet. */
void begin_call(struct call *, struct input *);
/* Memory of that size, zeroed, given back by `free`; the wrapper itself gives none back. */
void *room_of(size_t size);
void free(void *);
/* Ends the program with a message, for the fuzzer to see. */
void expect(bool, const char *what);
/* Words that the call got are the caller's own, byte for byte. */
void expect_unchanged(struct input *, struct call *);

#endif
