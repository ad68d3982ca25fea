/*
 * The conditions of one sensor: what begins them, what ends them. See fleet.h.
 */
#include "fleet/fleet.h"

#include <string.h>

#define INTERVAL_WEIGHT 0.1
#define RATE_WEIGHT 0.1
#define LATE_MOST DAY /* what is older is old content, not a clock */
#define SAMPLED_FOR DAY
#define JAPAN (9 * HOUR)

/* Sinks and settings of one call. */
struct judging {
	const struct fleet_settings *settings;
	struct fleet_sensor *sensor;
	fleet_changed changed;
	void *context;
};

static void begin(struct judging *judging, enum gap_kind kind, const char *code, nanoseconds from)
{
	struct fleet_sensor *sensor = judging->sensor;
	struct fleet_condition *condition = &sensor->conditions[kind];
	*condition = (struct fleet_condition){ .on = true,
		.gap = { .organisation = sensor->organisation, .sensor = sensor->sensor, .kind = kind, .from = from } };
	text_copy(text_of(code), condition->gap.code, sizeof condition->gap.code);
}

static void tell(struct judging *judging, enum gap_kind kind)
{
	judging->changed(judging->context, judging->sensor, &judging->sensor->conditions[kind].gap);
}

static void end(struct judging *judging, enum gap_kind kind, nanoseconds to)
{
	struct fleet_condition *condition = &judging->sensor->conditions[kind];
	condition->gap.to = to > condition->gap.from ? to : condition->gap.from;
	condition->on = false;
	condition->better = 0;
	tell(judging, kind);
}

void fleet_meet(struct fleet_sensor *sensor, uint32_t number, uint32_t organisation, nanoseconds last, nanoseconds now)
{
	*sensor = (struct fleet_sensor){ .sensor = number, .organisation = organisation, .known = now, .last = last };
	sensor->hour = now / HOUR;
	sensor->partial = true;
}

void fleet_resume(struct fleet_sensor *sensor, const struct gap *gap)
{
	if ((unsigned)gap->kind < GAP_KINDS)
		sensor->conditions[gap->kind] = (struct fleet_condition){ .on = true, .gap = *gap };
}

/* ── silent ─ */

nanoseconds fleet_patience(const struct fleet_settings *settings, const struct fleet_sensor *sensor)
{
	nanoseconds usual = (nanoseconds)(settings->silence_factor * sensor->interval);
	return usual > settings->silence ? usual : settings->silence;
}

static void learn_interval(struct fleet_sensor *sensor, nanoseconds received)
{
	double passed = (double)(received - sensor->last);
	if (sensor->last == 0 || passed <= 0)
		return;
	sensor->interval =
	    sensor->interval > 0 ? sensor->interval + INTERVAL_WEIGHT * (passed - sensor->interval) : passed;
}

/* Heard again. What comes first tells how long it really saw nothing: an agent that could not reach the centre delivers
 * now what it saw meanwhile. */
static void resumes(struct judging *judging, const struct heard *heard)
{
	struct fleet_condition *silent = &judging->sensor->conditions[GAP_SILENT];
	if (!silent->on || silent->better)
		return;
	nanoseconds to = heard->received;
	if (heard->oldest > silent->gap.from && heard->oldest < to)
		to = heard->oldest;
	if (to - silent->gap.from <= fleet_patience(judging->settings, judging->sensor))
		to = silent->gap.from; /* made up for */
	silent->better = heard->received;
	silent->gap.to = to;
}

static void judge_silence(struct judging *judging, nanoseconds now, nanoseconds awake)
{
	struct fleet_sensor *sensor = judging->sensor;
	struct fleet_condition *silent = &sensor->conditions[GAP_SILENT];
	nanoseconds since = sensor->last > awake ? sensor->last : awake;
	bool quiet = sensor->last && now - since > fleet_patience(judging->settings, sensor);
	if (quiet && !silent->on) {
		begin(judging, GAP_SILENT, "no-record", sensor->last);
		tell(judging, GAP_SILENT);
	} else if (quiet) {
		silent->better = silent->gap.to = 0;
	} else if (silent->on && silent->better && now - silent->better >= judging->settings->recover) {
		end(judging, GAP_SILENT, silent->gap.to);
	}
}

