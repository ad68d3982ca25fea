/*
 * Reading the list `syslog` of the agent's configuration; see receive_options.h.
 */
#include "watch/receive_options.h"

#include "base/character.h"
#include "formats/format.h"
#include "watch/udp_socket.h"

#include <stdlib.h>
#include <string.h>

#define SOURCES_MOST 64

/* An item as the file has it. */
struct item {
	char *name, *listen, *certificate, *key, *authorities, *zone, *charset, *send, *content;
	struct option_list files, from, names;
	uint64_t longest;
	int64_t connections, connections_each, rate;
};

static const char *zone_problem(const char *value)
{
	int zone;
	return time_parse_zone(text_of(value), &zone) ? NULL : "expected a form as +09:00 or Z";
}

static const char *charset_problem(const char *value)
{
	return !*value || syslog_charset_known(text_of(value)) ? NULL : "there is no such character set";
}

static const char *content_problem(const char *value)
{
	return !*value || format_named(value) ? NULL
					      : "expected the name of a format, as `noroshi convert --help` lists them";
}

static const char *send_problem(const char *value)
{
	bool known = strcmp(value, "alerts") == 0 || strcmp(value, "sign-ins") == 0 || strcmp(value, "all") == 0;
	return known ? NULL : "expected \"alerts\", \"sign-ins\" or \"all\"";
}

#define AT(member) offsetof(struct item, member)

static const struct option table[] = {
	{ "name", OPTION_TEXT, AT(name), .fixed = true,
	    .summary = "How this source is called in records and counters." },
	{ "listen", OPTION_TEXT, AT(listen), .fixed = true,
	    .summary =
		"Where it receives: \"udp:PORT\", \"tcp:ADDRESS:PORT\", \"tls:[v6]:PORT\"; or `files` instead." },
	{ "files", OPTION_LIST, AT(files), .fixed = true,
	    .summary = "Log files that are read instead, with * ? [ ] in their names: auth.log, secure." },
	{ "from", OPTION_LIST, AT(from), .fixed = true,
	    .summary = "Prefixes of those who may send; empty: everybody." },
	{ "certificate", OPTION_PATH, AT(certificate), .fixed = true,
	    .summary = "TLS: PEM file of our certificate and its chain." },
	{ "key", OPTION_SECRET, AT(key), .fixed = true, .summary = "TLS: PEM file of its key." },
	{ "client_ca", OPTION_PATH, AT(authorities), .fixed = true,
	    .summary = "TLS: PEM file of the authority of senders' certificates; without it senders need none." },
	{ "client_names", OPTION_LIST, AT(names), .fixed = true,
	    .summary = "TLS: names that senders' certificates may have (DNS name or common name); empty: any." },
	{ "zone", OPTION_TEXT, AT(zone), "Z", .check = zone_problem, .fixed = true,
	    .summary = "Zone of times that name none, as +09:00." },
	{ "charset", OPTION_TEXT, AT(charset), .check = charset_problem, .fixed = true,
	    .summary = "Character set of messages that are no UTF-8; empty: told by content." },
	{ "send", OPTION_TEXT, AT(send), "sign-ins", .check = send_problem, .fixed = true,
	    .summary =
		"What is shipped: \"alerts\" of the detectors; \"sign-ins\": also what messages say of sign-ins and "
		"rights; \"all\": every message." },
	{ "content", OPTION_TEXT, AT(content), .check = content_problem, .fixed = true,
	    .summary = "Format of alerts that the messages carry (eve, cef, wazuh …): shipped as such; empty: they are "
		       "messages." },
	{ "longest", OPTION_SIZE, AT(longest), "64 KiB", 480, 1 << 20, .fixed = true,
	    .summary = "A longer message is cut there." },
	{ "connections", OPTION_INTEGER, AT(connections), "256", 1, 4096, .fixed = true,
	    .summary = "TCP, TLS: at most so many at a time." },
	{ "connections_each", OPTION_INTEGER, AT(connections_each), "16", 1, 4096, .fixed = true,
	    .summary = "TCP, TLS: at most so many of one sender." },
	{ "rate", OPTION_INTEGER, AT(rate), "10000", 0, 10000000, .unit = "a second", .fixed = true,
	    .summary =
		"Messages of one sender: what is more waits (TCP, TLS) or is dropped and counted (UDP); 0: any." },
	{ NULL },
};

const char *receive_transport_name(enum receive_transport transport)
{
	static const char *const names[] = { "file", "udp", "tcp", "tls" };
	return names[transport];
}

static void free_list(char **items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(items[i]);
	free(items);
}

static void source_free(struct receive_source *source)
{
	free(source->name);
	free(source->certificate);
	free(source->key);
	free(source->authorities);
	free(source->content);
	free((char *)(uintptr_t)source->syslog.charset.at);
	free(source->from);
	free_list(source->files, source->file_count);
	free_list(source->names, source->name_count);
}

void receive_sources_free(struct receive_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		source_free(&sources->items[i]);
	free(sources->items);
	*sources = (struct receive_sources){ 0 };
}

