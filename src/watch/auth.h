/*
 * Detectors over what logs say of sign-ins and rights. Each is one file and one struct, a function of the events that
 * it is told in their order, whose memory is fixed when it is made (behaviour_table.h): what it forgets it counts.
 *
 *   messages (syslog_read), facts (authlog_read) → detector → findings
 *
 * One thread for a set of detectors. docs/detectors.md says how each decides.
 */
#ifndef NOROSHI_WATCH_AUTH_H
#define NOROSHI_WATCH_AUTH_H

#include "base/codec.h"
#include "formats/authlog.h"

struct auth_event {
	const struct syslog_message *message;
	const struct auth_fact *fact; /* NULL: a message about something else */
	struct text host;             /* whose log it is: as the message says, else as it was received. Never empty */
	uint64_t stream;              /* what it came through (a file, a connection): order holds within one */
};

enum auth_finding_kind {
	AUTH_GUESSING,       /* one source fails again and again */
	AUTH_SPRAYING,       /* one source tries many accounts */
	AUTH_DISTRIBUTED,    /* many sources try one account */
	AUTH_COMPROMISE,     /* a sign-in succeeded behind such failures */
	AUTH_FIRST_ACCESS,   /* an account from where, or to where, it never was */
	AUTH_CLOSED_AGAIN,   /* a session ended that had ended before */
	AUTH_NEVER_OPENED,   /* a session ended that never began */
	AUTH_NO_SESSION,     /* an account used rights at a terminal, and nobody had signed in as it */
	AUTH_TIME_BACKWARDS, /* a log goes on earlier than it was */
	AUTH_SILENCE,        /* a log that always spoke was silent */
	AUTH_MISSING,        /* numbered messages are missing */
	AUTH_LOG_CLEARED,    /* a log was emptied or removed, or its program stopped, by command */
	AUTH_FINDING_KINDS
};
const char *auth_finding_code(enum auth_finding_kind kind);      /* "auth:guessing" */
const char *auth_finding_words(enum auth_finding_kind kind);     /* for people (a gettext msgid) */
const char *auth_finding_technique(enum auth_finding_kind kind); /* of ATT&CK: "T1110.001" */
uint16_t auth_finding_tactics(enum auth_finding_kind kind);      /* bits of enum tactic (model/alert.h) */

/* Its texts live until the sink returns. */
struct auth_finding {
	enum auth_finding_kind kind;
	nanoseconds first, last; /* of what it is made of */
	struct text host, account, service, object;
	struct address source; /* may be absent */
	uint32_t count;        /* failures, accounts, sources, messages: the words say */
	char words[240];       /* the facts: "12 failures in 31 s for 1 account" */
};
typedef void (*auth_sink)(void *context, const struct auth_finding *finding);

struct auth_settings {
	uint32_t entries;   /* that each table of each detector holds, at least 64 */
	uint64_t seed;      /* of hashes: strangers choose names and addresses */
	nanoseconds repeat; /* the same is said again no sooner */

	uint32_t guesses; /* failures of one source within guess_window */
	nanoseconds guess_window;
	uint32_t guesses_slow;   /* the same within a day */
	uint32_t spray_accounts; /* different ones that one source failed with, within spray_window */
	nanoseconds spray_window;
	uint32_t sources;    /* different ones that failed with one account within an hour; twice as many in a day */
	uint32_t compromise; /* failures of a source with an account within an hour, before it succeeds */
	nanoseconds learn;   /* from the first event on: what is met is usual (first access) */
	nanoseconds order_learn;   /* so long a host was watched before a missing beginning means something */
	nanoseconds backwards;     /* a log may be so much earlier than it was */
	nanoseconds silence_least; /* a shorter silence is none */
	double silence_times;      /* the longest so far, to be one */
	uint32_t silence_messages; /* that a log had before its silence means something */
};
extern const struct auth_settings auth_defaults;

struct auth_detector {
	const char *name;
	void *(*make)(const struct auth_settings *settings); /* NULL without memory; settings are borrowed */
	void (*free)(void *state);
	void (*see)(void *state, const struct auth_event *event, auth_sink sink, void *context);
	uint64_t (*forgotten)(const void *state); /* entries that made room for newer ones */
	/* What must outlive a restart; may be NULL, both. load() is given what save() wrote, or anything: false = it is
	 * none, and nothing was taken. */
	void (*save)(const void *state, struct builder *to);
	bool (*load)(void *state, struct reader *from);
};
extern const struct auth_detector *const auth_detectors[]; /* ends with NULL */

/* All of them. */
struct auth_watch;
struct auth_watch *auth_watch_new(const struct auth_settings *settings, auth_sink sink, void *context);
void auth_watch_free(struct auth_watch *watch); /* NULL is fine */
void auth_watch_see(struct auth_watch *watch, const struct auth_event *event);
uint64_t auth_watch_forgotten(const struct auth_watch *watch);
/* What was learned, as a file of our own. ERROR_NOT_FOUND when there is none yet. */
enum error auth_watch_save(const struct auth_watch *watch, const char *path, struct failure *failure);
enum error auth_watch_load(struct auth_watch *watch, const char *path, struct failure *failure);
/* The same from memory; `name` is what messages call it. */
enum error auth_watch_decode(struct auth_watch *watch, const char *name, struct text bytes, struct failure *failure);

/* For the detectors: names as keys of tables. */
uint64_t auth_key(const struct auth_settings *settings, struct text first, struct text second);
/* "3 min 20 s" rounded as people say it, for words. */
#define AUTH_SPAN 32
char *auth_span(nanoseconds span, char to[static AUTH_SPAN]);

#endif
