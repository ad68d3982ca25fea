/*
 * TPKT and the headers of X.224 class 0.
 */
#include "net/tpkt.h"

enum likeness tpkt_read(struct cursor bytes, struct tpkt *packet)
{
	struct cursor from = bytes;
	if ((bytes.left > 0 && bytes.at[0] != 3) || (bytes.left > 1 && bytes.at[1] != 0))
		return LIKENESS_NONE;
	cursor_skip(&from, 2);
	packet->size = cursor_u16(&from);
	if (from.failed)
		return LIKENESS_MAYBE;
	if (packet->size < TPKT_HEADER + 3)
		return LIKENESS_NONE;
	struct cursor body = cursor_part(&from, packet->size - TPKT_HEADER);
	if (body.failed)
		return LIKENESS_MAYBE;
	struct cursor header = cursor_part8(&body);
	packet->code = cursor_u8(&header) & 0xf0;
	packet->payload = body;
	packet->variable = (struct cursor){ NULL, 0, false };
	if (packet->code == X224_CONNECT || packet->code == X224_CONFIRM) {
		cursor_skip(&header, 5); /* destination, source, class */
		packet->variable = header;
	}
	return header.failed ? LIKENESS_NONE : LIKENESS_SURE;
}
