/*
 * What `noroshi triage` found: events in the order of their rank, where each alert went, and the funnel, as text, JSON
 * and CSV.
 */
#ifndef NOROSHI_TRIAGE_REPORT_H
#define NOROSHI_TRIAGE_REPORT_H

#include "triage/files.h"

struct reported_event {
	struct uuid id;
	struct builder encoded; /* event_encode() */
	double rank;
	nanoseconds first;
	uint32_t place; /* 1 = first */
};

struct assignment {
	uint32_t input; /* index */
	uint32_t event; /* index, + 1; 0 = taken back */
	uint64_t line;
};

struct report {
	bool assigns; /* keep the assignments */
	struct reported_event *events;
	size_t event_count, event_room;
	struct assignment *assignments;
	size_t assignment_count, assignment_room;
	bool failed; /* memory ended: the report is not whole */
};

struct triage_sink report_sink(struct report *report);
void report_free(struct report *report);
void report_rank(struct report *report); /* once, at the end: gives each event its place */

enum error report_write_events(const struct report *report, const char *path, struct failure *failure);
enum error report_write_assignments(
    const struct report *report, const struct inputs *inputs, const char *path, struct failure *failure);
void report_print(const struct report *report, const struct inputs *inputs, const struct triage *triage);
void report_print_json(const struct report *report, const struct inputs *inputs, const struct triage *triage);

#endif
