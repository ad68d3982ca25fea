/*
 * Which destination ports are those of Internet-of-Things devices: a list with its source and date, which whoever knows
 * better replaces (telescope/iot-ports is the one that comes along).
 *
 *   # a comment
 *   name: …
 *   date: 2026-11-22
 *   23/tcp    telnet of cameras, routers, recorders
 */
#ifndef NOROSHI_DARKNET_IOT_H
#define NOROSHI_DARKNET_IOT_H

#include "base/error.h"
#include "base/text.h"

#define IOT_PORTS_MOST 1000
#define IOT_TEXT 160

struct iot_ports {
	char name[IOT_TEXT], date[16];  /* of the list */
	uint32_t ports[IOT_PORTS_MOST]; /* protocol << 16 | port, ascending */
	size_t count;
};

/* ERROR_INPUT says file, line and what was expected; a list has a name, a date and a port at least. */
enum error iot_ports_parse(const char *path, struct text text, struct iot_ports *list, struct failure *failure);
enum error iot_ports_read(const char *path, struct iot_ports *list, struct failure *failure);
bool iot_ports_has(const struct iot_ports *list, uint16_t port, uint8_t protocol);

#endif
