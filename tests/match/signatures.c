/*
 * What the tests of signatures share.
 */
#include "signatures.h"

#include "base/stream.h"

#include <string.h>

static void note_skipped(void *context, const char *file, uint64_t line, const struct failure *failure)
{
	struct scene *scene = context;
	assert_string_equal(file, "rules");
	scene->skipped++;
	scene->skipped_line = line;
	strcpy(scene->why, failure->words);
}

void scene_begin(struct scene *scene, const char *rules, bool whole)
{
	struct failure failure = { 0 };
	struct stream *stream;
	*scene = (struct scene){ .now = SECOND };
	struct signature_builder *builder = signature_builder_new();
	assert_non_null(builder);
	assert_int_equal(stream_open_memory("rules", rules, strlen(rules), &stream, &failure), OK);
	assert_int_equal(signature_builder_read(builder, stream, note_skipped, scene, &failure), OK);
	stream_close(stream);
	if (whole && scene->skipped)
		fail_msg("line %u: %s", (unsigned)scene->skipped_line, scene->why);
	assert_int_equal(signature_builder_compile(builder, &scene->set, &failure), OK);
	scene->matcher = signature_matcher_new(&(struct signature_settings){ .flows = 512, .counts = 512 });
	assert_non_null(scene->matcher);
}

void scene_end(struct scene *scene)
{
	signature_matcher_free(scene->matcher);
	signature_set_free(scene->set);
}

uint32_t scene_met(struct scene *scene)
{
	size_t count = scene->count;
	scene->count = 0;
	if (count > 1)
		fail_msg("%zu signatures were met", count);
	return count ? scene->met[0] : 0;
}

static void note_met(void *context, const struct signature_alert *alert)
{
	struct scene *scene = context;
	assert_true(scene->count < 64);
	scene->met[scene->count++] = alert->sid;
	scene->from = alert->from;
}

struct flow scene_flow(
    uint8_t ip_protocol, const char *client, uint16_t client_port, const char *server, uint16_t server_port)
{
	struct flow flow = { .id = 1, .ip_protocol = ip_protocol, .ip_version = 4, .state = FLOW_ESTABLISHED };
	flow.ends[0].port = client_port;
	flow.ends[1].port = server_port;
	assert_true(address_parse(text_of(client), &flow.ends[0].address));
	assert_true(address_parse(text_of(server), &flow.ends[1].address));
	return flow;
}

void scene_payload(
    struct scene *scene, const struct flow *flow, enum side side, uint64_t offset, const void *bytes, size_t size)
{
	signature_matcher_payload(
	    scene->matcher, scene->set, flow, side, scene->now, offset, bytes, size, note_met, scene);
}

void scene_field(struct scene *scene, const struct flow *flow, enum field field, const char *value)
{
	const struct signature_field fields[] = { { field, text_of(value) } };
	signature_matcher_fields(scene->matcher, scene->set, flow, scene->now, fields, 1, note_met, scene);
}
