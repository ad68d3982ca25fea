/*
 * Bytes of one message that arrive in pieces at any offset, in any order, some of them twice: handshake messages of
 * DTLS, CRYPTO streams of QUIC. Bounded: in bytes by its owner, in holes here. What arrived first stays.
 */
#ifndef NOROSHI_NET_ASSEMBLY_H
#define NOROSHI_NET_ASSEMBLY_H

#include "base/text.h"

#include <stdint.h>

#define ASSEMBLY_PIECES 64 /* separate pieces at once */

/* Zeroed it is empty. */
struct assembly {
	uint8_t *bytes; /* owned; NULL until something was added */
	size_t room;
	uint32_t count;
	struct {
		uint32_t from, to;
	} pieces[ASSEMBLY_PIECES]; /* in order, with a hole between any two */
};

/* False, with nothing added, when the piece ends beyond `limit` bytes, when there would be too many holes, or without
 * memory. */
bool assembly_add(struct assembly *assembly, size_t offset, struct text piece, size_t limit);
/* How many bytes there are from the beginning on without a hole. */
size_t assembly_ready(const struct assembly *assembly);
void assembly_free(struct assembly *assembly); /* empty again */

#endif
