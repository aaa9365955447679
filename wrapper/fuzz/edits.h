/* What holds for the words that the real binary gets, whatever the policy says. */
#ifndef EDITS_H
#define EDITS_H

struct input;
struct call;

/*
 * Words that surely are operands (those behind no option, and all behind the `--` that ends the options) are passed on,
 * as they are and in order.
 */
void expect_operands(struct input *, struct call *);

#endif
