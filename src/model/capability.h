/*
 * What a capability (watch, triage, notify, …) brings: the struct that cmd/ and center/ walk. A new capability is a new
 * folder and one line in center/capabilities.c.
 */
#ifndef NOROSHI_MODEL_CAPABILITY_H
#define NOROSHI_MODEL_CAPABILITY_H

#include "base/error.h"
#include "base/time.h"
#include "net/address.h"

#include <stdbool.h>

struct arena;
struct catalog;
struct counters;
struct heard;
struct history;
struct history_batch;
struct item;
struct mail_sender;
struct loop;
struct option_group;
struct reader;
struct record_store;
struct route;
struct store;

/* Why indicators may not name an address: it is a member's own, or a warning list knows it. */
enum protection { PROTECTION_NONE, PROTECTION_OWN, PROTECTION_LISTED };

/* What the keeper offers to the capabilities that run in it. */
struct center {
	struct store *store;
	struct history *history;
	struct record_store *records;
	struct counters *counters;
	struct loop *loop;
	const char *folder; /* where a capability may keep its own files (checkpoints), through base/file.h */
	/* Of the pages, without a slash at the end: "https://noroshi.example"; for links in mails. */
	const char *public_url;
	/* Japanese words, for letters; read before the keeper is confined. NULL when none are installed. */
	const struct catalog *japanese;
	/* In whose name mails go out (mail/mail.h), as it is configured now; set by notify. NULL = no mails. */
	void (*sender)(struct mail_sender *to);
	const nanoseconds *silence; /* center.silence, as it is configured now; NULL = nobody says */
	nanoseconds (*now)(void);
	bool spaces_changed;  /* an organisation was changed: whose addresses and names are whose is looked at again */
	bool capture_changed; /* a capture policy was changed: how long records are kept is looked at again */
	/* Tells who looks at pages or streams that something of this organisation changed ("event", id). */
	void (*changed)(struct center *center, uint32_t organisation, const char *noun, const char *id);
	/* Tells every capability that listens (`heard`) what somebody found out of a sensor from its records; NULL
	 * outside the keeper. */
	void (*hear)(struct center *center, const struct heard *heard);
	/* Whether indicators may not name addresses of this network: set by intel, as its release rule sees it. */
	enum error (*protection)(struct center *center, struct prefix network, enum protection *protection,
	    struct arena *arena, struct failure *failure);
	/* A place in the history of alerts as it may leave the centre (`hide`), and what it was; set by triage. */
	uint64_t (*position)(const struct center *center, uint64_t position, bool hide);
	/* Tells intel that an item was changed in the store, inside the same transaction: what is shared of it follows.
	 */
	enum error (*item_changed)(
	    struct center *center, const struct item *item, struct arena *arena, struct failure *failure);
	void *keeper; /* the keeper's own */
	struct center_state {
		const char *capability;
		void *state;
	} states[16]; /* what each capability keeps for itself while it runs */
};

/* A capability's own state; NULL before it was set. */
void *center_state(const struct center *center, const char *capability);
bool center_set_state(struct center *center, const char *capability, void *state); /* false: no room */

/* A command that writes records to a descriptor when `output` is followed by "-": with --center, --machine or --agent
 * among its words they go to a centre (watch/sensor_ship.h). */
struct command_shipping {
	const char *output; /* "--eve" */
	bool shared;        /* it takes --shared, a folder of what the exchange shares */
	bool records;       /* the centre keeps those that are no alerts in any case */
};

struct command {
	const char *name;    /* "triage"; NULL ends a list */
	const char *summary; /* one line for `noroshi help` */
	/* argv[0] is the command's name. Answers --help itself. Returns the exit code: 0 done, 1 found problems, 2 bad
	 * usage or input. */
	int (*run)(int argc, char **argv);
	const struct command_shipping *shipping; /* NULL: none */
};

struct capability {
	const char *name;
	const struct option_group *options; /* may be NULL */
	const struct command *commands;     /* may be NULL */
	const struct route *routes;         /* may be NULL */
	const struct route *pages;          /* further ones, such as its pages; may be NULL */
	const char *const *topics;          /* outbox topics it puts messages into; may be NULL */
	/* In the keeper: once at the start, then about every second, and in order at the end. May be NULL. */
	enum error (*start)(struct center *center, struct failure *failure);
	void (*tick)(struct center *center, nanoseconds now);
	void (*stop)(struct center *center);
	/* In the keeper: one frame of alerts that has become durable; called once for each, in the order of history,
	 * also for those that a start finds behind the position `replay_from` asks for. May be NULL. */
	enum error (*alerts)(struct center *center, const struct history_batch *batch, uint64_t first_position,
	    struct reader *encoded, struct failure *failure);
	uint64_t (*replay_from)(struct center *center);
	/* The same of records that are no alerts (store/record_store.h): one frame of them that has become durable,
	 * told once and in the order of its organisation's history. Whoever keeps something of them reads, at its
	 * start, what is behind the position that it kept (record_store_replay()). May be NULL. */
	enum error (*records)(struct center *center, const struct history_batch *batch, uint64_t first_position,
	    struct reader *encoded, struct failure *failure);
	/* In the keeper: a part of a batch came, with alerts or without, new or once more, and is durable
	 * (model/heard.h). Outside any transaction. May be NULL. */
	void (*heard)(struct center *center, const struct heard *heard);
	/* For a copy of both: the file of its own in the state folder that goes with what the store says now; "" when
	 * none does. Called in another process than the keeper. May be NULL. */
	enum error (*resting)(struct store *store, char name[static 64], struct failure *failure);
	/* In the courier: delivers one message of one of its topics. ERROR_AGAIN = try later, any other error = never.
	 * May be NULL. With OK the failure's words may hold what the far side answered. */
	enum error (*deliver)(const char *topic, const void *body, size_t size, struct failure *failure);
	/* In the keeper, of every capability that names the topic, inside the transaction that takes the message out of
	 * the outbox or puts it off: what came of a try to deliver it (`result` and `words` as deliver() gave them).
	 * May be NULL. */
	enum error (*delivered)(struct center *center, const char *topic, const void *body, size_t size,
	    enum error result, const char *words, nanoseconds now, struct failure *failure);
};

#endif
