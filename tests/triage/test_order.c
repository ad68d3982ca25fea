/*
 * Rule 6: after the lateness bound events, their members and ids are a function of the set of alerts and their times.
 * Random streams with attacks in them are judged in many ways and must give the same.
 */
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALERTS 6000
#define ROUNDS 12

struct fact {
	struct alert alert;
	char source[32];
	nanoseconds arrives;
	uint64_t position;
};

static const char *const noise[] = { "Dovecot Authentication Success.", "SURICATA TLS invalid record/traffic",
	"Web server 400 error code.", "ClamAV database update", "ET INFO Observed DNS Query to .cloud TLD",
	"New event type." };
static const char *const attack[] = { "ET SCAN Nmap", "Common web attack.", "High entropy in Apache Access request.",
	"ET WEB_SERVER WebShell access", "Successful sudo to ROOT executed.",
	"New user_auth parameter combination in Audit logs.", "New service was installed", "Failed password for root" };
static const char *const hosts[] = { "mail", "web", "vpn", "db", "files" };

static unsigned pick(unsigned *seed, unsigned count)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 8) % count;
}

/* Three organisations over two days; two of them are attacked; many alerts share a second. */
static struct fact *stream_make(unsigned seed)
{
	struct fact *facts = calloc(ALERTS, sizeof *facts);
	for (unsigned i = 0; i < ALERTS; i++) {
		bool attacked = i % 10 == 0;
		uint32_t organisation = attacked ? 1 + pick(&seed, 2) : 1 + pick(&seed, 3);
		nanoseconds time =
		    attacked ? MONDAY + 30 * HOUR + pick(&seed, 3000) * SECOND : MONDAY + pick(&seed, 172800) * SECOND;
		const char *signature = attacked ? attack[pick(&seed, sizeof attack / sizeof *attack)]
						 : noise[pick(&seed, sizeof noise / sizeof *noise)];
		facts[i].alert =
		    alert_of(organisation, time, signature, hosts[pick(&seed, sizeof hosts / sizeof *hosts)]);
		if (attacked)
			facts[i].alert.source = address_from("203.0.113.5");
		facts[i].alert.id = (struct fact_id){ organisation, { 1, seed }, i };
		facts[i].position = i;
		facts[i].arrives = time;
	}
	return facts;
}

static int by_arrival(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	if (x->arrives != y->arrives)
		return x->arrives < y->arrives ? -1 : 1;
	return (x->position > y->position) - (x->position < y->position);
}

/* How the stream is handed over. */
struct manner {
	nanoseconds disorder; /* each alert arrives up to this much later than it occurred */
	bool apart;           /* one organisation after the other, instead of all together */
	unsigned restarts;    /* saved, loaded into a new triage, and gone on */
	bool provisional;
};

static void restart(struct bench *bench)
{
	struct builder saved = { 0 };
	struct failure failure = { 0 };
	assert_int_equal(triage_save(bench->triage, &saved, &failure), OK);
	triage_free(bench->triage);
	bench_start(bench);
	assert_int_equal(triage_load(bench->triage, (struct text){ saved.at, saved.size }, &failure), OK);
	builder_free(&saved);
}

static void judge_stream(struct bench *bench, struct fact *facts, unsigned seed, struct manner manner)
{
	struct failure failure = { 0 };
	for (unsigned i = 0; i < ALERTS; i++)
		facts[i].arrives = facts[i].alert.occurred +
				   (manner.disorder ? pick(&seed, (unsigned)(manner.disorder / SECOND)) * SECOND : 0);
	qsort(facts, ALERTS, sizeof *facts, by_arrival);
	for (uint32_t turn = 1; turn <= (manner.apart ? 3u : 1u); turn++)
		for (unsigned i = 0; i < ALERTS; i++) {
			if (manner.apart && facts[i].alert.organisation != turn)
				continue;
			assert_int_equal(triage_add(bench->triage, &facts[i].alert, facts[i].position, &failure), OK);
			if (manner.restarts && pick(&seed, ALERTS / manner.restarts) == 0)
				restart(bench);
		}
	triage_finish(bench->triage);
}

