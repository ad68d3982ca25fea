/*
 * Contacts of networks that are no member's, what telescopes saw there, and the batches that told them: a part of the
 * state store (store.h). darknet/center/networks_tell.c fills and empties it.
 *
 *   network_contact ◄─ sightings that wait for it ─► network_batch (and a mail in the outbox), in one transaction
 */
#ifndef NOROSHI_STORE_NETWORKS_H
#define NOROSHI_STORE_NETWORKS_H

#include "model/appearance.h"
#include "store/store.h"

#define NETWORK_PREFIXES 128 /* of one contact */
#define NETWORK_SYSTEMS 128  /* autonomous systems of one contact */
#define NETWORK_CONTACTS 5000

/* Whom the centre tells of addresses of a network. */
struct network_contact {
	uint32_t number; /* 0 = new */
	struct uuid id;
	nanoseconds created;
	uint64_t version;
	char name[NAME_SIZE];                          /* unique */
	char prefixes[NETWORK_PREFIXES * PREFIX_TEXT]; /* with a space between */
	char systems[NETWORK_SYSTEMS * 11];            /* numbers of autonomous systems, with a space between */
	char mail[MAIL_SIZE];
	enum language language;
	nanoseconds every;
	bool active;
	char signed_by[NAME_SIZE]; /* who signed for it that it is told */
	nanoseconds told, due;     /* last; when what waits is told (0 = nothing waits) */
};
/* ERROR_CONFLICT: the name is taken, or there are NETWORK_CONTACTS. For those who write contacts. */
enum error store_network_put(struct store *, const struct scope *, struct network_contact *, struct failure *);
enum error store_network_get(
    struct store *, const struct scope *, struct uuid id, struct network_contact *, struct failure *);
enum error store_network_named(
    struct store *, const struct scope *, struct text name, struct network_contact *, struct failure *);
/* A page of them, in the order in which they were made. */
enum error store_network_page(struct store *, const struct scope *, struct page *,
    void (*each)(void *, const struct network_contact *), void *context, struct failure *);
/* All of them, by name. */
enum error store_network_each(struct store *, const struct scope *,
    void (*each)(void *, const struct network_contact *), void *context, struct failure *);
/* With what waits for it; its batches stay. */
enum error store_network_remove(struct store *, const struct scope *, const struct network_contact *, struct failure *);
/* Notes `told` and `due`. For background work. */
enum error store_network_note(struct store *, const struct scope *, const struct network_contact *, struct failure *);

/* What waits for a contact: appearances whose `organisation` is the contact's number; without targets, method and what
 * says when they were told. */
enum error store_sighting_find(struct store *, const struct scope *, uint32_t contact, struct address,
    enum appearance_kind, struct appearance *, struct failure *);
enum error store_sighting_put(struct store *, const struct scope *, struct appearance *, struct failure *);
/* The first that came first; `most` of them. */
enum error store_sighting_each(struct store *, const struct scope *, uint32_t contact, uint32_t most,
    void (*each)(void *, const struct appearance *), void *context, struct failure *);
/* Of a contact, or of all (0). */
enum error store_sighting_count(
    struct store *, const struct scope *, uint32_t contact, uint64_t *count, struct failure *);
/* Those of a contact with numbers up to this go; for background work, and for store_network_remove(). */
enum error store_sighting_remove(
    struct store *, const struct scope *, uint32_t contact, uint64_t up_to, struct failure *);

/* A mail that was made. */
struct network_batch {
	uint64_t number; /* 0 = new */
	struct uuid id;
	struct uuid contact;
	nanoseconds created;
	char recipient[MAIL_SIZE];
	uint32_t rows, part, parts;
	enum delivery_state state;
	uint32_t tries;
	nanoseconds last_try;
	char answer[256]; /* the mail server's */
};
enum error store_network_batch_put(struct store *, const struct scope *, struct network_batch *, struct failure *);
enum error store_network_batch_get(
    struct store *, const struct scope *, struct uuid id, struct network_batch *, struct failure *);
/* The newest 100 of a contact, the newest first. */
enum error store_network_batch_each(struct store *, const struct scope *, struct uuid contact,
    void (*each)(void *, const struct network_batch *), void *context, struct failure *);
/* The newest 100 of all contacts that the mail server refused. */
enum error store_network_batch_refused(struct store *, const struct scope *,
    void (*each)(void *, const struct network_batch *), void *context, struct failure *);
/* Batches made before this go, and what waits and was last seen before it. For background work. */
enum error store_network_expire(struct store *, const struct scope *, nanoseconds before, struct failure *);

#endif
