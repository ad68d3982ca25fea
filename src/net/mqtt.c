/*
 * MQTT: a fixed header with a length, and what each type of packet has behind it (mqtt.h).
 */
#include "net/mqtt.h"

struct mqtt_state {
	uint8_t version; /* 0 = no CONNECT seen */
};

/* A variable byte integer of up to four bytes (1.5.5). False when it is not all there, or (*bad) is longer. */
static bool read_length(struct cursor *from, uint32_t *length, bool *bad)
{
	*length = 0;
	for (unsigned shift = 0; shift < 28; shift += 7) {
		uint8_t byte = cursor_u8(from);
		if (from->failed)
			return false;
		*length |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	*bad = true;
	return false;
}

static struct text read_text(struct cursor *from)
{
	struct cursor part = cursor_part16(from);
	return cursor_rest(&part);
}

/* Properties (2.2.2), which version 5 alone has. */
static void skip_properties(struct cursor *from, uint8_t version)
{
	uint32_t length;
	bool bad = false;
	if (version < 5)
		return;
	if (read_length(from, &length, &bad))
		cursor_skip(from, length);
	else
		from->failed = true;
}

/* ── packets ─ */

static void read_connect(struct mqtt_packet *packet, struct cursor *from)
{
	packet->protocol = read_text(from);
	packet->version = cursor_u8(from);
	packet->flags = cursor_u8(from);
	cursor_skip(from, 2); /* keep alive */
	skip_properties(from, packet->version);
	packet->client = read_text(from);
	if (packet->flags & MQTT_HAS_WILL) {
		skip_properties(from, packet->version);
		packet->will_topic = read_text(from);
		read_text(from); /* its message */
	}
	if (packet->flags & MQTT_HAS_USER)
		packet->user = read_text(from);
}

static void read_publish(struct mqtt_packet *packet, struct cursor *from, uint64_t length)
{
	size_t before = from->left;
	packet->topic = read_text(from);
	if (packet->quality > 0)
		packet->id = cursor_u16(from);
	skip_properties(from, packet->version);
	packet->payload = length - (before - from->left);
}

/* PUBACK and the like: a reason is there in version 5 only, and may be left out there when it is success. */
static void read_acknowledgement(struct mqtt_packet *packet, struct cursor *from)
{
	packet->id = cursor_u16(from);
	if (packet->version >= 5 && from->left > 0)
		packet->code = cursor_u8(from);
}

static void read_body(struct mqtt_packet *packet, struct cursor *from, uint64_t length)
{
	switch (packet->type) {
	case MQTT_CONNECT:
		read_connect(packet, from);
		break;
	case MQTT_CONNACK:
		packet->session = cursor_u8(from) & 1;
		packet->code = cursor_u8(from);
		break;
	case MQTT_PUBLISH:
		read_publish(packet, from, length);
		break;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBREL:
	case MQTT_PUBCOMP:
		read_acknowledgement(packet, from);
		break;
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE:
		packet->id = cursor_u16(from);
		skip_properties(from, packet->version);
		packet->topics = *from;
		break;
	case MQTT_SUBACK:
	case MQTT_UNSUBACK:
		packet->id = cursor_u16(from);
		skip_properties(from, packet->version);
		packet->codes = *from;
		break;
	case MQTT_DISCONNECT:
	case MQTT_AUTH:
		if (from->left > 0)
			packet->code = cursor_u8(from);
		break;
	default:
		break;
	}
}

bool mqtt_topic_next(const struct mqtt_packet *packet, struct cursor *topics, struct text *topic, uint8_t *quality)
{
	if (topics->left == 0)
		return false;
	*topic = read_text(topics);
	*quality = packet->type == MQTT_SUBSCRIBE ? cursor_u8(topics) & 3 : 0;
	return !topics->failed;
}

/* ── the dissector ─ */

/* The low bits of the first byte: those of PUBLISH say something, those of others are fixed (2.1.3). */
static bool flags_fit(uint8_t first)
{
	unsigned type = first >> 4, flags = first & 15;
	if (type == MQTT_PUBLISH)
		return (flags >> 1 & 3) != 3;
	if (type == MQTT_PUBREL || type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE)
		return (flags & 7) == 2; /* 3.1 lets them be doubled */
	return type != 0 && flags == 0;
}

static uint64_t refuse(struct dissection *dissection, enum side side, const char *event)
{
	dissection_anomaly(dissection, side, event);
	return DISSECTION_DONE;
}

static uint64_t mqtt_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct mqtt_state *state = dissection->state;
	struct cursor from = cursor_of(bytes, size);
	uint8_t first = cursor_u8(&from);
	uint32_t length;
	bool bad = false;
	if (first >> 4 == 0)
		return refuse(dissection, side, "unassigned_msg_type");
	if (!read_length(&from, &length, &bad))
		return bad ? refuse(dissection, side, "malformed_traffic") : 0;
	if (!flags_fit(first))
		dissection_anomaly(
		    dissection, side, first >> 4 == MQTT_PUBLISH ? "invalid_qos_level" : "malformed_traffic");
	size_t wanted = length < MQTT_PACKET_KEPT ? length : MQTT_PACKET_KEPT;
	if (from.left < wanted) {
		dissection_want(dissection, side, size - from.left + wanted);
		return 0;
	}
	uint64_t done = size - from.left + (uint64_t)length;
	struct mqtt_packet packet = { .type = (enum mqtt_type)(first >> 4),
		.duplicate = first & 8,
		.quality = first >> 1 & 3,
		.retain = first & 1,
		.version = state->version ? state->version : 4 };
	struct cursor body = cursor_part(&from, wanted);
	read_body(&packet, &body, length);
	if (body.failed) {
		dissection_anomaly(dissection, side, "malformed_traffic");
		return done;
	}
	if (packet.type == MQTT_CONNECT)
		state->version = packet.version;
	else if (state->version == 0)
		dissection_anomaly(dissection, side, "missing_connect");
	dissection_emit(dissection, side, &packet);
	return done;
}

