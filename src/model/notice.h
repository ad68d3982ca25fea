/*
 * Notices (通報): a message to one affected organisation about one event; and decisions (判断).
 */
#ifndef NOROSHI_MODEL_NOTICE_H
#define NOROSHI_MODEL_NOTICE_H

#include "model/event.h"
#include "model/organisation.h"

enum tlp { TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_AMBER_STRICT, TLP_RED }; /* FIRST TLP 2.0 */
const char *tlp_code(enum tlp tlp);                                      /* "AMBER+STRICT" */
bool tlp_parse(struct text code, enum tlp *tlp);                         /* also with the prefix "TLP:" */

/* May a mail hold the contents? Up to TLP:GREEN; above it a mail holds the number and a link. */
bool tlp_may_travel_open(enum tlp tlp);
/* The sentence that says how a TLP 2.0 label wants to be handled (FIRST, TLP 2.0, 2022); a msgid. */
const char *tlp_handling(enum tlp tlp);

enum notice_state { NOTICE_DRAFT, NOTICE_SENT, NOTICE_ACKNOWLEDGED, NOTICE_CLOSED, NOTICE_WITHDRAWN };
const char *notice_state_code(enum notice_state state);

struct notice {
	struct uuid id;
	char number[24]; /* for people: "2026-0042" */
	struct uuid event;
	uint32_t organisation;
	enum tlp tlp;
	enum notice_state state;
	char subject_ja[256], subject_en[256];
	char *advice; /* free text by the analyst; what the organisation should do; arena-owned */
	struct uuid author;
	nanoseconds created, sent, deadline, acknowledged;
	struct uuid acknowledged_by; /* account, or nil when by the page of the link */
	char acknowledged_name[NAME_SIZE];
	char *reply;             /* what the organisation answered; arena-owned */
	uint32_t reminders;      /* sent so far */
	bool escalated;          /* the second contact was told */
	uint8_t link_digest[32]; /* SHA-256 of the secret in the acknowledgement link */
	uint64_t version;
};

/* One try to deliver: by channel, to whom, what came of it. The receipt state of T02. */
enum delivery_state { DELIVERY_WAITING, DELIVERY_DONE, DELIVERY_FAILED, DELIVERY_GIVEN_UP };
struct delivery {
	uint64_t number;
	struct uuid notice;
	char channel[16]; /* "inbox", "mail" */
	char recipient[MAIL_SIZE];
	char purpose[16]; /* "notice", "reminder", "escalation" */
	enum delivery_state state;
	uint32_t tries;
	nanoseconds created, last_try;
	char answer[256]; /* what the far side said, printable */
};
const char *delivery_state_code(enum delivery_state state);
/* What a try to deliver leaves: `result` as struct capability's deliver() gave it. */
enum delivery_state delivery_state_after(enum error result);

/* A standing decision: made from a dismissal, or by itself. Alerts that match leave as noise, and it is the reason. */
struct decision {
	struct uuid id;
	uint32_t organisation; /* 0 = every organisation (analysts only) */
	char detector[NAME_SIZE], signature[256], host[NAME_SIZE], account[NAME_SIZE]; /* empty = any */
	struct prefix source;                                                          /* length 0 = any */
	char reason[512];
	struct uuid author;
	nanoseconds created, expires, review;
	uint64_t hits;
	nanoseconds last_hit;
	bool withdrawn;
	struct uuid event; /* the dismissed event it came from, or nil */
	uint64_t version;
};
const char *decision_problem(const struct decision *decision); /* e.g. matches everything; no expiry */

#endif
