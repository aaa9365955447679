#include "records.h"
#include "answers.h"
#include "input.h"
#include "validate.h"

void expect_record(struct call *call)
{
	text record = {answers.record, answers.record_size};
	expect(answers.records <= 1, "one record for a call");
	if (answers.records == 0) return;
	expect(record.size <= 4096 || call->policy.log_full, "a record of 4096 bytes");
	expect(find_byte(record, '\n') == record.size - 1, "a record is one line");
	record.size--;
	if (!is_json(record)) {
		/* Shown, since the fuzzer only shows what it gave. */
		answers.record[answers.record_size - 1] = 0;
		__builtin_printf("%s\n", answers.record);
		expect(false, "a record is JSON");
	}
}
