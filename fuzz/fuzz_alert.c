/*
 * Stored alerts: whatever decodes encodes to an alert that is the same, and prints as JSON.
 *
 * Sources: model/alert.c, model/alert_json.c.
 */
#include "fuzz.h"
#include "model/alert.h"

#include <string.h>

static bool same(const struct alert *a, const struct alert *b)
{
	return fact_id_compare(&a->id, &b->id) == 0 && a->organisation == b->organisation &&
	       a->occurred == b->occurred && a->tactics == b->tactics && a->severity == b->severity &&
	       a->outcome == b->outcome && a->repeats == b->repeats && a->zone_assumed == b->zone_assumed &&
	       address_equal(a->source, b->source) && text_equal(a->signature, b->signature) &&
	       text_equal(a->object, b->object) && text_equal(a->original, b->original);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(data, size);
	struct alert alert, back;
	while (alert_decode(&reader, &alert, NULL) == OK) {
		struct builder bytes = { 0 }, json = { 0 };
		alert_encode(&alert, &bytes);
		struct reader again = reader_of(bytes.at, bytes.size);
		CHECK(alert_decode(&again, &back, NULL) == OK);
		CHECK(reader_done(&again) && same(&alert, &back));
		alert_write_json(&alert, true, &json);
		CHECK(!json.failed && json.at[json.size - 1] == '}' && !memchr(json.at, '\n', json.size));
		builder_free(&bytes);
		builder_free(&json);
	}
	return 0;
}
