/*
 * Encodes and decodes envelopes (version 1: u8 version, u64 delivery, uuid notice, i64 created, text recipient, text
 * message).
 */
#include "mail/envelope.h"

#define ENVELOPE_VERSION 1

void envelope_encode(const struct envelope *envelope, struct builder *to)
{
	put_u8(to, ENVELOPE_VERSION);
	put_u64(to, envelope->delivery);
	put_uuid(to, envelope->notice);
	put_i64(to, envelope->created);
	put_text(to, envelope->recipient);
	put_text(to, envelope->message);
}

enum error envelope_decode(const void *at, size_t size, struct envelope *envelope, struct failure *failure)
{
	struct reader reader = reader_of(at, size);
	uint8_t version = get_u8(&reader);
	if (!reader.failed && version != ENVELOPE_VERSION)
		return fail(failure, ERROR_VERSION, "mail message of version %u; this program reads version %d",
		    version, ENVELOPE_VERSION);
	envelope->delivery = get_u64(&reader);
	envelope->notice = get_uuid(&reader);
	envelope->created = get_i64(&reader);
	envelope->recipient = get_text(&reader);
	envelope->message = get_text(&reader);
	if (!reader_done(&reader))
		return fail(failure, ERROR_CORRUPT, "mail message: %zu bytes do not hold an envelope", size);
	if (envelope->recipient.size == 0 || envelope->recipient.size > 254 ||
	    envelope->message.size > ENVELOPE_LARGEST)
		return fail(failure, ERROR_CORRUPT, "mail message: recipient or text of an impossible size");
	return OK;
}
