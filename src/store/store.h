/*
 * The state store: organisations, sensors, accounts, events, notices, decisions, counters, the log, the outbox; in
 * SQLite (WAL, one writer: the keeper). PostgreSQL comes later behind this same header.
 *
 * Reads demand a scope (rule 10) and answer ERROR_NOT_FOUND for what the scope does not cover, exactly as for what does
 * not exist. Writes happen inside a transaction that the caller opens; the change, its line in the log and the messages
 * that it causes commit together (rule 7). Structs are filled by value; their char * texts live in the arena given.
 *
 * The log: what a person changes through a _put, _decide or _split leaves its line by itself, in the same transaction.
 * Reads are logged by whoever answers them (store_log_append). A background scope's use of the store is one line when a
 * work first uses it in a process, then one an hour with the count of uses. Changing a password, a role or disabling
 * ends the sessions.
 *
 * Values (store_value_put) and log lines open a transaction of their own when none is open; every other change demands
 * one.
 */
#ifndef NOROSHI_STORE_STORE_H
#define NOROSHI_STORE_STORE_H

#include "base/error.h"
#include "base/memory.h"
#include "model/account.h"
#include "model/announcement.h"
#include "model/appearance.h"
#include "model/bulletin.h"
#include "model/capture_policy.h"
#include "model/coverage.h"
#include "model/event.h"
#include "model/machine.h"
#include "model/notice.h"
#include "model/organisation.h"
#include "model/policy.h"

struct store;

/* `location`: "sqlite:/path/noroshi.db". Migrates forward, as a whole or not at all, and says so in the program's log;
 * a newer schema than ours is ERROR_VERSION. */
enum error store_open(const char *location, struct store **store, struct failure *failure);
/* Of whatever older version it is, and leaves it so: for copies. It must be there. Only values, the log's end and
 * copies may be asked of a store whose schema is not the newest. */
enum error store_open_as_it_is(const char *location, struct store **store, struct failure *failure);
int store_schema(const struct store *store);
int store_schema_newest(void); /* that this program writes */
void store_close(struct store *store);

enum error store_begin(struct store *store, struct failure *failure); /* IMMEDIATE */
enum error store_commit(struct store *store, struct failure *failure);
void store_rollback(struct store *store);

/* Loads who may be what at `now`, for policy_scope(). */
enum error store_snapshot(struct store *store, nanoseconds now, struct arena *arena, struct policy_snapshot *snapshot,
    struct failure *failure);

/* Another number after each change of what store_snapshot() loads or store/known.h tells, by this or another
 * connection: what was made of these holds while it is the same. */
enum error store_standing(struct store *store, uint64_t *standing, struct failure *failure);

/* Another number after each change of organisations, their address spaces or capture policies, by this or another
 * connection. */
enum error store_spaces_version(struct store *, uint64_t *version, struct failure *);

/* Pages (limit 0 = 50; larger than 500 = 500; a cursor of another list or a damaged one is ERROR_INPUT): `after` is the
 * opaque cursor of the last row seen (empty = start), `next` is filled (empty = no more). */
struct page {
	struct text after;
	uint32_t limit; /* 1–500 */
	char next[64];
};

/* ── organisations, sensors ─ */
/* Number 0 = new; version must match otherwise (ERROR_CONFLICT). */
enum error store_organisation_put(struct store *, const struct scope *, struct organisation *, struct failure *);
enum error store_organisation_get(
    struct store *, const struct scope *, uint32_t number, struct organisation *, struct failure *);
enum error store_organisation_find(
    struct store *, const struct scope *, struct text name, struct organisation *, struct failure *);
enum error store_organisation_each(struct store *, const struct scope *, struct page *,
    void (*each)(void *, const struct organisation *), void *context, struct failure *);
/* All of them, by number. */
enum error store_organisation_all(struct store *, const struct scope *,
    void (*each)(void *, const struct organisation *), void *context, struct failure *);
