/*
 * Where records go: NAME.log in a directory of the user's own that nobody else can write to. Nothing on the way follows
 * a link or can block. The log turns over by itself at a size, and stops where the file system is nearly full.
 */
#ifndef LOG_H
#define LOG_H

#include "text.h"

struct call;

struct log {
	int directory, file;
	/* What was in the file when it was opened. */
	uint64_t bytes;
};

/* The user's own directory below `base`, made where it isn't there; negative where there is none to trust. */
int open_own_directory(struct call *, text base, int make);
bool open_log(struct call *, struct log *);
void append_to_log(struct call *, struct log *, text record);
void close_log(struct log *);
/* A file of the user's own in its directory, made where it isn't there, and its size; negative where it isn't one. */
int open_own_file(struct call *, int directory, const char *name, int how, uint64_t *bytes);

#endif
