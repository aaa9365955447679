#include "loop.h"
#include "call.h"
#include "kernel.h"
#include "log.h"

#define MOST_TURNS 50
#define MOST_ANCESTORS 4096
/* One call of so many looks at its ancestors: a line of processes is longer each time until one does. */
#define SAMPLE 32
/* A few calls by exec cost a process so many page faults; one that was just made has had fewer. */
#define SUSPICIOUS_FAULTS 500
/* Milliseconds between two turns of a loop. */
#define MOST_BETWEEN 10000u
#define MOST_TURNS_FILE 65536

struct process {
	uint64_t parent, start;
};

static text process_path(char *room, uint64_t process, text file)
{
	char digits[NUMBER_SIZE];
	text number = number_text(digits, process);
	memcpy(room, "/proc/", 6);
	memcpy(room + 6, number.at, number.size);
	memcpy(room + 6 + number.size, file.at, file.size);
	room[6 + number.size + file.size] = 0;
	return (text){room, 6 + number.size + file.size};
}

static text read_process(char *room, size_t size, uint64_t process, text file)
{
	char path[64];
	int opened = (int)kernel_open(AT_FDCWD, process_path(path, process, file).at, O_RDONLY | O_CLOEXEC, 0);
	if (opened < 0) return TEXT("");
	long have = kernel_read(opened, room, size);
	kernel_close(opened);
	return (text){room, have > 0 ? (size_t)have : 0};
}

/* A process's name may hold anything, also parentheses: what is counted comes behind the last one. */
static bool read_stat(uint64_t process, struct process *to)
{
	char room[1024];
	text line = read_process(room, sizeof room, process, TEXT("/stat"));
	size_t name = find_last_byte(line, ')');
	if (name == line.size) return false;
	line = without_first(line, name + 2);
	for (int field = 3; field <= 22; field++) {
		text word = cut_at(&line, ' ');
		if (field == 4 && !to_number(word, &to->parent)) return false;
		if (field == 22 && !to_number(word, &to->start)) return false;
	}
	return true;
}

/* What is this interception: its wrapper, and what it runs. */
struct own_files {
	file_status files[8];
	const char *paths[8];
	int count;
};

static void add_own(struct call *call, struct own_files *own, text written)
{
	if (own->count == 8) return;
	const char *path = plain(written, &call->memory).at;
	if (!path) return;
	if (kernel_status_at(AT_FDCWD, path, &own->files[own->count], 0) != 0) own->files[own->count].st_ino = 0;
	own->paths[own->count++] = path;
}

static void find_own(struct call *call, struct own_files *own)
{
	text lines = call->policy.settings;
	struct line line;
	own->count = 0;
	add_own(call, own, call->policy.wrapper);
	add_own(call, own, call->policy.binary);
	while (next_line(&lines, &line))
		if (same(line.key, TEXT("run"))) add_own(call, own, line.value);
}

/* By the file that it runs, or, for a script, by one of its first words. */
static bool is_own(struct own_files *own, uint64_t process)
{
	char path[64], room[1024];
	file_status running;
	if (kernel_status_at(AT_FDCWD, process_path(path, process, TEXT("/exe")).at, &running, 0) == 0)
		for (int at = 0; at < own->count; at++)
			if (own->files[at].st_ino == running.st_ino && own->files[at].st_dev == running.st_dev) return true;
	text words = read_process(room, sizeof room, process, TEXT("/cmdline"));
	for (int word = 0; word < 3 && words.size > 0; word++) {
		text first = cut_at(&words, '\0');
		for (int at = 0; at < own->count; at++)
			if (same(first, text_of(own->paths[at]))) return true;
	}
	return false;
}

bool has_looping_ancestors(struct call *call)
{
	struct process process = {(uint64_t)call->parent, 0};
	int depth = 0;
	/* Few have so many ancestors, so what they are is seldom looked at. */
	while (process.parent > 1 && depth < MOST_ANCESTORS && read_stat(process.parent, &process)) depth++;
	if (depth < MOST_TURNS) return false;
	struct own_files own;
	find_own(call, &own);
	int turns = 0;
	uint64_t ancestor = (uint64_t)call->parent;
	for (depth = 0; ancestor > 1 && depth < MOST_ANCESTORS && turns < MOST_TURNS; depth++) {
		turns += is_own(&own, ancestor);
		if (!read_stat(ancestor, &process)) break;
		ancestor = process.parent;
	}
	return turns >= MOST_TURNS;
}

/* The last turns of all loops: PID, when it started, and when the turn was, by the clock that only goes forward. */
static int open_turns(struct call *call, uint64_t *bytes)
{
	const text places[] = {call->policy.log_directory.at ? call->policy.log_directory : TEXT("/tmp"), TEXT("/dev/shm")};
	char *name = joined(&call->memory, call->policy.name, TEXT(".turns"), TEXT(""));
	for (int at = 0; name && at < 2; at++) {
		int directory = open_own_directory(call, places[at], 1);
		if (directory < 0) continue;
		int file = open_own_file(call, directory, name, O_RDWR | O_APPEND, bytes);
		kernel_close(directory);
		if (file >= 0) return file;
	}
	return -1;
}

static char *turn_line(struct call *call, uint64_t start, uint64_t now)
{
	char one[NUMBER_SIZE], two[NUMBER_SIZE], three[NUMBER_SIZE];
	char *front = joined(&call->memory, number_text(one, (uint64_t)call->process), TEXT(" "), number_text(two, start));
	return front ? joined(&call->memory, text_of(front), TEXT(" "), number_text(three, now)) : NULL;
}

static int count_turns(struct call *call, text lines, uint64_t start, uint64_t now)
{
	int turns = 0;
	uint64_t before = 0;
	while (lines.size > 0) {
		text line = cut_at(&lines, '\n');
		uint64_t process, began, at;
		if (!to_number(cut_at(&line, ' '), &process) || !to_number(cut_at(&line, ' '), &began) || !to_number(line, &at)) continue;
		if (process != (uint64_t)call->process || began != start || at > now) continue;
		turns = turns > 0 && at - before <= MOST_BETWEEN ? turns + 1 : 1;
		before = at;
	}
	return turns > 0 && now - before <= MOST_BETWEEN ? turns : 0;
}

static bool has_many_turns(struct call *call)
{
	struct process own;
	if (!read_stat((uint64_t)call->process, &own)) return false;
	uint64_t bytes;
	int file = open_turns(call, &bytes);
	if (file < 0) return false;
	uint64_t now = kernel_clock(CLOCK_STEADY) / 1000000;
	char *room = take(&call->memory, MOST_TURNS_FILE);
	int turns = 0;
	if (room) {
		if (bytes > MOST_TURNS_FILE) kernel_truncate(file, 0);
		long have = kernel_read_from(file, room, MOST_TURNS_FILE, 0);
		turns = count_turns(call, (text){room, have > 0 ? (size_t)have : 0}, own.start, now);
		char *line = turn_line(call, own.start, now);
		if (line) line = joined(&call->memory, text_of(line), TEXT("\n"), TEXT(""));
		if (line) kernel_write(file, line, text_of(line).size);
	}
	kernel_close(file);
	return turns >= MOST_TURNS;
}

bool is_loop(struct call *call)
{
	if (call->process % SAMPLE == 0 && has_looping_ancestors(call)) return true;
	return kernel_faults() > SUSPICIOUS_FAULTS && has_many_turns(call);
}
