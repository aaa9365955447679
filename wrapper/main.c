/*
 * What every call goes through, from its first instruction to the exec of the real binary. Pre-flight never breaks a
 * call by accident: what can't be read, found out or written is passed over, and the real binary is run.
 */
#include "call.h"
#include "complain.h"
#include "decide.h"
#include "edit.h"
#include "explain.h"
#include "kernel.h"
#include "loop.h"
#include "record.h"
#include "run.h"

#ifndef HOSTED
#include "start.h"
#endif

/* So much a call may take of the kernel's memory; its words alone can be a third of that, three times over. */
#define MOST_MEMORY ((size_t)256 << 20)
#define STACK_MEMORY 8192

/* Nothing of the policy can be used: the real binary's usual place is tried, and what was called. */
static void __attribute__((noreturn)) run_without_policy(struct call *call)
{
	run_usual(call);
	complain(call, TEXT("the policy behind this program is damaged, and the real binary isn't where it usually is"), TEXT(""), TEXT(""));
	kernel_end(127);
}

/* Nothing is decided: the real binary gets what came. */
static void pass_on(struct call *call)
{
	call->decision = (struct decision){.route = NO_TEXT};
	call->passed = call->argv;
	call->passed_count = call->argc;
	call->passed_environment = call->envp;
}

/*
 * In front of a script the path may hold a text whose first line leads here, while the interception is put in place or
 * taken away, and so may the wrapper's own path while this program takes a script's place there: the kernel then puts
 * this program's path in front of the words, and the path that was called.
 */
static void leave_out_interpreter(struct call *call)
{
	text wrapper = call->policy.wrapper;
	if (call->argc < 2 || !call->path) return;
	text first = text_of(call->argv[0]);
	bool handed_over = ends_with(first, TEXT(".interpose-program"));
	if (!handed_over && (!same(first, wrapper) || same(text_of(call->path), wrapper))) return;
	if (!same(text_of(call->argv[1]), text_of(call->path))) return;
	call->argc--;
	call->argv++;
	pass_on(call);
}

static void stop_loop(struct call *call)
{
	struct decision *decision = &call->decision;
	decision->looped = decision->denied = true;
	decision->status = 126;
	note_problem(call, TEXT(""), TEXT("stopped: it comes back to itself"));
}

static void say_stopped(struct call *call)
{
	text lines = call->policy.settings, target = NO_TEXT;
	struct line line;
	while (next_line(&lines, &line))
		if (same(line.key, TEXT("run"))) target = line.value;
	char *what = joined(&call->memory, TEXT("stopped, since "), target, TEXT(" comes back to "));
	char *todo = joined(&call->memory, TEXT(" again and again: let it call "), target, TEXT(", or take the interception away: interpose rollback "));
	char *end = todo ? joined(&call->memory, text_of(todo), call->policy.name, TEXT("")) : NULL;
	if (what && end) complain(call, text_of(what), call->policy.binary, text_of(end));
}

static void decide_and_edit(struct call *call)
{
	bool readable = decide(call);
	if (call->decision.looped) return;
	if (readable && (call->decision.denied || (edit_words(call) && edit_environment(call)))) return;
	pass_on(call);
	note_problem(call, TEXT(""), readable ? TEXT("no memory for the edits, passed on as it came")
	                                      : TEXT("the policy can't be read, passed on as it came"));
}

void handle_call(struct call *call, text policy)
{
	char first[STACK_MEMORY];
	call->memory = (struct memory){first, first + sizeof first, MOST_MEMORY};
	call->began = kernel_clock(CLOCK_DATE);
	call->began_steadily = kernel_clock(CLOCK_STEADY);
	call->process = kernel_process();
	call->parent = kernel_parent();
	call->written = policy;
	pass_on(call);
	bool whole = read_policy(&call->policy, policy);
	leave_out_interpreter(call);
	call->damaged = !whole;
	if (!whole && call->policy.targets == 0) run_without_policy(call);
	if (whole && is_asked_to_explain(call)) {
		decide_and_edit(call);
		explain(call);
	}
	if (!whole) {
		note_problem(call, TEXT(""), TEXT("the policy can't be read, passed on as it came"));
	} else if (is_loop(call)) {
		stop_loop(call);
	} else {
		decide_and_edit(call);
	}
	write_record(call);
	if (call->decision.looped) say_stopped(call);
	else if (call->decision.denied) say(call, call->decision.message);
	if (call->decision.denied) kernel_end(call->decision.status);
	run_real(call);
}
