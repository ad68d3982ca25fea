/*
 * Adds up what sensors and their gaps leave of a time.
 */
#include "model/coverage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void coverage_begin(struct coverage *coverage, nanoseconds from, nanoseconds to)
{
	*coverage = (struct coverage){ .from = from, .to = to - from < SECOND ? from + SECOND : to };
}

static void sensor_close(struct coverage *coverage)
{
	if (!coverage->in_sight)
		return;
	double all = (double)(coverage->to - coverage->from);
	coverage->sensors++;
	coverage->whole += coverage->dark <= 0;
	coverage->blind += all - (all - coverage->dark) * coverage->passed;
	coverage->in_sight = false;
}

void coverage_sensor(struct coverage *coverage, const struct sensor *sensor)
{
	sensor_close(coverage);
	coverage->in_sight = sensor->state != SENSOR_REVOKED;
	coverage->dark = 0;
	coverage->passed = 1;
	coverage->seen_to = coverage->from;
}

/* Gaps of one sensor come by their beginning: what they have in common is dark once. */
static void darken(struct coverage *coverage, const struct gap *gap)
{
	nanoseconds from = gap->from > coverage->seen_to ? gap->from : coverage->seen_to;
	nanoseconds to = gap->to == 0 || gap->to > coverage->to ? coverage->to : gap->to;
	if (to <= from)
		return;
	coverage->dark += (double)(to - from);
	coverage->seen_to = to;
}

static void dim(struct coverage *coverage, const struct gap *gap)
{
	double passed = 1;
	if (gap->kind == GAP_SAMPLED && gap->sampling > 1)
		passed = 1.0 / gap->sampling;
	else if (gap->kind == GAP_DROPPING && gap->seen > 0)
		passed = (double)gap->seen / ((double)gap->seen + (double)gap->lost);
	if (passed < coverage->passed)
		coverage->passed = passed;
}

void coverage_gap(struct coverage *coverage, const struct sensor *sensor, const struct gap *gap)
{
	if (sensor && sensor->state == SENSOR_REVOKED)
		return;
	if (sensor && gap->kind == GAP_NEVER && gap->from >= coverage->to)
		coverage->in_sight = false; /* it was not there yet */
	if (!gap_overlaps(gap, coverage->from, coverage->to))
		return;
	if (sensor && gap_is_blind(gap->kind))
		darken(coverage, gap);
	else if (sensor)
		dim(coverage, gap);
	coverage->gaps_all++;
	if (coverage->gap_count == COVERAGE_GAPS)
		return;
	struct coverage_gap *listed = &coverage->gaps[coverage->gap_count++];
	listed->gap = *gap;
	text_copy(text_of(sensor ? sensor->name : ""), listed->sensor, sizeof listed->sensor);
}

void coverage_end(struct coverage *coverage)
{
	sensor_close(coverage);
	double all = (double)(coverage->to - coverage->from) * coverage->sensors;
	coverage->share = all > 0 ? 1 - coverage->blind / all : 0;
	if (coverage->share < 0)
		coverage->share = 0;
}

void coverage_write(const struct coverage *coverage, const struct catalog *catalog, struct builder *to)
{
	char whole[16], sensors[16], share[8];
	if (coverage->sensors == 0) {
		build_text(to, catalog_text(catalog, TEXT(N_("No sensor was there: nothing can have been seen."))));
		return;
	}
	unsigned percent = (unsigned)(coverage->share * 100);
	snprintf(whole, sizeof whole, "%" PRIu32, coverage->whole);
	snprintf(sensors, sizeof sensors, "%" PRIu32, coverage->sensors);
	snprintf(share, sizeof share, "%u", percent == 0 && coverage->share > 0 ? 1 : percent);
	const struct text parameters[] = { text_of(whole), text_of(sensors), text_of(share) };
	catalog_build(
	    catalog, TEXT(N_("{0} of {1} sensors watched the whole time; coverage {2} %")), parameters, 3, to);
}
