/*
 * A random world in a centre inside the process (inside.h): organisations active and not, people of every role,
 * sensors, alerts, events of campaigns, decisions, notices in every state, the log, counters. Every text says whose it
 * is, in a mark that is looked for in answers; every id is remembered with its owner. For property tests over all
 * routes.
 *
 * And the model of who may know what, written down a second time, independent of model/policy.c: by kind of mark and
 * organisation, not by action.
 */
#ifndef NOROSHI_TESTS_LIB_WORLD_H
#define NOROSHI_TESTS_LIB_WORLD_H

#include "inside.h"

/* Numbers from a seed: the same seed gives the same world and the same requests. */
struct dice {
	uint64_t state;
};
uint32_t dice_below(struct dice *dice, uint32_t limit); /* 0 when limit is 0 */

/* A mark is "zq", the letter of its kind, three digits, "qz"; the digits are the organisation's place in the world (the
 * account's for ACCOUNT and TITLE), 000 is the centre. Lower case, so that names of every kind may hold it. */
enum mark {
	MARK_ORGANISATION = 'o', /* what it is called, its sector, contacts and domains */
	MARK_SENSOR = 's',
	MARK_ACCOUNT = 'a', /* how a person signs in, and their mail address */
	MARK_TITLE = 't',   /* how a person is shown */
	MARK_ALERT = 'l',
	MARK_EVENT = 'e',
	MARK_DECISION = 'd',
	MARK_NOTICE = 'n',
	MARK_ITEM = 'i',        /* what an organisation knows and has released to nobody */
	MARK_APART = 'q',       /* what it released to a circle that keeps the centre out */
	MARK_DRAFT = 'r',       /* a notice that was not sent */
	MARK_CAMPAIGN = 'c',    /* what joins organisations */
	MARK_DISPATCH = 'm',    /* the centre's messages to many while they are its own, and its directory */
	MARK_PUBLICATION = 'p', /* what was sent to an organisation, or what it is asked to issue too */
	MARK_SHARED = 'h',      /* an indicator that it gave to a community */
	MARK_NETWORK = 'k',     /* whom the centre tells of networks that are no member's, and of what */
	MARK_WRITTEN = 'w',     /* what somebody wrote about a thing while the test ran */
};
#define MARK_TEXT 9
const char *mark_text(enum mark kind, unsigned owner, char to[static MARK_TEXT]);

#define WORLD_ORGANISATIONS 8
#define WORLD_PEOPLE 48
#define WORLD_IDS 4096
#define WORLD_WORDS 64
#define WORLD_LINKS 32
#define WORLD_KEPT 64

struct owned {
	struct uuid id;
	enum mark kind;
	unsigned owner; /* place of the organisation; of the account for MARK_ACCOUNT */
};

struct world {
	struct inside *inside;
	struct dice dice;
	unsigned organisations; /* places 1 … */
	uint32_t numbers[WORLD_ORGANISATIONS + 1];
	struct uuid campaigns[3]; /* the last is nil: none */
	uint32_t sensors[WORLD_ORGANISATIONS + 1];
	struct key people[WORLD_PEOPLE]; /* accounts (their place is index + 1), then sensors and devices */
	unsigned accounts, people_count;
	struct owned *ids; /* sorted by nothing: `index` finds them */
	uint32_t *index, id_count;
	/* Values met in answers, by the name of their member: what requests are made of, whatever a new route calls it.
	 */
	struct word {
		char name[32];
		char values[WORLD_KEPT][200];
		unsigned count;
	} words[WORLD_WORDS];
	unsigned word_count;
	struct position {
		char text[24]; /* as people see it */
		unsigned owner;
	} positions[256]; /* of alerts */
	unsigned position_count;
	const uint64_t
	    *succeeded;    /* how often each route did, by its place among those that random_visit() asks; or NULL */
	uint64_t apart_in; /* communities that something apart was released to, a bit for each number */
	bool draft_sent[WORLD_ORGANISATIONS + 1]; /* one of its drafts was sent while the test ran */
	char links[WORLD_LINKS][65];              /* of notices, messages and feeds, as mails and readers have them */
	unsigned link_owner[WORLD_LINKS], link_count;
	enum world_link { LINK_NOTICE, LINK_MESSAGE, LINK_FEED } link_kind[WORLD_LINKS];
	uint32_t shared_last; /* indicators that were shared: their numbers are from 1 to this */
};

/* The community and the collection in it (its alias), and the indicator: what requests name (world_circle.c). */
#define WORLD_CIRCLE "circle"
#define WORLD_REMOTE INSIDE_REMOTE
#define WORLD_ITEM "indicator--0c0de0c0-0c0d-4c0d-8c0d-0c0de0c0de0c"
/* Of the first organisation too, released to a community of the same two that keeps the centre out. */
#define WORLD_APART "indicator--0a9a47a0-0a9a-4a9a-8a9a-0a9a470a9a47"
#define WORLD_IMPORT "0c0de0c0-0c0d-4c0d-8c0d-0c0de0c0de0d"
#define WORLD_CIRCLE_MEMBERS 2 /* the first ones */
void world_add_circle(struct world *world);
/* Whether the field is the number of a community; there are WORLD_COMMUNITIES of them, from 1 on. */
#define WORLD_COMMUNITIES 4
bool world_names_community(const struct route *route, const struct field *field);

/* Messages to many and what is shared; a list of the directory for each organisation, by its place (world_reach.c). */
#define WORLD_LIST "of-%u"
void world_add_reach(struct world *world);
void world_keep_link(struct world *world, const char *secret, enum world_link kind, unsigned place);
void world_add_message(struct world *world, unsigned place);

/* An address of the organisation that telescopes saw (world_darknet.c). */
void world_add_appearance(struct world *world, unsigned place);
/* A contact of a network of others, what waits for it, and a mail that it was sent. */
void world_add_network(struct world *world);

struct world *world_new(uint64_t seed, bool pages);
void world_free(struct world *world);

void world_own(struct world *world, struct uuid id, enum mark kind, unsigned owner);
const struct owned *world_owner(const struct world *world, struct uuid id); /* NULL: not of this world */
unsigned world_place(const struct world *world, uint32_t number);           /* of an organisation; 0 = none */

/* Remembers the values of an answer. */
void world_learn(struct world *world, const json_t *output);
/* One of the values met under this name, or NULL. */
const char *world_word(struct world *world, const char *name);

/* Something happens in another organisation, or to the centre: new alerts, an event, a notice, a decision, an account,
 * a change of its title, counts. Never to `but` (a place). Returns the place whose title changed; 0: none did. */
unsigned world_stir(struct world *world, unsigned but);

/* A release that an answer tells of: perhaps what was apart, to a wider circle. */
void world_note_release(struct world *world, const json_t *row);

/* Facts of the subject, read from the store anew; false when it may not come in at all. */
bool world_stands(struct world *world, const struct key *key, enum role *role, unsigned *place);
bool world_may_know(
    const struct world *world, const struct key *key, enum role role, unsigned place, enum mark kind, unsigned owner);

#endif
