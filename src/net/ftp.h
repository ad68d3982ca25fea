/*
 * FTP control connections on TCP (RFC 959; EPSV and EPRT: RFC 2428; AUTH TLS: RFC 4217): one fact is a command and its
 * reply. The first reply of a session, the greeting, is a fact without a command.
 *
 * The password is never kept: PASS has no argument here. After AUTH TLS that was accepted the flow is recognised
 * afresh.
 */
#ifndef NOROSHI_NET_FTP_H
#define NOROSHI_NET_FTP_H

#include "net/dissector.h"

#define FTP_LINE_LARGEST 4096u
#define FTP_REPLY_LINES 32 /* that are kept of one reply */
#define FTP_WAITING 32     /* commands without a reply */
#define FTP_KEPT 2048u     /* bytes of a command's argument, and of a line of a reply */

struct ftp_command {
	uint64_t tx_id;
	struct text command; /* upper case; empty: the greeting, or a reply to nothing that was seen */
	struct text argument;
	const struct text *reply; /* lines without their code */
	const uint16_t *codes;    /* of each line that has one; 0 = it has none */
	size_t reply_count;
	bool reply_cut;
	uint16_t port; /* where the data goes, from PORT, EPRT and the replies to PASV and EPSV; 0 = none */
	bool passive;  /* the server listens there */
};

extern const struct dissector dissector_ftp;

#endif
