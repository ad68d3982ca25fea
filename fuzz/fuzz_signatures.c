/*
 * match/signature.h: any rules are read or skipped with a reason, and what was read is tried on the rest of the bytes:
 * as payload of a stream in two pieces, as a datagram, and as fields. The rules end with a line "---".
 *
 * Sources: match/signature_parse.c, match/signature_option.c, match/signature_content.c, match/signature_network.c,
 * match/signature_set.c, match/signature_filter.c, match/signature_inspect.c, match/signature_match.c,
 * match/signature_state.c.
 */
#include "base/stream.h"
#include "fuzz.h"
#include "match/signature.h"

#include <string.h>

#define RULES_MOST 8192 /* bytes: making a filter takes milliseconds */

static void skipped(void *context, const char *file, uint64_t line, const struct failure *failure)
{
	CHECK(file && line > 0 && failure->words[0]);
	++*(uint32_t *)context;
}

static void met(void *context, const struct signature_alert *alert)
{
	CHECK(alert->sid > 0 && alert->message && alert->classtype && alert->metadata && alert->priority > 0);
	++*(uint64_t *)context;
}

static void try_all(struct signature_set *set, const uint8_t *bytes, size_t size)
{
	const struct signature_settings settings = { .flows = 16, .counts = 16 };
	struct signature_matcher *matcher = signature_matcher_new(&settings);
	struct flow flow = { .id = 1, .ip_protocol = 6, .ip_version = 4, .state = FLOW_ESTABLISHED };
	uint64_t alerts = 0;
	CHECK(matcher);
	signature_matcher_payload(matcher, set, &flow, SIDE_CLIENT, SECOND, 0, bytes, size / 2, met, &alerts);
	signature_matcher_payload(
	    matcher, set, &flow, SIDE_CLIENT, SECOND, size / 2, bytes + size / 2, size - size / 2, met, &alerts);
	flow.ip_protocol = 17;
	signature_matcher_payload(matcher, set, &flow, SIDE_SERVER, 2 * SECOND, 0, bytes, size, met, &alerts);
	for (int i = 0; i < FIELD_COUNT; i++) {
		const struct signature_field field = { (enum field)i, { (const char *)bytes, size } };
		flow.protocol = (uint8_t)(i % PROTOCOL_COUNT);
		signature_matcher_fields(matcher, set, &flow, 3 * SECOND, &field, 1, met, &alerts);
	}
	CHECK(signature_matcher_count(matcher).alerts == alerts);
	signature_matcher_flow_over(matcher, &flow);
	signature_matcher_free(matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rules = { (const char *)data, size }, rest = TEXT_NONE;
	struct failure failure = { 0 };
	struct stream *stream;
	struct signature_set *set;
	uint32_t complaints = 0;
	ptrdiff_t cut = text_find(rules, TEXT("---\n"));
	if (cut >= 0) {
		rest = (struct text){ rules.at + cut + 4, size - (size_t)cut - 4 };
		rules.size = (size_t)cut;
	}
	if (rules.size > RULES_MOST || rest.size > RULES_MOST)
		return 0;
	struct signature_builder *builder = signature_builder_new();
	CHECK(builder);
	CHECK(stream_open_memory("rules", rules.at, rules.size, &stream, &failure) == OK);
	stream_limit(stream, RULES_MOST);
	CHECK(signature_builder_read(builder, stream, skipped, &complaints, &failure) == OK || failure.words[0]);
	stream_close(stream);
	CHECK(signature_builder_compile(builder, &set, &failure) == OK);
	CHECK(signature_set_count(set).skipped == complaints);
	try_all(set, (const uint8_t *)(rest.at ? rest.at : ""), rest.size);
	signature_set_free(set);
	return 0;
}
