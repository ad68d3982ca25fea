/*
 * The routes of lists for members' devices (lists.h): the list itself, as text. A device shows its token as a bearer
 * token or as the password of HTTP Basic; a member's people may look at what their devices get.
 */
#include "http/call.h"
#include "intel/lists.h"

#include <string.h>

#define STATE "lists"

static const char *const formats[] = { "plain", "csv", "hosts", "rpz", "suricata", NULL };
static const char *const types[] = { "text/plain; charset=utf-8", "text/csv; charset=utf-8",
	"text/plain; charset=utf-8", "text/dns", "text/plain; charset=utf-8" };
static const char *const actions[] = { "observe", "alert", "block", NULL };
static const char *const kinds[] = { "address", "name", "domain", "hostname", "url", "md5", "sha1", "sha256", "ja3",
	"ja3s", "ja4", "hassh", "hassh-server", "certificate-sha1", "certificate-sha256", "mail", "subject", NULL };

static size_t place_of(const char *const *words, struct text word, size_t otherwise)
{
	for (size_t i = 0; words[i]; i++)
		if (text_equal(word, text_of(words[i])))
			return i;
	return otherwise;
}

/* Made when somebody first asks. */
static struct lists *lists_of(struct center *center)
{
	struct lists *lists = center_state(center, STATE);
	if (lists || !(lists = lists_new()) || center_set_state(center, STATE, lists))
		return lists;
	lists_free(lists);
	return NULL;
}

static enum error list_read(struct call *call, struct failure *failure)
{
	struct lists *lists = lists_of(call->center);
	size_t format = place_of(formats, input_text(call, "format"), 0);
	const struct list_question question = { .format = formats[format],
		.least = (enum item_action)place_of(actions, input_text(call, "action"), ITEM_BLOCK),
		.kind = input_string(call, "kind"),
		.community = (uint32_t)input_integer(call, "community", 0) };
	struct list_answer answer;
	bool ready;
	if (question.community && !scope_covers_community(call->scope, question.community))
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	enum error error = lists_read(lists, call->store, call->scope, &question, call->now, &ready, &answer, failure);
	if (error)
		return error;
	call->again = !ready;
	if (!ready)
		return OK;
	call->type = types[format];
	call->version = answer.tag;
	call->modified = answer.modified;
	call->body = arena_text(call->arena, answer.text);
	return call->body.at ? OK : fail(failure, ERROR_MEMORY, "no memory for the list");
}

static const struct field list_fields[] = {
	{ "format", FIELD_CHOICE, IN_PATH, true, .choices = formats, .summary = "What the device reads." },
	{ "action", FIELD_CHOICE, IN_QUERY, false, .choices = actions,
	    .summary = "Those that ask for this, or for more; block when absent." },
	{ "kind", FIELD_CHOICE, IN_QUERY, false, .choices = kinds,
	    .summary = "Values of this kind alone; name: domains and host names." },
	{ "community", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,
	    .summary = "Of this community alone." },
	{ NULL },
};

static const struct route routes[] = {
	{ ROUTE_JSON, "GET", "/v1/lists/{format}", "list-read",
	    "What is in force for one's organisation, as a list for a firewall, a resolver, a proxy or an IDS.",
	    list_fields, ACTION_LIST_READ, .limits = { .per_minute = 300 }, .handle = list_read },
	{ .name = NULL },
};

static void tick(struct center *center, nanoseconds now)
{
	(void)now;
	if (center_state(center, STATE))
		lists_tick(center_state(center, STATE));
}

static void stop(struct center *center)
{
	lists_free(center_state(center, STATE));
	center_set_state(center, STATE, NULL);
}

const struct capability lists_capability = { .name = STATE, .routes = routes, .tick = tick, .stop = stop };
