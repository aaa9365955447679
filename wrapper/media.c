#include "media.h"
#include "ask.h"
#include "call.h"
#include "find.h"
#include "kernel.h"

#define MOST_SECONDS 10
#define ANSWER_SIZE 256

/* Seconds with up to nine places, as ffprobe prints them: 3599.000000. */
static bool to_duration(text written, int64_t *nanoseconds)
{
	text fraction = written;
	text whole = cut_at(&fraction, '.');
	bool has_fraction = whole.size < written.size;
	uint64_t seconds, part = 0;
	if (whole.size > 9 || fraction.size > 9) return false;
	if (!to_number(whole, &seconds) || (has_fraction && !to_number(fraction, &part))) return false;
	for (size_t places = has_fraction ? fraction.size : 9; places < 9; places++) part *= 10;
	*nanoseconds = (int64_t)(seconds * 1000000000u + part);
	return true;
}

/* A number of JSON has no zeros in front. */
static text as_json(text written)
{
	while (written.size > 1 && written.at[0] == '0' && written.at[1] != '.') written = without_first(written, 1);
	return written;
}

const char *media_duration(struct call *call, text path, int64_t *nanoseconds, text *seconds)
{
	char *file = joined(&call->memory, TEXT("file:"), path, TEXT(""));
	char *answer = take(&call->memory, ANSWER_SIZE);
	if (!file || !answer) return "no memory";
	const char *program = find_program(call, TEXT("ffprobe"));
	if (!program) return "ffprobe is not installed";
	char *words[] = {"ffprobe", "-v", "quiet", "-show_entries", "format=duration", "-of",
	                 "default=noprint_wrappers=1:nokey=1", "-i", file, NULL};
	long size = ask_program(call, program, words, answer, ANSWER_SIZE, MOST_SECONDS);
	if (size < 0) return "ffprobe can't be started";
	text written = {answer, (size_t)size};
	while (ends_with(written, TEXT("\n"))) written.size--;
	if (!to_duration(written, nanoseconds)) return "ffprobe found no duration";
	*seconds = as_json(written);
	return NULL;
}
