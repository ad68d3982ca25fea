/*
 * The judge: see the header.
 */
#include "judge.h"

#include "darknet/groups.h"
#include "darknet/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEYS (1 << 17) /* protocol and port, TCP or UDP */
#define GRACE 6        /* hours behind a campaign's end in which it is still found */
#define CHECKS 12      /* of the groups in an hour */

struct port_state {
	uint32_t now;
	float mean;                 /* of the plain threshold: exponential, four weeks */
	float sum[POINTS];          /* CUSUM */
	uint32_t quiet[2 * POINTS]; /* no alarm before this hour */
};

struct court {
	struct year *year;
	struct judgement *judgement;
	struct port_state *ports;
	struct histories *histories;
	struct groups *groups[POINTS];
	size_t at, points; /* the groups' point that is looked at, and how many there are */
	nanoseconds now;
};

static bool uses(const struct campaign *campaign, uint16_t port)
{
	for (unsigned i = 0; i < campaign->port_count; i++)
		if (campaign->ports[i] == port)
			return true;
	return false;
}

static bool outlier_at(const struct year *year, uint16_t port, nanoseconds time)
{
	uint32_t first, behind;
	return port == year_outlier(year, &first, &behind) && time >= YEAR_START + first * HOUR &&
	       time < YEAR_START + (behind + GRACE) * HOUR;
}

static void mark(struct verdict *verdict, int campaign, nanoseconds now)
{
	if (verdict->found[campaign] == 0)
		verdict->found[campaign] = now;
}

/* An alarm about a port is right when any campaign on it is running. */
static void port_alarm(struct court *court, struct verdict *verdict, uint16_t port)
{
	const struct campaign *campaigns = year_campaigns(court->year);
	bool right = false;
	verdict->alarms++;
	for (int i = 0; i < CAMPAIGNS; i++) {
		nanoseconds first = YEAR_START + campaigns[i].first * HOUR,
			    last = YEAR_START + (campaigns[i].last + 1 + GRACE) * HOUR;
		if (!uses(&campaigns[i], port) || court->now < first || court->now > last)
			continue;
		mark(verdict, i, court->now);
		right = true;
	}
	if (right)
		return;
	if (outlier_at(court->year, port, court->now))
		verdict->outlier++;
	else
		verdict->wrong++;
}

/* A group is right when at least three of ten sources that it lists are one campaign's. */
static void group_alarm(void *context, const struct group *group)
{
	struct court *court = context;
	struct verdict *verdict = &court->judgement->groups[court->at];
	unsigned of[CAMPAIGNS] = { 0 }, most = 0;
	verdict->alarms++;
	for (size_t i = 0; i < group->address_count; i++) {
		int campaign = year_origin(court->year, group->addresses[i]);
		if (campaign >= 0 && ++of[campaign] > of[most])
			most = (unsigned)campaign;
	}
	if (of[most] * 10 >= group->address_count * 3 && of[most] > 0) {
		mark(verdict, (int)most, court->now);
		verdict->listed += (double)group->address_count;
		verdict->listed_bots += of[most];
	} else if (outlier_at(court->year, group->example.port, court->now)) {
		verdict->outlier++;
	} else {
		verdict->wrong++;
	}
}

static size_t index_of(const struct activity *activity)
{
	return (size_t)(activity->protocol == 17) << 16 | activity->port;
}

static void check_groups(struct court *court)
{
	for (court->at = 0; court->at < court->points; court->at++)
		groups_check(court->groups[court->at], court->now, group_alarm, court);
}

static void row(void *context, const struct activity *activity)
{
	struct court *court = context;
	court->judgement->rows++;
	while (activity->first >= court->now + HOUR / CHECKS) {
		court->now += HOUR / CHECKS;
		check_groups(court);
	}
	for (size_t i = 0; i < court->points; i++)
		groups_add(court->groups[i], activity);
	if (activity->kind != ARRIVAL_PROBE || activity->research)
		return;
	court->ports[index_of(activity)].now++;
	histories_add(court->histories, index_of(activity) + 1, 1);
}

