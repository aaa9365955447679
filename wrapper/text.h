/* A piece of text: its first byte and its size. It isn't ended by a NUL unless a function says so. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	const char *at;
	size_t size;
} text;

#define TEXT(literal) ((text){literal, sizeof(literal) - 1})
#define NO_TEXT ((text){NULL, 0})

text text_of(const char *ended);
bool same(text, text);
bool starts_with(text, text start);
bool ends_with(text, text end);
/* By their bytes: negative, 0 or positive. */
int compare(text, text);
/* Where the byte is, or the size where it isn't. */
size_t find_byte(text, char);
size_t find_last_byte(text, char);
text first_bytes(text, size_t);
text without_first(text, size_t);
/* What is in front of the first such byte; `rest` begins behind it from then on. All of it where there is none. */
text cut_at(text *rest, char);
/* Digits only; false for anything else, and for more than 18 of them. */
bool to_number(text, uint64_t *);

#define NUMBER_SIZE 21
/* The digits of a number, in `room`. */
text number_text(char room[NUMBER_SIZE], uint64_t);

#endif