enum error store_space_put(struct store *, const struct scope *, const struct organisation_space *, struct failure *);
/* Of one organisation, or (0) of all that the scope covers. */
enum error store_space_each(struct store *, const struct scope *, uint32_t organisation,
    void (*each)(void *, const struct organisation_space *), void *context, struct failure *);
enum error store_sensor_put(struct store *, const struct scope *, struct sensor *, struct failure *);
enum error store_sensor_get(struct store *, const struct scope *, uint32_t number, struct sensor *, struct failure *);
enum error store_sensor_each(struct store *, const struct scope *, uint32_t organisation, struct page *,
    void (*each)(void *, const struct sensor *), void *context, struct failure *);
enum error store_sensor_all(struct store *, const struct scope *, uint32_t organisation,
    void (*each)(void *, const struct sensor *), void *context, struct failure *);
enum error store_sensor_seen(struct store *, const struct scope *, uint32_t number, nanoseconds seen,
    nanoseconds clock_error, uint64_t alerts, struct failure *); /* adds alerts */

/* ── gaps of sensors, and the coverage that is left ─ */
/* Number 0 = new. Of one that is kept only its end, its counts, its reason and what was told of it change. */
enum error store_gap_put(struct store *, const struct scope *, struct gap *, struct failure *);
struct gap_query {
	uint32_t organisation, sensor; /* 0 = all in the scope */
	nanoseconds from, to;          /* overlaps [from, to); to = 0: open */
	bool open_only;                /* those that have not ended */
	bool enrolments;               /* GAP_NEVER after `to` as well: their sensors were not there yet */
};
/* By sensor and beginning (those of whole organisations first), at most GAPS_MOST; *more says that there were others.
 */
#define GAPS_MOST 20000
enum error store_gap_each(struct store *, const struct scope *, const struct gap_query *, bool *more,
    void (*each)(void *, const struct gap *), void *context, struct failure *);
enum error store_gap_get(struct store *, const struct scope *, uint64_t number, struct gap *, struct failure *);
/* Those that ended before `before`, and of each sensor all but the newest `most`, go; open ones stay. */
enum error store_gap_expire(
    struct store *, const struct scope *, nanoseconds before, uint32_t most, uint64_t *removed, struct failure *);
/* Of one organisation, or (0) of all in the scope together. */
enum error store_coverage(struct store *, const struct scope *, uint32_t organisation, nanoseconds from, nanoseconds to,
    struct coverage *, struct failure *);
/* What is remembered of how a sensor delivers; for background works. */
enum error store_habit_put(struct store *, const struct scope *, uint32_t sensor, struct text body, struct failure *);
enum error store_habit_each(struct store *, const struct scope *,
    void (*each)(void *, uint32_t sensor, struct text body), void *context, struct failure *);

/* ── capture policies ─ */
struct capture_version {
	uint32_t organisation;
	uint64_t version; /* 0 = nobody made one: the default */
	nanoseconds made;
	struct uuid account; /* who made it */
	bool own;            /* one of the organisation's own people */
	struct capture_policy policy;
};
/* The newest. An organisation that the scope does not cover is ERROR_NOT_FOUND. */
enum error store_capture_get(
    struct store *, const struct scope *, uint32_t organisation, struct capture_version *, struct failure *);
/* Adds a version behind `version`, which must be the newest (ERROR_CONFLICT). Whether it may loosen is the caller's to
 * ask (ACTION_CAPTURE_LOOSEN). */
enum error store_capture_put(struct store *, const struct scope *, struct capture_version *, struct failure *);
/* From the newest on, at most `limit`. */
enum error store_capture_each(struct store *, const struct scope *, uint32_t organisation, uint32_t limit,
    void (*each)(void *, const struct capture_version *), void *context, struct failure *);
/* What sensors sent that the policy forbids, and the centre dropped. */
struct capture_dropped {
	uint32_t sensor, organisation;
	uint64_t fields;
	nanoseconds first, last;
	char name[NAME_SIZE]; /* of the sensor; for reading */
};
/* Adds to the sensor's sum; *first: it had none. */
enum error store_capture_dropped_add(
    struct store *, const struct scope *, const struct capture_dropped *, bool *first, struct failure *);
