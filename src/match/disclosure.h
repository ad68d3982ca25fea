/*
 * When the vulnerability that a signature is about became known, and whether there is a public proof of concept: from
 * the signature's metadata. What is met soon after becomes more urgent (catalogue row T05).
 *
 *   metadata:cve CVE_2026_1234, created_at 2026_11_02, disclosed 2026_11_01, poc 2026_11_03
 *
 * `disclosed` is our own word; without it `created_at` stands for it, which the rule sets that are published have.
 * `poc` is ours too: the day on which a proof of concept became public, or "public" where the day is not known.
 */
#ifndef NOROSHI_MATCH_DISCLOSURE_H
#define NOROSHI_MATCH_DISCLOSURE_H

#include "base/text.h"
#include "base/time.h"

#include <stdbool.h>

#define DISCLOSURE_CVE 32         /* bytes of "CVE-2026-1234" with its NUL; a longer one is cut */
#define DISCLOSURE_NEW (90 * DAY) /* after its disclosure a vulnerability counts as new so long */

struct disclosure {
	char cve[DISCLOSURE_CVE]; /* the first one that is named; empty = none */
	bool known;               /* the day of disclosure is */
	bool created;             /* it is the day on which the signature was made */
	nanoseconds day;          /* its first moment, UTC */
	bool poc_public;
	nanoseconds poc; /* the day; 0 = not known, or none */
};

/* One pair of the metadata: others than those above, and what is no date, are passed over. */
void disclosure_pair(struct disclosure *disclosure, struct text name, struct text value);
struct disclosure disclosure_of(struct text metadata); /* "name value, name value" */

/* Whole days from disclosure to `time`; negative before it. Only where the day is known. */
int64_t disclosure_days(const struct disclosure *disclosure, nanoseconds time);
/* A new vulnerability with a public proof of concept is attacked: the alert is more urgent by one. */
bool disclosure_raises(const struct disclosure *disclosure, nanoseconds time);

#endif
