/*
 * Writes the texts of the timing classes. See timing.h.
 */
#include "reach/timing.h"

#include <stdlib.h>

nanoseconds timing_within(enum dispatch_timing timing)
{
	static const nanoseconds within[] = {
		[TIMING_NONE] = DAY, [TIMING_SHORT] = 4 * HOUR, [TIMING_MIDDLE] = 3 * DAY, [TIMING_LONG] = 30 * DAY
	};
	return within[timing];
}

static void heading(const struct catalog *catalog, struct builder *to, const char *msgid)
{
	build_text(to, catalog_text(catalog, text_of(msgid)));
	build_text(to, TEXT("\n\n"));
}

/* ── short ─ */

static bool is_destination(struct text line)
{
	bool point = false;
	for (size_t i = 0; i < line.size; i++) {
		if ((unsigned char)line.at[i] <= ' ' || line.at[i] == '<' || line.at[i] == '>')
			return false;
		point |= line.at[i] == '.' || line.at[i] == ':';
	}
	return point && line.size <= 2000;
}

static void write_harmless(struct builder *to, struct text line)
{
	if (text_starts(line, TEXT("http"))) {
		build_text(to, TEXT("hxxp"));
		line = (struct text){ line.at + 4, line.size - 4 };
	}
	for (size_t i = 0; i < line.size; i++)
		build_text(to, line.at[i] == '.' ? TEXT("[.]") : (struct text){ line.at + i, 1 });
	build_char(to, '\n');
}

static enum error write_short(
    struct text content, const struct catalog *catalog, struct builder *to, struct failure *failure)
{
	heading(catalog, to,
	    N_("Destinations of first contact with command and control. Please look for them in your logs "
	       "and block them:"));
	for (unsigned number = 1; content.size > 0; number++) {
		struct text line = text_trim(text_cut(&content, '\n'));
		if (line.size == 0)
			continue;
		if (!is_destination(line))
			return fail(
			    failure, ERROR_INPUT, "content: line %u: an address, domain or URL was expected", number);
		write_harmless(to, line);
	}
	return OK;
}

/* ── middle ─ */

struct vulnerability {
	struct text id, attack, title;
	double severity, weight; /* weight: sum of severities of its attack */
};

static bool take_vulnerability(struct text line, struct vulnerability *vulnerability)
{
	*vulnerability = (struct vulnerability){ .id = text_trim(text_cut(&line, '|')) };
	struct text severity = text_trim(text_cut(&line, '|'));
	vulnerability->attack = text_trim(text_cut(&line, '|'));
	vulnerability->title = text_trim(line);
	return vulnerability->id.size > 0 && vulnerability->attack.size > 0 &&
	       text_to_double(severity, &vulnerability->severity) && vulnerability->severity >= 0 &&
	       vulnerability->severity <= 10;
}

static int gravest_first(const void *a, const void *b)
{
	const struct vulnerability *one = a, *other = b;
	if (!text_equal(one->attack, other->attack))
		return one->weight > other->weight   ? -1
		       : one->weight < other->weight ? 1
						     : text_compare(one->attack, other->attack);
	return one->severity > other->severity   ? -1
	       : one->severity < other->severity ? 1
						 : text_compare(one->id, other->id);
}

static enum error write_middle(struct text content, const struct catalog *catalog, struct arena *arena,
    struct builder *to, struct failure *failure)
{
	size_t count = 0;
	struct vulnerability *list = arena_take(arena, TIMING_LINES * sizeof *list);
	if (!list)
		return fail(failure, ERROR_MEMORY, "no memory for the content");
	for (unsigned number = 1; content.size > 0; number++) {
		struct text line = text_trim(text_cut(&content, '\n'));
		if (line.size == 0)
			continue;
		if (count == TIMING_LINES)
			return fail(failure, ERROR_INPUT, "content: at most %d lines", TIMING_LINES);
		if (!take_vulnerability(line, &list[count++]))
			return fail(failure, ERROR_INPUT,
			    "content: line %u: \"CVE-… | severity 0–10 | attack | title\" was expected", number);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			list[i].weight += text_equal(list[i].attack, list[j].attack) ? list[j].severity : 0;
	qsort(list, count, sizeof *list, gravest_first);
	heading(catalog, to, N_("Vulnerabilities that are used in attacks, the gravest attack first:"));
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !text_equal(list[i].attack, list[i - 1].attack))
			build_format(to, "%s%.*s\n", i > 0 ? "\n" : "", (int)list[i].attack.size, list[i].attack.at);
		build_format(to, "  %4.1f  %.*s  %.*s\n", list[i].severity, (int)list[i].id.size, list[i].id.at,
		    (int)list[i].title.size, list[i].title.size ? list[i].title.at : "");
	}
	return OK;
}

enum error timing_write(enum dispatch_timing timing, struct text content, const struct catalog *catalog,
    struct arena *arena, struct builder *to, struct failure *failure)
{
	content = text_trim(content);
	if (content.size == 0)
		return fail(failure, ERROR_INPUT, "content: what the class asks for is missing");
	if (timing == TIMING_SHORT)
		return write_short(content, catalog, to, failure);
	if (timing == TIMING_MIDDLE)
		return write_middle(content, catalog, arena, to, failure);
	heading(catalog, to, N_("General advice:"));
	build_text(to, content);
	return OK;
}
