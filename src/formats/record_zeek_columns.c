/*
 * The columns of Zeek's logs, and what is made of those that are more than a value. Called by record_zeek.c.
 */
#include "formats/record_zeek.h"

#include "base/character.h"
#include "formats/fields.h"
#include "net/dns.h"

#include <netinet/in.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Of all logs. */
static const struct zeek_column common[] = {
	{ "ts", ZEEK_TIME, MEMBER_NONE, false },
	{ "uid", ZEEK_UID, MEMBER_NONE, false },
	{ "id.orig_h", ZEEK_ORIGINATOR, MEMBER_NONE, false },
	{ "id.orig_p", ZEEK_ORIGINATOR_PORT, MEMBER_NONE, false },
	{ "id.resp_h", ZEEK_RESPONDER, MEMBER_NONE, false },
	{ "id.resp_p", ZEEK_RESPONDER_PORT, MEMBER_NONE, false },
	{ "proto", ZEEK_PROTOCOL, MEMBER_NONE, false },
	{ "community_id", ZEEK_COMMUNITY, MEMBER_NONE, false },
};
static const struct zeek_column conn[] = {
	{ "service", ZEEK_SERVICE, MEMBER_NONE, true },
	{ "duration", ZEEK_DURATION, MEMBER_NONE, false },
	{ "orig_bytes", ZEEK_ORIGINATOR_PAYLOAD, MEMBER_NONE, false },
	{ "resp_bytes", ZEEK_RESPONDER_PAYLOAD, MEMBER_NONE, false },
	{ "conn_state", ZEEK_DIRECT, MEMBER_ZEEK_STATE, false },
	{ "history", ZEEK_HISTORY, MEMBER_NONE, false },
	{ "orig_pkts", ZEEK_ORIGINATOR_PACKETS, MEMBER_NONE, false },
	{ "orig_ip_bytes", ZEEK_ORIGINATOR_BYTES, MEMBER_NONE, false },
	{ "resp_pkts", ZEEK_RESPONDER_PACKETS, MEMBER_NONE, false },
	{ "resp_ip_bytes", ZEEK_RESPONDER_BYTES, MEMBER_NONE, false },
};
static const struct zeek_column dns[] = {
	{ "trans_id", ZEEK_DIRECT, MEMBER_DNS_ID, false },
	{ "query", ZEEK_DIRECT, MEMBER_DNS_QUERY, false },
	{ "qtype", ZEEK_QUERY_TYPE, MEMBER_NONE, false },
	{ "qtype_name", ZEEK_QUERY_TYPE_NAME, MEMBER_NONE, false },
	{ "rcode", ZEEK_RCODE, MEMBER_NONE, false },
	{ "rcode_name", ZEEK_RCODE_NAME, MEMBER_NONE, false },
	{ "answers", ZEEK_DIRECT, MEMBER_DNS_ANSWER, true },
};
static const struct zeek_column ssl[] = {
	{ "version", ZEEK_VERSION, MEMBER_NONE, false },
	{ "server_name", ZEEK_DIRECT, MEMBER_TLS_SNI, false },
	{ "resumed", ZEEK_RESUMED, MEMBER_NONE, false },
	{ "cert_chain_fps", ZEEK_SERVER, MEMBER_NONE, true },
	{ "subject", ZEEK_DIRECT, MEMBER_TLS_SUBJECT, false },
	{ "issuer", ZEEK_DIRECT, MEMBER_TLS_ISSUER, false },
	{ "ja3", ZEEK_DIRECT, MEMBER_TLS_JA3, false },
	{ "ja3s", ZEEK_DIRECT, MEMBER_TLS_JA3S, false },
	{ "ja4", ZEEK_DIRECT, MEMBER_TLS_JA4, false },
};
static const struct zeek_column http[] = {
	{ "method", ZEEK_DIRECT, MEMBER_HTTP_METHOD, false },
	{ "host", ZEEK_HOST, MEMBER_NONE, false },
	{ "uri", ZEEK_URI, MEMBER_NONE, false },
	{ "referrer", ZEEK_DIRECT, MEMBER_HTTP_REFERER, false },
	{ "version", ZEEK_VERSION, MEMBER_NONE, false },
	{ "user_agent", ZEEK_DIRECT, MEMBER_HTTP_USER_AGENT, false },
	{ "response_body_len", ZEEK_DIRECT, MEMBER_HTTP_LENGTH, false },
	{ "status_code", ZEEK_DIRECT, MEMBER_HTTP_STATUS, false },
	{ "orig_filenames", ZEEK_DIRECT, MEMBER_FILES_NAME, true },
	{ "resp_filenames", ZEEK_DIRECT, MEMBER_FILES_NAME, true },
	{ "resp_mime_types", ZEEK_DIRECT, MEMBER_HTTP_CONTENT_TYPE, false },
};
static const struct zeek_column files[] = {
	{ "fuid", ZEEK_DIRECT, MEMBER_ZEEK_FILE, false },
	{ "conn_uids", ZEEK_UID, MEMBER_NONE, true },
	{ "tx_hosts", ZEEK_SENDER, MEMBER_NONE, true },
	{ "rx_hosts", ZEEK_RECEIVER, MEMBER_NONE, true },
	{ "source", ZEEK_SERVICE, MEMBER_NONE, false },
	{ "mime_type", ZEEK_DIRECT, MEMBER_ZEEK_FILE_TYPE, false },
	{ "filename", ZEEK_DIRECT, MEMBER_FILE_NAME, false },
	{ "is_orig", ZEEK_BY_ORIGINATOR, MEMBER_NONE, false },
	{ "seen_bytes", ZEEK_SIZE, MEMBER_NONE, false },
	{ "total_bytes", ZEEK_TOTAL, MEMBER_NONE, false },
	{ "md5", ZEEK_DIRECT, MEMBER_FILE_MD5, false },
	{ "sha1", ZEEK_DIRECT, MEMBER_FILE_SHA1, false },
	{ "sha256", ZEEK_DIRECT, MEMBER_FILE_SHA256, false },
};
static const struct zeek_column smtp[] = {
	{ "helo", ZEEK_DIRECT, MEMBER_SMTP_HELO, false },
	{ "mailfrom", ZEEK_DIRECT, MEMBER_SMTP_FROM, false },
	{ "rcptto", ZEEK_DIRECT, MEMBER_SMTP_TO, true },
	{ "from", ZEEK_DIRECT, MEMBER_MAIL_FROM, false },
	{ "to", ZEEK_DIRECT, MEMBER_MAIL_TO, true },
	{ "msg_id", ZEEK_DIRECT, MEMBER_MAIL_ID, false },
	{ "subject", ZEEK_DIRECT, MEMBER_MAIL_SUBJECT, false },
};
static const struct zeek_column ssh[] = {
	{ "client", ZEEK_CLIENT, MEMBER_NONE, false },
	{ "server", ZEEK_SERVER, MEMBER_NONE, false },
	{ "hassh", ZEEK_DIRECT, MEMBER_SSH_HASSH, false },
	{ "hasshServer", ZEEK_DIRECT, MEMBER_SSH_HASSH_SERVER, false },
};

