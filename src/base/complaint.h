/*
 * What a command says of lines that it cannot read: the first few of each file, on standard error; further ones are
 * only counted, which is said once. Both functions are callbacks of readers; `context` is a struct complaints.
 */
#ifndef NOROSHI_BASE_COMPLAINT_H
#define NOROSHI_BASE_COMPLAINT_H

#include "base/error.h"
#include "base/stream.h"

#define COMPLAINTS_SAID 10

struct complaints {
	const char *command; /* "weblog": of `noroshi weblog` */
	const char *file;    /* of complaint_line() */
	uint64_t count;      /* of this file: the caller sets it to 0 for the next one */
};

void complaint_line(void *context, const struct line *line, const struct failure *failure);
/* `line` 0: the failure says where. */
void complaint_at(void *context, const char *file, uint64_t line, const struct failure *failure);

#endif
