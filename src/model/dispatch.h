/*
 * Dispatches (発信): one message of the centre to many, along a tree of recipients. A reach test (情報疎通機能の確認)
 * is one, and so are early warnings (早期警戒情報), advisories (注意喚起) and newsletters: who is told, who passed it
 * on, who received, opened and acknowledged is the same question for all of them.
 *
 *   directory of contacts ─► dispatch (draft ─► proposed ─► running ─► closed) ─► recipients, tier by tier ─► records
 *
 * Recipients are organisations of the centre, or contacts of the directory who have no account.
 */
#ifndef NOROSHI_MODEL_DISPATCH_H
#define NOROSHI_MODEL_DISPATCH_H

#include "model/notice.h"

#define DISPATCH_BODY 16384     /* bytes of one language's text */
#define DISPATCH_QUESTIONS 4096 /* bytes of all questions of the self-check sheet, one a line */
#define DISPATCH_ANSWERS 8192   /* bytes of the answers to them */
#define DISPATCH_TIERS 8        /* one under the other */
#define TIER_SIZE 64

enum dispatch_kind {
	DISPATCH_REACH_TEST,
	DISPATCH_WARNING, /* early warning: only who agreed to it beforehand gets it */
	DISPATCH_ADVISORY,
	DISPATCH_NEWSLETTER,
	DISPATCH_KINDS
};
const char *dispatch_kind_code(enum dispatch_kind kind); /* "reach-test", "warning", … */
bool dispatch_kind_parse(struct text code, enum dispatch_kind *kind);

/* 提供: from the first tier to the last; 連絡: from the last to the first. */
enum dispatch_direction { DISPATCH_DOWN, DISPATCH_UP };
const char *dispatch_direction_code(enum dispatch_direction direction); /* "down", "up" */
bool dispatch_direction_parse(struct text code, enum dispatch_direction *direction);

/* Whom a recipient's neighbour in the next tier waits for: nobody, or its acknowledgement. */
enum dispatch_pass { PASS_AT_ONCE, PASS_ACKNOWLEDGED };
const char *dispatch_pass_code(enum dispatch_pass pass); /* "at-once", "acknowledged" */
bool dispatch_pass_parse(struct text code, enum dispatch_pass *pass);

/* How soon its content is of use (the timing classes of the 2017 network): destinations of first contact with command
 * and control; vulnerabilities, weighted by severity and sorted by attack; general advice. Each has its speed
 * (reach/timing.h). */
enum dispatch_timing { TIMING_NONE, TIMING_SHORT, TIMING_MIDDLE, TIMING_LONG };
const char *dispatch_timing_code(enum dispatch_timing timing); /* "none", "short", "middle", "long" */
bool dispatch_timing_parse(struct text code, enum dispatch_timing *timing);

enum dispatch_state { DISPATCH_DRAFT, DISPATCH_PROPOSED, DISPATCH_RUNNING, DISPATCH_CLOSED, DISPATCH_WITHDRAWN };
const char *dispatch_state_code(enum dispatch_state state);

struct dispatch {
	uint64_t number;
	struct uuid id;
	enum dispatch_kind kind;
	enum dispatch_direction direction;
	enum dispatch_pass pass;
	enum dispatch_state state;
	enum tlp tlp;
	enum dispatch_timing timing;
	char list[NAME_SIZE]; /* of the directory; empty: the members of a community */
	uint32_t community;   /* 0 = a list */
	char tags[256];       /* apart by commas; a digest picks by one */
	char subject_ja[256], subject_en[256];
	char *body_ja, *body_en; /* lines of plain text; arena-owned */
	char *questions;         /* of the self-check sheet, one a line; arena-owned */
	struct uuid author, proposed_by, approved_by;
	nanoseconds created, started, closed;
	nanoseconds within;  /* how long after the start an answer is in time */
	uint32_t recipients; /* that proposer and approver were shown */
	uint64_t version;    /* for If-Match */
};
/* An answer is in time until then; 0 while it was not started. */
nanoseconds dispatch_deadline(const struct dispatch *dispatch);
/* The fiscal year (April to March, JST) of a time, as years of reach tests are counted. */
int fiscal_year(nanoseconds time);

