/*
 * A machine's keys and certificates in its folder, one file of PEM for each pair: the private key, its certificate, and
 * what came with it. Used by machine.c and machine_enrol.c.
 */
#ifndef NOROSHI_WATCH_MACHINE_KEY_H
#define NOROSHI_WATCH_MACHINE_KEY_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#include <stdbool.h>

#define MACHINE_PEM_LARGEST 16384

struct machine_pair {
	char pem[MACHINE_PEM_LARGEST]; /* NUL-terminated; holds the secret */
	bool has_certificate;          /* and it is the key's; else it waits for one */
	nanoseconds not_before, not_after;
	nanoseconds written; /* by this machine's clock */
	char serial[64];     /* as the centre shows it: a UUID */
};

/* ERROR_NOT_FOUND when there is no such file, ERROR_DENIED when others could read it. */
enum error machine_pair_read(const char *path, struct machine_pair *pair, struct failure *failure);
void machine_pair_wipe(struct machine_pair *pair);

/* A new key, alone, into the file (0600), durable when this returns. */
enum error machine_key_make(const char *path, struct failure *failure);
/* The signing request (PEM) of the file's key. */
enum error machine_key_request(const struct machine_pair *pair, struct builder *to, struct failure *failure);
/* Puts the certificate (PEM) beside its key into the file; ERROR_INPUT when it is not this key's. */
enum error machine_key_complete(const char *path, struct text certificate, struct failure *failure);

#endif
