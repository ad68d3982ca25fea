/*
 * The log itself: it goes on earlier than it was, it is silent for longer than ever, numbered messages are missing, or
 * a command empties, removes or stops it.
 */
#include "watch/auth.h"

#include "watch/behaviour_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define REORDERED 64 /* a number so little below the newest came late; below that numbering began anew */

struct trail {
	nanoseconds first, newest, longest; /* the longest silence so far */
	nanoseconds said[AUTH_FINDING_KINDS];
	uint64_t messages, sequence; /* seen; the highest number */
	bool numbered;
};

struct trails {
	const struct auth_settings *settings;
	struct behaviour_table *logs; /* by host and stream */
};

static void trail_free(void *state)
{
	struct trails *trails = state;
	table_free(trails->logs);
	free(trails);
}

static void *trail_make(const struct auth_settings *settings)
{
	struct trails *trails = calloc(1, sizeof *trails);
	if (!trails)
		return NULL;
	trails->settings = settings;
	trails->logs = table_new(settings->entries, sizeof(uint64_t), sizeof(struct trail), settings->seed);
	if (!trails->logs) {
		free(trails);
		return NULL;
	}
	return trails;
}

struct claim {
	const struct auth_event *event;
	struct trail *trail;
	nanoseconds repeat;
	auth_sink sink;
	void *context;
};

static void tell(const struct claim *claim, struct auth_finding finding)
{
	nanoseconds now = claim->event->message->occurred, *said = &claim->trail->said[finding.kind];
	if (*said && now - *said < claim->repeat && now >= *said)
		return;
	*said = now;
	finding.host = claim->event->host;
	finding.last = now;
	if (!finding.first)
		finding.first = now;
	claim->sink(claim->context, &finding);
}

static void look_backwards(const struct trails *trails, const struct claim *claim)
{
	struct trail *trail = claim->trail;
	nanoseconds now = claim->event->message->occurred, back = trail->newest - now;
	struct auth_finding finding = { .kind = AUTH_TIME_BACKWARDS, .first = now, .count = 1 };
	char span[AUTH_SPAN];
	if (back <= trails->settings->backwards)
		return;
	snprintf(finding.words, sizeof finding.words, "%s earlier than the line before%s", auth_span(back, span),
	    back % HOUR < MINUTE || back % HOUR > HOUR - MINUTE ? " (whole hours: perhaps its time zone)" : "");
	tell(claim, finding);
	trail->newest = now; /* said once for each step back */
}

/* A machine that was off says so when it begins: that is no silence. */
static void look_silence(const struct trails *trails, const struct claim *claim)
{
	const struct auth_settings *settings = trails->settings;
	struct trail *trail = claim->trail;
	nanoseconds silence = claim->event->message->occurred - trail->newest;
	struct auth_finding finding = { .kind = AUTH_SILENCE, .first = trail->newest, .count = 1 };
	const struct auth_fact *fact = claim->event->fact;
	char span[AUTH_SPAN], before[AUTH_SPAN];
	bool began =
	    fact && (fact->kind == AUTH_BOOTED || fact->kind == AUTH_LOG_STARTED || fact->kind == AUTH_SERVICE_STARTED);
	if (silence <= trail->longest)
		return;
	if (!began && trail->messages >= settings->silence_messages && silence >= settings->silence_least &&
	    trail->newest - trail->first >= DAY && (double)silence > settings->silence_times * (double)trail->longest) {
		snprintf(finding.words, sizeof finding.words, "no line for %s; the longest silence before was %s",
		    auth_span(silence, span), auth_span(trail->longest, before));
		tell(claim, finding);
	}
	if (!began)
		trail->longest = silence;
}

static void look_numbers(const struct claim *claim)
{
	struct trail *trail = claim->trail;
	uint64_t number = claim->event->message->sequence;
	struct auth_finding finding = { .kind = AUTH_MISSING };
	if (!claim->event->message->has_sequence || claim->event->message->form == SYSLOG_JOURNAL)
		return; /* of a journal one looks at parts */
	if (trail->numbered && number > trail->sequence + 1) {
		uint64_t missing = number - trail->sequence - 1;
		finding.count = missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX;
		snprintf(finding.words, sizeof finding.words, "%" PRIu64 " numbers between %" PRIu64 " and %" PRIu64,
		    missing, trail->sequence, number);
		tell(claim, finding);
	}
	if (!trail->numbered || number > trail->sequence || trail->sequence - number > REORDERED)
		trail->sequence = number;
	trail->numbered = true;
}

static bool has(struct text text, const char *word)
{
	return text_find(text, text_of(word)) >= 0;
}

static bool any(struct text text, const char *const *words)
{
	for (; *words; words++)
		if (has(text, *words))
			return true;
	return false;
}

/* Does a command take a log away? By its words: whoever hides what he runs in a script is not seen here. */
static bool clears(struct text command)
{
	static const char *const logs[] = { "/var/log/", "/run/log/", "/etc/rsyslog", "/etc/audit", NULL };
	static const char *const removes[] = { "/rm ", "truncate ", "shred ", "unlink ", "/dev/null", "tee /var/log",
		"> /", ">/", "sed -i", "/dd ", "/mv ", NULL };
	static const char *const programs[] = { "rsyslog", "syslog-ng", "systemd-journald", "auditd", NULL };
	static const char *const stops[] = { "systemctl stop", "systemctl disable", "systemctl mask", "systemctl kill",
		"pkill", "killall", " stop", NULL };
	return (any(command, logs) && any(command, removes)) || (any(command, programs) && any(command, stops)) ||
	       (has(command, "journalctl") && has(command, "--vacuum")) || has(command, "auditctl -e 0") ||
	       has(command, "auditctl -e0");
}

static void look_command(const struct claim *claim)
{
	const struct auth_fact *fact = claim->event->fact;
	struct auth_finding finding = { .kind = AUTH_LOG_CLEARED, .count = 1 };
	if (!fact || fact->kind != AUTH_COMMAND || !clears(fact->object))
		return;
	finding.account = fact->account;
	finding.service = fact->service;
	finding.object = fact->object;
	snprintf(finding.words, sizeof finding.words, "a command takes away a log, or stops what writes it");
	tell(claim, finding);
}

static void trail_see(void *state, const struct auth_event *event, auth_sink sink, void *context)
{
	struct trails *trails = state;
	uint64_t key = hash_u64(event->stream, hash_text(event->host, trails->settings->seed));
	nanoseconds now = event->message->occurred;
	struct trail *trail = table_take(trails->logs, &key, now, NULL);
	const struct claim claim = { event, trail, trails->settings->repeat, sink, context };
	look_command(&claim);
	look_numbers(&claim);
	if (event->message->time_missing)
		return;
	if (!trail->messages) {
		trail->first = trail->newest = now;
	} else {
		look_backwards(trails, &claim);
		look_silence(trails, &claim);
	}
	trail->messages++;
	if (now > trail->newest)
		trail->newest = now;
}

static uint64_t trail_forgotten(const void *state)
{
	return table_forgotten(((const struct trails *)state)->logs);
}

const struct auth_detector auth_trail = {
	.name = "trail",
	.make = trail_make,
	.free = trail_free,
	.see = trail_see,
	.forgotten = trail_forgotten,
};
