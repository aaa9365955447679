/*
 * The kernel of a fuzzed call: every system call is answered from the fuzzer's bytes, and does nothing. Where the bytes
 * are used up, and for a byte of 0, the answer is the usual one. What is run, written and said is kept for checks.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "../text.h"
#include <setjmp.h>

#define MOST_KEPT (1u << 20)

struct answers {
	text left;
	/* Where an exec that succeeds, or the end of the process, goes on. */
	jmp_buf ended;
	/* What is run, by the exec that succeeded; NULL for none. */
	const char *path;
	char *const *argv, *const *envp;
	int status;
	/* In a copy of the process. */
	bool child;
	unsigned user;
	/* What went to the log, and to standard output and standard error. */
	char *record, *said;
	size_t record_size, said_size;
	int records;
};

extern struct answers answers;

void begin_answers(text, unsigned user);
void free_answers(void);

#endif