/* Who issues it together with the centre: nothing is sent before all of them agreed. */
struct dispatch_signatory {
	uint64_t dispatch;
	uint32_t organisation;
	struct uuid account; /* who agreed for it; nil: nobody yet */
	nanoseconds agreed;
};

/* One line of the directory. */
struct dispatch_contact {
	uint64_t number;
	char list[NAME_SIZE], name[NAME_SIZE]; /* the name is unique in its list */
	char title[NAME_SIZE];                 /* shown; the name when empty */
	char tier[TIER_SIZE];                  /* "ministry", "セプター" */
	char parent[NAME_SIZE];                /* name in the same list, in the tier above; empty: the first tier */
	uint32_t organisation;                 /* 0 = without account here */
	char person[NAME_SIZE], mail[MAIL_SIZE];
	enum language language;
	bool agreed;          /* to get early warnings */
	nanoseconds verified; /* when something last reached them; 0 = never */
	char trouble[24];     /* code of the reason why the last dispatch did not; empty: it did, or is not known */
	nanoseconds trouble_since;
};
/* ERROR_INPUT with the field and what was expected. */
enum error dispatch_contact_check(const struct dispatch_contact *contact, struct failure *failure);

/* Why a recipient was not reached; in the order in which it is told. */
enum reach_reason {
	REACH_REACHED,
	REACH_WAITING,    /* the time has not passed yet */
	REACH_NOT_PASSED, /* the tier before did not pass it on */
	REACH_NO_ADDRESS, /* the directory has none */
	REACH_STALE,      /* the address does not exist (any more): the contact is out of date */
	REACH_BOUNCED,    /* the mail came back for another reason */
	REACH_NO_ANSWER,
	REACH_LATE,    /* the answer came after the deadline */
	REACH_ANOTHER, /* somebody else answered than the contact */
	REACH_UNKNOWN, /* a record from elsewhere that says no more than "no" */
	REACH_REASONS
};
const char *reach_reason_code(enum reach_reason reason);  /* "reached", "no-answer", … */
const char *reach_reason_words(enum reach_reason reason); /* a msgid */
bool reach_reason_parse(struct text code, enum reach_reason *reason);

/* How an answer came. */
enum reach_way { REACH_BY_NOTHING, REACH_BY_LINK, REACH_BY_MAIL, REACH_BY_ACCOUNT };
const char *reach_way_code(enum reach_way way); /* "", "link", "mail", "account" */

/* One recipient of one dispatch: a line of the directory as it was at the start, and what came of it. */
struct recipient {
	uint64_t number;
	struct uuid id;            /* in the Message-ID of its mails */
	uint64_t dispatch, parent; /* parent: number of another recipient of it; 0 = the first tier */
	uint32_t tier_level;       /* 0 = the first */
	uint32_t organisation;
	char name[NAME_SIZE], title[NAME_SIZE], tier[TIER_SIZE];
	char body[NAME_SIZE]; /* the sector body's name: its own in the tier before the last, else its parent's there */
	char person[NAME_SIZE], mail[MAIL_SIZE];
	enum language language;
	nanoseconds due;       /* it is its turn; 0 = not yet */
	nanoseconds sent;      /* its mail went into the outbox, or into its organisation's inbox */
	nanoseconds delivered; /* the mail server took it */
	nanoseconds bounced;
	char status[16];     /* of a bounce: RFC 3463 "5.1.1" */
	char answer[256];    /* what the far side said, printable */
	nanoseconds opened;  /* it followed the link */
	nanoseconds reached; /* it answered */
	enum reach_way way;
	bool another;       /* somebody else than the contact answered */
	char by[NAME_SIZE]; /* who, as they said */
	char *answers;      /* to the self-check sheet, one a line; arena-owned */
	uint32_t reminders;
	uint8_t link_digest[32];
};
/* What became of it, as of `now`. */
enum reach_reason recipient_reason(const struct dispatch *dispatch, const struct recipient *recipient, nanoseconds now);
/* RFC 3463: does the status say that the address itself is wrong, and not something that passes? */
bool mail_status_is_stale(struct text status);

#endif
