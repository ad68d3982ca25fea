/*
 * A notice and its deliveries as JSON, for the API and the pages. docs/api-notices.md describes the members.
 */
#ifndef NOROSHI_NOTIFY_NOTICE_JSON_H
#define NOROSHI_NOTIFY_NOTICE_JSON_H

#include "http/route.h"
#include "model/notice.h"

/* In a list: number, subject, states and times; `organisation` may be NULL. */
json_t *notice_json_short(
    const struct call *call, const struct notice *notice, const struct organisation *organisation);
/* And with advice and reply. The centre's people also see who wrote it. */
json_t *notice_json(const struct call *call, const struct notice *notice, const struct organisation *organisation);
json_t *delivery_json(const struct delivery *delivery);

/* Which steps this subject may take now: {"send":true,…}; every name is there. */
json_t *notice_steps_json(const struct call *call, const struct notice *notice);

#endif