static bool number_of(struct text text, uint64_t *number)
{
	return text.size && text_to_u64(text, number);
}

/* ── conn ─ */

/* The letters of `history` that are about TCP's flags: a capital is the originator's (Conn::Info). */
static void read_history(struct flow *flow, struct text history)
{
	for (size_t i = 0; i < history.size; i++) {
		char lower = char_lower(history.at[i]);
		enum side side = history.at[i] == lower ? SIDE_SERVER : SIDE_CLIENT;
		unsigned flags = lower == 's'   ? 0x02
				 : lower == 'h' ? 0x12
				 : lower == 'f' ? 0x11
				 : lower == 'r' ? 0x04
				 : lower == 'a' ? 0x10
				 : lower == 'd' ? 0x18
						: 0;
		flow->tcp_flags[side] |= (uint8_t)flags;
	}
}

static void read_counts(struct flow *flow, const struct text *parts)
{
	static const enum zeek_part packets[] = { ZEEK_ORIGINATOR_PACKETS, ZEEK_RESPONDER_PACKETS };
	static const enum zeek_part bytes[] = { ZEEK_ORIGINATOR_BYTES, ZEEK_RESPONDER_BYTES };
	static const enum zeek_part payload[] = { ZEEK_ORIGINATOR_PAYLOAD, ZEEK_RESPONDER_PAYLOAD };
	for (int side = 0; side < 2; side++) {
		if (!number_of(parts[bytes[side]], &flow->bytes[side]))
			number_of(parts[payload[side]], &flow->bytes[side]);
		if (!number_of(parts[packets[side]], &flow->packets[side]))
			flow->packets[side] = flow->bytes[side] > 0; /* not said */
	}
}

static void read_state(struct record *record, struct text state)
{
	struct flow *flow = &record->flow;
	bool tcp = flow->ip_protocol == IPPROTO_TCP;
	bool answered = flow->packets[SIDE_SERVER] > 0;
	flow->midstream = text_equal(state, TEXT("OTH"));
	flow->state = text_equal(state, TEXT("SF")) || text_starts(state, TEXT("RST")) || text_equal(state, TEXT("REJ"))
			  ? FLOW_CLOSED
			  : FLOW_NEW;
	if (!tcp)
		flow->state = answered ? FLOW_ESTABLISHED : FLOW_NEW;
	else if (flow->state == FLOW_NEW && answered && !text_equal(state, TEXT("S0")))
		flow->state = FLOW_ESTABLISHED;
}

