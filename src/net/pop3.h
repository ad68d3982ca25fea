/*
 * POP3 on TCP (RFC 1939; STLS: RFC 2595; AUTH: RFC 5034): one fact is a command and whether it was granted. Passwords,
 * what AUTH carries, and mails are never kept. After STLS that was granted the flow is recognised afresh.
 */
#ifndef NOROSHI_NET_POP3_H
#define NOROSHI_NET_POP3_H

#include "net/dissector.h"

#define POP3_LINE_LARGEST 2048u
#define POP3_WAITING 32 /* commands without an answer */
#define POP3_KEPT 128u  /* bytes of a command's argument */

struct pop3_command {
	uint64_t tx_id;
	struct text command;  /* upper case */
	struct text argument; /* none of PASS, APOP and AUTH */
	bool answered, granted;
};

extern const struct dissector dissector_pop3;

#endif
