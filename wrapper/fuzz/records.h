/* What holds for a record, whatever the call was. */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>

struct call;

/* At most one was written: a line of JSON in UTF-8, of 4096 bytes at the most unless the policy wants them whole. */
void expect_record(struct call *);

#endif
