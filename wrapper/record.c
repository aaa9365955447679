#include "record.h"
#include "call.h"
#include "caller.h"
#include "json.h"
#include "kernel.h"
#include "log.h"
#include "redact.h"

/* A record's size, with its newline, unless the policy wants records whole. */
#define MOST_RECORD 4096
#define MOST_TAIL 2048
#define MOST_PROBLEM_BYTES 400
#define MOST_PARENT_BYTES 512
/* For the members between the words. */
#define BETWEEN 160

/* Puts as many of the words as fit below `end`, and gives how many these are. */
static int json_words(struct json *json, struct call *call, char **words, int count, const char *end)
{
	struct redaction redaction = {0};
	for (int at = 0; at < count; at++) {
		struct json before = *json;
		text word = text_of(words[at]), hidden = TEXT("");
		if (call->policy.redacts) redact(call, &redaction, &word, &hidden);
		if (at > 0) json_put(json, TEXT(","));
		if (!json_fits(json, word, hidden, end)) {
			*json = before;
			return at;
		}
	}
	return count;
}

static void json_problems(struct json *json, struct call *call)
{
	const char *end = json->at + MOST_PROBLEM_BYTES;
	json_put(json, TEXT(",\"errors\":["));
	for (int at = 0; at < call->problem_count; at++) {
		struct problem *problem = &call->problems[at];
		char *shown = joined(&call->memory, problem->about, problem->about.size > 0 ? TEXT(": ") : TEXT(""), problem->what);
		struct json before = *json;
		if (at > 0) json_put(json, TEXT(","));
		if (!shown || !json_fits(json, text_of(shown), TEXT(""), end)) {
			*json = before;
			break;
		}
	}
	json_put(json, TEXT("]"));
}

/* What comes after the words: it is needed whole, so they get the room that it leaves. */
static void json_tail(struct json *json, struct call *call)
{
	json_put(json, TEXT(",\"route\":"));
	if (call->decision.route.size > 0) json_string(json, call->decision.route);
	else json_put(json, TEXT("null"));
	json_put(json, TEXT(",\"facts\":{"));
	for (struct fact *fact = call->facts.first_asked; fact; fact = fact->next) {
		struct json before = *json;
		if (fact != call->facts.first_asked) json_put(json, TEXT(","));
		json_string(json, fact->name);
		json_put(json, TEXT(":"));
		json_put(json, fact->state == FACT_FOUND ? fact->shown : TEXT("null"));
		/* A thousand facts don't fit; their names are in the file. */
		if (json->full || json_size(json) > MOST_TAIL - 2 * MOST_PROBLEM_BYTES) {
			*json = before;
			break;
		}
	}
	json_put(json, TEXT("}"));
	json_problems(json, call);
	json_put(json, TEXT(",\"preflightUs\":"));
	json_number(json, (kernel_clock(CLOCK_STEADY) - call->began_steadily) / 1000);
	json_put(json, TEXT("}\n"));
}

/* Whether the call is a probe of the tool's own. */
static bool json_head(struct json *json, struct call *call, size_t tail)
{
	char digits[NUMBER_SIZE + 7] = "000000";
	uint64_t microseconds = call->began / 1000;
	text fraction = number_text(digits + 6, microseconds % 1000000);
	json_put(json, TEXT("{\"v\":1,\"time\":"));
	json_number(json, microseconds / 1000000);
	json_put(json, TEXT("."));
	json_put(json, first_bytes(TEXT("000000"), 6 - fraction.size));
	json_put(json, fraction);
	json_put(json, TEXT(",\"wrapper\":"));
	json_string(json, call->policy.name);
	json_put(json, TEXT(",\"pid\":"));
	json_number(json, (uint64_t)call->process);
	json_put(json, TEXT(",\"ppid\":"));
	json_number(json, (uint64_t)call->parent);
	json_put(json, TEXT(",\"uid\":"));
	json_number(json, call->user);
	size_t left = tail < 2500 ? 2500 - tail : 0;
	return json_caller(json, call, left < MOST_PARENT_BYTES ? left : MOST_PARENT_BYTES);
}

/* The words that came and those passed on, `room` bytes for both. */
static void json_both_words(struct json *json, struct call *call, bool probe, size_t room)
{
	int argc = call->argc > 0 ? call->argc - 1 : 0;
	const char *start = json->at;
	json_put(json, TEXT(",\"argv\":["));
	int kept = json_words(json, call, call->argv + 1, argc, start + room / 2);
	json_put(json, TEXT("],\"argc\":"));
	json_number(json, (uint64_t)argc);
	bool none = call->decision.denied;
	int passed = 0, passed_count = call->passed_count > 0 ? call->passed_count - 1 : 0;
	json_put(json, none ? TEXT(",\"execArgv\":null") : TEXT(",\"execArgv\":["));
	if (!none) {
		passed = json_words(json, call, call->passed + 1, passed_count, start + room);
		json_put(json, TEXT("]"));
	}
	if (probe) json_put(json, TEXT(",\"probe\":true"));
	if (kept < argc) {
		json_put(json, TEXT(",\"truncated\":"));
		json_number(json, (uint64_t)(argc - kept));
	}
	if (!none && passed < passed_count) {
		json_put(json, TEXT(",\"execArgc\":"));
		json_number(json, (uint64_t)passed_count);
		json_put(json, TEXT(",\"execTruncated\":"));
		json_number(json, (uint64_t)(passed_count - passed));
	}
}

/* Room that all words fit into, six bytes for one at the most. */
static size_t whole_size(struct call *call)
{
	size_t size = 2 * MOST_RECORD;
	for (int at = 1; at < call->argc; at++) size += 6 * text_of(call->argv[at]).size + 16;
	for (int at = 1; at < call->passed_count; at++) size += 6 * text_of(call->passed[at]).size + 16;
	return 2 * size;
}

void write_record(struct call *call)
{
	char usual[MOST_RECORD], last[MOST_TAIL];
	struct log log;
	if (!open_log(call, &log)) return;
	struct json tail = json_in(last, sizeof last);
	json_tail(&tail, call);

	char *room = usual;
	size_t size = sizeof usual;
	if (call->policy.log_full) {
		size_t wanted = whole_size(call);
		char *more = take(&call->memory, wanted);
		if (more) {
			room = more;
			size = wanted;
		}
	}
	struct json json = json_in(room, size);
	bool probe = json_head(&json, call, json_size(&tail));
	size_t taken = json_size(&json) + json_size(&tail) + BETWEEN;
	json_both_words(&json, call, probe, size > taken ? size - taken : 0);
	if (json.not_utf8) json_put(&json, TEXT(",\"surrogateEscape\":true"));
	json_put(&json, (text){last, json_size(&tail)});
	if (!json.full && !tail.full) append_to_log(call, &log, (text){room, json_size(&json)});
	close_log(&log);
}
