#include "log.h"
#include "call.h"
#include "json.h"
#include "process.h"

#define LOCK_ALONE_NOW (2 | 4)
#define DEFAULT_BASE TEXT("/tmp")

/*
 * The number by which the kernel knows this user outside of a user namespace: in there, and for "root" of a container
 * without privileges, the own number is another user's outside. One level is seen, which is the usual case.
 */
static unsigned user_outside(struct call *call)
{
	char room[512];
	int file = (int)kernel_open(AT_FDCWD, "/proc/self/uid_map", O_RDONLY | O_CLOEXEC, 0);
	long size = file < 0 ? -1 : kernel_read(file, room, sizeof room);
	if (file >= 0) kernel_close(file);
	text lines = {room, size > 0 ? (size_t)size : 0};
	while (lines.size > 0) {
		text line = cut_at(&lines, '\n');
		uint64_t numbers[3] = {0};
		for (int at = 0; at < 3; at++) {
			while (line.size > 0 && line.at[0] == ' ') line = without_first(line, 1);
			if (!to_number(cut_at(&line, ' '), &numbers[at])) numbers[2] = 0;
		}
		uint64_t user = call->effective_user;
		if (user >= numbers[0] && user < numbers[0] + numbers[2]) return (unsigned)(numbers[1] + user - numbers[0]);
	}
	return call->effective_user;
}

static char *directory_path(struct call *call, text base, unsigned user)
{
	char digits[NUMBER_SIZE];
	return joined(&call->memory, base, TEXT("/interpose-"), number_text(digits, user));
}

