/*
 * What `noroshi machines` does, straight in the store: also while the centre runs, which heeds it with the next
 * request.
 */
#ifndef NOROSHI_CENTER_MACHINES_MAKE_H
#define NOROSHI_CENTER_MACHINES_MAKE_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#include <stdbool.h>

struct machines_wish {
	const char *config, *organisation; /* the organisation's name */
	const char *sensor;                /* its name; NULL = every one (list) */
	nanoseconds valid;                 /* of an enrolment's token (0 = a day), or of a list of revoked ones */
	bool create;                       /* make the sensor when there is none */
	const char *serial;                /* to be revoked; NULL = all good ones of the sensor */
};

/* Each appends lines of JSON to `to`, and for a revocation how many it ended. */
enum error machines_enrol(const struct machines_wish *wish, struct builder *to, struct failure *failure);
enum error machines_list(const struct machines_wish *wish, struct builder *to, struct failure *failure);
/* The list of revoked certificates in PEM, good for `valid` (0: 30 days). */
enum error machines_revoked(const struct machines_wish *wish, struct builder *to, struct failure *failure);
enum error machines_revoke(const struct machines_wish *wish, unsigned *ended, struct failure *failure);

#endif
