/*
 * Remotes: what an administrator may write into one, and how long it rests after failures. Called by the store, the
 * routes and the keeper.
 */
#include "model/remote.h"

#include <string.h>

#define WAIT_FIRST (30 * SECOND)
#define WAIT_LONGEST (4 * HOUR)

static const char *const ways[REMOTE_WAYS] = { "poll", "push" };

const char *remote_way_code(enum remote_way way)
{
	return ways[way];
}

static const char *const kinds[REMOTE_KINDS] = { "taxii", "feed" };

const char *remote_kind_code(enum remote_kind kind)
{
	return kinds[kind];
}

bool remote_kind_parse(struct text code, enum remote_kind *kind)
{
	for (unsigned i = 0; i < REMOTE_KINDS; i++)
		if (text_equal(code, text_of(kinds[i]))) {
			*kind = (enum remote_kind)i;
			return true;
		}
	return false;
}

static bool is_one_of(const char *text, const char *allowed)
{
	return strspn(text, allowed) == strlen(text);
}

#define SMALL "abcdefghijklmnopqrstuvwxyz0123456789"
#define LARGE "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A file's name in one folder: no way out of it, and none to hidden ones. */
static bool is_file_name(const char *name)
{
	return is_one_of(name, SMALL LARGE "-._") && name[0] != '.';
}

struct text remote_host(const struct remote *remote)
{
	struct text rest = text_of(remote->url);
	if (!text_starts(rest, TEXT("https://")))
		return TEXT_NONE;
	rest = (struct text){ rest.at + 8, rest.size - 8 };
	return text_cut(&rest, '/');
}

/* Nothing that two readers could take for different things: no user, no query, no escapes. */
static bool url_is_plain(const struct remote *remote)
{
	struct text host = remote_host(remote), url = text_of(remote->url);
	return host.size > 0 && text_ends(url, TEXT("/")) && url.size > 8 + host.size &&
	       is_one_of(remote->url + 8, SMALL LARGE "-._~/:[]") && !strstr(remote->url + 8, "//") &&
	       !strstr(remote->url, "/../") && !strstr(remote->url, "/./");
}

bool remote_feed_url(const struct remote *remote)
{
	char host[REMOTE_URL];
	struct text named = remote_host(remote);
	text_copy(named, host, sizeof host);
	return named.size > 0 && is_one_of(host, SMALL LARGE "-._:[]") && remote->url[8 + named.size] == '/' &&
	       is_one_of(remote->url + 8, SMALL LARGE "-._~/:[]?&=%+,;@!") && !strstr(remote->url, "/../") &&
	       !strstr(remote->url, "/./");
}

/* NULL, or what is wrong with where it is. */
static const char *place_problem(const struct remote *remote)
{
	if (remote->kind == REMOTE_FEED) {
		if (!remote_feed_url(remote))
			return "url: expected the address of a feed: https://HOST/…";
		if (*remote->there)
			return "there: a feed has no collections";
		return remote->does[REMOTE_PUSH] ? "push: nothing can be given to a feed" : NULL;
	}
	if (!url_is_plain(remote))
		return "url: expected an API root of TAXII: https://HOST/…/, with \"/\" at its end";
	return !*remote->there || !is_file_name(remote->there) ? "there: expected the id or the alias of a collection"
							       : NULL;
}

static const char *limits_problem(const struct remote *remote)
{
	if (remote->every < 5 * SECOND || remote->every > 7 * DAY)
		return "every: expected 5 seconds to 7 days";
	if (remote->objects < 1 || remote->objects > 1000)
		return "objects: expected 1 to 1000";
	if (remote->bytes < 64 << 10 || remote->bytes > 32 << 20)
		return "bytes: expected 65536 to 33554432";
	if (remote->within < SECOND || remote->within > 5 * MINUTE)
		return "within: expected 1 to 300 seconds";
	return NULL;
}

enum error remote_check(const struct remote *remote, struct failure *failure)
{
	const char *problem = limits_problem(remote), *place = place_problem(remote);
	if (!*remote->name || !is_one_of(remote->name, SMALL "-._") || remote->name[0] == '.')
		problem = "name: expected a-z 0-9 - . _";
	else if (place)
		problem = place;
	else if (!is_file_name(remote->credential) || !is_file_name(remote->authorities))
		problem = "credential, authorities: expected the name of a file in the folder intel.remotes_folder";
	else if (*remote->user && (!*remote->credential || strchr(remote->user, ':')))
		problem = "user: it goes with a credential, and has no colon";
	else if (!remote->does[REMOTE_POLL] && !remote->does[REMOTE_PUSH])
		problem = "poll, push: one of them at least";
	else if (remote->collection == 0)
		problem = "collection: there is no such collection";
	else if (remote->organisation == 0)
		problem =
		    "organisation: whose become the objects that come, and to whom nothing of its own is given back";
	return problem ? fail(failure, ERROR_INPUT, "%s", problem) : OK;
}

nanoseconds remote_wait(const struct remote *remote, uint32_t failures, uint64_t random)
{
	nanoseconds wait = remote->every > WAIT_FIRST ? remote->every : WAIT_FIRST;
	for (uint32_t i = 1; i < failures && wait < WAIT_LONGEST; i++)
		wait *= 2;
	if (wait > WAIT_LONGEST && remote->every < WAIT_LONGEST)
		wait = WAIT_LONGEST;
	return wait - (nanoseconds)(random % (uint64_t)(wait / 4));
}
