/* One call: what the caller gave, what the policy makes of it. It lives on the stack of `main`, and nothing outlives it. */
#ifndef CALL_H
#define CALL_H

#include "arguments.h"
#include "facts.h"
#include "memory.h"
#include "policy.h"

/* Why something couldn't be found out or done, for the record. */
struct problem {
	text about, what;
};
#define MOST_PROBLEMS 8

/* What was decided. */
struct decision {
	/* Its name; no text for a policy without routes. */
	text route;
	/* The lines of the route that is taken. */
	text edits;
	bool denied, looped;
	int status;
	text message;
};

struct call {
	int argc;
	char **argv, **envp;
	/* What the real binary gets. */
	int passed_count;
	char **passed, **passed_environment;
	/* The path that the caller gave to the kernel; NULL where the kernel doesn't say. */
	const char *path;
	/* Runs with rights that its caller doesn't have: nothing that the caller steers is followed. */
	bool elevated;
	unsigned user, effective_user;
	long process, parent;
	uint64_t began, began_steadily;
	/* The policy's text, and what was read of it. */
	text written;
	struct policy policy;
	bool damaged;
	struct memory memory;
	struct arguments arguments;
	struct facts facts;
	struct decision decision;
	struct problem problems[MOST_PROBLEMS];
	int problem_count;
};

void note_problem(struct call *, text about, text what);
/* The value of a variable as getenv gives it, false where there is none. */
bool variable(char **envp, text name, text *value);

#endif
