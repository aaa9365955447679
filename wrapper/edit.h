/* What the taken route changes: the words that the real binary gets, and its environment. */
#ifndef EDIT_H
#define EDIT_H

#include <stdbool.h>

struct call;

/*
 * Fills in what is passed on. The words: `prepend` first, `remove` and `set` among the caller's, `append` before a `--`
 * that ends the options. false where there is no memory or a line can't be read: then the call is passed on as it came.
 */
bool edit_words(struct call *);
bool edit_environment(struct call *);

#endif