enum error store_capture_dropped_each(struct store *, const struct scope *, uint32_t organisation,
    void (*each)(void *, const struct capture_dropped *), void *context, struct failure *);

/* ── bulletins: what the centre tells an organisation of its own accord ─ */
/* Gives number and id. */
enum error store_bulletin_put(struct store *, const struct scope *, struct bulletin *, struct failure *);
enum error store_bulletin_get(
    struct store *, const struct scope *, struct uuid, struct arena *, struct bulletin *, struct failure *);
/* The newest first; with `unqueued` those alone whose mail was not put into the outbox yet, the oldest first. */
enum error store_bulletin_each(struct store *, const struct scope *, bool unqueued, struct page *, struct arena *,
    void (*each)(void *, const struct bulletin *), void *context, struct failure *);
/* Those written before `before` go, unless their mail is still to be queued. */
enum error store_bulletin_expire(struct store *, const struct scope *, nanoseconds before, struct failure *);
/* The state of its mail (queued, delivery, tries, last_try, answer) as the struct has it. */
enum error store_bulletin_mailed(struct store *, const struct scope *, const struct bulletin *, struct failure *);

/* ── addresses of organisations that appeared in telescopes (model/appearance.h) ─ */
enum error store_appearance_find(struct store *, const struct scope *, uint32_t organisation, struct address,
    enum appearance_kind, struct appearance *, struct failure *);
/* New when its number is 0, which it then gets. Without a line in the log; for background works. */
enum error store_appearance_put(struct store *, const struct scope *, struct appearance *, struct failure *);
/* When the organisation was last told of any; 0 = never. */
enum error store_appearance_told(
    struct store *, const struct scope *, uint32_t organisation, nanoseconds *when, struct failure *);
/* Of which organisations something is due, the earliest first, at most `most`. */
enum error store_appearance_waiting(struct store *, const struct scope *, nanoseconds now, uint32_t most,
    void (*each)(void *, uint32_t organisation), void *context, struct failure *);
enum error store_appearance_due(struct store *, const struct scope *, uint32_t organisation, nanoseconds now,
    uint32_t most, void (*each)(void *, const struct appearance *), void *context, struct failure *);
enum error store_appearance_count(struct store *, const struct scope *, uint64_t *count, struct failure *);
/* Those that ended and were last seen before `before` go; *gone is how many. */
enum error store_appearance_expire(
    struct store *, const struct scope *, nanoseconds before, uint64_t *gone, struct failure *);

/* ── announced attacks: for scopes that cover all ─ */
/* Gives the id. */
enum error store_announcement_put(struct store *, const struct scope *, struct announcement *, struct failure *);
enum error store_announcement_get(
    struct store *, const struct scope *, struct uuid, struct arena *, struct announcement *, struct failure *);
/* The newest first, without their targets. */
enum error store_announcement_each(struct store *, const struct scope *, struct page *,
    void (*each)(void *, const struct announcement *), void *context, struct failure *);

/* ── accounts, sessions, tokens ─ */
enum error store_account_put(struct store *, const struct scope *, struct account *, struct failure *);
enum error store_account_get(struct store *, const struct scope *, struct uuid, struct account *, struct failure *);
enum error store_account_find(
    struct store *, const struct scope *, struct text name, struct account *, struct failure *);
enum error store_account_each(struct store *, const struct scope *, struct page *,
    void (*each)(void *, const struct account *), void *context, struct failure *);
/* The name to show for an account (its title) beside what it did. Of the centre's people only to scopes of all. */
enum error store_account_title(
    struct store *, const struct scope *, struct uuid, char *to, size_t size, struct failure *);
/* Sessions and tokens that expired or were revoked are found too: the caller looks at `expires` and `revoked`. */
enum error store_session_put(struct store *, const struct scope *, const struct session *, struct failure *);
enum error store_session_find(
    struct store *, const struct scope *, const uint8_t digest[32], struct session *, struct failure *);
