/*
 * The policy: text behind the program's own bytes, which the kernel maps with it. It begins with a line that says
 * where its compiled part is, then what a person needs; the compiled part is `key value` a line:
 *
 *   name, binary, wrapper      what it is called, and the paths that it is about
 *   run PATH                   what is run, the best first; the real binary last
 *   called PATH                argv[0] for the real binary, where it isn't the caller's
 *   log-directory, log-size, log-keep, log-free, log-full, no-log, redact OPTION
 *   value OPTION               the option's value is the next word
 *   option OPTION, flag OPTION, operands COUNT   what conditions ask for
 *   fact NAME KIND EXPRESSION  what can be asked about a file
 *   otherwise ROUTE            the route of calls where a fact can't be had
 *   route NAME                 a route; its lines follow: when, deny, prepend, append, set, remove, env, unset
 *   end
 *
 * A value is the rest of its line. A backslash begins \\, \n, \" and \xHH.
 */
#ifndef POLICY_H
#define POLICY_H

#include "memory.h"
#include "text.h"

struct line {
	text key, value;
};

struct policy {
	/* Lines before the first route, and from there on. */
	text settings, routes;
	text name, binary, wrapper, called, otherwise;
	text log_directory;
	uint64_t log_size, log_keep, log_free;
	bool log_none, log_full, redacts;
	/* How many lines of a kind there are. */
	unsigned valued, asked, facts, targets;
	/* How many operands conditions ask for. */
	uint64_t operands;
};

/*
 * false where the text isn't a whole policy of this format. Paths that were read by then are there all the same.
 */
bool read_policy(struct policy *, text whole);
/* The next line, false at the end. */
bool next_line(text *lines, struct line *);
/* The value as it is meant, ended by a NUL; its `at` is NULL where there is no memory or it is written wrongly. */
text plain(text written, struct memory *);
/* Two words of one value: what is in front of the first space, and behind it. */
text first_word(text *rest);

#endif
