/*
 * The group `capture` of a member's configuration file: what its capture policy (model/capture_policy.h) is to be.
 * (Apart from options.h for the reason that agent_file.h says.)
 *
 *   capture = { url = "stays"; account = "not"; member_days = 7; };
 *
 * What the file does not name is as the centre's policy for the organisation says, or as the default where there is
 * none.
 */
#ifndef NOROSHI_WATCH_CAPTURE_FILE_H
#define NOROSHI_WATCH_CAPTURE_FILE_H

#include "base/config.h"
#include "model/capture_policy.h"

struct capture_file {
	char *kinds[CAPTURE_KIND_COUNT];  /* empty: not named */
	int64_t member_days, centre_days; /* 0: not named */
};
extern const struct option capture_file_options[];

/* Sets in `policy` what the file names. */
void capture_file_take(const struct capture_file *file, struct capture_policy *policy);

#endif
