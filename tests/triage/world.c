/*
 * See world.h.
 */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN (19000 * DAY)

static const char *const routine[] = { "Dovecot Authentication Success.", "SURICATA TLS invalid record/traffic",
	"Web server 400 error code.", "ClamAV database update", "ET INFO Observed DNS Query to .cloud TLD" };
static const char *const telling[] = { "ET SCAN Nmap", "Common web attack.", "ET WEB_SERVER WebShell access",
	"Successful sudo to ROOT executed.", "New user_auth parameter combination in Audit logs.",
	"New service was installed", "ET MALWARE CobaltStrike Beacon Activity", "Failed password for root" };
static const char *const hosts[] = { "mail", "web", "vpn", "db", "", "" };
static const char *const addresses[] = { "10.0.0.1", "10.0.0.2", "192.168.7.9", "2001:db8:1::10", "fd00::7" };
static const char *const sides[] = { "203.0.113.5", "198.51.100.77", "10.0.0.1", "2001:db8:aaaa:1::1",
	"2001:db8:aaaa:1:ffff::2", "2001:db8:aaaa:2::1", "" };
static const char *const detectors[] = { "Suricata", "Wazuh", "AMiner" };
static const char *const accounts[] = { "", "", "root", "suzuki" };

#define COUNT(list) (sizeof(list) / sizeof *(list))

uint64_t world_dice(uint64_t *state, uint64_t count)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	uint64_t mixed = (*state ^ (*state >> 29)) * 0xbf58476d1ce4e5b9u;
	return (mixed >> 20) % count;
}

static const char *any(uint64_t *dice, const char *const *list, size_t count)
{
	return list[world_dice(dice, count)];
}

static struct address address_or_none(const char *text)
{
	struct address address = { 0 };

	if (text[0] && !address_parse(text_of(text), &address))
		abort();
	return address;
}

static void dress(uint64_t *dice, bool attack, struct alert *alert)
{
	alert->signature = text_of(attack ? any(dice, telling, COUNT(telling)) : any(dice, routine, COUNT(routine)));
	alert->detector = text_of(any(dice, detectors, COUNT(detectors)));
	alert->host = text_of(any(dice, hosts, COUNT(hosts)));
	alert->host_address = address_or_none(any(dice, addresses, COUNT(addresses)));
	alert->account = text_of(any(dice, accounts, COUNT(accounts)));
	alert->severity = (enum severity)world_dice(dice, SEVERITY_CRITICAL + 1);
	alert->outcome = (enum outcome)world_dice(dice, 3);
	alert->repeats = 1 + (uint32_t)world_dice(dice, 3);
	alert->source = address_or_none(any(dice, sides, COUNT(sides)));
	alert->target = alert->host_address;
}

/* Most clocks are right. Some are off by hours, some stand in 1970, some run ahead, some name no zone and are wrong by
 * it. */
static nanoseconds clock_of(uint64_t *dice, nanoseconds time, struct alert *alert)
{
	switch (world_dice(dice, 40)) {
	case 0:
		return (nanoseconds)world_dice(dice, 1000) * SECOND;
	case 1:
		return time + (nanoseconds)world_dice(dice, 400) * DAY;
	case 2:
		alert->zone_assumed = true;
		return time - 9 * HOUR;
	case 3:
		return time + (nanoseconds)world_dice(dice, 20) * MINUTE - 10 * MINUTE;
	default:
		return time;
	}
}

static nanoseconds counts_as(const struct triage_settings *settings, const struct alert *alert)
{
	nanoseconds time = alert->occurred;

	if (time < alert->received - settings->clamp)
		time = alert->received - settings->clamp;
	if (time > alert->received + settings->clamp_future)
		time = alert->received + settings->clamp_future;
	return time;
}

