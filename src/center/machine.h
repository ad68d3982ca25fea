/*
 * Enrolments and certificates of machines, between their routes (machine_routes.c), what is shown of them
 * (machine_views.c), and the command line (machines_command.c). Inside center/ only.
 */
#ifndef NOROSHI_CENTER_MACHINE_H
#define NOROSHI_CENTER_MACHINE_H

#include "http/route.h"
#include "store/store.h"

#define ENROLMENT_VALID DAY /* unless somebody says otherwise */
#define ENROLMENT_LONGEST (30 * DAY)
#define MACHINE_LIST 100 /* enrolments, certificates that are shown of one sensor */

/* A new enrolment with its token's secret, which rests nowhere. The caller opened the transaction. */
enum error enrolment_make(struct store *store, const struct scope *scope, const struct sensor *sensor, const char *by,
    nanoseconds now, nanoseconds valid, struct enrolment *enrolment, char *secret, struct failure *failure);

/* `by`: with who made or revoked it, for those who see accounts. */
json_t *enrolment_json(const struct enrolment *enrolment, nanoseconds now, bool by);
json_t *machine_certificate_json(const struct machine_certificate *certificate, nanoseconds now, bool by);

/* GET of a sensor's enrolments and certificates: routes and page. */
enum error certificate_list(struct call *call, struct failure *failure);

#endif