/* A CONNECT with one of the two names that the protocol had. From the middle of a flow nothing is sure enough. */
static enum likeness mqtt_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	uint32_t length;
	bool bad = false;
	if (side != SIDE_CLIENT || (size > 0 && bytes[0] != MQTT_CONNECT << 4))
		return LIKENESS_NONE;
	cursor_skip(&from, 1);
	if (!read_length(&from, &length, &bad))
		return bad ? LIKENESS_NONE : LIKENESS_MAYBE;
	if (length < 10)
		return LIKENESS_NONE;
	struct cursor name = from;
	uint16_t name_size = cursor_u16(&name);
	if (name.failed)
		return LIKENESS_MAYBE;
	if (name_size != 4 && name_size != 6)
		return LIKENESS_NONE;
	struct text protocol = read_text(&from);
	if (from.failed)
		return LIKENESS_MAYBE;
	return text_equal(protocol, TEXT("MQTT")) || text_equal(protocol, TEXT("MQIsdp")) ? LIKENESS_SURE
											  : LIKENESS_NONE;
}

static void mqtt_fields(const void *facts, field_visitor visit, void *context)
{
	const struct mqtt_packet *packet = facts;
	struct cursor topics = packet->topics;
	struct text topic;
	uint8_t quality;
	if (packet->client.size > 0)
		visit(context, FIELD_MQTT_CLIENT, packet->client);
	if (packet->topic.size > 0)
		visit(context, FIELD_MQTT_TOPIC, packet->topic);
	while (mqtt_topic_next(packet, &topics, &topic, &quality))
		visit(context, FIELD_MQTT_TOPIC, topic);
}

const struct dissector dissector_mqtt = {
	.name = "mqtt",
	.protocol = PROTOCOL_MQTT,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct mqtt_state),
	.most_kept = MQTT_PACKET_KEPT + 5,
	.recognise = mqtt_recognise,
	.data = mqtt_data,
	.fields = mqtt_fields,
};
