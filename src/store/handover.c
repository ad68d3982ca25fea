/*
 * Counts of what is handed over (store/handover.h).
 */
#include "store/handover.h"

#include "store/query.h"

#define JAPAN (9 * HOUR)

const char *handover_code(enum handover what)
{
	static const char *const codes[HANDOVERS] = { "", "given", "refused", "released", "indicators", "sighted",
		"delivered", "opened", "sent", "not_taken" };
	return what < HANDOVERS ? codes[what] : "";
}

int32_t handover_month(nanoseconds when)
{
	char text[TIME_TEXT];
	uint64_t year = 0, month = 0;
	struct text rest = text_of(time_format(when + JAPAN, text)), first = text_cut(&rest, '-');
	text_to_u64(first, &year);
	text_to_u64(text_cut(&rest, '-'), &month);
	return (int32_t)(year * 12 + month) - 1;
}

enum error store_handover_add(struct store *store, uint32_t organisation, uint32_t community, enum handover what,
    uint64_t count, nanoseconds when, struct failure *failure)
{
	struct query query;
	if (count == 0)
		return OK;
	enum error error = query_own(store,
	    "INSERT INTO handover (organisation, month, what, count) SELECT :organisation, :month, :what, :count"
	    " WHERE :community = 0 OR EXISTS (SELECT 1 FROM community WHERE number = :community AND centre = 1)"
	    " ON CONFLICT (organisation, month, what) DO UPDATE SET count = count + excluded.count",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":month", handover_month(when));
	bind_integer(&query, ":what", what);
	bind_integer(&query, ":count", (int64_t)count);
	bind_integer(&query, ":community", community);
	return query_run(&query, NULL);
}

enum error store_handover_each(struct store *store, const struct scope *scope, uint32_t organisation, int32_t first,
    int32_t last, void (*each)(void *, const struct handed *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COUNTER,
	    "SELECT organisation, month, what, count FROM handover WHERE {scope}"
	    " AND (:organisation = 0 OR organisation = :organisation) AND month BETWEEN :first AND :last"
	    " ORDER BY organisation, month, what",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":first", first);
	bind_integer(&query, ":last", last);
	while ((error = query_step(&query)) == OK) {
		const struct handed handed = { (uint32_t)column_integer(&query, 0), (int32_t)column_integer(&query, 1),
			(enum handover)column_integer(&query, 2), column_count(&query, 3) };
		each(context, &handed);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
