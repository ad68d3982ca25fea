/*
 * What the tests of signatures share: rules as text become a set, and what is met is noted by sid.
 */
#ifndef NOROSHI_TESTS_MATCH_SIGNATURES_H
#define NOROSHI_TESTS_MATCH_SIGNATURES_H

#include "match/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct scene {
	struct signature_set *set;
	struct signature_matcher *matcher;
	uint32_t met[64]; /* sids in order */
	size_t count;
	enum side from; /* of the last */
	nanoseconds now;
	unsigned skipped;
	uint64_t skipped_line;
	char why[480];
};

/* A set of these rules; with `whole` none of them may be skipped. */
void scene_begin(struct scene *scene, const char *rules, bool whole);
void scene_end(struct scene *scene);
/* The only sid met since the last question, 0 when none was; the test fails when there were several. */
uint32_t scene_met(struct scene *scene);

struct flow scene_flow(
    uint8_t ip_protocol, const char *client, uint16_t client_port, const char *server, uint16_t server_port);
void scene_payload(
    struct scene *scene, const struct flow *flow, enum side side, uint64_t offset, const void *bytes, size_t size);
void scene_field(struct scene *scene, const struct flow *flow, enum field field, const char *value);

#endif