enum error store_session_remove(struct store *, const struct scope *, const uint8_t digest[32], struct failure *);
enum error store_session_expire(struct store *, const struct scope *, nanoseconds now, struct failure *);
enum error store_token_put(struct store *, const struct scope *, struct token *, struct failure *);
enum error store_token_find(
    struct store *, const struct scope *, const uint8_t digest[32], struct token *, struct failure *);
/* Without a line in the log, and never backwards; for background works. */
enum error store_token_used(struct store *, const struct scope *, struct uuid, nanoseconds when, struct failure *);
enum error store_token_each(struct store *, const struct scope *, struct page *,
    void (*each)(void *, const struct token *), void *context, struct failure *);

/* ── machines: enrolments and certificates (model/machine.h) ─ */
/* A nil id = new. Afterwards only `used` with its key, and `withdrawn`, are set, each once. */
enum error store_enrolment_put(struct store *, const struct scope *, struct enrolment *, struct failure *);
/* Those that were used, expired or withdrawn are found too. */
enum error store_enrolment_find(
    struct store *, const struct scope *, const uint8_t digest[32], struct enrolment *, struct failure *);
enum error store_enrolment_get(struct store *, const struct scope *, struct uuid, struct enrolment *, struct failure *);
/* The newest first, at most `most`; of certificates too. */
enum error store_enrolment_each(struct store *, const struct scope *, uint32_t sensor, uint32_t most,
    void (*each)(void *, const struct enrolment *), void *context, struct failure *);
enum error store_certificate_put(
    struct store *, const struct scope *, const struct machine_certificate *, struct failure *); /* a new one */
/* Those that ended or were revoked are found too: the caller asks certificate_state(). */
enum error store_certificate_find(
    struct store *, const struct scope *, const uint8_t digest[32], struct machine_certificate *, struct failure *);
enum error store_certificate_get(
    struct store *, const struct scope *, struct uuid serial, struct machine_certificate *, struct failure *);
/* The newest that the enrolment led to for this public key. */
enum error store_certificate_of_key(struct store *, const struct scope *, struct uuid enrolment, const uint8_t key[32],
    struct machine_certificate *, struct failure *);
enum error store_certificate_each(struct store *, const struct scope *, uint32_t sensor, uint32_t most,
    void (*each)(void *, const struct machine_certificate *), void *context, struct failure *); /* sensor 0: of all */
/* Its first use: older ones of the same enrolment are superseded. */
enum error store_certificate_used(
    struct store *, const struct scope *, const struct machine_certificate *, nanoseconds when, struct failure *);
/* For good; the first one counts. */
enum error store_certificate_revoke(struct store *, const struct scope *, const struct machine_certificate *,
    const char *by, nanoseconds when, struct failure *);
/* Certificates (DER) of the authorities that signed them: the present one and earlier ones, the newest first. */
enum error store_authority_put(struct store *, struct text der, nanoseconds made, struct failure *);
enum error store_authority_each(struct store *, void (*each)(void *, struct text der), void *context, struct failure *);

/* ── members' devices (model/machine.h) ─ */
/* A nil id = new. Afterwards only `revoked` is set, once. */
enum error store_device_put(struct store *, const struct scope *, struct device *, struct failure *);
/* Those that are revoked are found too. */
enum error store_device_find(
    struct store *, const struct scope *, const uint8_t digest[32], struct device *, struct failure *);
enum error store_device_get(struct store *, const struct scope *, struct uuid, struct device *, struct failure *);
/* The newest first, at most `most`; organisation 0 = of all. */
enum error store_device_each(struct store *, const struct scope *, uint32_t organisation, uint32_t most,
    void (*each)(void *, const struct device *), void *context, struct failure *);
/* Without a line in the log, and never backwards; for background works. */
enum error store_device_used(struct store *, const struct scope *, struct uuid, nanoseconds when, struct failure *);