void world_make(uint64_t seed, struct world *world)
{
	uint64_t dice = seed * 0x9e3779b97f4a7c15u + 1;
	nanoseconds length = (1 + (nanoseconds)world_dice(&dice, 40)) * HOUR;
	nanoseconds strike = BEGIN + length / 2;

	memset(world, 0, sizeof *world);
	triage_settings_default(&world->settings);
	world->settings.clamp = 1 * HOUR;
	world->settings.learning = 2 * HOUR;
	world->organisations = 1 + (unsigned)world_dice(&dice, 3);
	world->count = 20 + (unsigned)world_dice(&dice, 300);
	for (unsigned i = 0; i < world->count; i++) {
		struct fact *fact = &world->facts[i];
		bool attack = world_dice(&dice, 8) == 0;
		nanoseconds time = attack
				       ? strike + (nanoseconds)world_dice(&dice, 3000) * SECOND
				       : BEGIN + (nanoseconds)world_dice(&dice, (uint64_t)(length / SECOND)) * SECOND;
		if (i > 0 && world_dice(&dice, 12) == 0) { /* a line just like another */
			fact->alert = fact[-1].alert;
		} else {
			fact->alert.organisation = 1 + (uint32_t)world_dice(&dice, world->organisations);
			dress(&dice, attack, &fact->alert);
			fact->alert.occurred = clock_of(&dice, time, &fact->alert);
			fact->alert.received = time + (nanoseconds)world_dice(&dice, 300) * SECOND;
		}
		/* the sensor's second file, or its first */
		fact->alert.id = (struct fact_id){ fact->alert.organisation, { 1, world_dice(&dice, 2) }, i };
		fact->counts_as = counts_as(&world->settings, &fact->alert);
		world->clamped += fact->counts_as != fact->alert.occurred;
		fact->position = i;
	}
}

void world_print(const struct world *world)
{
	char occurred[TIME_TEXT], received[TIME_TEXT], source[ADDRESS_TEXT] = "";

	for (unsigned i = 0; i < world->count; i++) {
		const struct alert *alert = &world->facts[i].alert;
		printf("#   %u: organisation %u, %s (received %s), %.*s, \"%.*s\", host \"%.*s\", from %s, severity "
		       "%s, %s\n",
		    i, alert->organisation, time_format(alert->occurred, occurred),
		    time_format(alert->received, received), (int)alert->detector.size, alert->detector.at,
		    (int)alert->signature.size, alert->signature.at, (int)alert->host.size, alert->host.at,
		    address_format(alert->source, source), severity_code(alert->severity),
		    outcome_code(alert->outcome));
	}
}

/* ── what triage says ─ */

struct run {
	struct result *result;
	const struct world *world;
};

