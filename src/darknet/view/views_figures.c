/*
 * A telescope's figures; see views_figures.h.
 */
#include "darknet/view/views_figures.h"

#include <math.h>

struct views_figures views_figures_of(uint64_t packets, const struct view_cover *cover)
{
	struct views_figures figures = { .packets = packets,
		.addresses = NAN,
		.per_address = NAN,
		.seconds_for_each = NAN,
		.research = NAN,
		.iot = NAN };

	if (!(cover->days > 0 && cover->address_days > 0))
		return figures;
	figures.addresses = cover->address_days / cover->days;
	figures.per_address = (double)packets / figures.addresses;
	if (packets)
		figures.seconds_for_each = cover->address_days * 86400 / (double)packets;
	return figures;
}

uint64_t views_iot_packets(const struct view *by_port, const struct iot_ports *list, unsigned period)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < by_port->count; i++)
		if (iot_ports_has(list, by_port->cells[i].key.port, by_port->cells[i].key.protocol))
			packets += by_port->cells[i].packets[period];
	return packets;
}
