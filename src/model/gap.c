/*
 * Gaps: codes, and the sentences that people read.
 */
#include "model/gap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const codes[GAP_KINDS] = {
	[GAP_NEVER] = "never",
	[GAP_SILENT] = "silent",
	[GAP_SLOW] = "slow",
	[GAP_DROPPING] = "dropping",
	[GAP_DRIFTING] = "drifting",
	[GAP_SAMPLED] = "sampled",
	[GAP_MAINTENANCE] = "maintenance",
	[GAP_NO_SENSOR] = "no-sensor",
};

const char *gap_kind_code(enum gap_kind kind)
{
	return (unsigned)kind < GAP_KINDS ? codes[kind] : "silent";
}

bool gap_kind_parse(struct text code, enum gap_kind *kind)
{
	for (unsigned i = 0; i < GAP_KINDS; i++)
		if (text_equal(code, text_of(codes[i]))) {
			*kind = (enum gap_kind)i;
			return true;
		}
	return false;
}

bool gap_is_blind(enum gap_kind kind)
{
	return kind == GAP_NEVER || kind == GAP_SILENT;
}

bool gap_overlaps(const struct gap *gap, nanoseconds from, nanoseconds to)
{
	bool empty = gap->to != 0 && gap->to <= gap->from; /* what was not seen then came later */
	return !empty && gap->from < to && (gap->to == 0 || gap->to > from);
}

/* "2026-11-21 12:10", in Japan. */
static void clock_text(nanoseconds time, char to[static 32])
{
	time_t seconds = (time_t)(time / SECOND) + 9 * 3600;
	struct tm tm;
	strftime(to, 32, "%Y-%m-%d %H:%M", gmtime_r(&seconds, &tm));
}

/* "since 2026-11-21 12:10 JST", or "2026-11-21 12:10–13:40 JST". */
static void write_period(const struct gap *gap, const struct catalog *catalog, struct builder *to)
{
	char from[32], end[32];
	clock_text(gap->from, from);
	if (gap->to == 0) {
		const struct text since = text_of(from);
		catalog_build(catalog, TEXT(N_("since {0} JST")), &since, 1, to);
		return;
	}
	clock_text(gap->to, end);
	const char *shown = strncmp(from, end, 10) == 0 ? end + 11 : end;
	build_format(to, "%s–%s JST", from, shown);
}

static const char *sentence(const struct gap *gap)
{
	switch (gap->kind) {
	case GAP_NEVER:
		return N_("Sensor {0}: enrolled and not heard of, {1}");
	case GAP_SILENT:
		return N_("Sensor {0}: silent, {1}");
	case GAP_SLOW:
		return strcmp(gap->code, "packets-low") == 0
			   ? N_("Sensor {0}: {2} packets where about {3} are usual, {1}")
			   : N_("Sensor {0}: {2} records where about {3} are usual, {1}");
	case GAP_DROPPING:
		return strcmp(gap->code, "content-lost") == 0 ? N_("Sensor {0}: {3} bytes of its files were lost, {1}")
							      : N_("Sensor {0}: {2} % of packets dropped, {1}");
	case GAP_DRIFTING:
		return strcmp(gap->code, "clock-behind-or-late") == 0
			   ? N_("Sensor {0}: its records come late, or its clock is behind ({2} s), {1}")
			   : N_("Sensor {0}: its clock is wrong by {2} s, {1}");
	case GAP_SAMPLED:
		return N_("Sensor {0}: looks at one packet in {2} only, {1}");
	case GAP_MAINTENANCE:
		return N_("Sensor {0}: planned maintenance, {1}: {2}");
	case GAP_NO_SENSOR:
	case GAP_KINDS:
		break;
	}
	return N_("No sensor of the organisation works, {1}");
}

/* In tenths, by integers: printf's point depends on the locale. */
static void tenths(char *to, size_t size, uint64_t part, uint64_t all)
{
	double share = all > 0 ? 1000.0 * (double)part / (double)all : 0;
	unsigned long long tenth = share > 0 && share < 1 ? 1 : (unsigned long long)(share + 0.5);
	snprintf(to, size, "%llu.%llu", tenth / 10, tenth % 10);
}

void gap_write(const struct gap *gap, const char *sensor, const struct catalog *catalog, struct builder *to)
{
	struct builder period = { 0 };
	char first[GAP_WORDS] = "", second[24] = "";
	write_period(gap, catalog, &period);
	if (gap->kind == GAP_SLOW)
		snprintf(first, sizeof first, "%" PRIu64, gap->seen);
	else if (gap->kind == GAP_DROPPING)
		tenths(first, sizeof first, gap->lost, gap->seen + gap->lost);
	else if (gap->kind == GAP_DRIFTING)
		snprintf(first, sizeof first, "%s%" PRId64, gap->error < 0 ? "−" : "+",
		    (gap->error < 0 ? -gap->error : gap->error) / SECOND);
	else if (gap->kind == GAP_SAMPLED)
		snprintf(first, sizeof first, "%" PRIu32, gap->sampling);
	else
		snprintf(first, sizeof first, "%s", gap->reason);
	snprintf(second, sizeof second, "%" PRIu64, gap->kind == GAP_SLOW ? gap->seen + gap->lost : gap->lost);
	const struct text parameters[] = { text_of(sensor), { period.at, period.size }, text_of(first),
		text_of(second) };
	catalog_build(catalog, text_of(sentence(gap)), parameters, 4, to);
	to->failed |= period.failed;
	builder_free(&period);
}
