#include "find.h"
#include "call.h"
#include "kernel.h"

#define MAY_RUN 1

static bool same_file(const file_status *one, const file_status *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static const char *not_itself(struct call *call, const char *path, const file_status *found)
{
	file_status own;
	text wrapper = plain(call->policy.wrapper, &call->memory);
	if (!wrapper.at || kernel_status_at(AT_FDCWD, wrapper.at, &own, 0) != 0 || !same_file(found, &own)) return path;
	text lines = call->policy.settings;
	struct line line;
	text real = NO_TEXT;
	while (next_line(&lines, &line))
		if (same(line.key, TEXT("run"))) real = line.value;
	return plain(real, &call->memory).at;
}

static const char *look_in(struct call *call, text directory, text name)
{
	if (!starts_with(directory, TEXT("/"))) return NULL;
	file_status found;
	char *path = joined(&call->memory, directory, TEXT("/"), name);
	if (!path || kernel_may(AT_FDCWD, path, MAY_RUN) != 0 || kernel_status_at(AT_FDCWD, path, &found, 0) != 0) return NULL;
	if ((found.st_mode & MODE_KIND) != MODE_FILE) return NULL;
	return not_itself(call, path, &found);
}

const char *find_program(struct call *call, text name)
{
	text places[] = {TEXT(""), TEXT("/usr/local/bin:/usr/bin:/bin")};
	if (!call->elevated) variable(call->envp, TEXT("PATH"), &places[0]);
	for (int at = 0; at < 2; at++) {
		text rest = places[at];
		while (rest.size > 0) {
			const char *path = look_in(call, cut_at(&rest, ':'), name);
			if (path) return path;
		}
	}
	return NULL;
}