/* ── slow ─ */

static size_t slot_of(int64_t hour)
{
	int64_t japan = hour + JAPAN / HOUR, weekday = (japan / 24 + 4) % 7; /* the epoch was a Thursday */
	return (size_t)(japan % 24) + (weekday == 0 || weekday == 6 ? 24 : 0);
}

double fleet_usual(const struct fleet_settings *settings, const struct fleet_sensor *sensor, nanoseconds now)
{
	size_t slot = slot_of(now / HOUR);
	return sensor->days[slot] >= settings->slow_days ? sensor->usual[slot] : 0;
}

/* Weighted, so that the last ten such days or so count. */
static void learn_rate(double *usual, uint16_t *days, uint64_t records)
{
	double weight = 1 / ((double)*days + 1);
	if (weight < RATE_WEIGHT)
		weight = RATE_WEIGHT;
	*usual += weight * ((double)records - *usual);
	*days = *days < 1000 ? *days + 1 : *days;
}

/* What came in the hour against what is usual in such an hour. */
struct rate {
	const char *code;
	double usual; /* 0 = not known, or too little to be judged by */
	uint64_t came;
};

static struct rate rate_of(
    const struct fleet_settings *settings, const char *code, double usual, uint16_t days, uint64_t came)
{
	bool known = days >= settings->slow_days && usual >= (double)settings->slow_least;
	return (struct rate){ code, known ? usual : 0, came };
}

static bool is_low(const struct rate *rate, double share)
{
	return rate->usual > 0 && (double)rate->came < share * rate->usual;
}

static void judge_hour(struct judging *judging)
{
	struct fleet_sensor *sensor = judging->sensor;
	const struct fleet_settings *settings = judging->settings;
	struct fleet_condition *slow = &sensor->conditions[GAP_SLOW];
	nanoseconds from = sensor->hour * HOUR;
	size_t slot = slot_of(sensor->hour);
	const struct rate rates[] = {
		rate_of(settings, "rate-low", sensor->usual[slot], sensor->days[slot], sensor->records),
		rate_of(
		    settings, "packets-low", sensor->usual_arrived[slot], sensor->days_arrived[slot], sensor->arrived),
	};
	const struct rate *low = is_low(&rates[0], settings->slow_share)   ? &rates[0]
				 : is_low(&rates[1], settings->slow_share) ? &rates[1]
									   : NULL;
	if (low) {
		if (!slow->on)
			begin(judging, GAP_SLOW, low->code, from);
		slow->gap.seen += low->came;
		slow->gap.lost += (uint64_t)(low->usual - (double)low->came);
		tell(judging, GAP_SLOW);
	} else if (slow->on && !is_low(&rates[0], 2 * settings->slow_share) &&
		   !is_low(&rates[1], 2 * settings->slow_share)) {
		end(judging, GAP_SLOW, from);
	}
	learn_rate(&sensor->usual[slot], &sensor->days[slot], sensor->records);
	if (sensor->arrived || sensor->days_arrived[slot])
		learn_rate(&sensor->usual_arrived[slot], &sensor->days_arrived[slot], sensor->arrived);
}

/* Hours that end are judged, unless they were not listened to as a whole: silence is another matter. */
static void pass_hours(struct judging *judging, nanoseconds now)
{
	struct fleet_sensor *sensor = judging->sensor;
	int64_t hour = now / HOUR;
	if (hour <= sensor->hour)
		return;
	bool silent = sensor->conditions[GAP_SILENT].on || sensor->last == 0;
	if (!sensor->partial && !silent && hour == sensor->hour + 1)
		judge_hour(judging);
	sensor->partial = hour != sensor->hour + 1 || silent;
	sensor->hour = hour;
	sensor->records = sensor->arrived = 0;
}

/* ── dropping ─ */

