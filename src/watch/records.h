/*
 * What other programs logged, put through the sensor's detection.
 *
 *   records (formats/record.h) → indicators, signatures, behaviour, rules → alerts in EVE
 *
 * `noroshi records` runs it on files, the agent on what it follows. One thread.
 */
#ifndef NOROSHI_WATCH_RECORDS_H
#define NOROSHI_WATCH_RECORDS_H

#include "formats/record.h"

struct behaviour_settings;
struct detection;
struct records;

struct records_settings {
	struct text host;                           /* the sensor's name, in each record; lives longer */
	struct detection *detection;                /* indicators and signatures; lives longer; NULL: none */
	const struct behaviour_settings *behaviour; /* statistical detectors; lives longer; NULL: none */
	bool rules;                                 /* about events of hosts and clouds (record_rules.h) */
};

struct records_counts {
	uint64_t alerts;    /* all that were raised here */
	uint64_t forgotten; /* by statistical detectors and rules: entries that made room for newer ones */
};

enum error records_new(const struct records_settings *settings, struct records **records, struct failure *failure);
void records_free(struct records *records); /* NULL is fine */

/* Adds the alerts about a record to `alerts`, each a line of EVE. */
void records_take(struct records *records, const struct record *record, struct builder *alerts);
struct records_counts records_count(const struct records *records);

int records_command(int argc, char **argv);

#endif
