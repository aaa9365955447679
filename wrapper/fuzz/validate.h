/* Whether a text is one JSON value by RFC 8259, in UTF-8: written apart from the wrapper's own rules. */
#ifndef VALIDATE_H
#define VALIDATE_H

#include "../text.h"

bool is_json(text);

#endif
