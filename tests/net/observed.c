/*
 * What the tests of the observer share; see observed.h.
 */
#include "observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ── a dissector: "TEST" or "test", then messages with their length before them ─ */

static enum likeness recognise_test(enum side side, const uint8_t *bytes, size_t size)
{
	const char *magic = side == SIDE_CLIENT ? "TEST" : "test";

	if (memcmp(bytes, magic, size < 4 ? size : 4) != 0)
		return LIKENESS_NONE;
	return size < 4 ? LIKENESS_MAYBE : LIKENESS_SURE;
}

unsigned unfinished_shown;

static uint64_t data_test(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	uint8_t *greeted = dissection->state;

	if (!greeted[side]) {
		if (size < 4)
			return 0;
		greeted[side] = 1;
		return 4;
	}
	if (bytes[0] == 0) /* the next 1,000 bytes are of no interest */
		return 1001;
	if (bytes[0] == 0xff) { /* what follows is to be told afresh */
		dissection_become(dissection, NULL);
		return 1;
	}
	if (size < 1u + bytes[0]) {
		unfinished_shown++;
		dissection_want(dissection, side, 1u + bytes[0]);
		return 0;
	}
	const struct text message = { (const char *)bytes + 1, bytes[0] };
	dissection_emit(dissection, side, &message);
	return 1u + bytes[0];
}

static bool gap_test(struct dissection *dissection, enum side side, uint64_t missing)
{
	char words[32];
	int size = snprintf(words, sizeof words, "gap %llu", (unsigned long long)missing);
	const struct text message = { words, (size_t)size };

	dissection_emit(dissection, side, &message);
	return true;
}

static void finished_test(struct dissection *dissection, enum side side)
{
	dissection_emit(dissection, side, &TEXT("end"));
}

static const struct dissector test_dissector = { .name = "test",
	.protocol = PROTOCOL_MQTT,
	.transports = TRANSPORT_TCP | TRANSPORT_UDP,
	.state_size = 2,
	.most_kept = 150,
	.recognise = recognise_test,
	.data = data_test,
	.gap = gap_test,
	.finished = finished_test };

const struct dissector *const dissectors[] = { &test_dissector, NULL };

const struct dissector *dissector_of(enum protocol protocol)
{
	return protocol == PROTOCOL_MQTT ? &test_dissector : NULL;
}

/* ── what the observer tells ─ */

static void on_facts(void *context, const struct dissection *dissection, enum side side, const void *facts)
{
	struct seen *seen = context;
	(void)dissection;
	build_text(&seen->said[side], *(const struct text *)facts);
	build_char(&seen->said[side], '\n');
}

static void on_anomaly(void *context, const struct dissection *dissection, enum side side, const char *event)
{
	struct seen *seen = context;
	(void)dissection, (void)side;
	build_format(&seen->events, "%s\n", event);
}

static void on_packet_anomaly(void *context, const struct frame *frame, const struct flow *flow, const char *event)
{
	struct seen *seen = context;
	(void)frame, (void)flow;
	build_format(&seen->events, "%s\n", event);
}

static void on_begun(void *context, const struct flow *flow)
{
	struct seen *seen = context;
	assert_true(flow->packets[SIDE_CLIENT] + flow->packets[SIDE_SERVER] > 0);
	seen->begun_count++;
}

static void on_flow(void *context, const struct flow *flow, enum flow_over why)
{
	struct seen *seen = context;
	if (seen->flow_count < 64) {
		seen->flows[seen->flow_count] = *flow;
		seen->why[seen->flow_count] = why;
	}
	seen->flow_count++;
}

struct observer *observe(struct seen *seen, const struct observer_settings *changed)
{
	struct observer_settings settings = changed ? *changed : observer_defaults;

	memset(seen, 0, sizeof *seen);
	if (!changed)
		settings.flows = 1000;
	settings.listener = (struct listener){ seen, on_facts, on_anomaly };
	settings.flow_begun = on_begun;
	settings.flow_over = on_flow;
	settings.packet_anomaly = on_packet_anomaly;
	settings.context = seen;
	struct observer *observer = observer_new(&settings);
	assert_non_null(observer);
	return observer;
}

void forget(struct seen *seen)
{
	builder_free(&seen->said[0]);
	builder_free(&seen->said[1]);
	builder_free(&seen->events);
}

const char *said(const struct builder *builder)
{
	return builder->at ? builder->at : "";
}

/* ── segments ─ */

nanoseconds next_moment(void)
{
	static nanoseconds now;
	return now += MILLISECOND;
}

void send_wire(struct observer *observer, const struct wire *wire, nanoseconds time)
{
	struct frame frame = wire_frame(wire, LINK_RAW, time);
	observer_frame(observer, &frame);
}

static struct wire wire;

void send_segment(struct observer *observer, const struct segment *segment)
{
	unsigned from = segment->side ? 2 : 1, to = segment->side ? 1 : 2;

	wire_begin(&wire, segment->bytes, segment->size);
	wire_tcp(&wire, segment->side ? 80 : 40000, segment->side ? 40000 : 80, segment->sequence,
	    segment->acknowledgement, segment->flags);
	wire_ipv4(&wire, from, to, 6);
	send_wire(observer, &wire, next_moment());
}

void say(struct observer *observer, unsigned side, uint32_t sequence, unsigned flags, const char *bytes)
{
	const struct segment segment = { side, sequence, 0, (uint32_t)strlen(bytes), flags, (const uint8_t *)bytes };
	send_segment(observer, &segment);
}