static bool is_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!char_is_digit(*c) && !(char_lower(*c) >= 'a' && char_lower(*c) <= 'z') && *c != '-' && *c != '_')
			return false;
	return *name && strlen(name) <= 60;
}

static bool copy(const char *text, char **to)
{
	*to = text && *text ? strdup(text) : NULL;
	return *to || !text || !*text;
}

static bool copy_list(const struct option_list *from, char ***items, size_t *count)
{
	*items = calloc(from->count + 1, sizeof **items);
	for (; *items && *count < from->count; (*count)++)
		if (!((*items)[*count] = strdup(from->items[*count])))
			return false;
	return *items != NULL;
}

static enum error take_listen(const struct item *item, struct receive_source *source, struct failure *failure)
{
	static const char *const names[] = { "udp:", "tcp:", "tls:" };
	if (item->files.count > 0 && !*item->listen) {
		source->transport = RECEIVE_FILES;
		return OK;
	}
	for (size_t i = 0; i < 3 && !item->files.count; i++) {
		size_t size = strlen(names[i]);
		if (strncmp(item->listen, names[i], size) != 0 ||
		    !socket_place_parse(text_of(item->listen + size), &source->address, &source->port))
			continue;
		source->transport = (enum receive_transport)(RECEIVE_UDP + i);
		bool tls = source->transport == RECEIVE_TLS;
		if (tls != (*item->certificate && *item->key))
			return fail(failure, ERROR_INPUT,
			    tls ? "tls needs a certificate and a key" : "certificate and key are for tls only");
		if (*item->authorities && !tls)
			return fail(failure, ERROR_INPUT, "client_ca is for tls only");
		if (item->names.count > 0 && !*item->authorities)
			return fail(failure, ERROR_INPUT, "client_names needs client_ca");
		return OK;
	}
	return fail(failure, ERROR_INPUT,
	    "listen = \"udp:PORT\", \"tcp:ADDRESS:PORT\" or \"tls:…\" was expected, or files instead");
}

static enum error take_from(const struct item *item, struct receive_source *source, struct failure *failure)
{
	source->from = calloc(item->from.count + 1, sizeof *source->from);
	if (!source->from)
		return fail(failure, ERROR_MEMORY, "no memory for the sources");
	for (size_t i = 0; i < item->from.count; i++, source->from_count++)
		if (!prefix_parse(text_of(item->from.items[i]), &source->from[i]))
			return fail(failure, ERROR_INPUT, "from: \"%.60s\" is no prefix such as 192.0.2.0/24",
			    item->from.items[i]);
	return OK;
}

static enum error take(const struct item *item, struct receive_source *source, struct failure *failure)
{
	char *charset = NULL;
	enum error error = take_listen(item, source, failure);
	if (!error)
		error = take_from(item, source, failure);
	if (error)
		return error;
	bool copied = copy(item->name, &source->name) && copy(item->certificate, &source->certificate) &&
		      copy(item->key, &source->key) && copy(item->authorities, &source->authorities) &&
		      copy(item->content, &source->content) && copy(item->charset, &charset) &&
		      copy_list(&item->files, &source->files, &source->file_count) &&
		      copy_list(&item->names, &source->names, &source->name_count);
	source->syslog.charset = text_of(charset);
	time_parse_zone(text_of(item->zone), &source->syslog.zone);
	source->send = strcmp(item->send, "all") == 0      ? RECEIVE_ALL
		       : strcmp(item->send, "alerts") == 0 ? RECEIVE_ALERTS
							   : RECEIVE_FACTS;
	source->longest = item->longest;
	source->connections = (uint32_t)item->connections;
	source->connections_each = (uint32_t)item->connections_each;
	source->rate = (uint32_t)item->rate;
	return copied ? OK : fail(failure, ERROR_MEMORY, "no memory for the sources");
}

static enum error take_item(void *context, void *settings, struct failure *failure)
{
	struct receive_sources *sources = context;
	const struct item *item = settings;
	struct receive_source source = { .name = NULL };
	if (!is_name(item->name))
		return fail(failure, ERROR_INPUT, "a source needs a name, of letters, digits, \"-\" and \"_\"");
	for (size_t i = 0; i < sources->count; i++)
		if (strcmp(sources->items[i].name, item->name) == 0)
			return fail(failure, ERROR_INPUT, "there is a source \"%s\" already", item->name);
	if (sources->count == SOURCES_MOST)
		return fail(failure, ERROR_LIMIT, "more than %d sources", SOURCES_MOST);
	enum error error = take(item, &source, failure);
	struct receive_source *more =
	    error ? NULL : realloc(sources->items, (sources->count + 1) * sizeof *sources->items);
	if (!more) {
		source_free(&source);
		return error ? error : fail(failure, ERROR_MEMORY, "no memory for the sources");
	}
	sources->items = more;
	sources->items[sources->count++] = source;
	return OK;
}

struct option_group receive_option_group(struct receive_sources *sources)
{
	return (struct option_group){ .name = "syslog",
		.options = table,
		.settings_size = sizeof(struct item),
		.each = take_item,
		.context = sources };
}
