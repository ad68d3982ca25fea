/*
 * EVE records of MQTT control packets, each under the name of its type. Passwords and messages are not written.
 */
#include "formats/eve_writers.h"
#include "net/mqtt.h"

static const char *const names[16] = {
	[MQTT_CONNECT] = "connect",
	[MQTT_CONNACK] = "connack",
	[MQTT_PUBLISH] = "publish",
	[MQTT_PUBACK] = "puback",
	[MQTT_PUBREC] = "pubrec",
	[MQTT_PUBREL] = "pubrel",
	[MQTT_PUBCOMP] = "pubcomp",
	[MQTT_SUBSCRIBE] = "subscribe",
	[MQTT_SUBACK] = "suback",
	[MQTT_UNSUBSCRIBE] = "unsubscribe",
	[MQTT_UNSUBACK] = "unsuback",
	[MQTT_PINGREQ] = "pingreq",
	[MQTT_PINGRESP] = "pingresp",
	[MQTT_DISCONNECT] = "disconnect",
};

static void write_connect(struct builder *to, const struct mqtt_packet *packet)
{
	eve_text(to, "protocol_string", packet->protocol);
	eve_number(to, "protocol_version", packet->version);
	eve_object(to, "flags");
	eve_bool(to, "username", packet->flags & MQTT_HAS_USER);
	eve_bool(to, "password", packet->flags & MQTT_HAS_PASSWORD);
	eve_bool(to, "will_retain", packet->flags & MQTT_WILL_RETAIN);
	eve_bool(to, "will", packet->flags & MQTT_HAS_WILL);
	eve_bool(to, "clean_session", packet->flags & MQTT_CLEAN);
	eve_object_end(to);
	eve_text(to, "client_id", packet->client);
	if (packet->flags & MQTT_HAS_WILL) {
		eve_object(to, "will");
		eve_text(to, "topic", packet->will_topic);
		eve_object_end(to);
	}
	eve_text(to, "username", packet->user);
}

static void write_topics(struct builder *to, const struct mqtt_packet *packet)
{
	struct cursor topics = packet->topics;
	struct text topic;
	uint8_t quality;
	eve_number(to, "message_id", packet->id);
	size_t opened = eve_array(to, "topics");
	while (mqtt_topic_next(packet, &topics, &topic, &quality)) {
		if (packet->type == MQTT_UNSUBSCRIBE) {
			eve_string(to, NULL, topic);
			continue;
		}
		eve_object(to, NULL);
		eve_string(to, "topic", topic);
		eve_number(to, "qos", quality);
		eve_object_end(to);
	}
	eve_array_end(to, opened);
}

static void write_codes(struct builder *to, const struct mqtt_packet *packet, const char *member)
{
	struct cursor codes = packet->codes;
	eve_number(to, "message_id", packet->id);
	size_t opened = eve_array(to, member);
	while (codes.left > 0)
		eve_number(to, NULL, cursor_u8(&codes));
	eve_array_end(to, opened);
}

static void write_body(struct builder *to, const struct mqtt_packet *packet)
{
	switch (packet->type) {
	case MQTT_CONNECT:
		write_connect(to, packet);
		break;
	case MQTT_CONNACK:
		eve_bool(to, "session_present", packet->session);
		eve_number(to, "return_code", packet->code);
		break;
	case MQTT_PUBLISH:
		eve_string(to, "topic", packet->topic);
		if (packet->quality > 0)
			eve_number(to, "message_id", packet->id);
		eve_number(to, "skipped_length", packet->payload);
		break;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBREL:
	case MQTT_PUBCOMP:
		eve_number(to, "message_id", packet->id);
		if (packet->version >= 5)
			eve_number(to, "reason_code", packet->code);
		break;
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE:
		write_topics(to, packet);
		break;
	case MQTT_SUBACK:
		write_codes(to, packet, "qos_granted");
		break;
	case MQTT_UNSUBACK:
		write_codes(to, packet, "reason_codes");
		break;
	case MQTT_DISCONNECT:
		if (packet->version >= 5)
			eve_number(to, "reason_code", packet->code);
		break;
	default:
		break;
	}
}

/* Suricata has no record of AUTH. */
static bool has_record(const void *facts)
{
	const struct mqtt_packet *packet = facts;
	return names[packet->type];
}

static void write_mqtt(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct mqtt_packet *packet = facts;
	(void)dissection, (void)side;
	eve_object(to, "mqtt");
	eve_object(to, names[packet->type]);
	eve_number(to, "qos", packet->quality);
	eve_bool(to, "retain", packet->retain);
	eve_bool(to, "dup", packet->duplicate);
	write_body(to, packet);
	eve_object_end(to);
	eve_object_end(to);
}

const struct eve_writer eve_mqtt = { PROTOCOL_MQTT, "mqtt", write_mqtt, has_record };
