/*
 * Who a machine is to its centre: a folder with a key that never leaves it, the certificate that the centre gave, and
 * where the centre is. For every program that speaks to the centre as a sensor; docs/decisions/0072-machines.md.
 *
 *   machine.json      the centre's address, and what its server is checked by
 *   authorities.pem   the authority that signed the server's certificate, when one was given
 *   current.pem       key and certificate in use
 *   next.pem          a key that asks for a certificate, or that has it and was not let in yet
 *   problem           why the certificate could not be renewed, one line; gone when it could
 *
 * All of it 0600 in a folder of 0700. Several programs may use one folder at a time: whoever is first renews, the
 * others find the new certificate. A crash at any point loses neither: what was asked for is asked for again with the
 * same key.
 *
 *   machine_open() → client_new() with machine_client() → requests; machine_tend() about every second: true = the
 *   certificate is another: make a new client; the old one's connection ends with it.
 */
#ifndef NOROSHI_WATCH_MACHINE_H
#define NOROSHI_WATCH_MACHINE_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "http/client.h"

#include <stdbool.h>

struct machine;

/* ERROR_NOT_FOUND: nobody enrolled here. */
enum error machine_open(const char *folder, struct machine **machine, struct failure *failure);
void machine_free(struct machine *machine); /* NULL is fine */

/* "https://centre:8444", without a slash at the end. */
const char *machine_server(const struct machine *machine);
/* Fills what a client needs to speak to the centre: authorities, pin, certificate, key, allow_private. The paths live
 * as long as the machine. */
void machine_client(const struct machine *machine, struct client_settings *settings);

/* Renews when it is time; waits for the centre's answer. True when the certificate in use is another than before, also
 * when another program renewed it. Complains in the log by itself: a warning for each try that failed, an error when
 * less than a quarter of the certificate's life is left. */
bool machine_tend(struct machine *machine);
/* The centre did not take the certificate: whether there is another one to try at once. */
bool machine_denied(struct machine *machine);
/* Renews now, due or not. */
enum error machine_renew(struct machine *machine, struct failure *failure);

/* One JSON object: server, serial, not_before, not_after, renew_at, problem (absent when there is none). */
enum error machine_status(const char *folder, struct builder *to, struct failure *failure);

/* Becoming a sensor (machine_enrol.c). */
struct machine_wish {
	const char *folder;      /* made when it is not there */
	const char *server;      /* "https://centre:8444": the machines' door */
	const char *token;       /* of the enrolment */
	const char *authorities; /* PEM file that the server's certificate is checked against; NULL = the system's */
	const char *pin;         /* of the server's key (http/client.h); NULL = none */
};
/* OK: enrolled, and the centre lets the certificate in; *already: it was so before, and the token was not used.
 * ERROR_DENIED: the centre refused; ERROR_AGAIN: it was not reached or could not now: again, with the same token. */
enum error machine_enrol(const struct machine_wish *wish, bool *already, struct failure *failure);

#endif
