/*
 * Guessed passwords: a source that fails often (guessing) or with many accounts (spraying), an account that fails from
 * many sources (distributed), each within a short window and within a day; and the sign-in that succeeds behind one of
 * them.
 *
 * Failures count against successes of the same source: an office behind one address fails often, and succeeds more
 * often.
 */
#include "watch/auth.h"

#include "watch/behaviour_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILURES_PER_SUCCESS 3 /* of a source that people use */
#define REMEMBERED DAY         /* so long a source or account that was found counts as attacked */

/* What failed since `since`. */
struct span {
	nanoseconds since;
	uint32_t failed, accepted;
	struct distinct others; /* accounts of a source, sources of an account */
};

struct tried {
	struct span quick, spray, day;
	nanoseconds said[3]; /* guessing, spraying, distributed */
	nanoseconds found;   /* when any of them was said or would have been */
	uint64_t process;    /* of the last failure: a probe of the same one is the same attempt */
	bool probed;         /* and it was a probe */
};

struct pair {
	nanoseconds since, accepted; /* failures of the last hour; the first success that was none of the guesses */
	nanoseconds said;
	uint32_t failed;
};

struct brute {
	const struct auth_settings *settings;
	struct behaviour_table *sources, *accounts, *pairs;
};

static void brute_free(void *state)
{
	struct brute *brute = state;
	table_free(brute->sources);
	table_free(brute->accounts);
	table_free(brute->pairs);
	free(brute);
}

static void *brute_make(const struct auth_settings *settings)
{
	struct brute *brute = calloc(1, sizeof *brute);
	if (!brute)
		return NULL;
	brute->settings = settings;
	brute->sources = table_new(settings->entries, sizeof(uint64_t), sizeof(struct tried), settings->seed);
	brute->accounts = table_new(settings->entries, sizeof(uint64_t), sizeof(struct tried), settings->seed);
	brute->pairs = table_new(settings->entries, sizeof(uint64_t), sizeof(struct pair), settings->seed);
	if (!brute->sources || !brute->accounts || !brute->pairs) {
		brute_free(brute);
		return NULL;
	}
	return brute;
}

static bool is_remote(const struct auth_fact *fact)
{
	return address_exists(fact->source) || fact->source_name.size;
}

/* Who it was: an address (IPv6 as its /64), or the name that the log has instead; at the machine itself an account. */
static uint64_t source_of(const struct auth_settings *settings, const struct auth_event *event)
{
	struct address group = address_group(event->fact->source);
	if (address_exists(group))
		return hash_bytes(group.bytes, sizeof group.bytes, settings->seed);
	if (event->fact->source_name.size)
		return hash_text(event->fact->source_name, settings->seed);
	return auth_key(settings, event->host, event->fact->account);
}

/* The account whose password was asked for: of su the one that somebody wants to become. */
static struct text account_of(const struct auth_fact *fact)
{
	return text_equal(fact->service, TEXT("su")) && fact->target.size ? fact->target : fact->account;
}

static void span_begin(struct span *span, nanoseconds now, nanoseconds window)
{
	if (!span->since || now - span->since > window || now < span->since - window)
		*span = (struct span){ .since = now };
}

static void span_fail(struct span *span, uint32_t count, uint64_t other)
{
	span->failed += count;
	distinct_add(&span->others, other);
}

/* Whether the failures are more than those of people who succeed too. */
static bool outweighs(const struct span *span, uint32_t least)
{
	return span->failed >= least && span->failed > FAILURES_PER_SUCCESS * span->accepted;
}

struct found {
	enum auth_finding_kind kind;
	const struct span *span;
	uint32_t count;
	const char *what; /* "accounts", "sources" */
};

static void tell(const struct brute *brute, struct tried *tried, const struct auth_event *event, struct found found,
    auth_sink sink, void *context)
{
	nanoseconds now = event->message->occurred, *said = &tried->said[found.kind];
	char span[AUTH_SPAN];
	tried->found = now;
	if (*said && now - *said < brute->settings->repeat)
		return;
	*said = now;
	struct auth_finding finding = { .kind = found.kind,
		.first = found.span->since,
		.last = now,
		.host = event->host,
		.account = event->fact->account,
		.service = event->fact->service,
		.source = found.kind == AUTH_DISTRIBUTED ? (struct address){ { 0 } } : event->fact->source,
		.count = found.kind == AUTH_GUESSING ? found.span->failed : found.count };
	snprintf(finding.words, sizeof finding.words, "%u failures within %s, %u successes, %u %s", found.span->failed,
	    auth_span(now - found.span->since, span), found.span->accepted, found.count, found.what);
	sink(context, &finding);
}

static void judge_source(
    const struct brute *brute, struct tried *source, const struct auth_event *event, auth_sink sink, void *context)
{
	const struct auth_settings *settings = brute->settings;
	const struct span *quick = &source->quick, *spray = &source->spray, *day = &source->day;
	uint32_t accounts = distinct_count(&spray->others);
	if (accounts >= settings->spray_accounts && outweighs(spray, settings->spray_accounts))
		tell(brute, source, event, (struct found){ AUTH_SPRAYING, spray, accounts, "accounts" }, sink, context);
	if (outweighs(quick, settings->guesses))
		tell(brute, source, event,
		    (struct found){ AUTH_GUESSING, quick, distinct_count(&quick->others), "accounts" }, sink, context);
	else if (outweighs(day, settings->guesses_slow))
		tell(brute, source, event,
		    (struct found){ AUTH_GUESSING, day, distinct_count(&day->others), "accounts" }, sink, context);
}

