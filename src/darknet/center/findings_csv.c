/*
 * What telescopes found as CSV: a row for each group, change, scan or victim; columns of its sort.
 *
 *   "darknet" of a telescope's line ─► finding_csv_row() ─► cells, quoted and safe for spreadsheets (base/csv.h)
 */
#include "darknet/center/findings.h"

#include "base/codec.h"
#include "base/csv.h"

#include <string.h>

/* `place`: of the finding, of an object in it behind a dot; NULL: the address that the line is about. */
struct column {
	const char *title, *place;
};

#define TIMES                                                                                                          \
	{ "first", "first" },                                                                                          \
	{                                                                                                              \
		"last", "last"                                                                                         \
	}
#define RATES                                                                                                          \
	{ "rate", "rate" }, { "rate_low", "rate_low" },                                                                \
	{                                                                                                              \
		"rate_high", "rate_high"                                                                               \
	}
#define CHANCE                                                                                                         \
	{ "observed", "observed" }, { "expected", "expected" }, { "surprise", "surprise" },                            \
	{                                                                                                              \
		"threshold", "threshold"                                                                               \
	}

static const struct column group_columns[] = {
	{ "number", "number" },
	{ "open", "open" },
	TIMES,
	{ "sources", "sources" },
	{ "packets", "packets" },
	CHANCE,
	{ "ports", "ports" },
	{ "tool", "tool" },
	{ "common_port", "common.port" },
	{ "common_country", "common.country" },
	{ "common_network", "common.network" },
	{ "common_tool", "common.tool" },
	{ "addresses", "addresses" },
	{ NULL },
};
static const struct column change_columns[] = {
	{ "port", "port" },
	{ "country", "country" },
	{ "network", "network" },
	{ "change", "change" },
	{ "new", "new" },
	{ "over", "over" },
	{ "from", "from" },
	{ "to", "to" },
	CHANCE,
	{ NULL },
};
static const struct column scan_columns[] = {
	{ "source", NULL },
	{ "kind", "kind" },
	TIMES,
	{ "tool", "tool" },
	{ "worm", "worm" },
	{ "research", "research.confidence" },
	{ "ports", "ports" },
	{ "packets", "packets" },
	{ "targets", "targets" },
	{ "coverage", "coverage" },
	RATES,
	{ "sources", "sources" },
	{ NULL },
};
static const struct column victim_columns[] = {
	{ "victim", NULL },
	TIMES,
	{ "vectors", "vectors" },
	{ "reflector", "reflector" },
	{ "ports", "ports" },
	{ "packets", "packets" },
	RATES,
	{ NULL },
};

static const struct column *columns_of(struct text what)
{
	static const struct {
		const char *what;
		const struct column *columns;
	} sorts[] = { { "group", group_columns }, { "change", change_columns }, { "scan", scan_columns } };
	for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
		if (text_equal(what, text_of(sorts[i].what)))
			return sorts[i].columns;
	return victim_columns;
}

/* Texts and numbers; anything else says nothing. */
static void put_plain(struct builder *to, const json_t *value)
{
	if (json_is_string(value))
		build_text(to, text_of(json_string_value(value)));
	else if (json_is_integer(value))
		build_format(to, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		build_format(to, "%.10g", json_real_value(value));
}

static void put_list(struct builder *to, const json_t *list)
{
	struct builder words = { 0 };
	size_t place;
	json_t *one;
	json_array_foreach(list, place, one)
	{
		if (place)
			build_char(&words, ' ');
		put_plain(&words, one);
	}
	build_text(&words, TEXT("")); /* of no entries there is a text, too */
	to->failed |= words.failed;
	if (!words.failed)
		csv_put(to, words.at);
	builder_free(&words);
}

static void put_value(struct builder *to, const json_t *value)
{
	if (json_is_array(value))
		put_list(to, value);
	else if (json_is_string(value))
		csv_put(to, json_string_value(value));
	else if (json_is_boolean(value))
		csv_put(to, json_is_true(value) ? "yes" : "no");
	else
		put_plain(to, value);
}

static const json_t *value_at(const json_t *finding, const char *place)
{
	const char *dot = strchr(place, '.');
	return dot ? json_object_get(json_object_getn(finding, place, (size_t)(dot - place)), dot + 1)
		   : json_object_get(finding, place);
}

void finding_csv_head(struct builder *to, struct text what)
{
	build_text(to, TEXT("occurred,organisation,id"));
	for (const struct column *column = columns_of(what); column->title; column++)
		build_format(to, ",%s", column->title);
	build_text(to, TEXT("\r\n"));
}

void finding_csv_row(struct builder *to, struct text what, const struct alert *alert, const json_t *finding)
{
	char time[TIME_TEXT], address[ADDRESS_TEXT], id[UUID_TEXT] = "";
	struct uuid group = finding_id(alert, finding);
	csv_put(to, time_format(alert->occurred, time));
	build_format(to, ",%lu,", (unsigned long)alert->organisation);
	csv_put(to, uuid_is_nil(group) ? id : uuid_format(group, id));
	for (const struct column *column = columns_of(what); column->title; column++) {
		build_char(to, ',');
		if (column->place)
			put_value(to, value_at(finding, column->place));
		else
			csv_put(to, address_format(alert->source, address));
	}
	build_text(to, TEXT("\r\n"));
}
