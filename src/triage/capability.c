/*
 * The triage capability, as the list of capabilities names it.
 */
#include "triage/capability.h"

const struct capability triage_capability = {
	.name = "triage",
};