static uint64_t grown(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now; /* less than before: it was started anew */
}

static void hear_counters(struct judging *judging, const struct heard *heard)
{
	struct fleet_sensor *sensor = judging->sensor;
	if (!heard->counted)
		return;
	if (sensor->counted) {
		uint64_t packets = grown(heard->packets, sensor->packets), drops = grown(heard->drops, sensor->drops);
		if (!sensor->window)
			sensor->window = sensor->last ? sensor->last : heard->received;
		sensor->lost += drops;
		sensor->passed += packets > drops ? packets - drops : 0;
	}
	sensor->counted = true;
	sensor->packets = heard->packets;
	sensor->drops = heard->drops;
}

/* A telescope says how many since it said so before. */
static void hear_telescope(struct fleet_sensor *sensor, const struct heard *heard)
{
	if (!heard->written)
		return;
	if (!sensor->window)
		sensor->window = sensor->last ? sensor->last : heard->received;
	sensor->lost += heard->lost;
	sensor->passed += heard->arrived;
	sensor->arrived += heard->arrived;
}

static void judge_drops(struct judging *judging, nanoseconds now)
{
	struct fleet_sensor *sensor = judging->sensor;
	const struct fleet_settings *settings = judging->settings;
	struct fleet_condition *dropping = &sensor->conditions[GAP_DROPPING];
	if (!sensor->window || now - sensor->window < settings->drop_window)
		return;
	double lost = (double)sensor->lost, all = lost + (double)sensor->passed;
	bool bad = sensor->lost >= (uint64_t)settings->drop_least && lost >= settings->drop_share * all && lost > 0;
	if (bad || (dropping->on && lost > settings->drop_share / 2 * all)) {
		if (!dropping->on)
			begin(judging, GAP_DROPPING, "packets-dropped", sensor->window);
		dropping->gap.lost += sensor->lost;
		dropping->gap.seen += sensor->passed;
		tell(judging, GAP_DROPPING);
	} else if (dropping->on) {
		end(judging, GAP_DROPPING, sensor->window);
	}
	sensor->window = 0;
	sensor->lost = sensor->passed = 0;
}

/* The agent lost content: a gap of its own, from when it was heard before. */
static void hear_content(struct judging *judging, const struct heard *heard)
{
	struct fleet_sensor *sensor = judging->sensor;
	if (!heard->agent)
		return;
	uint64_t lost = grown(heard->content, sensor->content);
	sensor->content = heard->content;
	if (lost == 0)
		return;
	struct gap gap = { .organisation = sensor->organisation,
		.sensor = sensor->sensor,
		.kind = GAP_DROPPING,
		.code = "content-lost",
		.from = sensor->last && sensor->last < heard->received ? sensor->last : heard->received - SECOND,
		.to = heard->received,
		.lost = lost };
	judging->changed(judging->context, sensor, &gap);
}

/* ── drifting ─ */

static void hear_clock(struct fleet_sensor *sensor, const struct heard *heard)
{
	if (!heard->newest && !heard->agent && !heard->written)
		return;
	if (!sensor->clock)
		sensor->clock = heard->received;
	if (heard->written && (!sensor->wrote || heard->received - heard->written < sensor->written)) {
		sensor->written = heard->received - heard->written;
		sensor->wrote = true;
	}
	nanoseconds delay = heard->received - heard->newest;
	if (heard->newest && (!sensor->delayed || delay < sensor->delay)) {
		sensor->delay = delay;
		sensor->delayed = true;
	}
	if (heard->agent) {
		sensor->clock_said = heard->clock - heard->received;
		sensor->clock_told = true;
	}
}

static nanoseconds distance(nanoseconds error)
{
	return error < 0 ? -error : error;
}

/* Of the window: how far the clock is ahead; false: nothing can be said. A telescope need not have its agent's clock:
 * the worse of the two counts. *sure: it is the clock, not late delivery. */
