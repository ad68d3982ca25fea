/*
 * Where organisations may be named (store/community.h): one row for each that said something.
 */
#include "store/community.h"
#include "store/query.h"

enum error store_naming_get(struct store *store, const struct scope *scope, uint32_t organisation,
    struct naming_choice *choice, struct failure *failure)
{
	struct query query;
	if (!scope_covers(scope, organisation))
		return fail(failure, ERROR_NOT_FOUND, "there is no such organisation");
	enum error error = query_read(store, scope, NOUN_NAMING,
	    "SELECT naming, circle, version FROM naming WHERE {scope} AND organisation = :organisation", &query,
	    failure);
	if (error)
		return error;
	*choice = (struct naming_choice){ .organisation = organisation };
	bind_integer(&query, ":organisation", organisation);
	error = query_step(&query);
	if (!error) {
		choice->naming = (enum naming)column_integer(&query, 0);
		choice->circle = (uint32_t)column_integer(&query, 1);
		choice->version = column_count(&query, 2);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_naming_put(
    struct store *store, const struct scope *scope, struct naming_choice *choice, struct failure *failure)
{
	struct naming_choice present;
	struct query query;
	if ((choice->naming == NAMING_WITHIN) != (choice->circle != 0))
		return fail(failure, ERROR_INPUT, "circle: it is needed for \"within\", and for that alone");
	enum error error = store_naming_get(store, scope, choice->organisation, &present, failure);
	if (!error && present.version != choice->version)
		error = fail(failure, ERROR_CONFLICT, "this was changed by somebody else: read it again");
	if (!error)
		error = query_write(store, scope, NOUN_NAMING, choice->organisation,
		    "INSERT INTO naming (organisation, naming, circle, version) VALUES (:organisation, :naming, "
		    ":circle, 1)"
		    " ON CONFLICT DO UPDATE SET naming = excluded.naming, circle = excluded.circle, version = version "
		    "+ 1",
		    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", choice->organisation);
	bind_integer(&query, ":naming", choice->naming);
	bind_number_or_null(&query, ":circle", choice->circle);
	error = query_run(&query, NULL);
	choice->version++;
	return error ? error
		     : log_change(store, scope, "naming.change", naming_code(choice->naming), choice->organisation, "",
			   failure);
}