static int open_directory(struct call *call, const char *path)
{
	file_status status;
	int directory = (int)kernel_open(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (directory < 0) return directory;
	if (kernel_status(directory, &status) == 0 && status.st_uid == call->effective_user && (status.st_mode & 022) == 0)
		return directory;
	kernel_close(directory);
	return -EPERM;
}

int open_own_directory(struct call *call, text base, int make)
{
	char *path = directory_path(call, base, call->effective_user);
	int directory = path ? open_directory(call, path) : -ENOMEM;
	if (directory >= 0) return directory;
	path = directory_path(call, base, user_outside(call));
	if (!path) return -ENOMEM;
	directory = open_directory(call, path);
	if (directory != -ENOENT || !make) return directory;
	bool made = kernel_make_directory(path, 0700) == 0;
	directory = open_directory(call, path);
	/* Whatever the umask is; of what is open, since another may stand at the path by now. */
	if (made && directory >= 0) {
		char digits[NUMBER_SIZE];
		char *open = joined(&call->memory, TEXT("/proc/self/fd/"), number_text(digits, (uint64_t)directory), TEXT(""));
		if (open) kernel_change_mode(open, 0700);
	}
	return directory;
}

int open_own_file(struct call *call, int directory, const char *name, int how, uint64_t *bytes)
{
	const int safe = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	file_status status;
	int file = (int)kernel_open(directory, name, how | safe, 0);
	if (file == -ENOENT) {
		file = (int)kernel_open(directory, name, how | safe | O_CREAT | O_EXCL, 0600);
		if (file >= 0) kernel_change_mode_of(file, 0600);
		else if (file == -EEXIST) file = (int)kernel_open(directory, name, how | safe, 0);
	}
	if (file < 0) return file;
	if (kernel_status(file, &status) == 0 && (status.st_mode & MODE_KIND) == MODE_FILE && status.st_uid == call->effective_user) {
		*bytes = (uint64_t)status.st_size;
		return file;
	}
	kernel_close(file);
	return -EPERM;
}

/* The log's name, and those of the older ones with a number behind it. */
static char *log_name(struct call *call, uint64_t number)
{
	char digits[NUMBER_SIZE];
	if (number == 0) return joined(&call->memory, call->policy.name, TEXT(".log"), TEXT(""));
	return joined(&call->memory, call->policy.name, TEXT(".log."), number_text(digits, number));
}

bool open_log(struct call *call, struct log *log)
{
	text base = call->policy.log_directory.at ? call->policy.log_directory : DEFAULT_BASE;
	char *name = log_name(call, 0);
	if (call->policy.log_none || !name) return false;
	log->directory = open_own_directory(call, base, 1);
	if (log->directory < 0) return false;
	log->file = open_own_file(call, log->directory, name, O_WRONLY | O_APPEND, &log->bytes);
	if (log->file >= 0) return true;
	kernel_close(log->directory);
	return false;
}

void close_log(struct log *log)
{
	kernel_close(log->file);
	kernel_close(log->directory);
}

/*
 * Gives the log the name NAME.log.1, and older ones the next number. Whoever has the log's lock does it, if the name
 * still leads to what it has open; a record that another one writes meanwhile is in the older file, whole.
 */
static void turn_over(struct call *call, struct log *log)
{
	file_status open, named;
	char *name = log_name(call, 0);
	if (!name || kernel_lock(log->file, LOCK_ALONE_NOW) != 0) return;
	bool ours = kernel_status(log->file, &open) == 0 && kernel_status_at(log->directory, name, &named, AT_SYMLINK_NOFOLLOW_) == 0
	            && open.st_ino == named.st_ino && open.st_dev == named.st_dev;
	if (ours) {
		for (uint64_t number = call->policy.log_keep; number > 1; number--) {
			char *older = log_name(call, number), *newer = log_name(call, number - 1);
			if (older && newer) kernel_rename(log->directory, newer, older);
		}
		char *first = log_name(call, 1);
		if (first && call->policy.log_keep > 0) kernel_rename(log->directory, name, first);
		else if (first) kernel_truncate(log->file, 0);
	}
	uint64_t bytes;
	int file = open_own_file(call, log->directory, name, O_WRONLY | O_APPEND, &bytes);
	if (file < 0) return;
	log->bytes = bytes;
	kernel_close(log->file);
	log->file = file;
}

/* The last line of a log that stopped; it is written once, and the next record of a call comes after it. */
static text stop_line(struct call *call)
{
	char *room = take(&call->memory, 512);
	if (!room) return NO_TEXT;
	struct json json = json_in(room, 512);
	json_put(&json, TEXT("{\"v\":1,\"time\":"));
	json_number(&json, call->began / 1000000000u);
	json_put(&json, TEXT(",\"wrapper\":"));
	json_string(&json, call->policy.name);
	json_put(&json, TEXT(",\"stopped\":\"less than "));
	json_number(&json, call->policy.log_free);
	json_put(&json, TEXT(" % of the file system is free\"}\n"));
	return json.full ? NO_TEXT : (text){room, json_size(&json)};
}

static bool says_stopped(struct call *call, struct log *log)
{
	char end[256];
	uint64_t size;
	char *name = log_name(call, 0);
	int file = name ? open_own_file(call, log->directory, name, O_RDONLY, &size) : -1;
	if (file < 0) return true;
	long have = kernel_read_from(file, end, sizeof end, size > sizeof end ? (unsigned long)(size - sizeof end) : 0);
	kernel_close(file);
	text line = {end, have > 0 ? (size_t)have : 0};
	if (line.size > 0) line.size--;
	size_t before = find_last_byte(line, '\n');
	if (before < line.size) line = without_first(line, before + 1);
	/* Only that line ends so. */
	return ends_with(line, TEXT("of the file system is free\"}"));
}

static bool nearly_full(struct call *call, struct log *log)
{
	file_system system;
	if (call->policy.log_free == 0 || kernel_file_system(log->file, &system) != 0) return false;
	return (uint64_t)system.f_bavail * 100 < (uint64_t)system.f_blocks * call->policy.log_free;
}

/* Over its limit of a file's size a write is refused by a signal, or is cut. */
static bool fits_limit(uint64_t size, struct kernel_limit *limit)
{
	return kernel_limit(LIMIT_FILE_SIZE, limit) != 0 || size <= limit->now;
}

void append_to_log(struct call *call, struct log *log, text record)
{
	struct kernel_limit limit = {~0ull, ~0ull};
	if (log->bytes > 0 && log->bytes + record.size > call->policy.log_size) turn_over(call, log);
	if (nearly_full(call, log)) {
		if (says_stopped(call, log)) return;
		record = stop_line(call);
	}
	if (!record.at || !fits_limit(log->bytes + record.size, &limit)) return;
	/* Another one may write at the same moment, so the signal can still come. */
	struct kernel_action before;
	bool limited = limit.now != ~0ull;
	if (limited) {
		const struct kernel_action ignored = {.disposition = 1};
		kernel_action(SIGXFSZ, &ignored, &before);
	}
	kernel_write(log->file, record.at, record.size);
	if (limited) kernel_action(SIGXFSZ, &before, NULL);
}