static struct bench *judged(unsigned seed, struct manner manner)
{
	void *state;
	set_up(&state);
	struct bench *bench = state;
	triage_free(bench->triage);
	bench->settings.provisional = manner.provisional;
	bench_start(bench);
	struct fact *facts = stream_make(seed);
	judge_stream(bench, facts, seed * 7 + 1, manner);
	free(facts);
	return bench;
}

static const struct event *event_named(const struct found *found, struct uuid id)
{
	for (unsigned i = 0; i < found->event_count; i++)
		if (uuid_equal(found->events[i]->id, id))
			return found->events[i];
	return NULL;
}

static void assert_same(const struct found *a, const struct found *b)
{
	assert_true(a->event_count > 0);
	assert_int_equal(a->event_count, b->event_count);
	for (unsigned i = 0; i < a->event_count; i++) {
		const struct event *other = event_named(b, a->events[i]->id);
		assert_non_null(other);
		assert_int_equal(other->alerts, a->events[i]->alerts);
		assert_int_equal(other->first, a->events[i]->first);
		assert_int_equal(other->last, a->events[i]->last);
		assert_true(uuid_equal(other->campaign, a->events[i]->campaign));
		assert_false(other->provisional);
	}
	assert_memory_equal(a->verdicts, b->verdicts, sizeof a->verdicts);
	assert_memory_equal(a->of_event, b->of_event, sizeof a->of_event);
}

static void compare_manners(struct manner one, struct manner other)
{
	for (unsigned seed = 1; seed <= ROUNDS; seed++) {
		void *a = judged(seed, one), *b = judged(seed, other);
		assert_same(((struct bench *)a)->found, ((struct bench *)b)->found);
		tear_down(&a);
		tear_down(&b);
	}
}

static void test_any_arrival_order_within_the_bound_gives_the_same(void **state)
{
	(void)state;
	compare_manners((struct manner){ 0 }, (struct manner){ .disorder = 9 * MINUTE });
}

static void test_any_interleaving_of_organisations_gives_the_same(void **state)
{
	(void)state;
	compare_manners((struct manner){ 0 }, (struct manner){ .apart = true });
}

static void test_restarts_anywhere_give_the_same(void **state)
{
	(void)state;
	compare_manners(
	    (struct manner){ .disorder = 5 * MINUTE }, (struct manner){ .disorder = 5 * MINUTE, .restarts = 20 });
}

static void test_provisional_events_leave_no_trace_in_what_is_final(void **state)
{
	(void)state;
	compare_manners((struct manner){ .disorder = 5 * MINUTE },
	    (struct manner){ .disorder = 5 * MINUTE, .provisional = true, .restarts = 5 });
}

static void test_damaged_state_is_refused_and_never_crashes(void **state)
{
	(void)state;
	struct bench *bench = judged(3, (struct manner){ .disorder = MINUTE });
	struct builder saved = { 0 };
	struct failure failure = { 0 };
	assert_int_equal(triage_save(bench->triage, &saved, &failure), OK);
	for (size_t cut = 0; cut < saved.size; cut += 1 + saved.size / 200) {
		void *fresh;
		set_up(&fresh);
		assert_int_not_equal(
		    triage_load(((struct bench *)fresh)->triage, (struct text){ saved.at, cut }, &failure), OK);
		tear_down(&fresh);
	}
	builder_free(&saved);
	void *done = bench;
	tear_down(&done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_arrival_order_within_the_bound_gives_the_same),
		cmocka_unit_test(test_any_interleaving_of_organisations_gives_the_same),
		cmocka_unit_test(test_restarts_anywhere_give_the_same),
		cmocka_unit_test(test_provisional_events_leave_no_trace_in_what_is_final),
		cmocka_unit_test(test_damaged_state_is_refused_and_never_crashes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
