/*
 * A telescope's figures of a period, as NICT's NICTER prints those of a year (catalogue D01): packets, packets for each
 * address, how long an address waits for one, what is left when large surveys are taken out, the share that asks for
 * IoT devices.
 */
#ifndef NOROSHI_DARKNET_VIEWS_FIGURES_H
#define NOROSHI_DARKNET_VIEWS_FIGURES_H

#include "darknet/view/iot.h"
#include "darknet/view/views.h"

struct views_figures {    /* NaN: not known */
	uint64_t packets; /* all: access and backscatter */
	double addresses; /* mean of the days in which a telescope was awake */
	double per_address;
	double seconds_for_each; /* an address waits so long for a packet: address-days * 86,400 s / packets */
	double research;         /* share of scanners of researchers among access, 0-1 */
	double iot;              /* share of the listed ports among access without these, 0-1 */
};

struct views_figures views_figures_of(uint64_t packets, const struct view_cover *cover);
/* Of a view by port: the packets of the ports that are listed. */
uint64_t views_iot_packets(const struct view *by_port, const struct iot_ports *list, unsigned period);

#endif
