#include "run.h"
#include "call.h"
#include "complain.h"
#include "kernel.h"
#include "mark.h"

#define MOST_TRIES 100
#define WITHOUT_LOADER (-ELIBACC)

static text last_part(text path)
{
	size_t slash = find_last_byte(path, '/');
	return slash < path.size ? without_first(path, slash + 1) : path;
}

/*
 * A caller that resolved the link, or found the wrapper itself, gave the wrapper's name; the program gets its own. A
 * program that finds its parts by following argv[0] is given a path that leads to where it is.
 */
static void name_real(struct call *call)
{
	text binary = plain(call->policy.binary, &call->memory), wrapper = plain(call->policy.wrapper, &call->memory);
	if (call->passed_count == 0) return;
	if (call->policy.called.at) {
		char *called = (char *)plain(call->policy.called, &call->memory).at;
		if (called) call->passed[0] = called;
		return;
	}
	if (!binary.at || !wrapper.at) return;
	text given = text_of(call->passed[0]), base = last_part(given);
	if (!same(base, last_part(wrapper))) return;
	text directory = first_bytes(given, given.size - base.size);
	bool beside = same(first_bytes(wrapper, wrapper.size - last_part(wrapper).size), first_bytes(binary, binary.size - last_part(binary).size));
	char *name = beside || directory.size == 0 ? joined(&call->memory, directory, last_part(binary), TEXT("")) : (char *)binary.at;
	if (name) call->passed[0] = name;
}

/* A script without a first line that names its shell: execve refuses it, and every caller's library does this. */
static long run_by_shell(struct call *call, const char *path)
{
	char **words = take(&call->memory, (size_t)(call->passed_count + 3) * sizeof *words);
	if (!words) return -ENOMEM;
	words[0] = "/bin/sh";
	words[1] = (char *)path;
	for (int at = 1; at <= call->passed_count; at++) words[at + 1] = call->passed[at];
	if (call->passed_count == 0) words[2] = NULL;
	return kernel_run("/bin/sh", words, call->passed_environment);
}

static long run_path(struct call *call, const char *path)
{
	long problem = kernel_run(path, call->passed, call->passed_environment);
	/* No script gets the rights of a set-id file. */
	return problem == -ENOEXEC && !call->elevated ? run_by_shell(call, path) : problem;
}

static bool is_gone(long problem)
{
	return problem == -ENOENT || problem == -ENOTDIR;
}

/* What the policy names, the best first. The answer is the last one's, which is the real binary. */
static long run_named(struct call *call, const char **tried)
{
	text lines = call->policy.settings;
	struct line line;
	long problem = -ENOENT;
	while (next_line(&lines, &line)) {
		if (!same(line.key, TEXT("run"))) continue;
		*tried = plain(line.value, &call->memory).at;
		if (!*tried) return -ENOMEM;
		problem = run_path(call, *tried);
		/* Of a file that is there the kernel says the same, when what starts it isn't. */
		file_status file;
		if (problem == -ENOENT && kernel_status_at(AT_FDCWD, *tried, &file, 0) == 0) return WITHOUT_LOADER;
	}
	return problem;
}

static bool is_same_file(const char *path, const file_status *other)
{
	file_status file;
	return path && kernel_status_at(AT_FDCWD, path, &file, 0) == 0 && file.st_ino == other->st_ino && file.st_dev == other->st_dev;
}

/* Whether a file is a wrapper of ours, as far as may be read; one that may not, by its being the policy's own. */
static bool is_wrapper(struct call *call, int file, const file_status *status)
{
	char head[MARK_READ];
	long size = kernel_read_from(file, head, sizeof head, 0);
	if (size > 0) return has_mark((text){head, (size_t)size});
	return is_same_file(plain(call->policy.wrapper, &call->memory).at, status);
}

/* Whether a wrapper's file holds the very policy that runs here: to run it would come to the same. */
static bool is_this_one(struct call *call, int file, const file_status *status)
{
	char part[1024];
	text left = call->written;
	uint64_t size = (uint64_t)status->st_size;
	if (size < left.size) return false;
	unsigned long from = (unsigned long)(size - left.size);
	left = first_bytes(left, find_byte(left, '\0'));
	while (left.size > 0) {
		text wanted = first_bytes(left, sizeof part);
		long have = kernel_read_from(file, part, wanted.size, from);
		if (have < 0) return true;
		if (!same(wanted, (text){part, (size_t)have})) return false;
		left = without_first(left, wanted.size);
		from += wanted.size;
	}
	return true;
}

