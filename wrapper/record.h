/* The record of a call: one line of JSON, composed once, written by one write. */
#ifndef RECORD_H
#define RECORD_H

struct call;

void write_record(struct call *);

#endif