static enum error finish_conn(struct record_reader *reader, const struct text parts[static ZEEK_PARTS],
    struct record *record, struct failure *failure)
{
	struct flow *flow = &record->flow;
	double seconds = 0;
	char quoted[QUOTED];
	(void)reader;
	if (parts[ZEEK_DURATION].size &&
	    (!text_to_double(parts[ZEEK_DURATION], &seconds) || seconds < 0 || seconds > 1e9))
		return fail(failure, ERROR_INPUT, "duration: %s is no number of seconds",
		    field_quote(parts[ZEEK_DURATION], quoted));
	flow->first = record->occurred;
	flow->last = record->occurred + (nanoseconds)(seconds * 1e9);
	record->occurred = flow->last;
	record->is_flow = true;
	flow->protocol = record_protocol(parts[ZEEK_SERVICE]);
	record_add(record, MEMBER_ZEEK_HISTORY, parts[ZEEK_HISTORY]);
	if (flow->ip_protocol == IPPROTO_TCP)
		read_history(flow, parts[ZEEK_HISTORY]);
	read_counts(flow, parts);
	read_state(record, record_find(record, MEMBER_ZEEK_STATE));
	return OK;
}

/* ── the others ─ */

static enum error finish_dns(struct record_reader *reader, const struct text parts[static ZEEK_PARTS],
    struct record *record, struct failure *failure)
{
	uint64_t type, rcode = 0;
	const char *name = NULL;
	(void)reader, (void)failure;
	record->is_response = number_of(parts[ZEEK_RCODE], &rcode);
	record->rcode = (uint8_t)rcode;
	if (number_of(parts[ZEEK_QUERY_TYPE], &type) && type <= UINT16_MAX)
		name = dns_type_name((uint16_t)type);
	record_add(record, MEMBER_DNS_VERSION, TEXT("3"));
	record_add(record, MEMBER_DNS_TYPE, record->is_response ? TEXT("response") : TEXT("request"));
	record_add(record, MEMBER_DNS_RCODE,
	    dns_rcode_name((unsigned)rcode) && record->is_response ? text_of(dns_rcode_name((unsigned)rcode))
								   : parts[ZEEK_RCODE_NAME]);
	record_add(record, MEMBER_DNS_QUERY_TYPE, name ? text_of(name) : parts[ZEEK_QUERY_TYPE_NAME]);
	return OK;
}

static enum error finish_ssl(struct record_reader *reader, const struct text parts[static ZEEK_PARTS],
    struct record *record, struct failure *failure)
{
	static const char *const versions[][2] = { { "TLSv10", "TLSv1" }, { "TLSv11", "TLS 1.1" },
		{ "TLSv12", "TLS 1.2" }, { "TLSv13", "TLS 1.3" } };
	struct text version = parts[ZEEK_VERSION];
	(void)reader, (void)failure;
	for (size_t i = 0; i < COUNT(versions); i++)
		if (text_equal(version, text_of(versions[i][0])))
			version = text_of(versions[i][1]);
	record_add(record, MEMBER_TLS_VERSION, version.size ? version : TEXT("UNDETERMINED"));
	record_add(record, MEMBER_ZEEK_CERTIFICATE, parts[ZEEK_SERVER]);
	if (text_equal(parts[ZEEK_RESUMED], TEXT("T")))
		record_add(record, MEMBER_TLS_RESUMED, TEXT("true"));
	return OK;
}

static enum error finish_http(struct record_reader *reader, const struct text parts[static ZEEK_PARTS],
    struct record *record, struct failure *failure)
{
	(void)failure;
	record_add_host(reader, record, parts[ZEEK_HOST], TEXT_NONE, parts[ZEEK_URI]);
	if (parts[ZEEK_VERSION].size && parts[ZEEK_VERSION].size < 16) {
		const struct text pieces[] = { TEXT("HTTP/"), parts[ZEEK_VERSION] };
		record_add(record, MEMBER_HTTP_PROTOCOL, arena_concat(reader->arena, pieces, COUNT(pieces)));
	}
	return OK;
}