static void complain(struct result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(struct result *result, const char *format, ...)
{
	va_list arguments;

	if (result->complaint[0])
		return;
	va_start(arguments, format);
	vsnprintf(result->complaint, sizeof result->complaint, format, arguments);
	va_end(arguments);
}

static void on_judged(void *context, const struct triage_judgement *judgement)
{
	struct result *result = ((struct run *)context)->result;
	struct verdict_found *found = &result->of[judgement->position];

	if (judgement->provisional)
		return;
	if (judgement->revised && (found->times != 1 || found->verdict != judgement->before))
		complain(result, "alert %llu: what is revised was not the verdict before",
		    (unsigned long long)judgement->position);
	found->times += !judgement->revised;
	found->verdict = judgement->verdict;
	found->event = judgement->event;
}

static unsigned event_at(const struct result *result, struct uuid id)
{
	unsigned at = 0;

	while (at < result->count && !uuid_equal(result->events[at]->id, id))
		at++;
	return at;
}

static void on_event(void *context, const struct event *event)
{
	struct result *result = ((struct run *)context)->result;
	unsigned at = event_at(result, event->id);

	result->provisional += event->provisional;
	if (event->alerts == 0) {
		result->taken_back++;
		if (at == result->count) {
			complain(result, "an event is taken back that nobody told");
			return;
		}
		if (!result->events[at]->provisional)
			complain(result, "a final event is taken back");
		free(result->events[at]);
		result->events[at] = result->events[--result->count];
		return;
	}
	if (at == WORLD_EVENTS)
		abort();
	if (at == result->count)
		result->events[result->count++] = malloc(sizeof *event);
	*result->events[at] = *event;
}

static void on_campaign(void *context, struct uuid id, uint32_t organisation, struct uuid campaign)
{
	struct result *result = ((struct run *)context)->result;
	unsigned at = event_at(result, id);

	(void)organisation;
	if (at == result->count)
		complain(result, "a campaign of an event that nobody told");
	else
		result->events[at]->campaign = campaign;
}

static struct triage *begin(struct run *run, const struct manner *manner)
{
	const struct triage_sink sink = { run, on_judged, on_event, on_campaign };
	struct triage_settings settings = run->world->settings;
	struct failure failure = { 0 };
	struct triage *triage = NULL;

	settings.provisional = manner->provisional;
	if (triage_new(&settings, &sink, &triage, &failure) != OK)
		abort();
	return triage;
}

static struct triage *restart(struct run *run, const struct manner *manner, struct triage *triage)
{
	struct builder saved = { 0 };
	struct failure failure = { 0 };

	if (triage_save(triage, &saved, &failure) != OK)
		complain(run->result, "cannot be saved: %s", failure.words);
	triage_free(triage);
	triage = begin(run, manner);
	if (triage_load(triage, (struct text){ saved.at, saved.size }, &failure) != OK)
		complain(run->result, "cannot be loaded: %s", failure.words);
	builder_free(&saved);
	return triage;
}

static int by_arrival(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;

	if (x->arrives != y->arrives)
		return x->arrives < y->arrives ? -1 : 1;
	return (x->toss > y->toss) - (x->toss < y->toss);
}

static bool is_ipv6(struct address address)
{
	char text[ADDRESS_TEXT];

	return strchr(address_format(address, text), ':') != NULL;
}

/* What is tossed for an alert depends on it alone, so that a world made smaller arrives in the same order. */
static void place(const struct manner *manner, struct fact *fact)
{
	uint64_t dice = manner->seed * 0x2545f4914f6cdd1du + fact->alert.id.sequence * 0x9e3779b97f4a7c15u;

	world_dice(&dice, 2);
	fact->arrives = fact->counts_as;
	if (manner->live)
		fact->alert.occurred = fact->alert.received = fact->counts_as;
	if (manner->disorder)
		fact->arrives += (nanoseconds)world_dice(&dice, (uint64_t)(manner->disorder / SECOND)) * SECOND;
	if (manner->apart)
		fact->arrives += (nanoseconds)fact->alert.organisation * 1000 * DAY;
	fact->toss = manner->seed ? world_dice(&dice, UINT32_MAX) : fact->position;
	fact->restart = manner->restarts && world_dice(&dice, manner->restarts) == 0;
	if (manner->neighbours && is_ipv6(fact->alert.source))
		fact->alert.source.bytes[15] ^= (uint8_t)(1 + world_dice(&dice, 255));
}

static struct fact *in_order(const struct world *world, const struct manner *manner)
{
	struct fact *facts = malloc(sizeof world->facts);

	memcpy(facts, world->facts, sizeof world->facts);
	for (unsigned i = 0; i < world->count; i++)
		place(manner, &facts[i]);
	qsort(facts, world->count, sizeof *facts, by_arrival);
	return facts;
}

/* What must hold of every result, whatever the manner. */
static void check_result(const struct world *world, const struct manner *manner, struct result *result)
{
	unsigned alerts = 0;
	uint64_t members = 0, wanted = 0;

	for (unsigned i = 0; i < world->count; i++) {
		const struct verdict_found *found = &result->of[i];
		bool in_event = found->verdict == VERDICT_EVENT || found->verdict == VERDICT_CONTEXT;
		if (manner->only && world->facts[i].alert.organisation != manner->only)
			continue;
		alerts++;
		if (found->times != 1 || found->verdict == VERDICT_PENDING)
			complain(result, "alert %u has %u final verdicts", i, found->times);
		if (in_event != !uuid_is_nil(found->event))
			complain(result, "alert %u is in an event, or not: its verdict says otherwise", i);
		if (in_event && event_at(result, found->event) == result->count)
			complain(result, "alert %u is in an event that is not there", i);
		members += in_event;
	}
	for (unsigned i = 0; i < result->count; i++) {
		wanted += result->events[i]->alerts;
		if (result->events[i]->provisional)
			complain(result, "an event is provisional at the end");
	}
	if (members != wanted)
		complain(result, "%llu alerts are in events that count %llu", (unsigned long long)members,
		    (unsigned long long)wanted);
	if (result->counts.alerts != alerts || result->counts.late || result->counts.forgotten)
		complain(result, "counted: %llu alerts, %llu late, %llu forgotten",
		    (unsigned long long)result->counts.alerts, (unsigned long long)result->counts.late,
		    (unsigned long long)result->counts.forgotten);
	if (!manner->only && !manner->live && result->counts.clamped != world->clamped)
		complain(result, "%llu times were moved, not %u", (unsigned long long)result->counts.clamped,
		    world->clamped);
}

/* What an event was known by before the lateness bound had passed. */
struct opening {
	struct uuid id;
	uint32_t organisation;
	nanoseconds first;
};

/* Where alerts come in their order, each event was there before the lateness bound had passed. Which of several alerts
 * of one moment is the first, and gives the id, is certain only then. */
static void check_opened(struct result *result, const struct opening *openings, unsigned at_once)
{
	for (unsigned i = 0; i < result->count; i++) {
		const struct event *event = result->events[i];
		bool found = false;
		for (unsigned k = 0; k < at_once && !found; k++)
			found = uuid_equal(openings[k].id, event->id) ||
				(openings[k].organisation == event->organisation && openings[k].first == event->first);
		if (!found)
			complain(result, "event %u opened only when its order was certain", i);
	}
}

void world_run(const struct world *world, const struct manner *manner, struct result *result)
{
	struct fact *facts = in_order(world, manner);
	struct run run = { result, world };
	struct failure failure = { 0 };
	struct opening openings[WORLD_EVENTS];
	unsigned at_once;

	memset(result, 0, sizeof *result);
	struct triage *triage = begin(&run, manner);
	for (unsigned i = 0; i < world->count; i++) {
		const struct alert *alert = &facts[i].alert;
		if (manner->only && alert->organisation != manner->only)
			continue;
		if (triage_add(triage, alert, facts[i].position, &failure) != OK)
			complain(result, "not taken: %s", failure.words);
		if (manner->live)
			triage_advance_organisation(triage, alert->organisation, alert->received);
		if (facts[i].restart)
			triage = restart(&run, manner, triage);
	}
	at_once = result->count;
	for (unsigned i = 0; i < at_once; i++)
		openings[i] = (struct opening){ result->events[i]->id, result->events[i]->organisation,
			result->events[i]->first };
	triage_finish(triage);
	if (manner->live)
		check_opened(result, openings, at_once);
	triage_count(triage, &result->counts);
	triage_free(triage);
	free(facts);
	check_result(world, manner, result);
}

void result_free(struct result *result)
{
	for (unsigned i = 0; i < result->count; i++)
		free(result->events[i]);
	result->count = 0;
}

/* ── comparison ─ */

/* As stored, without what the moment of its arrival decides. */
static struct builder content_of(const struct event *event, bool neighbours, bool alone)
{
	struct event same = *event;
	struct builder to = { 0 };

	same.opened = same.updated = 0;
	if (alone)
		same.campaign = (struct uuid){ 0 };
	if (neighbours) /* other addresses are listed */
		same.source_count = 0, same.reason_count = 0, same.sources_all = 0;
	event_encode(&same, &to);
	return to;
}

static bool event_same(const struct event *one, const struct event *other, const struct manner *manner)
{
	struct builder a = content_of(one, manner->neighbours, manner->only != 0);
	struct builder b = content_of(other, manner->neighbours, manner->only != 0);
	bool same = a.size == b.size && memcmp(a.at, b.at, a.size) == 0;

	builder_free(&a);
	builder_free(&b);
	return same;
}

static void say_event(const struct event *event)
{
	struct builder text = { 0 };

	if (event)
		event_write_json(event, &text);
	printf("#   %s\n", event ? text.at : "no such event");
	builder_free(&text);
}

bool result_same(const struct world *world, const struct manner *manner, const struct result *one,
    const struct result *other, char *words, size_t size)
{
	unsigned events = 0;

	for (unsigned i = 0; i < world->count; i++) {
		const struct verdict_found *a = &one->of[i], *b = &other->of[i];
		if (manner->only && world->facts[i].alert.organisation != manner->only)
			continue;
		if (a->verdict != b->verdict || !uuid_equal(a->event, b->event)) {
			snprintf(words, size, "alert %u is %s, and %s in the other manner%s", i,
			    verdict_code(a->verdict), verdict_code(b->verdict),
			    a->verdict == b->verdict ? ", in another event" : "");
			return false;
		}
	}
	for (unsigned i = 0; i < one->count; i++) {
		if (manner->only && one->events[i]->organisation != manner->only)
			continue;
		unsigned at = event_at(other, one->events[i]->id);
		events++;
		if (at == other->count || !event_same(one->events[i], other->events[at], manner)) {
			if (manner->loud) {
				say_event(one->events[i]);
				say_event(at < other->count ? other->events[at] : NULL);
			}
			snprintf(words, size, "event %u is not the same in the other manner", i);
			return false;
		}
	}
	if (events != other->count) {
		snprintf(words, size, "%u events, and %u in the other manner", events, other->count);
		return false;
	}
	return true;
}
