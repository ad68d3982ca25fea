/*
 * The set of detectors over sign-ins; see auth.h.
 */
#include "watch/auth.h"

#include "base/catalog.h"
#include "base/file.h"
#include "model/alert.h"

#include <stdio.h>
#include <stdlib.h>

#define MAGIC 0x4641524eu /* "NRAF" */
#define VERSION 1
#define LARGEST ((size_t)256 << 20)
#define DETECTORS_MOST 8

const struct auth_settings auth_defaults = {
	.entries = 16384,
	.repeat = HOUR,
	.guesses = 10,
	.guess_window = 5 * MINUTE,
	.guesses_slow = 60,
	.spray_accounts = 8,
	.spray_window = 30 * MINUTE,
	.sources = 15,
	.compromise = 5,
	.learn = 7 * DAY,
	.order_learn = DAY,
	.backwards = 2 * MINUTE,
	.silence_least = HOUR,
	.silence_times = 3,
	.silence_messages = 200,
};

extern const struct auth_detector auth_brute, auth_first, auth_order, auth_trail;
const struct auth_detector *const auth_detectors[] = { &auth_brute, &auth_first, &auth_order, &auth_trail, NULL };

struct auth_watch {
	void *states[DETECTORS_MOST];
	auth_sink sink;
	void *context;
};

static const struct {
	const char *code, *words, *technique;
	uint16_t tactics;
} kinds[AUTH_FINDING_KINDS] = {
	[AUTH_GUESSING] = { "auth:guessing", N_("A source fails to sign in again and again"), "T1110.001",
	    1u << TACTIC_CREDENTIAL_ACCESS },
	[AUTH_SPRAYING] = { "auth:spraying", N_("A source tries to sign in with many accounts"), "T1110.003",
	    1u << TACTIC_CREDENTIAL_ACCESS },
	[AUTH_DISTRIBUTED] = { "auth:distributed", N_("Many sources fail to sign in with one account"), "T1110",
	    1u << TACTIC_CREDENTIAL_ACCESS },
	[AUTH_COMPROMISE] = { "auth:compromise", N_("A sign-in succeeded after many failures"), "T1078",
	    1u << TACTIC_INITIAL_ACCESS | 1u << TACTIC_CREDENTIAL_ACCESS },
	[AUTH_FIRST_ACCESS] = { "auth:first-access", N_("An account signed in as it never did before"), "T1078",
	    1u << TACTIC_INITIAL_ACCESS },
	[AUTH_CLOSED_AGAIN] = { "auth:closed-again", N_("A session ended that had ended before"), "T1070",
	    1u << TACTIC_DEFENSE_EVASION },
	[AUTH_NEVER_OPENED] = { "auth:never-opened", N_("A session ended that never began"), "T1070",
	    1u << TACTIC_DEFENSE_EVASION },
	[AUTH_NO_SESSION] = { "auth:no-session", N_("An account used other rights, and nobody had signed in as it"),
	    "T1548.003", 1u << TACTIC_PRIVILEGE_ESCALATION | 1u << TACTIC_DEFENSE_EVASION },
	[AUTH_TIME_BACKWARDS] = { "auth:time-backwards", N_("A log goes on earlier than it was"), "T1070",
	    1u << TACTIC_DEFENSE_EVASION },
	[AUTH_SILENCE] = { "auth:silence", N_("A log was silent for longer than ever"), "T1562.001",
	    1u << TACTIC_DEFENSE_EVASION },
	[AUTH_MISSING] = { "auth:missing", N_("Numbered log messages are missing"), "T1070",
	    1u << TACTIC_DEFENSE_EVASION },
	[AUTH_LOG_CLEARED] = { "auth:log-cleared", N_("A log was emptied, removed or stopped by command"), "T1070.002",
	    1u << TACTIC_DEFENSE_EVASION },
};

const char *auth_finding_code(enum auth_finding_kind kind)
{
	return kinds[kind].code;
}

const char *auth_finding_words(enum auth_finding_kind kind)
{
	return kinds[kind].words;
}

const char *auth_finding_technique(enum auth_finding_kind kind)
{
	return kinds[kind].technique;
}

uint16_t auth_finding_tactics(enum auth_finding_kind kind)
{
	return kinds[kind].tactics;
}

struct auth_watch *auth_watch_new(const struct auth_settings *settings, auth_sink sink, void *context)
{
	struct auth_watch *watch = calloc(1, sizeof *watch);
	if (!watch)
		return NULL;
	watch->sink = sink;
	watch->context = context;
	for (size_t i = 0; auth_detectors[i]; i++) {
		watch->states[i] = auth_detectors[i]->make(settings);
		if (!watch->states[i]) {
			auth_watch_free(watch);
			return NULL;
		}
	}
	return watch;
}

