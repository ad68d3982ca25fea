/*
 * The saved state of triage: whatever lies behind the checkpoint's checksum is refused, or taken in whole and saved
 * again as much. The first byte says whether provisional events are wanted.
 *
 * Sources: triage/checkpoint.c, triage/save.c, triage/names.c, triage/campaign.c.
 */
#include "fuzz.h"
#include "triage/triage.h"

#include <string.h>

static struct triage *make(bool provisional)
{
	static const struct triage_sink sink;
	struct triage_settings settings;
	struct triage *triage = NULL;
	struct failure failure;
	triage_settings_default(&settings);
	settings.provisional = provisional;
	settings.memory = 16u << 20;
	settings.organisations = 8;
	CHECK(triage_new(&settings, &sink, &triage, &failure) == OK);
	return triage;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct failure failure = { 0 };
	struct builder first = { 0 }, second = { 0 };
	struct triage *triage = make(data[0] & 1), *again = make(data[0] & 1);
	if (triage_load(triage, (struct text){ (const char *)data + 1, size - 1 }, &failure) == OK) {
		CHECK(triage_save(triage, &first, &failure) == OK);
		CHECK(triage_load(again, (struct text){ first.at, first.size }, &failure) == OK);
		CHECK(triage_save(again, &second, &failure) == OK);
		CHECK(first.size == second.size);
	} else {
		CHECK(failure.words[0]);
	}
	triage_free(triage);
	triage_free(again);
	builder_free(&first);
	builder_free(&second);
	return 0;
}
