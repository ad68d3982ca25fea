/*
 * The configuration file of `noroshi decoy`: the group `decoy`, and the list of `services`. Nothing is answered on an
 * address outside the networks that somebody signed for, nor beyond the day to which that was given.
 */
#ifndef NOROSHI_DECOY_OPTIONS_H
#define NOROSHI_DECOY_OPTIONS_H

#include "base/config.h"
#include "decoy/session.h"
#include "net/address.h"

#define SERVICES_MOST 64

struct service {
	const struct protocol *protocol;
	struct address address;
	uint16_t port;
	bool answers; /* over UDP */
};

struct decoy_options {
	char *approved_by, *approved_until, *user, *folder, *key, *policy, *passwords;
	struct option_list network_texts;
	int64_t sessions, per_minute, login_after, keep_days;
	uint64_t session_bytes, sample, memory, disk;
	nanoseconds session_time;

	/* made of the above */
	nanoseconds until; /* the end of that day, UTC */
	struct prefix *networks;
	size_t network_count;
	struct service services[SERVICES_MOST];
	size_t service_count;
};

/* Reads and checks the file. In every case decoy_options_free() is due. */
enum error decoy_options_read(const char *path, struct decoy_options *options, struct failure *failure);
void decoy_options_free(struct decoy_options *options);

#endif
