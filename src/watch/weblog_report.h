/*
 * What `noroshi weblog` writes: findings for people or as JSON, flagged lines, and alerts that `noroshi triage`, the
 * agent and POST /v1/alerts take (our CSV, docs/formats/alerts.md).
 */
#ifndef NOROSHI_WATCH_WEBLOG_REPORT_H
#define NOROSHI_WATCH_WEBLOG_REPORT_H

#include "watch/webattack.h"

#include <stdio.h>

struct catalog;

struct weblog_report {
	char **files;                   /* names, by the number that flagged requests and findings carry */
	const char *host;               /* of the server where the log does not say; NULL = the file's name */
	const struct catalog *japanese; /* NULL = English */
	bool json;
	FILE *findings, *lines, *alerts; /* `lines` and `alerts` may be NULL */
	struct builder out;
};

void weblog_report_begin(struct weblog_report *report); /* writes the header of the alerts */
void weblog_report_flagged(void *report, const struct flagged *flagged);
void weblog_report_finding(void *report, const struct finding *finding);
/* The counts at the end. */
void weblog_report_counts(
    struct weblog_report *report, const struct weblog_counts *read, const struct webattack_counts *counts);
void weblog_report_free(struct weblog_report *report); /* not the files */

#endif
