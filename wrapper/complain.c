#include "complain.h"
#include "call.h"
#include "process.h"

/* A reader of standard error that is gone must not decide how the call ends. */
void say(struct call *call, text message)
{
	char *line = joined(&call->memory, message, TEXT("\n"), TEXT(""));
	kernel_ignore(SIGPIPE, true);
	if (line) kernel_write(2, line, message.size + 1);
}

void complain(struct call *call, text first, text second, text third)
{
	text name = call->policy.name;
	char *start = joined(&call->memory, TEXT("interpose: "), name, name.size > 0 ? TEXT(": ") : TEXT(""));
	char *what = joined(&call->memory, first, second, third);
	char *whole = start && what ? joined(&call->memory, text_of(start), text_of(what), TEXT("")) : NULL;
	if (whole) say(call, text_of(whole));
}
