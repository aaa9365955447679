/* How a wrapper is told from other programs: by a note near its beginning, which every tool for ELF files can show. */
#ifndef MARK_H
#define MARK_H

#include "memory.h"

/* The note lies within so many first bytes. */
#define MARK_READ 1024

static inline bool has_part(text whole, text part)
{
	for (; whole.size >= part.size; whole = without_first(whole, 1))
		if (starts_with(whole, part)) return true;
	return false;
}

/* Of a program's first bytes, or of a script's: the readable wrapper says so in its second line. */
static inline bool has_mark(text head)
{
	if (starts_with(head, TEXT("\177ELF"))) return has_part(head, TEXT("interpose wrapper"));
	return starts_with(head, TEXT("#!")) && has_part(head, TEXT("interpose made it"));
}

#endif
