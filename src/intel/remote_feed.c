/*
 * One turn with a publisher's feed: asked for with what is known of it, read when it is another. In: bytes of a
 * stranger. Out: an item for each entry, and what the next request says (RFC 9110, 13.1).
 */
#include "formats/feed.h"
#include "intel/feed_item.h"
#include "intel/remote_inner.h"

#include <stdio.h>
#include <string.h>

#define REDIRECTS 3
#define ARENA (256u << 20) /* at most, for one entry */
#define ACCEPT                                                                                                         \
	"Accept: application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"

/* ── asking ─ */

static bool is_redirect(uint16_t status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* To another path of the same host alone: two signatures are for that one. */
static bool follow(const struct remote_turn *turn, const char *location, char url[static REMOTE_URL])
{
	struct remote there = { 0 };
	char absolute[REMOTE_URL];
	text_copy(text_of(turn->url), there.url, sizeof there.url);
	struct text host = remote_host(&there);
	int size = location[0] == '/' && location[1] != '/'
		       ? snprintf(absolute, sizeof absolute, "https://%.*s%s", (int)host.size, host.at, location)
		       : snprintf(absolute, sizeof absolute, "%s", location);
	if (size <= 0 || size >= (int)sizeof absolute)
		return false;
	memcpy(there.url, absolute, sizeof there.url);
	struct text to = remote_host(&there), before = text_of(turn->url);
	before = (struct text){ before.at + strlen("https://"), host.size };
	if (!text_equal_nocase(to, before) || !remote_feed_url(&there))
		return false;
	memcpy(url, absolute, sizeof absolute);
	return true;
}

static enum error ask(struct talk *talk, struct client_answer *told, struct failure *failure)
{
	const struct remote_turn *turn = talk->turn;
	char url[REMOTE_URL], match[160], since[160];
	const char *headers[5] = { ACCEPT };
	unsigned count = 1;
	snprintf(url, sizeof url, "%s", turn->url);
	snprintf(match, sizeof match, "If-None-Match: %s", turn->etag);
	snprintf(since, sizeof since, "If-Modified-Since: %s", turn->changed);
	if (*talk->authorization)
		headers[count++] = talk->authorization;
	if (*turn->etag)
		headers[count++] = match;
	if (*turn->changed)
		headers[count++] = since;
	for (unsigned i = 0; i <= REDIRECTS; i++) {
		const struct client_request request = {
			.url = url, .headers = headers, .note = "Last-Modified", .compressed = true
		};
		if (time_monotonic() > talk->end)
			return fail(failure, ERROR_AGAIN, "it timed out");
		enum error error = client_request(talk->client, &request, told, failure);
		if (error != OK || !is_redirect(told->status))
			return error;
		if (!follow(turn, told->location, url))
			return fail(failure, ERROR_DENIED, "the server sends elsewhere (%u): that is not followed",
			    told->status);
	}
	return fail(failure, ERROR_DENIED, "the server sends around in a circle");
}

/* ── reading ─ */

struct reading {
	const struct remote_turn *turn;
	const struct remote_reader *reader;
	struct remote_answer *answer;
	struct arena *arena;
};

static enum error take(void *context, const struct feed_entry *entry)
{
	struct reading *reading = context;
	struct item item;
	struct failure why = { 0 };
	arena_clear(reading->arena);
	enum error error = feed_item_make(
	    entry, text_of(reading->turn->name), reading->turn->tlp, time_now(), reading->arena, &item, &why);
	if (error != OK && error != ERROR_INPUT)
		return error;
	reading->answer->objects++;
	return error == OK ? reading->reader->item(reading->reader->context, &item, reading->arena)
			   : reading->reader->refused(reading->reader->context, why.words);
}

enum error remote_feed_read(struct text body, const struct remote_turn *turn, const struct remote_reader *reader,
    struct remote_answer *answer, struct failure *failure)
{
	struct failure why = { 0 };
	struct reading reading = { turn, reader, answer, arena_new(ARENA) };
	if (!reading.arena)
		return fail(failure, ERROR_MEMORY, "no memory for a feed");
	const struct feed_reader entries = { take, &reading };
	enum error error = feed_parse(body, turn->objects, &entries, &why);
	arena_free(reading.arena);
	if (error == ERROR_INPUT && answer->objects) { /* what stood before the mistake is kept */
		text_copy(text_of(why.words), answer->problem, sizeof answer->problem);
		return OK;
	}
	return error == OK ? OK : fail(failure, error, "%s", why.words);
}

/* What is said back as it came; what may have been cut is not. */
static void remember(const struct client_answer *told, struct remote_answer *answer)
{
	if (strlen(told->etag) + 1 < sizeof told->etag)
		text_copy(text_of(told->etag), answer->etag, sizeof answer->etag);
	if (strlen(told->noted) < sizeof answer->changed)
		text_copy(text_of(told->noted), answer->changed, sizeof answer->changed);
}

enum error remote_feed(const struct remote_turn *turn, const struct remote_reader *reader, struct remote_answer *answer,
    struct failure *failure)
{
	struct talk talk;
	struct client_answer told = { 0 };
	*answer = (struct remote_answer){ 0 };
	enum error error = talk_open(&talk, turn, failure);
	if (error == OK)
		error = ask(&talk, &told, failure);
	answer->http = told.status;
	answer->retry_after = told.retry_after;
	if (error == OK && told.status != 200 && told.status != 304)
		error = fail(failure, told.status == 429 || told.status == 503 ? ERROR_AGAIN : ERROR_SYSTEM,
		    "the server answered %u", told.status);
	if (error == OK && told.status == 200 && told.body.size > turn->bytes)
		error =
		    fail(failure, ERROR_LIMIT, "the feed has more than %llu bytes", (unsigned long long)turn->bytes);
	if (error == OK && told.status == 200) {
		remember(&told, answer);
		error = remote_feed_read(told.body, turn, reader, answer, failure);
	}
	talk_close(&talk);
	return error;
}
