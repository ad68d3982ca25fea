/*
 * Collections: codes and what a person may write into one. Called by the store and the routes.
 */
#include "model/collection.h"

static const char *const rights[COLLECTION_RIGHTS] = { "reader", "member", "steward", "centre" };

const char *collection_right_code(enum collection_right right)
{
	return (unsigned)right < COLLECTION_RIGHTS ? rights[right] : "centre";
}

bool collection_right_parse(struct text code, enum collection_right *right)
{
	for (unsigned i = 0; i < COLLECTION_RIGHTS; i++) {
		if (text_equal(code, text_of(rights[i]))) {
			*right = (enum collection_right)i;
			return true;
		}
	}
	return false;
}

static bool alias_is_plain(const char *alias)
{
	struct uuid uuid;
	for (const char *c = alias; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-' || *c == '.' || *c == '_'))
			return false;
	return !uuid_parse(text_of(alias), &uuid) && alias[0] != '.';
}

enum error collection_check(const struct collection *collection, struct failure *failure)
{
	if (collection->community == 0)
		return fail(failure, ERROR_INPUT, "community: a collection belongs to one");
	if (collection->tlp > TLP_AMBER_STRICT)
		return fail(failure, ERROR_INPUT,
		    "tlp: expected CLEAR, GREEN, AMBER or AMBER+STRICT; what is RED goes to organisations by name");
	if (text_trim(text_of(collection->title)).size == 0)
		return fail(failure, ERROR_INPUT, "title: it is empty");
	if (!alias_is_plain(collection->alias))
		return fail(failure, ERROR_INPUT, "alias: expected a-z 0-9 - . _, and no UUID");
	return OK;
}
