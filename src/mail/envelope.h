/*
 * What notify puts into the outbox under the topic "mail", and what the courier and the keeper's delivered() take out
 * of it.
 */
#ifndef NOROSHI_MAIL_ENVELOPE_H
#define NOROSHI_MAIL_ENVELOPE_H

#include "base/codec.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"

#define ENVELOPE_LARGEST (1u << 20) /* bytes of a message */

struct envelope {
	uint64_t delivery;   /* the delivery row's number; 0: it is about a bulletin */
	struct uuid notice;  /* or bulletin */
	nanoseconds created; /* tries end a configured time after this */
	struct text recipient;
	struct text message; /* mail_write()'s */
};

void envelope_encode(const struct envelope *envelope, struct builder *to);
/* Borrows from the bytes. ERROR_VERSION, or ERROR_CORRUPT. */
enum error envelope_decode(const void *at, size_t size, struct envelope *envelope, struct failure *failure);

#endif
