#include "memory.h"
#include "kernel.h"

/* So much is asked of the kernel at once, at the least. */
#define CHUNK 65536u

#ifdef HOSTED
/* Behind each piece there is a gap, so that tests see a step over its end. */
#include <sanitizer/asan_interface.h>
#define GAP 16
#define FENCE(piece, wanted, size) \
	(ASAN_UNPOISON_MEMORY_REGION(piece, wanted), ASAN_POISON_MEMORY_REGION((piece) + (wanted), (size) - (wanted)))
#else
#define GAP 0
#define FENCE(piece, wanted, size) (void)0
#endif

void *take(struct memory *memory, size_t wanted)
{
	size_t size = (wanted + GAP + 15) & ~(size_t)15;
	if (size < wanted) return NULL;
	if (size > (size_t)(memory->end - memory->at)) {
		size_t chunk = size < CHUNK ? CHUNK : (size + 4095) & ~(size_t)4095;
		if (chunk < size || chunk > memory->left) return NULL;
		char *more = kernel_map(chunk);
		if (!more) return NULL;
		memory->left -= chunk;
		memory->at = more;
		memory->end = more + chunk;
	}
	char *piece = memory->at;
	memory->at += size;
	FENCE(piece, wanted, size);
	return piece;
}

char *joined(struct memory *memory, text first, text second, text third)
{
	char *whole = take(memory, first.size + second.size + third.size + 1);
	if (!whole) return NULL;
	memcpy(whole, first.at, first.size);
	memcpy(whole + first.size, second.at, second.size);
	memcpy(whole + first.size + second.size, third.at, third.size);
	whole[first.size + second.size + third.size] = 0;
	return whole;
}

#ifndef HOSTED
/* What the compiler expects to find, also where it writes the calls only after it has seen the whole program. */
#define EXPECTED __attribute__((used))

EXPECTED void *memcpy(void *to, const void *from, size_t size)
{
	char *target = to;
	const char *source = from;
	while (size--) *target++ = *source++;
	return to;
}

EXPECTED void *memset(void *to, int byte, size_t size)
{
	char *target = to;
	while (size--) *target++ = (char)byte;
	return to;
}

EXPECTED int memcmp(const void *left, const void *right, size_t size)
{
	const unsigned char *one = left, *other = right;
	for (; size; size--, one++, other++)
		if (*one != *other) return *one - *other;
	return 0;
}

#ifdef __arm__
/* Named by the compiler's division, for a divisor of zero; ours are constants. */
int raise(int number);
EXPECTED int raise(int number)
{
	return number;
}
#endif
#endif
