/*
 * What members say became of their addresses that appeared in telescopes (store/darknet.h).
 */
#include "store/darknet.h"

#include "store/query.h"

static const char *const codes[CLEANUP_STATES] = { "open", "cleaned", "explained" };

const char *cleanup_state_code(enum cleanup_state state)
{
	return (unsigned)state < CLEANUP_STATES ? codes[state] : "";
}

bool cleanup_state_parse(struct text code, enum cleanup_state *state)
{
	for (unsigned i = 0; i < CLEANUP_STATES; i++)
		if (text_equal(code, text_of(codes[i]))) {
			*state = (enum cleanup_state)i;
			return true;
		}
	return false;
}

enum error store_cleanup_put(
    struct store *store, const struct scope *scope, const struct cleanup *cleanup, struct failure *failure)
{
	struct query query;
	char address[ADDRESS_TEXT];
	enum error error = query_write(store, scope, NOUN_CLEANUP, cleanup->organisation,
	    "INSERT INTO cleanup (organisation, address, state, note, who, changed) VALUES (:organisation, :address,"
	    " :state, :note, :who, :changed) ON CONFLICT (organisation, address) DO UPDATE SET state = excluded.state,"
	    " note = excluded.note, who = excluded.who, changed = excluded.changed",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", cleanup->organisation);
	bind_blob(&query, ":address", cleanup->address.bytes, sizeof cleanup->address.bytes);
	bind_integer(&query, ":state", cleanup->state);
	bind_string(&query, ":note", cleanup->note);
	bind_string(&query, ":who", cleanup->who);
	bind_integer(&query, ":changed", cleanup->changed);
	error = query_run(&query, NULL);
	return error ? error
		     : log_change(store, scope, "cleanup.change", address_format(cleanup->address, address),
			   cleanup->organisation, cleanup_state_code(cleanup->state), failure);
}

enum error store_cleanup_expire(
    struct store *store, const struct scope *scope, nanoseconds before, struct failure *failure)
{
	struct query query;
	if (!scope_is_background(scope))
		return fail(failure, ERROR_DENIED, "what is old is removed by background work");
	enum error error =
	    query_write(store, scope, NOUN_CLEANUP, 0, "DELETE FROM cleanup WHERE changed < :before", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":before", before);
	return query_run(&query, NULL);
}
