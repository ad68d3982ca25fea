/*
 * What organisations are known by (known.h): one walk over every table that holds a word about them.
 */
#include "store/known.h"

#include "store/query.h"

#define OF(kind, organisation, word, table)                                                                            \
	"SELECT " organisation " AS organisation, " kind " AS kind, " word " AS word FROM " table

static const char words_of_all[] = "SELECT organisation, kind, word FROM (" OF(
    "0", "number", "name", "organisation") " UNION ALL " OF("0", "number", "title_ja",
    "organisation") " UNION ALL " OF("0", "number", "title_en", "organisation") " UNION ALL " OF("1", "organisation",
    "domain", "space") " UNION ALL " OF("2", "number", "contact1_mail", "organisation") " UNION ALL " OF("2", "number",
    "contact2_mail", "organisation") " UNION ALL " OF("2", "organisation", "mail", "contact") " UNION ALL " OF("2",
    "organisation", "mail", "account") " UNION ALL " OF("3", "organisation", "name", "sensor") " UNION ALL " OF("4",
    "organisation", "identity", "item_giver") " UNION ALL " OF("4", "organisation", "id",
    "item WHERE type = 'identity'") ") WHERE {scope} AND organisation > 0 AND word <> ''";

enum error store_known_each(struct store *store, const struct scope *scope,
    void (*each)(void *, uint32_t organisation, enum known, struct text), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ORGANISATION, words_of_all, &query, failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK)
		each(context, (uint32_t)column_integer(&query, 0), (enum known)column_integer(&query, 1),
		    column_text(&query, 2));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
