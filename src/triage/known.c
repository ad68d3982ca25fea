/*
 * Known scanners, crawlers and checks. See known.h.
 */
#include "triage/known.h"

#include "base/data.h"
#include "base/log.h"

#define NOISE (1u << WARNINGLIST_SCANNER | 1u << WARNINGLIST_CRAWLER | 1u << WARNINGLIST_CHECK)

static void skipped(void *context, const char *file, struct text entry, const char *why)
{
	(void)context;
	log_write(LOG_DEBUG, "a warning list's entry is not used", LOG_FIELD_STRING("file", file),
	    LOG_FIELD_TEXT("entry", entry), LOG_FIELD_STRING("why", why));
}

enum error known_load(const char *folder, struct warninglists **lists, struct failure *failure)
{
	char kinds[4352];
	enum error error = data_find("warninglists/kinds", kinds, sizeof kinds, failure);
	return error ? error : warninglists_load(folder, kinds, skipped, NULL, lists, failure);
}

const char *known_source(void *context, const struct alert *alert, struct address remote)
{
	(void)alert;
	const struct warninglist *list = address_exists(remote) ? warninglist_address(context, remote, NOISE) : NULL;
	return list ? list->name : NULL;
}