/* ── events ─ */
/* What triage says: inserts or replaces; keeps the state and annotations that people gave, and applies splits. */
enum error store_event_put(struct store *, const struct scope *, const struct event *, struct failure *);
/* A provisional one that was taken back; one that a person touched stays, no longer provisional. */
enum error store_event_remove(struct store *, const struct scope *, struct uuid, struct failure *);
struct event_standing {
	enum event_state state;
	struct uuid merged_into;
	char *reason; /* of the last decision about it; arena */
	struct uuid decided_by;
	nanoseconds decided;
	struct uuid split_from; /* the event that it was split off from, or nil */
	uint32_t notices;
	uint64_t version; /* of what people decided; what triage writes does not change it */
};
struct event_query {
	uint32_t organisation;   /* 0 = all in the scope */
	struct text sector;      /* of the organisation, as it has it now; empty = any */
	uint32_t states;         /* bits 1 << enum event_state; 0 = any */
	nanoseconds from, to;    /* overlaps [from, to); 0 = open */
	struct uuid campaign;    /* nil = any */
	struct uuid merged_into; /* the events that became part of this one; nil = any */
	enum { EVENT_BY_RANK, EVENT_BY_TIME } order;
};
enum error store_event_get(struct store *, const struct scope *, struct uuid, struct arena *, struct event *,
    struct event_standing *, struct failure *);
enum error store_event_each(struct store *, const struct scope *, const struct event_query *, struct page *,
    struct arena *, void (*each)(void *, const struct event *, const struct event_standing *), void *context,
    struct failure *);
/* confirm, dismiss, reopen (EVENT_OPEN), merge (into `other`, of the same organisation): reversible, `version` must
 * match (0 = any). Dismissing and merging need a reason. The same decision again is OK and leaves no second step. */
enum error store_event_decide(struct store *, const struct scope *, struct uuid, enum event_state, struct uuid other,
    struct text reason, uint64_t version, nanoseconds now, struct failure *);
/* Split: the alerts of `hosts` (listed names) leave into a new event of the same campaign; kept as an instruction that
 * later puts of the event respect. Gives the new event's id. The parts' alerts are exact by host; signatures, sources,
 * accounts, detectors, times and reasons are not known by host and stay the same in both. In history the alerts keep
 * the id of the event that was split: store_event_part() says which hosts of `origin` belong to an event. A part is not
 * split again. */
enum error store_event_split(struct store *, const struct scope *, struct uuid, const struct text *hosts,
    size_t host_count, struct text reason, uint64_t version, nanoseconds now, struct uuid *new_event, struct failure *);
/* For an event that was split, or split off: `origin` (else the event itself), and each host of a split with whether
 * its alerts belong to this event. Hosts that are not named stay with the origin. */
enum error store_event_part(struct store *, const struct scope *, struct uuid, struct uuid *origin,
    void (*each)(void *, const char *host, bool belongs), void *context, struct failure *);
/* What was decided about it, oldest first: "confirm", "dismiss", "reopen", "merge", "split", "split-off". */
struct event_step {
	nanoseconds when;
	struct uuid account;
	char what[24];
	char *reason;
};
enum error store_event_steps(struct store *, const struct scope *, struct uuid, struct arena *,
    void (*each)(void *, const struct event_step *), void *context, struct failure *);

/* ── campaigns: the events of several organisations that are one attempt; for scopes that cover all ─ */
struct campaign_summary {
	struct uuid id;
	uint32_t organisations;     /* distinct */
	uint32_t events, states[4]; /* in all, and by enum event_state */
	uint32_t notices;           /* that were sent about its events */
	nanoseconds first, last;
	double rank;       /* the highest of its events */
	uint64_t analyses; /* versions of the analysts' text about it */
};
/* The newest first. */
enum error store_campaign_each(struct store *, const struct scope *, struct page *,
    void (*each)(void *, const struct campaign_summary *), void *context, struct failure *);
enum error store_campaign_get(
    struct store *, const struct scope *, struct uuid, struct campaign_summary *, struct failure *);
/* What an analyst wrote about a campaign. A new version is a new row; none is ever changed. It cites the events that
 * the campaign had when it was written, and is found through them too: when campaigns turn out to be one, the texts
 * come along. */
