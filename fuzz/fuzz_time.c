/*
 * base/time.h: whatever is taken as a time or a duration reads back as the same after it was written.
 *
 * Sources: base/time.c, base/duration.c.
 */
#include "base/time.h"
#include "fuzz.h"

static void check_written(nanoseconds time)
{
	char to[TIME_TEXT];
	nanoseconds back;
	bool assumed;
	time_format(time, to);
	if (time >= 0) {
		CHECK(time_parse(text_of(to), 3600, &back, &assumed));
		CHECK(back == time && !assumed);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	nanoseconds time, back;
	bool assumed;
	char to[TIME_TEXT];
	if (time_parse(text, 0, &time, &assumed)) {
		check_written(time);
		CHECK(time_parse(text, 9 * 3600, &back, &assumed));
		CHECK(assumed ? time - back == 9 * HOUR : time == back);
	}
	if (time_parse_epoch(text, &time)) {
		CHECK(time >= 0);
		check_written(time);
	}
	if (duration_parse(text, &time)) {
		CHECK(time >= 0);
		CHECK(duration_parse(text_of(duration_format(time, to)), &back) && back == time);
	}
	return 0;
}
