#include "validate.h"

static bool value(text *rest, int depth);

static bool take_byte(text *rest, char byte)
{
	if (rest->size == 0 || rest->at[0] != byte) return false;
	*rest = without_first(*rest, 1);
	return true;
}

/* The smallest number that may take so many bytes; a longer form of a smaller one isn't UTF-8. */
static bool character(text *rest)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)rest->at[0];
	size_t size = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
	if (size == 0 || size > rest->size) return false;
	uint32_t number = size == 1 ? first : first & (0xffu >> (size + 1));
	for (size_t at = 1; at < size; at++) {
		unsigned char byte = (unsigned char)rest->at[at];
		if (byte >> 6 != 2) return false;
		number = number << 6 | (byte & 63);
	}
	*rest = without_first(*rest, size);
	return number >= least[size] && number <= 0x10ffff && (number < 0xd800 || number > 0xdfff) && number >= 0x20;
}

static bool escape(text *rest)
{
	if (rest->size == 0) return false;
	char kind = rest->at[0];
	*rest = without_first(*rest, 1);
	if (kind != 'u') return find_byte(TEXT("\"\\/bfnrt"), kind) < 8;
	for (int at = 0; at < 4; at++) {
		if (rest->size == 0 || find_byte(TEXT("0123456789abcdefABCDEF"), rest->at[0]) == 22) return false;
		*rest = without_first(*rest, 1);
	}
	return true;
}

static bool string(text *rest)
{
	if (!take_byte(rest, '"')) return false;
	while (rest->size > 0) {
		if (take_byte(rest, '"')) return true;
		if (take_byte(rest, '\\') ? !escape(rest) : !character(rest)) return false;
	}
	return false;
}

static size_t digits(text *rest)
{
	size_t count = 0;
	while (rest->size > 0 && rest->at[0] >= '0' && rest->at[0] <= '9') {
		*rest = without_first(*rest, 1);
		count++;
	}
	return count;
}

static bool number(text *rest)
{
	take_byte(rest, '-');
	bool zero = rest->size > 0 && rest->at[0] == '0';
	size_t count = digits(rest);
	if (count == 0 || (zero && count > 1)) return false;
	return !take_byte(rest, '.') || digits(rest) > 0;
}

static bool word(text *rest, text wanted)
{
	if (!starts_with(*rest, wanted)) return false;
	*rest = without_first(*rest, wanted.size);
	return true;
}

static bool members(text *rest, int depth, char end)
{
	if (take_byte(rest, end)) return true;
	do {
		if (end == '}' && (!string(rest) || !take_byte(rest, ':'))) return false;
		if (!value(rest, depth)) return false;
	} while (take_byte(rest, ','));
	return take_byte(rest, end);
}

static bool value(text *rest, int depth)
{
	if (rest->size == 0 || depth == 0) return false;
	if (take_byte(rest, '{')) return members(rest, depth - 1, '}');
	if (take_byte(rest, '[')) return members(rest, depth - 1, ']');
	if (rest->at[0] == '"') return string(rest);
	return word(rest, TEXT("true")) || word(rest, TEXT("false")) || word(rest, TEXT("null")) || number(rest);
}

bool is_json(text whole)
{
	return value(&whole, 10) && whole.size == 0;
}
