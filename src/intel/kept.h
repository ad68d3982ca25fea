/*
 * What a centre keeps of organisations, as records: for looking at it with indicators that came later. Read by the
 * centre's API with somebody's token, so it is what that person may see (records and alerts of the own organisation; an
 * analyst: of all), and the centre's log says who read it.
 */
#ifndef NOROSHI_INTEL_KEPT_H
#define NOROSHI_INTEL_KEPT_H

#include "intel/looking.h"
#include "intel/parcel_client.h"

struct kept_wish {
	struct parcel_server centre; /* url: "https://centre.example" */
	const char *from, *to;       /* what occurred in this time, as RFC 3339 has it; NULL = all */
};

struct kept_visitor {
	/* Of one organisation from the newest on, alerts and records in turn; an alert of a format that is no record
	 * has its ends alone. */
	enum error (*record)(
	    void *context, const struct record *record, const struct place *place, struct failure *failure);
	enum error (*end)(void *context, struct failure *failure); /* behind the last one of an organisation */
	void *context;
};

/* ERROR_DENIED, ERROR_NOT_FOUND: the token may not read this there. */
enum error kept_each(const struct kept_wish *wish, const struct kept_visitor *visitor, struct failure *failure);

#endif