struct campaign_analysis {
	struct uuid campaign; /* as it was called then */
	uint64_t version;
	struct uuid author;
	nanoseconds written;
	char *words;    /* arena */
	uint32_t cited; /* events */
};
#define ANALYSIS_LARGEST 20000 /* bytes */
/* `seen`: the version that the author saw, 0 = there was none (ERROR_CONFLICT when there is another one now). Gives
 * version, author and time. */
enum error store_campaign_analysis_put(
    struct store *, const struct scope *, struct campaign_analysis *, uint64_t seen, nanoseconds now, struct failure *);
/* The newest first, at most 100; with each the ids of the events that it cites. */
enum error store_campaign_analysis_each(struct store *, const struct scope *, struct uuid campaign, struct arena *,
    void (*each)(void *, const struct campaign_analysis *, const struct uuid *events), void *context, struct failure *);

/* ── statistics: the rows themselves without their contents, for counting anew each time (NOUN_COUNTER) ─ */
struct counted_event {
	uint32_t organisation;
	nanoseconds opened;
	enum event_state state;
};
struct counted_notice {
	uint32_t organisation;
	nanoseconds opened; /* its event */
	nanoseconds sent, deadline, acknowledged;
	enum notice_state state;
	uint32_t reminders;
	bool escalated;
};
/* Opened, or sent, in [from, to); organisation 0 = all in the scope. Drafts are not counted. */
enum error store_counted_events(struct store *, const struct scope *, uint32_t organisation, nanoseconds from,
    nanoseconds to, void (*each)(void *, const struct counted_event *), void *context, struct failure *);
enum error store_counted_notices(struct store *, const struct scope *, uint32_t organisation, nanoseconds from,
    nanoseconds to, void (*each)(void *, const struct counted_notice *), void *context, struct failure *);

/* ── decisions: once made only expires, review and withdrawn change; a withdrawal is for good ─ */
enum error store_decision_put(struct store *, const struct scope *, struct decision *, struct failure *);
enum error store_decision_get(struct store *, const struct scope *, struct uuid, struct decision *, struct failure *);
enum error store_decision_each(struct store *, const struct scope *, bool standing_only, struct page *,
    void (*each)(void *, const struct decision *), void *context, struct failure *);
enum error store_decision_hit(
    struct store *, const struct scope *, struct uuid, uint64_t hits, nanoseconds last, struct failure *);

/* ── notices and their delivery ─ */
/* Gives id and number when new; what was never sent is seen by scopes that cover all only. */
enum error store_notice_put(struct store *, const struct scope *, struct notice *, struct failure *);
enum error store_notice_get(
    struct store *, const struct scope *, struct uuid, struct arena *, struct notice *, struct failure *);
enum error store_notice_by_link(
    struct store *, const struct scope *, const uint8_t digest[32], struct arena *, struct notice *, struct failure *);
enum error store_notice_each(struct store *, const struct scope *, struct uuid event, uint32_t states, struct page *,
    struct arena *, void (*each)(void *, const struct notice *), void *context, struct failure *);
/* Sent, not acknowledged, and with something left to do now: a reminder whose time has come, or the escalation after
 * the deadline; at most 500, the earliest deadline first; those that are finished or not yet due take no place. For the
 * background work "reminders". The first reminder is `lead` before the deadline (but not before half of the time
 * given), the next ones are at the deadline and each `interval` after it. */
struct notice_schedule {
	nanoseconds now, lead, interval;
	uint32_t most; /* reminders of one notice */
};
enum error store_notice_due(struct store *, const struct scope *, const struct notice_schedule *, struct arena *,
    void (*each)(void *, const struct notice *), void *context, struct failure *);
enum error store_delivery_put(struct store *, const struct scope *, struct delivery *, struct failure *);
enum error store_delivery_each(struct store *, const struct scope *, struct uuid notice,
    void (*each)(void *, const struct delivery *), void *context, struct failure *);

/* ── the outbox (rule 7): messages that committed changes caused, for the bus to deliver ─ */
struct outbox_message {
	uint64_t number;
	char topic[32];         /* "mail" */
	struct text body;       /* encoded; arena */
	nanoseconds not_before; /* when the next try is due */
	uint32_t tries;
};
enum error store_outbox_put(
    struct store *, const char *topic, struct text body, nanoseconds not_before, struct failure *);
