#include "ask.h"
#include "call.h"
#include "process.h"

#define ALL_SIGNALS (~(signal_set)0)
#define NANOSECONDS 1000000000u
/* The kernel begins its numbers again after one between these two; on most machines after the first. */
#define USUAL_PROCESSES 32768
#define MOST_PROCESSES 4194304

/* A program is given little: what the caller's libraries or its locale would make of it is not asked for. */
static char **small_environment(struct call *call)
{
	char **made = take(&call->memory, 4 * sizeof *made);
	text path = TEXT(""), home;
	if (!made) return NULL;
	variable(call->envp, TEXT("PATH"), &path);
	int count = 0;
	made[count++] = "LC_ALL=C";
	made[count++] = joined(&call->memory, TEXT("PATH="), path, path.size > 0 ? TEXT(":/usr/local/bin:/usr/bin:/bin") : TEXT("/usr/local/bin:/usr/bin:/bin"));
	if (variable(call->envp, TEXT("HOME"), &home)) made[count++] = joined(&call->memory, TEXT("HOME="), home, TEXT(""));
	made[count] = NULL;
	for (int at = 0; at < count; at++)
		if (!made[at]) return NULL;
	return made;
}

/* Closes all from `first` on; an old kernel is told one by one. */
static void close_from(int first)
{
	if (kernel_close_from((unsigned)first) == 0) return;
	for (int file = first; file < 1024; file++) kernel_close(file);
}

/* In the new process: nothing to read, `to` to print to, no other file. */
static void __attribute__((noreturn)) become(const char *path, char *const *words, char *const *environment, int to)
{
	const signal_set nothing = 0;
	/* All three are free, or the caller's, which aren't touched here: this is a copy. */
	int output = (int)kernel_duplicate_above(to, 3);
	int null = (int)kernel_open(AT_FDCWD, "/dev/null", O_RDWR, 0);
	int silent = null < 0 ? -1 : (int)kernel_duplicate_above(null, 3);
	kernel_close(0);
	kernel_close(2);
	if (silent >= 0) {
		kernel_duplicate(silent, 0);
		kernel_duplicate(silent, 2);
	}
	kernel_duplicate(output, 1);
	close_from(3);
	kernel_own_group();
	kernel_option(OPTION_PARENT_DEATH, SIGKILL);
	kernel_block(&nothing);
	kernel_run(path, words, environment);
	kernel_end(127);
}

static void kill_child(long process)
{
	if (kernel_is_child(process)) kernel_kill(process, SIGKILL);
}

/*
 * Kills what the program left behind outside of its group; as their reaper we are their parent by now. /proc may be
 * missing or another namespace's, so each number that was given out since this process was made is tried: a child that
 * is made now has the last one. After `most` the kernel may have begun again.
 */
static void kill_children(long own, long most)
{
	long last = kernel_copy(SIGCHLD);
	if (last == 0) kernel_end(0);
	if (last < 0) last = own;
	for (long process = own + 1; last <= own && process <= most; process++) kill_child(process);
	for (long process = last <= own ? 1 : own + 1; process <= last; process++) kill_child(process);
}

/* The keeper: starts the program, waits for its end, for that of this process's parent, or for the time to be over. */
static void __attribute__((noreturn))
keep(long parent, const char *path, char *const *words, char *const *environment, int to, long seconds)
{
	const signal_set all = ALL_SIGNALS, awaited = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGTERM);
	kernel_block(&all);
	kernel_ignore(SIGCHLD, false);
	kernel_own_group();
	kernel_option(OPTION_REAPER, 1);
	kernel_option(OPTION_PARENT_DEATH, SIGTERM);
	if (kernel_parent() != parent) kernel_end(0);
	long own = kernel_process(), program = kernel_copy(SIGCHLD);
	if (program == 0) become(path, words, environment, to);
	close_from(0);
	if (program < 0) kernel_end(1);

	uint64_t end = kernel_clock(CLOCK_STEADY) + (uint64_t)seconds * NANOSECONDS;
	for (;;) {
		uint64_t now = kernel_clock(CLOCK_STEADY);
		if (now >= end) break;
		struct kernel_time left = {(long)((end - now) / NANOSECONDS), (long)((end - now) % NANOSECONDS)};
		long came = kernel_wait_signal(&awaited, left);
		if (came == SIGTERM || (came == SIGCHLD && kernel_wait(program, WAIT_NOT) == program)) break;
	}
	kernel_kill(-program, SIGKILL);
	kernel_kill(program, SIGKILL);
	long most = USUAL_PROCESSES;
	for (int turn = 0; turn < 1000; turn++) {
		long ended = kernel_wait(-1, WAIT_NOT | WAIT_ANY_KIND);
		if (ended < 0) break;
		if (ended > 0) continue;
		kill_children(own, most);
		if (most < MOST_PROCESSES) most *= 2;
		kernel_sleep(1000000);
	}
	kernel_end(0);
}

static long read_answer(int from, char *answer, size_t size, long seconds)
{
	size_t have = 0;
	while (have < size) {
		/* The keeper ends it in time; this is for one that was killed. */
		struct kernel_time time = {seconds + 2, 0};
		if (kernel_wait_readable(from, time) == 0) break;
		long more = kernel_read(from, answer + have, size - have);
		if (more == -EINTR) continue;
		if (more <= 0) break;
		have += (size_t)more;
	}
	return (long)have;
}

long ask_program(struct call *call, const char *path, char *const *words, char *answer, size_t size, long seconds)
{
	char **environment = small_environment(call);
	int ends[2];
	if (!environment || kernel_pipe(ends) != 0) return -ENOMEM;
	long parent = kernel_process();
	/* A child of no signal; an emulator may only know the usual one. */
	long keeper = kernel_copy(0);
	if (keeper == -EINVAL) keeper = kernel_copy(SIGCHLD);
	if (keeper == 0) keep(parent, path, words, environment, ends[1], seconds);
	kernel_close(ends[1]);
	long have = keeper < 0 ? keeper : read_answer(ends[0], answer, size, seconds);
	kernel_close(ends[0]);
	if (keeper > 0)
		while (kernel_wait(keeper, WAIT_ANY_KIND) == -EINTR) {}
	return have;
}
