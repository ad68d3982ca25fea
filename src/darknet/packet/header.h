/*
 * What a single header says of what made it, and the names of all that is told.
 *
 * Sources: the tools' own documented behaviour (ZMap's, masscan's, nmap's, hping3's manuals and packets that they
 * send); Ghiëtte, Blenn, Doerr, "Remote Identification of Port Scan Toolchains", NTMS 2016 (relations between fields:
 * masscan, nmap, unicornscan); Antonakakis et al., "Understanding the Mirai Botnet", USENIX Security 2017 (sequence =
 * destination); Durumeric, Bailey, Halderman, "An Internet-Wide View of Internet-Wide Scanning", USENIX Security 2014
 * (ZMap's identification 54321). Ports are never looked at as such; in a relation of fields they may take part.
 */
#ifndef NOROSHI_DARKNET_HEADER_H
#define NOROSHI_DARKNET_HEADER_H

#include "darknet/packet/arrival.h"
#include "net/cursor.h"

/* The options of a TCP header, in order. */
struct header_options {
	uint32_t hash; /* of kinds, order and fixed values (MSS, window scale); 0 = none */
	uint16_t mss;
	uint8_t count; /* without padding */
	bool scale, sack, timestamp, other, broken;
};
struct header_options header_options(struct cursor options);

/* A probe's tool. `arrival` is complete but for `tool`; `fixed`: IPv4 forbids fragments (DF). */
enum arrival_tool header_tool(const struct arrival *arrival, const struct header_options *options, bool fixed);

/* Relations between two packets of one source to different addresses, which chance makes with 2^-16 and 2^-32. */
static inline bool header_like_nmap(uint32_t sequence, uint32_t before)
{
	uint32_t change = sequence ^ before; /* both halves hold the same number under the same mask */
	return change >> 16 == (change & 0xffff);
}
static inline uint32_t header_unicorn_key(uint32_t sequence, uint32_t destination, uint16_t source_port, uint16_t port)
{
	return sequence ^ destination ^ ((uint32_t)source_port << 16 | port);
}

const char *arrival_tool_name(unsigned tool);       /* "zmap" */
const char *arrival_kind_name(unsigned kind);       /* "probe" */
const char *arrival_payload_name(unsigned payload); /* "dns"; "" for none */

#endif
