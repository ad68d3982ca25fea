/*
 * Names: tunnels through DNS (many different long names below one domain), and generated names (many domains that do
 * not exist, asked for by one host). In: responses to a client.
 *
 * The domain that somebody registered is taken to be the last two labels, or the last three where the last but one is
 * as short as those that registries keep ("co.jp", "go.jp", "com.au").
 */
#include "watch/behaviour.h"

#include "base/hash.h"
#include "watch/behaviour_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_ERROR 3 /* RCODE (RFC 1035, 4.1.1) */

struct below {
	struct address client;
	uint64_t domain; /* hash */
};

struct tunnel {
	nanoseconds first, said;
	uint32_t asked;
	uint64_t length;
	struct distinct names;
};

struct host {
	nanoseconds first, said;
	uint32_t asked, missing;
	struct distinct domains, missed;
};

struct names {
	const struct behaviour_settings *settings;
	struct behaviour_table *tunnels, *hosts;
};

static void names_free(void *state)
{
	struct names *names = state;
	table_free(names->tunnels);
	table_free(names->hosts);
	free(names);
}

static void *names_make(const struct behaviour_settings *settings)
{
	struct names *names = calloc(1, sizeof *names);
	if (!names)
		return NULL;
	names->settings = settings;
	names->tunnels = table_new(settings->entries, sizeof(struct below), sizeof(struct tunnel), settings->seed);
	names->hosts = table_new(settings->entries / 8, sizeof(struct address), sizeof(struct host), settings->seed);
	if (!names->tunnels || !names->hosts) {
		names_free(names);
		return NULL;
	}
	return names;
}

static struct text registered(struct text name)
{
	size_t at = name.size, labels = 0, label_end = name.size, second = 0;
	while (at > 0) {
		while (at > 0 && name.at[at - 1] != '.')
			at--;
		if (++labels == 2)
			second = label_end - at;
		bool kept_by_registry = labels == 2 && second <= 3 && name.size - label_end == 3; /* ".jp" */
		if (labels == 3 || (labels == 2 && !kept_by_registry))
			break;
		label_end = at ? at - 1 : 0;
		at = label_end;
	}
	return (struct text){ name.at + at, name.size - at };
}

/* Bytes that the labels in front of the domain hold. Labels of one character are hexadecimal digits, as where addresses
 * of IPv6 are looked up in block lists (RFC 5782): two of them hold a byte. */
static size_t held(struct text name, size_t domain)
{
	size_t bytes = 0, halves = 0, label = 0;
	for (size_t i = 0; i + domain < name.size; i++) {
		label = name.at[i] == '.' ? 0 : label + 1;
		bytes++;
		halves += label == 1 && (i + 1 == name.size || name.at[i + 1] == '.');
	}
	return halves >= 8 ? bytes - halves * 3 / 2 : bytes;
}

static void look_for_tunnel(
    struct names *names, const struct seen_name *seen, struct text domain, finding_sink sink, void *context)
{
	const struct behaviour_settings *settings = names->settings;
	struct below key;
	memset(&key, 0, sizeof key);
	key.client = seen->client;
	key.domain = hash_text(domain, settings->seed);
	struct tunnel *tunnel = table_take(names->tunnels, &key, seen->time, NULL);
	if (tunnel->asked == 0 || seen->time - tunnel->first > settings->names_window)
		*tunnel = (struct tunnel){ .first = seen->time, .said = tunnel->said };
	tunnel->asked++;
	tunnel->length += held(seen->name, domain.size);
	distinct_add(&tunnel->names, hash_text(seen->name, settings->seed));
	uint32_t different = distinct_count(&tunnel->names);
	double length = (double)tunnel->length / tunnel->asked;
	if (different < settings->tunnel_names || length < settings->tunnel_length ||
	    (tunnel->said && seen->time - tunnel->said < settings->repeat))
		return;
	struct finding finding = { .kind = FINDING_DNS_TUNNEL,
		.first = tunnel->first,
		.last = seen->time,
		.source = seen->client,
		.object = domain,
		.count = different,
		.likelihood = 0.9 };
	snprintf(finding.words, sizeof finding.words,
	    "%u questions, about %u different names, %.0f bytes in front of the domain", tunnel->asked, different,
	    length);
	sink(context, &finding);
	tunnel->said = seen->time;
}

static void look_for_generated(
    struct names *names, const struct seen_name *seen, struct text domain, finding_sink sink, void *context)
{
	const struct behaviour_settings *settings = names->settings;
	struct host *host = table_take(names->hosts, &seen->client, seen->time, NULL);
	if (host->asked == 0 || seen->time - host->first > settings->names_window)
		*host = (struct host){ .first = seen->time, .said = host->said };
	host->asked++;
	distinct_add(&host->domains, hash_text(domain, settings->seed));
	if (seen->rcode != NAME_ERROR)
		return;
	host->missing++;
	distinct_add(&host->missed, hash_text(domain, settings->seed));
	uint32_t missed = distinct_count(&host->missed), all = distinct_count(&host->domains);
	if (missed < settings->generated_names || missed * 2 < all ||
	    (host->said && seen->time - host->said < settings->repeat))
		return;
	struct finding finding = { .kind = FINDING_GENERATED_NAMES,
		.first = host->first,
		.last = seen->time,
		.source = seen->client,
		.object = domain,
		.count = missed,
		.likelihood = 0.8 };
	snprintf(finding.words, sizeof finding.words,
	    "%u answers that there is no such name, about %u different domains of %u; the newest is shown",
	    host->missing, missed, all);
	sink(context, &finding);
	host->said = seen->time;
}

static void names_named(void *state, const struct seen_name *seen, finding_sink sink, void *context)
{
	struct names *names = state;
	struct text domain = registered(seen->name);
	if (domain.size == 0 || text_ends(seen->name, TEXT(".arpa")) || text_ends(seen->name, TEXT(".local")))
		return;
	look_for_tunnel(names, seen, domain, sink, context);
	look_for_generated(names, seen, domain, sink, context);
}

static uint64_t names_forgotten(const void *state)
{
	const struct names *names = state;
	return table_forgotten(names->tunnels) + table_forgotten(names->hosts);
}

const struct detector detector_names = {
	.make = names_make,
	.free = names_free,
	.named = names_named,
	.forgotten = names_forgotten,
	.spares_services = true,
};
