/*
 * What state an enrolment and a certificate are in; see machine.h. Pure functions, asked by the keeper for each
 * request.
 */
#include "model/machine.h"

enum certificate_state certificate_state(const struct machine_certificate *certificate, nanoseconds now)
{
	if (certificate->revoked)
		return CERTIFICATE_REVOKED;
	if (now < certificate->not_before)
		return CERTIFICATE_EARLY;
	if (now >= certificate->not_after)
		return CERTIFICATE_EXPIRED;
	if (certificate->superseded && now - certificate->superseded >= CERTIFICATE_OVERLAP)
		return CERTIFICATE_SUPERSEDED;
	return CERTIFICATE_GOOD;
}

const char *certificate_state_code(enum certificate_state state)
{
	static const char *const codes[] = { "good", "early", "expired", "superseded", "revoked" };
	return codes[state];
}

enum enrolment_state enrolment_state(const struct enrolment *enrolment, nanoseconds now)
{
	if (enrolment->withdrawn)
		return ENROLMENT_WITHDRAWN;
	if (enrolment->used)
		return ENROLMENT_USED;
	return now < enrolment->expires ? ENROLMENT_OPEN : ENROLMENT_EXPIRED;
}

const char *enrolment_state_code(enum enrolment_state state)
{
	static const char *const codes[] = { "open", "used", "expired", "withdrawn" };
	return codes[state];
}