static void judge_port(struct court *court, uint32_t hour, size_t index)
{
	struct port_state *port = &court->ports[index];
	struct judgement *judgement = court->judgement;
	if (port->now == 0) { /* sums of nothing, and of what goes on being nothing, need no history */
		port->mean -= (float)(port->mean * fmax(1.0 / 672, 1.0 / (hour + 1)));
		float sum = 0;
		for (size_t i = 0; i < POINTS; i++)
			sum += port->sum[i] = fmaxf(0, port->sum[i] - 0.5f);
		if (sum <= 0)
			return;
	}
	const struct history *history = histories_find(court->histories, index + 1);
	struct expected expected = { 0.01, 1 };
	if (history)
		expected = history_expected(court->histories, history, YEAR_START + hour * HOUR);
	double deviation =
	    sqrt(fmax(1, expected.mean + (history ? expected.mean * expected.mean * history->scatter : 0)));
	bool learnt = hour >= YEAR_QUIET * 24;
	for (size_t i = 0; i < POINTS; i++) {
		port->sum[i] = fmaxf(0, port->sum[i] + (float)((port->now - expected.mean) / deviation - 0.5));
		if (port->sum[i] > judgement->cusum_at[i]) {
			port->sum[i] = 0;
			if (learnt && hour >= port->quiet[i])
				port_alarm(court, &judgement->cusum[i], (uint16_t)index);
			port->quiet[i] = hour + 24;
		}
		uint32_t *quiet = &port->quiet[POINTS + i];
		if (learnt && port->now >= 10 && port->now > judgement->threshold_at[i] * (double)port->mean &&
		    hour >= *quiet) {
			port_alarm(court, &judgement->threshold[i], (uint16_t)index);
			*quiet = hour + 24;
		}
	}
	port->mean += (float)(((double)port->now - port->mean) * fmax(1.0 / 672, 1.0 / (hour + 1)));
	port->now = 0;
}

static void judge_hour(struct court *court, uint32_t hour)
{
	court->now = YEAR_START + hour * HOUR;
	year_hour(court->year, hour, row, court);
	court->now = YEAR_START + (hour + 1) * HOUR - 1;
	for (court->at = 0; court->at < court->points; court->at++)
		groups_close(court->groups[court->at], YEAR_START + hour * HOUR, group_alarm, court);
	for (size_t i = 0; i < KEYS; i++)
		judge_port(court, hour, i);
	histories_close(court->histories, YEAR_START + hour * HOUR);
}

static void parameters(struct judgement *judgement)
{
	static const double thresholds[] = { 3, 10, 30 }, cusums[] = { 10, 20, 40 }, groups[] = { 1, 0.3, 3 };
	memcpy(judgement->threshold_at, thresholds, sizeof thresholds);
	memcpy(judgement->cusum_at, cusums, sizeof cusums);
	memcpy(judgement->groups_at, groups, sizeof groups);
}

void judge_year(struct year *year, size_t points, struct judgement *judgement)
{
	struct court court = { .year = year, .judgement = judgement, .points = points };
	*judgement = (struct judgement){ .months = (year_hours(year) / 24.0 - YEAR_QUIET) / 30 };
	parameters(judgement);
	court.ports = calloc(KEYS, sizeof *court.ports);
	court.histories = histories_new(13000, HOUR, 9 * 3600);
	for (size_t i = 0; i < points; i++) {
		struct groups_settings settings = groups_usual;
		settings.alarms = judgement->groups_at[i];
		settings.learn = YEAR_QUIET;
		court.groups[i] = groups_new(&settings);
	}
	clock_t start = clock();
	for (uint32_t hour = 0; hour < year_hours(year); hour++)
		judge_hour(&court, hour);
	judgement->seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	for (size_t i = 0; i < points; i++)
		groups_free(court.groups[i]);
	histories_free(court.histories);
	free(court.ports);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

struct share verdict_share(const struct year *year, const struct verdict *verdict, uint32_t least, uint32_t most)
{
	const struct campaign *campaigns = year_campaigns(year);
	struct share share = { 0 };
	double delays[CAMPAIGNS];
	for (int i = 0; i < CAMPAIGNS; i++) {
		if (campaigns[i].sources < least || campaigns[i].sources > most)
			continue;
		share.all++;
		if (verdict->found[i])
			delays[share.found++] =
			    (double)(verdict->found[i] - YEAR_START) / (double)HOUR - campaigns[i].first;
	}
	if (share.found > 0)
		qsort(delays, share.found, sizeof delays[0], by_value);
	share.delay = share.found > 0 ? delays[share.found / 2] : NAN;
	return share;
}