void auth_watch_free(struct auth_watch *watch)
{
	for (size_t i = 0; watch && auth_detectors[i]; i++)
		if (watch->states[i])
			auth_detectors[i]->free(watch->states[i]);
	free(watch);
}

void auth_watch_see(struct auth_watch *watch, const struct auth_event *event)
{
	for (size_t i = 0; auth_detectors[i]; i++)
		auth_detectors[i]->see(watch->states[i], event, watch->sink, watch->context);
}

uint64_t auth_watch_forgotten(const struct auth_watch *watch)
{
	uint64_t sum = 0;
	for (size_t i = 0; auth_detectors[i]; i++)
		sum += auth_detectors[i]->forgotten(watch->states[i]);
	return sum;
}

/* magic, version, then of each detector that has something its name and bytes, and the checksum of all that. */
enum error auth_watch_save(const struct auth_watch *watch, const char *path, struct failure *failure)
{
	struct builder to = { 0 }, part = { 0 };
	put_u32(&to, MAGIC);
	put_u32(&to, VERSION);
	for (size_t i = 0; auth_detectors[i]; i++) {
		if (!auth_detectors[i]->save)
			continue;
		builder_clear(&part);
		auth_detectors[i]->save(watch->states[i], &part);
		put_text(&to, text_of(auth_detectors[i]->name));
		put_text(&to, (struct text){ part.at, part.size });
	}
	put_u32(&to, checksum(0, to.at, to.failed ? 0 : to.size));
	enum error error = to.failed || part.failed
			       ? fail(failure, ERROR_MEMORY, "no memory to write %s", path)
			       : file_replace(path, (struct text){ to.at, to.size }, 0600, failure);
	builder_free(&to);
	builder_free(&part);
	return error;
}

static bool load_parts(struct auth_watch *watch, struct reader *from)
{
	while (!from->failed && from->at < from->end) {
		struct text name = get_text(from), part = get_text(from);
		for (size_t i = 0; auth_detectors[i] && !from->failed; i++) {
			struct reader inner = reader_of(part.at, part.size);
			if (auth_detectors[i]->load && text_equal(name, text_of(auth_detectors[i]->name)) &&
			    !auth_detectors[i]->load(watch->states[i], &inner))
				return false;
		}
	}
	return !from->failed;
}

enum error auth_watch_decode(struct auth_watch *watch, const char *name, struct text bytes, struct failure *failure)
{
	size_t size = bytes.size < 4 ? 0 : bytes.size - 4;
	struct reader from = reader_of(bytes.at, size), sum = reader_of(bytes.at + size, bytes.size - size);
	uint32_t magic = get_u32(&from), version = get_u32(&from);
	if (magic != MAGIC || from.failed)
		return fail(failure, ERROR_CORRUPT, "%s: this is no file of what was learned", name);
	if (version != VERSION)
		return fail(failure, ERROR_VERSION, "%s: version %u, this program reads %d", name, version, VERSION);
	if (checksum(0, bytes.at, size) != get_u32(&sum) || !load_parts(watch, &from))
		return fail(failure, ERROR_CORRUPT, "%s: damaged; remove it, and learning begins anew", name);
	return OK;
}

enum error auth_watch_load(struct auth_watch *watch, const char *path, struct failure *failure)
{
	char *at;
	size_t size;
	enum error error = file_read(path, LARGEST, &at, &size, failure);
	if (error)
		return error;
	error = auth_watch_decode(watch, path, (struct text){ at, size }, failure);
	free(at);
	return error;
}

uint64_t auth_key(const struct auth_settings *settings, struct text first, struct text second)
{
	return hash_text(second, hash_text(first, settings->seed));
}

char *auth_span(nanoseconds span, char to[static AUTH_SPAN])
{
	if (span < 2 * MINUTE)
		snprintf(to, AUTH_SPAN, "%.0f s", (double)span / (double)SECOND);
	else if (span < 2 * HOUR)
		snprintf(to, AUTH_SPAN, "%.0f min", (double)span / (double)MINUTE);
	else if (span < 2 * DAY)
		snprintf(to, AUTH_SPAN, "%.1f h", (double)span / (double)HOUR);
	else
		snprintf(to, AUTH_SPAN, "%.1f d", (double)span / (double)DAY);
	return to;
}
