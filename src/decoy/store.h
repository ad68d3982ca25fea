/*
 * The folder of a decoy: what is recorded, by day of UTC. Everything of a day goes after `keep_days`.
 *
 *   sessions-2026-11-22.json       lines of sessions, for an agent
 *   passwords-2026-11-22.json      passwords, sealed; never shipped
 *   sample-2026-11-22-SHA256       payloads, sealed
 *   marks-2026-11-22.key           what passwords are marked with, until it is removed and another made
 *
 * What is written is not made durable one by one: a power cut may take the last seconds. One thread.
 */
#ifndef NOROSHI_DECOY_STORE_H
#define NOROSHI_DECOY_STORE_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "decoy/vault.h"

struct store_settings {
	const char *folder;
	uint64_t disk; /* bytes of all; samples and passwords may fill half */
};

struct decoy_store;

/* Makes no folder: it is the account's own and there. `keep_days`: as decoy_store_tend(). */
enum error decoy_store_new(const struct store_settings *settings, unsigned keep_days, nanoseconds now,
    struct decoy_store **store, struct failure *failure);
void decoy_store_free(struct decoy_store *store);

/* The key of marks that is in use. */
const uint8_t *decoy_store_marks(const struct decoy_store *store);

/* A disk that is full, and a bound that is reached, are no errors: what could not be written is counted. */
void decoy_store_session(struct decoy_store *store, nanoseconds now, struct text line);
void decoy_store_passwords(struct decoy_store *store, nanoseconds now, struct text lines);
/* Once for each content and day. Whether it is there now. */
bool decoy_store_sample(struct decoy_store *store, nanoseconds now, const char *sha256, struct text sealed);
uint64_t decoy_store_lost(const struct decoy_store *store);

/* Removes what is too old and adds up what is there. Every minute or so. */
void decoy_store_tend(struct decoy_store *store, unsigned keep_days, nanoseconds now);

#endif