/*
 * The real binary isn't at its path: the interception is being taken away, or put in place again, at this moment. What
 * is at the path that was called is looked at, and if it is no wrapper, that very file is run: a wrapper would change
 * the call once more.
 */
static long run_called(struct call *call, const char *path, bool wrapper_too)
{
	file_status status;
	int file = path ? (int)kernel_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0) : -ENOENT;
	if (file == -EACCES) file = (int)kernel_open(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
	if (file < 0) return file;
	long problem = -ENOENT;
	if (kernel_status(file, &status) == 0 && (status.st_mode & MODE_KIND) == MODE_FILE
	    && (!is_wrapper(call, file, &status) || (wrapper_too && !is_this_one(call, file, &status)))) {
		problem = kernel_run_open(file, call->passed, call->passed_environment);
		/* A script's interpreter has to find it again, by its path. */
		if (problem == -ENOENT || problem == -ENOEXEC || problem == -ENOSYS) problem = run_path(call, path);
	}
	kernel_close(file);
	return problem;
}

/* Beside a path, where a real binary usually is, or in the directory there that keeps it off PATH. */
static long run_beside(struct call *call, text path)
{
	char *usual = joined(&call->memory, path, TEXT("-real"), TEXT(""));
	long problem = usual ? run_path(call, usual) : -ENOMEM;
	if (!is_gone(problem)) return problem;
	text name = last_part(path);
	char *apart = joined(&call->memory, first_bytes(path, path.size - name.size), TEXT("."), name);
	if (apart) apart = joined(&call->memory, text_of(apart), TEXT(".interpose/"), name);
	if (apart) apart = joined(&call->memory, text_of(apart), TEXT("-real"), TEXT(""));
	return apart ? run_path(call, apart) : -ENOMEM;
}

void run_usual(struct call *call)
{
	/* With rights that its caller lacks nothing is run that the caller named. */
	if (call->path && !call->elevated) run_beside(call, text_of(call->path));
	text binary = plain(call->policy.binary, &call->memory);
	if (binary.size > 0) run_beside(call, binary);
}

static void __attribute__((noreturn)) give_up(struct call *call, const char *path, long problem)
{
	text why = TEXT(": the kernel refuses it");
	if (is_gone(problem)) why = TEXT(": no such file");
	else if (problem == WITHOUT_LOADER) why = TEXT(": its interpreter or its dynamic linker isn't there");
	else if (problem == -EACCES || problem == -EPERM) why = TEXT(": permission denied");
	else if (problem == -E2BIG) why = TEXT(": the arguments and the environment are too long with what the policy adds");
	else if (problem == -ETXTBSY) why = TEXT(": it is being written");
	else if (problem == -ENOMEM) why = TEXT(": no memory");
	complain(call, TEXT("can't run "), path ? text_of(path) : TEXT("the real binary"), why);
	kernel_end(is_gone(problem) || problem == WITHOUT_LOADER ? 127 : 126);
}

void run_real(struct call *call)
{
	const char *tried = NULL;
	long problem = -ENOENT;
	name_real(call);
	/* Half a path may lead to another program. */
	if (call->damaged) run_usual(call);
	const char *binary = plain(call->policy.binary, &call->memory).at;
	struct memory before = call->memory;
	for (int turn = 0; turn <= MOST_TRIES; turn++) {
		bool last = turn == MOST_TRIES;
		call->memory = before;
		problem = run_named(call, &tried);
		/* What wasn't there for the kernel, and is there now, may just have been put in place. */
		if (!is_gone(problem) && problem != WITHOUT_LOADER) break;
		if (last) run_usual(call);
		if (!call->elevated && !is_gone(run_called(call, call->path, last))) continue;
		run_called(call, binary, last);
		if (turn > 2) kernel_sleep(1000000);
	}
	give_up(call, tried, problem);
}
