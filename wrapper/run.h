/* Runs the real binary in this process; the last thing that a wrapper does. */
#ifndef RUN_H
#define RUN_H

struct call;

/* Ends with 127 where nothing is there to be run, with 126 where it can't be run, as a shell does. */
void run_real(struct call *) __attribute__((noreturn));
/* Tries the real binary's usual place, beside the path that was called; comes back where it isn't there. */
void run_usual(struct call *);

#endif
