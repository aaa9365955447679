#include "call.h"

void note_problem(struct call *call, text about, text what)
{
	if (call->problem_count < MOST_PROBLEMS) call->problems[call->problem_count++] = (struct problem){about, what};
}

bool variable(char **envp, text name, text *value)
{
	for (; *envp; envp++) {
		size_t at = 0;
		while (at < name.size && (*envp)[at] == name.at[at]) at++;
		if (at < name.size || (*envp)[at] != '=') continue;
		*value = text_of(*envp + at + 1);
		return true;
	}
	return false;
}