static void judge_account(
    const struct brute *brute, struct tried *account, const struct auth_event *event, auth_sink sink, void *context)
{
	uint32_t limit = brute->settings->sources;
	uint32_t hour = distinct_count(&account->quick.others), day = distinct_count(&account->day.others);
	if (hour >= limit && outweighs(&account->quick, limit))
		tell(brute, account, event, (struct found){ AUTH_DISTRIBUTED, &account->quick, hour, "sources" }, sink,
		    context);
	else if (day >= 2 * limit && outweighs(&account->day, 2 * limit))
		tell(brute, account, event, (struct found){ AUTH_DISTRIBUTED, &account->day, day, "sources" }, sink,
		    context);
}

/* How many attempts this line adds: sshd says one attempt in several lines of one process. */
static uint32_t attempts(struct tried *source, const struct auth_fact *fact, uint64_t process)
{
	bool same = process && source->process == process;
	bool counted = same && (fact->kind == AUTH_PROBED || source->probed);
	source->process = process;
	source->probed = fact->kind == AUTH_PROBED && !same;
	return counted ? fact->repeats - 1 : fact->repeats;
}

static void on_failure(
    struct brute *brute, const struct auth_event *event, uint64_t source_key, auth_sink sink, void *context)
{
	const struct auth_settings *settings = brute->settings;
	const struct auth_fact *fact = event->fact;
	nanoseconds now = event->message->occurred;
	uint64_t account_key = hash_text(account_of(fact), settings->seed), both = hash_u64(account_key, source_key);
	struct text process = event->message->process;
	struct tried *source = table_take(brute->sources, &source_key, now, NULL);
	uint32_t count = attempts(source, fact, process.size ? auth_key(settings, event->host, process) : 0);
	span_begin(&source->quick, now, settings->guess_window);
	span_begin(&source->spray, now, settings->spray_window);
	span_begin(&source->day, now, DAY);
	span_fail(&source->quick, count, account_key);
	span_fail(&source->spray, count, account_key);
	span_fail(&source->day, count, account_key);
	judge_source(brute, source, event, sink, context);
	struct pair *pair = table_take(brute->pairs, &both, now, NULL);
	if (!pair->since || now - pair->since > HOUR)
		*pair = (struct pair){ .since = now, .accepted = pair->accepted, .said = pair->said };
	pair->failed += count;
	if (!fact->account.size || !is_remote(fact))
		return;
	struct tried *account = table_take(brute->accounts, &account_key, now, NULL);
	span_begin(&account->quick, now, HOUR);
	span_begin(&account->day, now, DAY);
	span_fail(&account->quick, count, source_key);
	span_fail(&account->day, count, source_key);
	judge_account(brute, account, event, sink, context);
}

static bool is_recent(nanoseconds then, nanoseconds now)
{
	return then && now - then <= REMEMBERED;
}

/* Why a success looks like one of the guesses; NULL = it does not. */
static const char *suspicion(const struct brute *brute, const struct tried *source, const struct tried *account,
    const struct pair *pair, nanoseconds now)
{
	bool known = pair->accepted && now - pair->accepted > HOUR; /* somebody signs in from there */
	if (is_recent(source->found, now) && !(known && pair->failed < brute->settings->guesses))
		return "the source was guessing";
	if (pair->since && now - pair->since <= HOUR && pair->failed >= brute->settings->compromise && !known)
		return "the source failed with this account before";
	if (is_recent(account->found, now) && !known)
		return "many sources were guessing at the account, and it never came from there";
	return NULL;
}

static void on_success(
    struct brute *brute, const struct auth_event *event, uint64_t source_key, auth_sink sink, void *context)
{
	const struct auth_settings *settings = brute->settings;
	const struct auth_fact *fact = event->fact;
	nanoseconds now = event->message->occurred;
	uint64_t account_key = hash_text(account_of(fact), settings->seed), both = hash_u64(account_key, source_key);
	struct tried *source = table_take(brute->sources, &source_key, now, NULL);
	struct tried *account = table_take(brute->accounts, &account_key, now, NULL);
	struct pair *pair = table_take(brute->pairs, &both, now, NULL);
	const char *why = suspicion(brute, source, account, pair, now);
	struct auth_finding finding = { .kind = AUTH_COMPROMISE,
		.first = pair->since         ? pair->since
			 : source->day.since ? source->day.since
					     : now,
		.last = now,
		.host = event->host,
		.account = fact->account,
		.service = fact->service,
		.object = fact->method,
		.source = fact->source,
		.count = source->day.failed };
	if (why && (!pair->said || now - pair->said >= settings->repeat)) {
		pair->said = now;
		snprintf(finding.words, sizeof finding.words,
		    "%s: %u failures of the source since, %u of them with this account", why, source->day.failed,
		    pair->failed);
		sink(context, &finding);
	} else if (!why) {
		if (!pair->accepted)
			pair->accepted = now;
		source->quick.accepted++;
		source->spray.accepted++;
		source->day.accepted++;
		account->quick.accepted++;
		account->day.accepted++;
	}
	pair->failed = 0;
}

static void brute_see(void *state, const struct auth_event *event, auth_sink sink, void *context)
{
	struct brute *brute = state;
	if (!event->fact)
		return;
	uint64_t source = source_of(brute->settings, event);
	if (event->fact->kind == AUTH_FAILED || event->fact->kind == AUTH_PROBED)
		on_failure(brute, event, source, sink, context);
	else if (event->fact->kind == AUTH_ACCEPTED && is_remote(event->fact))
		on_success(brute, event, source, sink, context);
}

static uint64_t brute_forgotten(const void *state)
{
	const struct brute *brute = state;
	return table_forgotten(brute->sources) + table_forgotten(brute->accounts) + table_forgotten(brute->pairs);
}

const struct auth_detector auth_brute = {
	.name = "brute",
	.make = brute_make,
	.free = brute_free,
	.see = brute_see,
	.forgotten = brute_forgotten,
};
