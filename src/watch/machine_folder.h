/*
 * What machine.c and machine_enrol.c share: a machine's folder while it is locked, and requests about itself.
 */
#ifndef NOROSHI_WATCH_MACHINE_FOLDER_H
#define NOROSHI_WATCH_MACHINE_FOLDER_H

#include "watch/machine.h"
#include "watch/machine_key.h"

struct machine {
	char folder[3800], server[512], pin[1024];
	char authorities[4096], current[4096], next[4096], problem[4096];
	bool has_authorities;
	struct machine_pair pair; /* in use; without its PEM */
	nanoseconds tried;        /* wall clock: the last try that failed; 0 = none */
	nanoseconds wait;         /* from then */
	bool skewed;              /* said that the clocks differ */
};

/* One program at a time changes the folder. -1: another one is at it (ERROR_CONFLICT), or it cannot be locked. */
int machine_lock(const struct machine *machine, struct failure *failure);
void machine_name_files(struct machine *machine, const char *folder);
enum error machine_read_settings(struct machine *machine, struct failure *failure);

/* next.pem is there: what a try before this one left (a key that asks, or *complete with a certificate that was not let
 * in yet), else a new key. */
enum error machine_prepare(struct machine *machine, bool *complete, struct failure *failure);
/* POST of a signing request for the key in next.pem; what comes back is put beside it. `with`: PEM file of the
 * certificate that is shown, NULL = none (enrolment, with `token`). */
enum error machine_ask(struct machine *machine, const char *with, const char *token, struct failure *failure);
/* Whether the centre lets this certificate in. ERROR_DENIED: it does not. */
enum error machine_try(struct machine *machine, const char *with, struct failure *failure);
/* next.pem, which was let in, becomes current.pem. */
enum error machine_take_next(struct machine *machine, struct failure *failure);

#endif
