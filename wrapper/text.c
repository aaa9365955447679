#include "text.h"
#include "memory.h"

text text_of(const char *ended)
{
	size_t size = 0;
	while (ended[size]) size++;
	return (text){ended, size};
}

bool same(text left, text right)
{
	return left.size == right.size && memcmp(left.at, right.at, left.size) == 0;
}

bool starts_with(text whole, text start)
{
	return whole.size >= start.size && memcmp(whole.at, start.at, start.size) == 0;
}

bool ends_with(text whole, text end)
{
	return whole.size >= end.size && memcmp(whole.at + whole.size - end.size, end.at, end.size) == 0;
}

int compare(text left, text right)
{
	size_t shorter = left.size < right.size ? left.size : right.size;
	int order = memcmp(left.at, right.at, shorter);
	if (order != 0 || left.size == right.size) return order;
	return left.size < right.size ? -1 : 1;
}

/*
 * Eight bytes at once: those that are the wanted one become zero, and a zero byte is the one whose lowest bit a
 * subtraction of one borrows for. Every machine that we have a program for has a number's lowest byte first.
 */
size_t find_byte(text whole, char byte)
{
	const uint64_t ones = 0x0101010101010101u;
	const uint64_t wanted = ones * (unsigned char)byte;
	size_t at = 0;
	for (; at + 8 <= whole.size; at += 8) {
		uint64_t eight;
		__builtin_memcpy(&eight, whole.at + at, 8);
		eight ^= wanted;
		eight = (eight - ones) & ~eight & (ones << 7);
		if (!eight) continue;
		for (; !(eight & 0xff); eight >>= 8) at++;
		return at;
	}
	while (at < whole.size && whole.at[at] != byte) at++;
	return at;
}

size_t find_last_byte(text whole, char byte)
{
	size_t at = whole.size;
	while (at > 0)
		if (whole.at[--at] == byte) return at;
	return whole.size;
}

text first_bytes(text whole, size_t size)
{
	return (text){whole.at, size < whole.size ? size : whole.size};
}

text without_first(text whole, size_t size)
{
	if (size > whole.size) size = whole.size;
	return (text){whole.at + size, whole.size - size};
}

text cut_at(text *rest, char byte)
{
	size_t at = find_byte(*rest, byte);
	text part = first_bytes(*rest, at);
	*rest = without_first(*rest, at + 1);
	return part;
}

bool to_number(text digits, uint64_t *number)
{
	if (digits.size == 0 || digits.size > 18) return false;
	*number = 0;
	for (size_t at = 0; at < digits.size; at++) {
		if (digits.at[at] < '0' || digits.at[at] > '9') return false;
		*number = *number * 10 + (uint64_t)(digits.at[at] - '0');
	}
	return true;
}

text number_text(char room[NUMBER_SIZE], uint64_t number)
{
	size_t at = NUMBER_SIZE;
	do {
		room[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	return (text){room + at, NUMBER_SIZE - at};
}
