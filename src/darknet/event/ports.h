/*
 * Probes by destination port: packets, and distinct sources.
 */
#ifndef NOROSHI_DARKNET_PORTS_H
#define NOROSHI_DARKNET_PORTS_H

#include "darknet/event/telescope.h"

struct ports;

struct ports *ports_new(void); /* NULL without memory */
void ports_free(struct ports *ports);
bool ports_add(struct ports *ports, const struct activity *activity); /* false: no memory */
/* Most packets first; free() it. NULL without memory. */
struct telescope_port *ports_list(const struct ports *ports, size_t *count);

#endif
