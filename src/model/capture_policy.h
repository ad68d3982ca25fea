/*
 * The capture policy of an organisation (通信の秘密, secrecy of communications: Constitution of Japan, article 21;
 * Telecommunications Business Act, article 4): what of its communications may be recorded, what may leave it, and for
 * how long it is kept.
 *
 * A policy speaks of kinds of content, not of single fields: each field of a record belongs to one kind
 * (formats/capture.h has the tables), and a field that no table knows is CAPTURE_UNKNOWN, which never leaves.
 *
 * Two policies may hold at once, the member's own file and the one that the centre keeps for it: the stricter of the
 * two wins, kind by kind (capture_policy_meet). Pure functions; no memory but the builder's.
 */
#ifndef NOROSHI_MODEL_CAPTURE_POLICY_H
#define NOROSHI_MODEL_CAPTURE_POLICY_H

#include "base/error.h"
#include "base/text.h"

/* What may become of content, from the strictest on. */
enum capture {
	CAPTURE_NOT,     /* nothing of ours records it */
	CAPTURE_STAYS,   /* recorded at the member, and does not leave it */
	CAPTURE_REDUCED, /* leaves without what says more than needed: see capture_kind */
	CAPTURE_LEAVES,  /* leaves as it is */
	CAPTURE_COUNT
};

enum capture_kind {
	CAPTURE_UNKNOWN,   /* fields that no table knows: stay */
	CAPTURE_TECHNICAL, /* addresses, ports, times, counts, codes, fingerprints, names of rules: leave */
	CAPTURE_NAME,      /* names that were looked up (DNS), and what they were answered with */
	CAPTURE_SERVER,    /* names of servers: TLS SNI, HTTP host, names in certificates */
	CAPTURE_AGENT,     /* software of both ends: User-Agent, banners */
	CAPTURE_URL,       /* reduced: scheme, host and the first segment of the path */
	CAPTURE_MAIL,      /* mail addresses; reduced: the domain */
	CAPTURE_SUBJECT,   /* subjects of mails */
	CAPTURE_FILE,      /* names of files that were transferred; reduced: the extension */
	CAPTURE_HASH,      /* of such files */
	CAPTURE_PATH,      /* programs and files of hosts, as agents on them report */
	CAPTURE_ACCOUNT,   /* names of accounts */
	CAPTURE_COMMAND,   /* commands with their arguments, topics, queries */
	CAPTURE_TEXT,    /* lines of logs and messages as they are; reduced: URLs and mail addresses in it are masked */
	CAPTURE_PAYLOAD, /* packets, bodies, headers as sent: never leave */
	CAPTURE_SECRET,  /* passwords, cookies, keys: never recorded */
	CAPTURE_KIND_COUNT
};

struct capture_policy {
	uint8_t kinds[CAPTURE_KIND_COUNT]; /* enum capture */
	uint32_t member_days;              /* so long a record is kept at the member at most */
	uint32_t centre_days;              /* and at the centre */
};

#define CAPTURE_DAYS_MOST 3650u

extern const struct capture_policy capture_policy_default;

const char *capture_code(enum capture capture);         /* "not", "stays", "reduced", "leaves" */
const char *capture_kind_code(enum capture_kind kind);  /* "url" */
const char *capture_kind_title(enum capture_kind kind); /* English words, for people; to be translated */
bool capture_parse(struct text code, enum capture *capture);
bool capture_kind_parse(struct text code, enum capture_kind *kind);

/* The most that any policy may allow of this kind, and whether a policy has a choice at all. */
enum capture capture_most(enum capture_kind kind);
bool capture_is_choice(enum capture_kind kind);
bool capture_can_reduce(enum capture_kind kind);

/* Everything that any policy may allow: the limit of those who set none. */
void capture_policy_loosest(struct capture_policy *policy);
/* The stricter of both in every respect. `to` may be one of them. */
void capture_policy_meet(const struct capture_policy *a, const struct capture_policy *b, struct capture_policy *to);
/* Whether `to` allows anything that `from` does not. */
bool capture_policy_loosens(const struct capture_policy *from, const struct capture_policy *to);

/* One line: "name=leaves url=reduced … member_days=30 centre_days=180"; every choice is named. */
void capture_policy_write(const struct capture_policy *policy, struct builder *to);
/* Reads such a line over `policy`. What a newer program calls a kind that we do not know is passed over: we have no
 * fields of it. ERROR_INPUT names the part that is wrong, and leaves `policy` as it was. */
enum error capture_policy_read(struct text line, struct capture_policy *policy, struct failure *failure);
/* One part of it, for forms and configuration files: words on what is wrong, or NULL. */
const char *capture_policy_set(struct capture_policy *policy, struct text name, struct text value);

#endif