static bool clock_error(const struct fleet_sensor *sensor, nanoseconds *error, bool *sure)
{
	*error = sensor->clock_told ? sensor->clock_said : -sensor->delay;
	*sure = sensor->clock_told;
	bool known = sensor->clock_told || (sensor->delayed && sensor->delay < LATE_MOST);
	if (sensor->wrote && sensor->written < LATE_MOST && (!known || distance(sensor->written) > distance(*error))) {
		*error = -sensor->written;
		*sure = false;
		known = true;
	}
	return known;
}

static void judge_clock(struct judging *judging, nanoseconds now)
{
	struct fleet_sensor *sensor = judging->sensor;
	struct fleet_condition *drifting = &sensor->conditions[GAP_DRIFTING];
	nanoseconds drift = judging->settings->drift, error;
	bool sure;
	if (!sensor->clock || now - sensor->clock < judging->settings->clock_window)
		return;
	if (clock_error(sensor, &error, &sure)) {
		nanoseconds size = distance(error);
		sensor->error = error;
		if (size > drift && !drifting->on)
			begin(judging, GAP_DRIFTING,
			    error > 0 ? "clock-ahead"
			    : sure    ? "clock-behind"
				      : "clock-behind-or-late",
			    sensor->clock);
		if (drifting->on && size > drift / 2) {
			drifting->gap.error = error;
			tell(judging, GAP_DRIFTING);
		} else if (drifting->on) {
			end(judging, GAP_DRIFTING, sensor->clock);
		}
	}
	sensor->clock = 0;
	sensor->delayed = sensor->clock_told = sensor->wrote = false;
}

/* ── sampled ─ */

static void hear_sampling(struct judging *judging, const struct heard *heard)
{
	struct fleet_sensor *sensor = judging->sensor;
	struct fleet_condition *sampled = &sensor->conditions[GAP_SAMPLED];
	if (heard->sampling <= 1)
		return;
	if (sampled->on && sampled->gap.sampling != heard->sampling)
		end(judging, GAP_SAMPLED, heard->received);
	if (!sampled->on) {
		begin(judging, GAP_SAMPLED, "sampling", heard->received);
		sampled->gap.sampling = heard->sampling;
		tell(judging, GAP_SAMPLED);
	}
	sensor->sampled = heard->received;
}

/* ── all together ─ */

void fleet_hear(const struct fleet_settings *settings, struct fleet_sensor *sensor, const struct heard *heard,
    fleet_changed changed, void *context)
{
	struct judging judging = { settings, sensor, changed, context };
	pass_hours(&judging, heard->received);
	if (sensor->conditions[GAP_NEVER].on)
		end(&judging, GAP_NEVER, heard->received);
	resumes(&judging, heard);
	hear_counters(&judging, heard);
	hear_telescope(sensor, heard);
	hear_content(&judging, heard);
	hear_clock(sensor, heard);
	hear_sampling(&judging, heard);
	sensor->records += heard->lines;
	learn_interval(sensor, heard->received);
	if (heard->received > sensor->last)
		sensor->last = heard->received;
}

void fleet_judge(const struct fleet_settings *settings, struct fleet_sensor *sensor, nanoseconds now, nanoseconds awake,
    fleet_changed changed, void *context)
{
	struct judging judging = { settings, sensor, changed, context };
	if (sensor->last == 0 && !sensor->conditions[GAP_NEVER].on) {
		begin(&judging, GAP_NEVER, "not-heard-of", sensor->known);
		tell(&judging, GAP_NEVER);
	}
	judge_silence(&judging, now, awake);
	pass_hours(&judging, now);
	judge_drops(&judging, now);
	judge_clock(&judging, now);
	if (sensor->conditions[GAP_SAMPLED].on && sensor->last - sensor->sampled > SAMPLED_FOR)
		end(&judging, GAP_SAMPLED, sensor->sampled);
}

const char *fleet_state(const bool on[static GAP_KINDS])
{
	static const enum gap_kind order[] = { GAP_SILENT, GAP_NEVER, GAP_DROPPING, GAP_SLOW, GAP_DRIFTING };
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (on[order[i]])
			return gap_kind_code(order[i]);
	return "ok";
}
