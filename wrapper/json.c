#include "json.h"
#include "memory.h"

struct json json_in(char *room, size_t size)
{
	return (struct json){room, room, room + size, false, false};
}

size_t json_size(const struct json *json)
{
	return (size_t)(json->at - json->start);
}

void json_put(struct json *json, text written)
{
	if (json->full || written.size > (size_t)(json->end - json->at)) {
		json->full = true;
		return;
	}
	memcpy(json->at, written.at, written.size);
	json->at += written.size;
}

void json_number(struct json *json, uint64_t number)
{
	char room[NUMBER_SIZE];
	json_put(json, number_text(room, number));
}

/* How many bytes of a character of UTF-8 begin here; 0 where none does. The ranges are those of Unicode's table 3-7. */
static size_t character_size(text rest)
{
	unsigned char first = (unsigned char)rest.at[0];
	unsigned char low = 0x80, high = 0xbf;
	size_t size;
	if (first >= 0xc2 && first <= 0xdf) size = 2;
	else if (first >= 0xe0 && first <= 0xef) size = 3;
	else if (first >= 0xf0 && first <= 0xf4) size = 4;
	else return 0;
	if (first == 0xe0) low = 0xa0;
	if (first == 0xed) high = 0x9f;
	if (first == 0xf0) low = 0x90;
	if (first == 0xf4) high = 0x8f;
	if (rest.size < size) return 0;
	for (size_t at = 1; at < size; at++) {
		unsigned char byte = (unsigned char)rest.at[at];
		if (byte < low || byte > high) return 0;
		low = 0x80;
		high = 0xbf;
	}
	return size;
}

static void escaped(struct json *json, text start, unsigned char byte)
{
	const char *digits = "0123456789abcdef";
	char last[2] = {digits[byte >> 4], digits[byte & 15]};
	json_put(json, start);
	json_put(json, (text){last, 2});
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void json_characters(struct json *json, text rest)
{
	while (rest.size > 0 && !json->full) {
		size_t run = 0;
		while (run < rest.size && is_plain((unsigned char)rest.at[run])) run++;
		json_put(json, first_bytes(rest, run));
		rest = without_first(rest, run);
		if (rest.size == 0) break;
		unsigned char byte = (unsigned char)rest.at[0];
		size_t size = byte < 0x80 ? 1 : character_size(rest);
		if (byte == '"') json_put(json, TEXT("\\\""));
		else if (byte == '\\') json_put(json, TEXT("\\\\"));
		else if (size > 1) json_put(json, first_bytes(rest, size));
		else if (size == 1) escaped(json, TEXT("\\u00"), byte);
		else {
			escaped(json, TEXT("\\udc"), byte);
			json->not_utf8 = true;
			size = 1;
		}
		rest = without_first(rest, size);
	}
}

void json_string(struct json *json, text written)
{
	json_put(json, TEXT("\""));
	json_characters(json, written);
	json_put(json, TEXT("\""));
}

bool json_fits(struct json *json, text written, text behind, const char *end)
{
	struct json attempt = *json;
	if (end < attempt.end) attempt.end = (char *)end;
	if (attempt.end < attempt.at) return false;
	json_put(&attempt, TEXT("\""));
	json_characters(&attempt, written);
	json_characters(&attempt, behind);
	json_put(&attempt, TEXT("\""));
	if (attempt.full) return false;
	json->at = attempt.at;
	json->not_utf8 = attempt.not_utf8;
	return true;
}
