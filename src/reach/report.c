/*
 * Writes the reach table as text. See report.h.
 */
#include "reach/report.h"

#include <inttypes.h>

#define NAME_COLUMNS 28

static void words(const struct catalog *catalog, struct builder *to, const char *msgid)
{
	build_text(to, catalog_text(catalog, text_of(msgid)));
}

/* Columns on a terminal: ideographs and kana take two. */
static unsigned width_of(struct text text)
{
	unsigned width = 0;
	while (text.size > 0) {
		uint32_t code = 0;
		size_t size = text_utf8_character(text, &code);
		size += size == 0;
		width += code >= 0x1100 && (code < 0x2000 || code >= 0x2e80) ? 2 : 1;
		text = (struct text){ text.at + size, text.size - size };
	}
	return width;
}

static void padded(struct builder *to, const char *text, unsigned columns)
{
	unsigned width = width_of(text_of(text));
	build_text(to, text_of(text));
	for (; width < columns; width++)
		build_char(to, ' ');
}

static void right(struct builder *to, const char *text, unsigned columns)
{
	for (unsigned width = width_of(text_of(text)); width < columns; width++)
		build_char(to, ' ');
	build_text(to, text_of(text));
}

static int64_t number(json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *string(json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static void heading(const struct catalog *catalog, struct builder *to, const char *first)
{
	padded(to, catalog_string(catalog, first), NAME_COLUMNS);
	right(to, catalog_string(catalog, N_("addressed")), 11);
	right(to, catalog_string(catalog, N_("reached")), 11);
	right(to, catalog_string(catalog, N_("rate")), 9);
	right(to, catalog_string(catalog, N_("self-checks")), 13);
	build_char(to, '\n');
}

static void row(struct builder *to, const char *name, json_t *counts)
{
	padded(to, name, NAME_COLUMNS);
	build_format(to, "%11" PRId64 "%11" PRId64 "%7.1f %%%13" PRId64 "\n", number(counts, "addressed"),
	    number(counts, "reached"), json_real_value(json_object_get(counts, "rate")), number(counts, "checked"));
}

static void reasons(const struct catalog *catalog, struct builder *to, json_t *tier)
{
	size_t i;
	json_t *reason;
	json_array_foreach(json_object_get(tier, "reasons"), i, reason)
	{
		build_text(to, i == 0 ? TEXT("\n") : TEXT_NONE);
		build_format(to, "%8" PRId64 "  ", number(reason, "count"));
		padded(to, string(tier, "tier"), 16);
		build_text(to, TEXT("  "));
		words(catalog, to, string(reason, "words"));
		build_char(to, '\n');
	}
}

static void test(const struct catalog *catalog, struct builder *to, json_t *test)
{
	size_t i, j;
	json_t *tier, *body;
	json_t *tiers = json_object_get(test, "tiers");
	struct builder year = { 0 };
	build_format(&year, "%" PRId64, number(test, "year"));
	const struct text parameters[] = { text_of(string(test, "drill")), text_of(year.at) };
	bool up = text_equal(text_of(string(test, "direction")), TEXT("up"));
	catalog_build(catalog,
	    text_of(up ? N_("Reach test {0} ({1}), upwards") : N_("Reach test {0} ({1}), downwards")), parameters, 2,
	    to);
	build_text(to, TEXT("\n\n"));
	heading(catalog, to, N_("tier"));
	json_array_foreach(tiers, i, tier) row(to, string(tier, "tier"), tier);
	json_array_foreach(tiers, i, tier)
	{
		if (json_array_size(json_object_get(tier, "bodies")) < 2)
			continue;
		build_format(to, "\n%s\n", string(tier, "tier"));
		heading(catalog, to, N_("sector body"));
		json_array_foreach(json_object_get(tier, "bodies"), j, body) row(to, string(body, "body"), body);
	}
	build_char(to, '\n');
	words(catalog, to, N_("Why others were not reached"));
	build_char(to, '\n');
	json_array_foreach(tiers, i, tier) reasons(catalog, to, tier);
	builder_free(&year);
}

void reach_report(json_t *table, const struct catalog *catalog, struct builder *to)
{
	size_t i;
	json_t *each, *years = json_object_get(table, "years");
	json_array_foreach(json_object_get(table, "tests"), i, each)
	{
		build_text(to, i > 0 ? TEXT("\n") : TEXT_NONE);
		test(catalog, to, each);
	}
	if (json_array_size(years) == 0)
		return;
	build_char(to, '\n');
	heading(catalog, to, N_("year and tier"));
	json_array_foreach(years, i, each)
	{
		struct builder name = { 0 };
		bool up = text_equal(text_of(string(each, "direction")), TEXT("up"));
		build_format(&name, "%" PRId64 " %s %s", number(each, "year"), up ? "↑" : "↓", string(each, "tier"));
		row(to, name.at, each);
		builder_free(&name);
	}
}