static enum error finish_files(struct record_reader *reader, const struct text parts[static ZEEK_PARTS],
    struct record *record, struct failure *failure)
{
	struct flow *flow = &record->flow;
	bool forward = text_equal(parts[ZEEK_BY_ORIGINATOR], TEXT("T"));
	struct text client = parts[forward ? ZEEK_SENDER : ZEEK_RECEIVER];
	struct text server = parts[forward ? ZEEK_RECEIVER : ZEEK_SENDER];
	uint64_t seen, total;
	char lower[16] = "";
	(void)reader;
	if (!address_exists(flow->ends[SIDE_CLIENT].address)) { /* before Zeek 5.1 there was no id */
		enum error error = record_end(&flow->ends[SIDE_CLIENT], client, "tx_hosts", TEXT_NONE, "", failure);
		if (!error)
			error = record_end(&flow->ends[SIDE_SERVER], server, "rx_hosts", TEXT_NONE, "", failure);
		if (error)
			return error;
	} else {
		flow->ip_protocol = IPPROTO_TCP;
	}
	text_copy(parts[ZEEK_SERVICE], lower, sizeof lower);
	for (char *c = lower; *c; c++)
		*c = char_lower(*c);
	flow->protocol = record_protocol(text_of(lower));
	bool whole = number_of(parts[ZEEK_SIZE], &seen) && (!number_of(parts[ZEEK_TOTAL], &total) || seen == total);
	record_add(record, MEMBER_FILE_STATE, whole ? TEXT("CLOSED") : TEXT("TRUNCATED"));
	record_add(record, MEMBER_FILE_SIZE, parts[ZEEK_SIZE]);
	return OK;
}

/* "SSH-2.0-OpenSSH_9.2": protocol and software (RFC 4253, 4.2). */
static void add_banner(struct record *record, struct text banner, enum member protocol, enum member software)
{
	struct text rest = banner;
	if (!text_starts(banner, TEXT("SSH-")))
		return;
	text_cut(&rest, '-');
	record_add(record, protocol, text_cut(&rest, '-'));
	record_add(record, software, text_cut(&rest, ' '));
}

static enum error finish_ssh(struct record_reader *reader, const struct text parts[static ZEEK_PARTS],
    struct record *record, struct failure *failure)
{
	(void)reader, (void)failure;
	add_banner(record, parts[ZEEK_CLIENT], MEMBER_SSH_CLIENT_PROTOCOL, MEMBER_SSH_CLIENT);
	add_banner(record, parts[ZEEK_SERVER], MEMBER_SSH_SERVER_PROTOCOL, MEMBER_SSH_SERVER);
	return OK;
}

/* ── the list ─ */

static const struct zeek_log logs[] = {
	{ "conn", "flow", "conn_state", 0, PROTOCOL_UNKNOWN, conn, COUNT(conn), finish_conn },
	{ "dns", "dns", "rejected", IPPROTO_UDP, PROTOCOL_DNS, dns, COUNT(dns), finish_dns },
	{ "ssl", "tls", "established", IPPROTO_TCP, PROTOCOL_TLS, ssl, COUNT(ssl), finish_ssl },
	{ "smtp", "smtp", "helo", IPPROTO_TCP, PROTOCOL_SMTP, smtp, COUNT(smtp), NULL },
	{ "http", "http", "trans_depth", IPPROTO_TCP, PROTOCOL_HTTP, http, COUNT(http), finish_http },
	{ "files", "fileinfo", "seen_bytes", 0, PROTOCOL_UNKNOWN, files, COUNT(files), finish_files },
	{ "ssh", "ssh", "auth_attempts", IPPROTO_TCP, PROTOCOL_SSH, ssh, COUNT(ssh), finish_ssh },
};

const struct zeek_log *zeek_log_named(struct text path)
{
	for (size_t i = 0; i < COUNT(logs); i++) {
		struct text name = text_of(logs[i].path);
		if (text_equal(path, name) ||
		    (text_starts(path, name) && (path.at[name.size] == '.' || path.at[name.size] == '-')))
			return &logs[i];
	}
	return NULL;
}

const struct zeek_log *zeek_log_of(struct json_value root)
{
	struct text path = json_text(json_get(root, "_path"));
	if (path.size)
		return zeek_log_named(path);
	for (size_t i = 0; i < COUNT(logs); i++)
		if (json_exists(json_get(root, logs[i].sign)))
			return &logs[i];
	return NULL;
}

static uint8_t place_in(const struct zeek_column *columns, size_t count, struct text name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(name, text_of(columns[i].name)))
			return (uint8_t)(i + 1);
	return 0;
}

uint8_t zeek_column_number(const struct zeek_log *log, struct text name)
{
	uint8_t place = place_in(common, COUNT(common), name);
	if (place)
		return place;
	place = place_in(log->columns, log->count, name);
	return place ? (uint8_t)(COUNT(common) + place) : 0;
}

const struct zeek_column *zeek_column(const struct zeek_log *log, uint8_t number)
{
	return number <= COUNT(common) ? &common[number - 1] : &log->columns[number - 1 - COUNT(common)];
}
