/*
 * Any TCP port: nothing is answered, what comes is recorded.
 */
#include "decoy/session.h"

static size_t tcp_step(struct session *session, struct text input)
{
	session_payload(session, input);
	return input.size;
}

const struct protocol tcp_protocol = { .name = "tcp", .step = tcp_step };