enum error store_outbox_due(struct store *, const struct scope *, nanoseconds now, uint32_t limit, struct arena *,
    void (*each)(void *, const struct outbox_message *), void *context, struct failure *);
enum error store_outbox_done(struct store *, const struct scope *, uint64_t number, struct failure *);
enum error store_outbox_retry(
    struct store *, const struct scope *, uint64_t number, nanoseconds not_before, struct failure *);

/* ── the log: who did and who saw what; append-only, each line carries the hash of the one before ─ */
struct log_line {
	uint64_t number;
	nanoseconds when;
	struct uuid account;   /* nil for background work */
	char who[64];          /* the account's or the work's name */
	char what[48];         /* "event.read", "notice.send" */
	char object[64];       /* id */
	uint32_t organisation; /* whose thing it was; 0 = none */
	char outcome[16];      /* "done", "denied", "failed" */
	char detail[256];      /* never a secret */
	uint8_t hash[32];      /* SHA-256 over the previous hash and this line's fields */
};
enum error store_log_append(struct store *, struct log_line *, struct failure *);
/* The last line's number and hash; 0 and zeros of an empty log. */
enum error store_log_end(struct store *, uint64_t *number, uint8_t hash[32], struct failure *);
enum error store_log_each(struct store *, const struct scope *, struct page *,
    void (*each)(void *, const struct log_line *), void *context, struct failure *);
/* Walks the whole chain; *broken = number of the first line that does not fit, 0 when all do. */
enum error store_log_verify(struct store *, const struct scope *, uint64_t *lines, uint64_t *broken, struct failure *);

/* ── counters of the funnel, by organisation and day (UTC): what statistics are made from ─ */
struct funnel {
	uint32_t organisation;
	int32_t day; /* days since 1970-01-01 */
	uint64_t alerts, verdicts[VERDICT_COUNT];
	uint64_t malformed, late;
	uint64_t events; /* that began on this day: counted from the events themselves when read */
};
/* Adds; verdicts may be taken back: two's complement. */
enum error store_funnel_add(struct store *, const struct scope *, const struct funnel *, struct failure *);
/* Everything that triage counted becomes 0, the hits of decisions too, because it counts again from the beginning of
 * history. */
enum error store_counts_clear(struct store *, const struct scope *, struct failure *);
enum error store_funnel_each(struct store *, const struct scope *, uint32_t organisation, int32_t from_day,
    int32_t to_day, void (*each)(void *, const struct funnel *), void *context, struct failure *);

/* ── small values of the program itself: checkpoints, keys ─ */
enum error store_value_put(struct store *, const char *key, struct text value, struct failure *);
enum error store_value_get(struct store *, const char *key, struct arena *, struct text *value, struct failure *);

/* Idempotency-Key of a POST: gives the stored answer when this account used the key before and it has not expired by
 * `now`; a _put forgets what has. The caller's clock alone counts. */
enum error store_answer_find(struct store *, const struct scope *, struct text key, nanoseconds now, struct arena *,
    uint16_t *status, struct text *body, struct failure *);
enum error store_answer_put(struct store *, const struct scope *, struct text key, uint16_t status, struct text body,
    nanoseconds now, nanoseconds expires, struct failure *);

/* ── copies of a running store ─ */
/* From here to store_read_end() this store shows the moment of the call, whatever others commit; nothing can be written
 * through it meanwhile. */
enum error store_read_begin(struct store *, struct failure *);
void store_read_end(struct store *);
/* Into a new file, durable when it returns, and found whole by SQLite's own check (else ERROR_CORRUPT). Inside a
 * store_read_begin() it is the store of that moment. `moved` (may be NULL) is told the bytes as they are written.
 * Leaves nothing behind when it fails. */
enum error store_copy(
    struct store *, const char *path, void (*moved)(void *, uint64_t bytes), void *context, struct failure *);

#endif
