/*
 * MQTT 3.1, 3.1.1 and 5 (OASIS MQTT Version 5.0, 2019): one fact for each control packet.
 */
#ifndef NOROSHI_NET_MQTT_H
#define NOROSHI_NET_MQTT_H

#include "net/cursor.h"
#include "net/dissector.h"

#define MQTT_PACKET_KEPT ((size_t)64 << 10) /* bytes of a packet; of a longer one the beginning is told of */

enum mqtt_type {
	MQTT_CONNECT = 1,
	MQTT_CONNACK,
	MQTT_PUBLISH,
	MQTT_PUBACK,
	MQTT_PUBREC,
	MQTT_PUBREL,
	MQTT_PUBCOMP,
	MQTT_SUBSCRIBE,
	MQTT_SUBACK,
	MQTT_UNSUBSCRIBE,
	MQTT_UNSUBACK,
	MQTT_PINGREQ,
	MQTT_PINGRESP,
	MQTT_DISCONNECT,
	MQTT_AUTH,
};

/* Flags of CONNECT (3.1.2.3). */
enum {
	MQTT_HAS_USER = 0x80,
	MQTT_HAS_PASSWORD = 0x40,
	MQTT_WILL_RETAIN = 0x20,
	MQTT_HAS_WILL = 0x04,
	MQTT_CLEAN = 0x02
};

/* A packet; which members are filled depends on its type. Texts point into the packet. */
struct mqtt_packet {
	enum mqtt_type type;
	bool duplicate, retain;
	uint8_t quality; /* QoS, 0–2 */
	uint8_t version; /* 3, 4 (3.1.1) or 5: of the connection, as its CONNECT said; 4 when that was not seen */
	uint16_t id;     /* packet identifier; of a PUBLISH only when quality > 0 */

	struct text protocol;   /* CONNECT: "MQTT", "MQIsdp" */
	uint8_t flags;          /* CONNECT */
	struct text client;     /* CONNECT: client identifier */
	struct text user;       /* CONNECT; the password is not handed out */
	struct text will_topic; /* CONNECT */
	bool session;           /* CONNACK: session present */
	uint8_t code;           /* CONNACK, PUBACK …, DISCONNECT: return or reason code */
	struct text topic;      /* PUBLISH */
	uint64_t payload;       /* PUBLISH: bytes of the message, which is not handed out */
	struct cursor topics;   /* SUBSCRIBE, UNSUBSCRIBE: mqtt_topic_next() */
	struct cursor codes;    /* SUBACK, UNSUBACK: one byte for each topic */
};

/* The next topic filter; *quality is of SUBSCRIBE. False at the end. Pass the cursor by a copy. */
bool mqtt_topic_next(const struct mqtt_packet *packet, struct cursor *topics, struct text *topic, uint8_t *quality);

extern const struct dissector dissector_mqtt;

#endif
