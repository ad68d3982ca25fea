/*
 * Methods by the first bytes of a payload; see method.h.
 */
#include "darknet/packet/method.h"

#include <string.h>

static const char *const names[METHOD_COUNT] = {
	[METHOD_NONE] = "",
	[METHOD_SCAN] = "scan",
	[METHOD_TERMINAL] = "terminal-server",
	[METHOD_SMB1] = "smb1",
	[METHOD_SMB2] = "smb2",
	[METHOD_ICMP] = "icmp",
	[METHOD_PPTP] = "pptp",
	[METHOD_HTTP] = "http",
	[METHOD_TLS] = "tls",
	[METHOD_SSH] = "ssh",
	[METHOD_TELNET] = "telnet",
	[METHOD_REDIS] = "redis",
	[METHOD_ADB] = "adb",
	[METHOD_TDS] = "tds",
	[METHOD_DNS] = "dns",
};

const char *method_name(enum arrival_method method)
{
	return names[method];
}

bool method_named(struct text name, enum arrival_method *method)
{
	for (int i = METHOD_NONE + 1; i < METHOD_COUNT; i++)
		if (text_equal(name, text_of(names[i]))) {
			*method = (enum arrival_method)i;
			return true;
		}
	return false;
}

/* What stands at a place; false where the payload is shorter. */
static bool stands(struct cursor payload, size_t at, const char *bytes, size_t size)
{
	cursor_skip(&payload, at);
	struct text there = cursor_text(&payload, size);
	return !payload.failed && memcmp(there.at, bytes, size) == 0;
}

#define STANDS(payload, at, bytes) stands(payload, at, bytes, sizeof(bytes) - 1)

/* RFC 9110, 9.1, and WebDAV's that scanners use. */
static bool is_http(struct cursor payload)
{
	static const char *const requests[] = { "GET ", "POST ", "HEAD ", "OPTIONS ", "PUT ", "CONNECT ", "PROPFIND ",
		"DELETE ", "TRACE ", "PATCH ", "PRI * HTTP/2" };

	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		if (stands(payload, 0, requests[i], strlen(requests[i])))
			return !(strcmp(requests[i], "OPTIONS ") == 0 && STANDS(payload, 8, "sip:"));
	return false;
}

enum arrival_method method_of_stream(struct cursor payload)
{
	if (STANDS(payload, 2, "\x00\x01\x1a\x2b\x3c\x4d")) /* RFC 2637, 2.1: a control message */
		return METHOD_PPTP;
	if (STANDS(payload, 0, "\x03\x00") && STANDS(payload, 5, "\xe0")) /* RFC 1006, X.224 13.3: connection request */
		return METHOD_TERMINAL;
	if (STANDS(payload, 4, "\xffSMB")) /* MS-CIFS 2.2.3.1 behind RFC 1002's length */
		return METHOD_SMB1;
	if (STANDS(payload, 4, "\xfeSMB")) /* MS-SMB2 2.2.1 */
		return METHOD_SMB2;
	if (is_http(payload))
		return METHOD_HTTP;
	if (STANDS(payload, 0, "\x16\x03") && STANDS(payload, 5, "\x01")) /* RFC 8446, 5.1: a ClientHello */
		return METHOD_TLS;
	if (STANDS(payload, 0, "SSH-")) /* RFC 4253, 4.2 */
		return METHOD_SSH;
	if (STANDS(payload, 0, "\xff\xfb") || STANDS(payload, 0, "\xff\xfd")) /* RFC 854: WILL, DO */
		return METHOD_TELNET;
	if ((STANDS(payload, 0, "*1\r\n$") || STANDS(payload, 0, "*2\r\n$") || STANDS(payload, 0, "*3\r\n$") ||
		STANDS(payload, 0, "INFO\r\n"))) /* RESP */
		return METHOD_REDIS;
	if (STANDS(payload, 0, "CNXN"))
		return METHOD_ADB;
	if (STANDS(payload, 0, "\x12\x01")) /* MS-TDS 2.2.3.1: a whole pre-login */
		return METHOD_TDS;
	if (STANDS(payload, 0, "OPTIONS sip:") || STANDS(payload, 0, "stats\r\n")) /* RFC 3261; memcached */
		return METHOD_SCAN;
	return METHOD_NONE;
}

/* Requests that ask what a host offers, and that amplifiers are looked for with. */
static bool asks_around(uint16_t port, struct cursor payload)
{
	if (STANDS(payload, 0, "M-SEARCH ") || STANDS(payload, 0, "OPTIONS sip:"))
		return true;
	if (STANDS(payload, 8, "stats\r\n")) /* memcached's UDP frame */
		return true;
	if (STANDS(payload, 12,
		"\x20"
		"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")) /* RFC 1002, 4.2.17: node status of "*" */
		return true;
	if (STANDS(payload, 4, "\0\0\0\0\0\0\0\x02\0\x01\x86\xa0")) /* RFC 5531 call of the portmapper */
		return true;
	if (port == 161 && STANDS(payload, 0, "\x30")) /* RFC 1157, 3416 */
		return true;
	return port == 123 && payload.left >= 4 &&
	       ((payload.at[0] & 7) == 6 || (payload.at[0] & 7) == 7); /* NTP control */
}

enum arrival_method method_of_datagram(uint16_t port, struct cursor payload)
{
	if (asks_around(port, payload))
		return METHOD_SCAN;
	if (port == 53 && payload.left >= 12 && !(payload.at[2] & 0x80)) /* RFC 1035: a query */
		return METHOD_DNS;
	return METHOD_NONE;
}
