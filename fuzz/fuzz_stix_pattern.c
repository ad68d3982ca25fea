/*
 * match/stix_pattern.h: any text is read or refused with words; what is read is written, read again, and written the
 * same; single observables have a kind.
 *
 * Sources: match/stix_lexer.c, match/stix_pattern.c, match/stix_write.c, match/stix_observable.c.
 */
#include "fuzz.h"
#include "match/stix_pattern.h"

#include <string.h>

static void tell(void *context, enum indicator_kind kind, struct text value)
{
	CHECK(kind < INDICATOR_KINDS && (value.at || !value.size));
	++*(uint32_t *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(16u << 20);
	struct stix_pattern first, again;
	struct failure failure = { 0 };
	struct builder written = { 0 }, twice = { 0 };
	uint32_t values = 0;
	CHECK(arena);
	enum error error = stix_pattern_read((struct text){ (const char *)data, size }, arena, &first, &failure);
	CHECK(error == OK || failure.words[0]);
	if (!error) {
		stix_pattern_write(&first, &written);
		CHECK(stix_pattern_read((struct text){ written.at, written.size }, arena, &again, &failure) == OK);
		CHECK(again.tests == first.tests && again.observations == first.observations && again.loose == 0);
		stix_pattern_write(&again, &twice);
		CHECK(twice.size == written.size && memcmp(twice.at, written.at, written.size) == 0);
		CHECK(stix_pattern_observables(&first, tell, &values) == (values > 0));
	}
	builder_free(&written);
	builder_free(&twice);
	arena_free(arena);
	return 0;
}
