/*
 * Findings as sightings; see reported.h. Called by check.c.
 */
#include "intel/reported.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct reported {
	struct json_parser *parser;
	json_t *met; /* by indicator: {"count": …, "first": …, "last": …}, times in ns */
};

struct reported *reported_new(void)
{
	struct reported *reported = calloc(1, sizeof *reported);
	if (reported) {
		reported->parser = json_parser_new(16);
		reported->met = json_object();
	}
	if (reported && reported->parser && reported->met)
		return reported;
	reported_free(reported);
	return NULL;
}

void reported_free(struct reported *reported)
{
	if (!reported)
		return;
	json_parser_free(reported->parser);
	json_decref(reported->met);
	free(reported);
}

/* ── taking ─ */

static void widen(json_t *met, const char *name, nanoseconds when, bool later)
{
	json_t *known = json_object_get(met, name);
	if (!known || (later ? when > json_integer_value(known) : when < json_integer_value(known)))
		json_object_set_new(met, name, json_integer(when));
}

bool reported_take(struct reported *reported, struct text line)
{
	struct json_value root;
	struct json_walk walk = { 0 };
	struct failure why;
	char id[ITEM_ID];
	uint64_t count = 1;
	bool assumed;
	if (json_parse(reported->parser, line, &root, &why) != OK ||
	    !text_copy(json_text(json_get(root, "indicator")), id, sizeof id))
		return false;
	json_t *met = json_object_get(reported->met, id);
	if (!met && json_object_set_new(reported->met, id, met = json_object()) != 0)
		return false;
	json_to_u64(json_get(root, "count"), &count);
	json_object_set_new(
	    met, "count", json_integer(json_integer_value(json_object_get(met, "count")) + (json_int_t)count));
	while (json_next(json_get(root, "records"), &walk)) {
		nanoseconds when;
		if (!time_parse(json_text(json_get(walk.value, "time")), 0, &when, &assumed))
			continue;
		widen(met, "first", when, false);
		widen(met, "last", when, true);
	}
	return true;
}

/* ── giving ─ */

/* In a space of our own: of all that it says. */
static struct uuid sighting_of(const char *words, size_t size)
{
	static const struct uuid space = { { 0x1f, 0x84, 0x3c, 0xd2, 0x70, 0x19, 0x4b, 0x66, 0xa5, 0x0e, 0x9b, 0x31,
	    0x5d, 0xc7, 0x28, 0xe4 } };
	return uuid_derived(space, words, size);
}

static void put_time(struct builder *to, const char *name, nanoseconds when)
{
	char written[TIME_TEXT];
	const struct item_time time = { .when = when };
	build_format(to, ",\"%s\":\"", name);
	build_text(to, item_time_text(&time, written));
	build_char(to, '"');
}

static void build_sighting(struct builder *to, const char *indicator, const json_t *met)
{
	char words[ITEM_ID + 96], id[UUID_TEXT];
	nanoseconds first = json_integer_value(json_object_get(met, "first"));
	nanoseconds last = json_integer_value(json_object_get(met, "last"));
	int64_t count = json_integer_value(json_object_get(met, "count"));
	int size = snprintf(words, sizeof words, "%s %" PRId64 " %" PRId64 " %" PRId64, indicator, first, last, count);
	builder_clear(to);
	build_format(to, "{\"type\":\"sighting\",\"spec_version\":\"2.1\",\"id\":\"sighting--%s\"",
	    uuid_format(sighting_of(words, (size_t)size), id));
	put_time(to, "created", last);
	put_time(to, "modified", last);
	put_time(to, "first_seen", first);
	put_time(to, "last_seen", last);
	build_format(to, ",\"count\":%" PRId64 ",\"sighting_of_ref\":", count);
	build_json_string(to, text_of(indicator));
	build_char(to, '}');
}

enum error reported_give(const struct reported *reported, const struct parcel_server *server, const char *collection,
    struct parcel_added *added, struct failure *failure)
{
	struct parcel_taxii *taxii = NULL;
	struct builder sighting = { 0 };
	const char *indicator;
	json_t *met;
	enum error error = parcel_taxii_open(server, &taxii, failure);
	*added = (struct parcel_added){ 0 };
	json_object_foreach(reported->met, indicator, met)
	{
		if (error)
			break;
		build_sighting(&sighting, indicator, met);
		error = sighting.failed
			    ? fail(failure, ERROR_MEMORY, "no memory for a sighting")
			    : parcel_taxii_add(taxii, collection, (struct text){ sighting.at, sighting.size }, failure);
	}
	if (!error)
		error = parcel_taxii_flush(taxii, failure);
	if (!error)
		*added = parcel_taxii_added(taxii);
	builder_free(&sighting);
	parcel_taxii_free(taxii);
	return error;
}
