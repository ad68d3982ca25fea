/*
 * The configuration file of `noroshi probe`: the group `probe`, and the list of `sites`. Nothing is probed that is not
 * in the list, by nobody's leave, or beyond the day to which leave was given.
 */
#ifndef NOROSHI_WATCH_PROBE_OPTIONS_H
#define NOROSHI_WATCH_PROBE_OPTIONS_H

#include "base/config.h"
#include "net/address.h"
#include "watch/availability.h"

struct probe_site {
	char *name, *organisation, *sector, *url;
	int64_t status; /* that is expected; 0 = any below 400 */
	bool content;   /* whether changes of it are told */
	uint32_t sector_number;
};

struct probe_options {
	char *approved_by, *approved_until, *contact, *authorities, *announced;
	struct option_list network_texts;
	nanoseconds interval, announced_interval, timeout, together, slow_least;
	int64_t jobs, learn, slow_of, slow_in, down_after, up_after, changed_bits, widespread_sites, widespread_sectors;
	uint64_t body;
	double slow_factor;

	/* made of the above */
	nanoseconds until; /* the end of that day, UTC */
	struct prefix *networks;
	size_t network_count;
	struct probe_site *sites;
	size_t site_count;
};

/* Reads and checks the file. In every case probe_options_free() is due. */
enum error probe_options_read(const char *path, struct probe_options *options, struct failure *failure);
void probe_options_free(struct probe_options *options);
/* For availability_new(); `sectors` has room for a number of each site and must live as long. */
struct availability_settings probe_settings(const struct probe_options *options, uint32_t *sectors);

/* The index of the site of this name; the count when there is none. */
size_t probe_site_named(const struct probe_options *options, struct text name);

#endif
