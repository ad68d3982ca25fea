/*
 * Lines of telescopes become what their addresses' owners are told. See owners.h.
 */
#include "darknet/center/owners.h"

#include <string.h>

#define NEVER INT64_MAX

static nanoseconds later(nanoseconds a, nanoseconds b)
{
	return a > b ? a : b;
}

/* When there is something to tell at the earliest. */
static nanoseconds due(const struct appearance *appearance, const struct owners_settings *settings, nanoseconds told)
{
	nanoseconds when = appearance->last + settings->quiet, again = appearance->told + settings->tell_every;
	if (appearance->ended)
		return NEVER;
	if (!appearance->told)
		when = 0;
	else if (appearance->last > appearance->told && again < when)
		when = again;
	return later(when, told ? told + settings->digest : 0);
}

static void begin_anew(struct appearance *appearance, nanoseconds when)
{
	struct appearance fresh = { .number = appearance->number,
		.organisation = appearance->organisation,
		.address = appearance->address,
		.kind = appearance->kind,
		.first = when,
		.last = when };
	*appearance = fresh;
}

static void note_port(struct appearance *appearance, const char *port)
{
	if (!*port)
		return;
	for (uint32_t i = 0; i < appearance->port_count; i++)
		if (strcmp(appearance->ports[i], port) == 0)
			return;
	if (appearance->port_count < APPEARANCE_PORTS)
		text_copy(text_of(port), appearance->ports[appearance->port_count++], APPEARANCE_WORD);
	else
		appearance->ports_more++;
}

/* What its telescope told last; NULL when it is one of too many. */
static struct told_event *note_telescope(struct appearance *appearance, const struct appeared *line)
{
	for (uint32_t i = 0; i < appearance->telescope_count; i++)
		if (appearance->telescopes[i] == line->sensor)
			return &appearance->events[i];
	if (appearance->telescope_count == APPEARANCE_TELESCOPES)
		return NULL;
	appearance->telescopes[appearance->telescope_count] = line->sensor;
	appearance->addresses += line->addresses;
	return &appearance->events[appearance->telescope_count++];
}

/* A line that goes on has the packets of its event from the beginning: what earlier lines told of it is not added
 * again. Of an event older than the newest that is known it cannot be said what was told: nothing is added. */
static void note_packets(struct appearance *appearance, const struct appeared *line, struct told_event *event)
{
	nanoseconds since = line->since ? line->since : line->when;
	bool same = event && event->since == since;
	if (line->since && (!event || since < event->since))
		return;
	if (!line->since || !same)
		appearance->packets += line->packets;
	else if (line->packets > event->packets)
		appearance->packets += line->packets - event->packets;
	if (event && (since > event->since || (same && line->packets > event->packets)))
		*event = (struct told_event){ since, line->packets };
}

static void note_word(const char *word, char to[static APPEARANCE_WORD])
{
	if (*word)
		text_copy(text_of(word), to, APPEARANCE_WORD);
}

void owners_take(struct appearance *appearance, const struct appeared *line, const struct owners_settings *settings,
    nanoseconds told, nanoseconds now)
{
	nanoseconds when = line->when < now ? line->when : now; /* a clock that runs ahead */
	bool over = appearance->ended || when - appearance->last >= settings->quiet;
	if (appearance->number == 0)
		begin_anew(appearance, when);
	else if (over && when > appearance->last)
		begin_anew(appearance, when);
	bool newest = when >= appearance->last;
	if (when < appearance->first)
		appearance->first = when;
	if (newest)
		appearance->last = when;
	if (line->targets > appearance->targets)
		appearance->targets = line->targets;
	note_port(appearance, line->port);
	note_packets(appearance, line, note_telescope(appearance, line));
	if (newest || !*appearance->tool)
		note_word(line->tool, appearance->tool);
	if (newest || !*appearance->worm)
		note_word(line->worm, appearance->worm);
	if (newest || !*appearance->method)
		note_word(line->method, appearance->method);
	appearance->due = due(appearance, settings, told);
}

enum owners_news owners_news(
    const struct appearance *appearance, const struct owners_settings *settings, nanoseconds now)
{
	bool over = now - appearance->last >= settings->quiet;
	if (appearance->ended)
		return OWNERS_NOTHING;
	if (!appearance->told)
		return over ? OWNERS_WAS : OWNERS_BEGINS;
	if (over)
		return OWNERS_STOPPED;
	bool goes_on = appearance->last > appearance->told && now - appearance->told >= settings->tell_every;
	return goes_on ? OWNERS_GOES_ON : OWNERS_NOTHING;
}

void owners_told(
    struct appearance *appearance, enum owners_news news, const struct owners_settings *settings, nanoseconds now)
{
	if (news != OWNERS_NOTHING)
		appearance->told = now;
	if (news == OWNERS_STOPPED || news == OWNERS_WAS)
		appearance->ended = now;
	appearance->due = due(appearance, settings, 0);
}
