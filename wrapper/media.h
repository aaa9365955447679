/* How long a recording is, which ffprobe knows. */
#ifndef MEDIA_H
#define MEDIA_H

#include "text.h"

struct call;

/* NULL, with nanoseconds and seconds as text; or why it can't be had. */
const char *media_duration(struct call *, text path, int64_t *nanoseconds, text *seconds);

#endif
