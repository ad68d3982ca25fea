/*
 * The options of signatures, by name: what is said about a signature, its flow, flowbits, thresholds, and the buffers
 * that its conditions look at.
 */
#include "base/character.h"
#include "match/signature_inside.h"

#include <string.h>

typedef enum error (*option_taker)(struct signature_draft *draft, struct text value, struct failure *failure);

static enum error unexpected(struct failure *failure, const char *option, struct text value)
{
	return fail(failure, ERROR_INPUT, "%s: \"%.*s\" is not understood", option,
	    (int)(value.size < 80 ? value.size : 80), value.at ? value.at : "");
}

/* ── what is said about it ─ */

static enum error take_number(uint32_t *to, struct text value, const char *name, struct failure *failure)
{
	uint64_t number;
	if (!text_to_u64(value, &number) || number > UINT32_MAX)
		return unexpected(failure, name, value);
	*to = (uint32_t)number;
	return OK;
}

static enum error take_sid(struct signature_draft *draft, struct text value, struct failure *failure)
{
	return take_number(&draft->signature->alert.sid, value, "sid", failure);
}

static enum error take_gid(struct signature_draft *draft, struct text value, struct failure *failure)
{
	return take_number(&draft->signature->alert.gid, value, "gid", failure);
}

static enum error take_rev(struct signature_draft *draft, struct text value, struct failure *failure)
{
	return take_number(&draft->signature->alert.rev, value, "rev", failure);
}

static enum error take_priority(struct signature_draft *draft, struct text value, struct failure *failure)
{
	return take_number(&draft->signature->alert.priority, value, "priority", failure);
}

static enum error keep_text(struct signature_draft *draft, const char **to, struct text value, struct failure *failure)
{
	char *copy = arena_string(draft->reader->arena, value);
	*to = copy ? copy : "";
	return copy ? OK : fail(failure, ERROR_MEMORY, "no memory");
}

/* The message without its quotation marks and the backslashes before special characters. */
static enum error take_message(struct signature_draft *draft, struct text value, struct failure *failure)
{
	char plain[1024];
	size_t size = 0;
	if (value.size < 2 || value.at[0] != '"' || value.at[value.size - 1] != '"' || value.size > sizeof plain)
		return unexpected(failure, "msg", value);
	for (size_t i = 1; i + 1 < value.size; i++) {
		bool escape = value.at[i] == '\\' && i + 2 < value.size && strchr("\\\";:", value.at[i + 1]);
		i += escape;
		plain[size++] = value.at[i];
	}
	return keep_text(draft, &draft->signature->alert.message, (struct text){ plain, size }, failure);
}

static enum error take_metadata(struct signature_draft *draft, struct text value, struct failure *failure)
{
	return keep_text(draft, &draft->signature->alert.metadata, value, failure);
}

/* Priorities as Suricata's own classification.config has them; all other classes have 3. */
static uint32_t priority_of(struct text class)
{
	static const char *const high[] = { "attempted-admin", "attempted-user", "command-and-control", "coin-mining",
		"credential-theft", "domain-c2", "exploit-kit", "inappropriate-content", "policy-violation",
		"shellcode-detect", "social-engineering", "successful-admin", "successful-user", "targeted-activity",
		"trojan-activity", "unsuccessful-user", "web-application-attack" };
	static const char *const middle[] = { "attempted-dos", "attempted-recon", "bad-unknown",
		"default-login-attempt", "denial-of-service", "external-ip-check", "misc-attack",
		"non-standard-protocol", "pup-activity", "rpc-portmap-decode", "successful-dos",
		"successful-recon-largescale", "successful-recon-limited", "suspicious-filename-detect",
		"suspicious-login", "system-call-detect", "unusual-client-port-connection",
		"web-application-activity" };
	for (size_t i = 0; i < sizeof high / sizeof *high; i++)
		if (text_equal(class, text_of(high[i])))
			return 1;
	for (size_t i = 0; i < sizeof middle / sizeof *middle; i++)
		if (text_equal(class, text_of(middle[i])))
			return 2;
	return 3;
}

static enum error take_class(struct signature_draft *draft, struct text value, struct failure *failure)
{
	if (draft->signature->alert.priority == 0)
		draft->signature->alert.priority = priority_of(value);
	return keep_text(draft, &draft->signature->alert.classtype, value, failure);
}

static enum error take_nothing(struct signature_draft *draft, struct text value, struct failure *failure)
{
	(void)draft;
	(void)value;
	(void)failure;
	return OK;
}

static enum error take_noalert(struct signature_draft *draft, struct text value, struct failure *failure)
{
	(void)value;
	(void)failure;
	draft->signature->silent = true;
	return OK;
}

/* ── flow ─ */

static enum error take_flow(struct signature_draft *draft, struct text value, struct failure *failure)
{
	struct signature *signature = draft->signature;
	while (value.size > 0) {
		struct text word = text_trim(text_cut(&value, ','));
		if (text_equal(word, TEXT("to_server")) || text_equal(word, TEXT("from_client")))
			signature->direction = DIRECTION_TO_SERVER;
		else if (text_equal(word, TEXT("to_client")) || text_equal(word, TEXT("from_server")))
			signature->direction = DIRECTION_TO_CLIENT;
		else if (text_equal(word, TEXT("established")))
			signature->established = true;
		else if (text_equal(word, TEXT("not_established")))
			signature->not_established = true;
		else if (!text_equal(word, TEXT("stateless")) && !text_equal(word, TEXT("only_stream")))
			return unexpected(failure, "flow", word);
	}
	return OK;
}

static enum error add_bit_names(
    struct signature_draft *draft, struct flow_bit *bit, struct text names, struct failure *failure)
{
	while (names.size > 0) {
		struct text name = text_trim(text_cut(&names, '|'));
		int number = name.size ? draft->reader->bit_number(draft->reader->bits, name) : -1;
		if (number < 0 || bit->count == sizeof bit->bits)
			return fail(failure, ERROR_INPUT, "flowbits: no name, or more names than are remembered (%d)",
			    FLOW_BITS);
		bit->bits[bit->count++] = (uint8_t)number;
	}
	return OK;
}

static enum error take_flowbits(struct signature_draft *draft, struct text value, struct failure *failure)
{
	static const char *const verbs[] = { "set", "unset", "toggle", "isset", "isnotset" };
	struct text verb = text_trim(text_cut(&value, ','));
	if (text_equal(verb, TEXT("noalert")))
		return take_noalert(draft, value, failure);
	if (draft->bit_count == sizeof draft->bits / sizeof *draft->bits)
		return fail(failure, ERROR_INPUT, "flowbits: more than 16 of them");
	for (uint8_t i = 0; i < 5; i++)
		if (text_equal(verb, text_of(verbs[i]))) {
			struct flow_bit *bit = &draft->bits[draft->bit_count++];
			*bit = (struct flow_bit){ .verb = i };
			enum error error = add_bit_names(draft, bit, text_trim(value), failure);
			if (!error && (bit->count == 0 || (bit->count > 1 && i < BIT_ISSET)))
				return unexpected(failure, "flowbits", value);
			return error;
		}
	return unexpected(failure, "flowbits", verb);
}

/* ── thresholds ─ */

static bool threshold_word(struct threshold *threshold, bool filter, struct text name, struct text value)
{
	static const char *const kinds[] = { "", "limit", "threshold", "both" };
	static const char *const tracks[] = { "", "by_src", "by_dst", "by_both", "by_rule" };
	uint64_t number;
	if (!filter && text_equal(name, TEXT("type"))) {
		for (int i = 1; i < 4; i++)
			if (text_equal(value, text_of(kinds[i])))
				threshold->kind = (enum threshold_kind)i;
		return threshold->kind != THRESHOLD_NONE;
	}
	if (text_equal(name, TEXT("track"))) {
		for (int i = 1; i < 5; i++)
			if (text_equal(value, text_of(tracks[i])))
				threshold->track = (enum track)i;
		return threshold->track != TRACK_NONE;
	}
	if (!text_to_u64(value, &number) || number == 0 || number > 10 * 365 * 86400ull)
		return false;
	if (text_equal(name, TEXT("count")))
		threshold->count = (uint32_t)number;
	else if (text_equal(name, TEXT("seconds")))
		threshold->seconds = (nanoseconds)number * SECOND;
	else
		return false;
	return true;
}

static enum error take_threshold_of(
    struct signature_draft *draft, bool filter, struct text value, struct failure *failure)
{
	struct threshold *threshold = &draft->signature->threshold;
	const char *name = filter ? "detection_filter" : "threshold";
	if (threshold->track != TRACK_NONE)
		return fail(failure, ERROR_INPUT, "%s: there is one already", name);
	threshold->kind = filter ? THRESHOLD_FILTER : THRESHOLD_NONE;
	while (value.size > 0) {
		struct text word = text_trim(text_cut(&value, ',')), rest = word;
		struct text first = text_cut(&rest, ' ');
		if (!threshold_word(threshold, filter, first, text_trim(rest)))
			return unexpected(failure, name, word);
	}
	if (threshold->kind == THRESHOLD_NONE || threshold->track == TRACK_NONE || threshold->count == 0 ||
	    threshold->seconds == 0)
		return fail(
		    failure, ERROR_INPUT, "%s: %strack, count and seconds are needed", name, filter ? "" : "type, ");
	return OK;
}

static enum error take_threshold(struct signature_draft *draft, struct text value, struct failure *failure)
{
	return take_threshold_of(draft, false, value, failure);
}

static enum error take_filter(struct signature_draft *draft, struct text value, struct failure *failure)
{
	return take_threshold_of(draft, true, value, failure);
}

static enum error take_dsize(struct signature_draft *draft, struct text value, struct failure *failure)
{
	if (draft->group_count > 0 && draft->groups[draft->group_count - 1].buffers[0] != BUFFER_PAYLOAD)
		return fail(failure, ERROR_INPUT, "dsize is of payload, and stands behind another buffer");
	return size_take(draft, value, failure);
}

static enum error take_bsize(struct signature_draft *draft, struct text value, struct failure *failure)
{
	if (draft->group_count == 0 || draft->groups[draft->group_count - 1].buffers[0] == BUFFER_PAYLOAD)
		return fail(failure, ERROR_INPUT, "bsize: there is no buffer before it");
	return size_take(draft, value, failure);
}

/* ── buffers ─ */

enum sender { SENDER_EITHER, SENDER_CLIENT, SENDER_SERVER };

/* Suricata's names; `of_last` is the older form, which moves the content before it. */
static const struct buffer_name {
	const char *name;
	uint16_t buffers[2];
	enum sender sender;
	bool of_last, colons_removed;
} buffer_names[] = {
	{ "pkt_data", { BUFFER_PAYLOAD, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "dns.query", { FIELD_DNS_QUERY, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "dns_query", { FIELD_DNS_QUERY, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "dns.queries.rrname", { FIELD_DNS_QUERY, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "dns.answers.rrname", { FIELD_DNS_NAME, BUFFER_COUNT }, SENDER_SERVER, false, false },
	{ "tls.sni", { FIELD_TLS_SNI, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "tls_sni", { FIELD_TLS_SNI, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "tls.cert_subject", { FIELD_TLS_SUBJECT, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "tls_cert_subject", { FIELD_TLS_SUBJECT, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "tls.cert_issuer", { FIELD_TLS_ISSUER, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "tls_cert_issuer", { FIELD_TLS_ISSUER, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "tls.cert_serial", { FIELD_TLS_SERIAL, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "tls_cert_serial", { FIELD_TLS_SERIAL, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "tls.cert_fingerprint", { FIELD_TLS_CERTIFICATE_SHA1, BUFFER_COUNT }, SENDER_EITHER, false, true },
	{ "tls_cert_fingerprint", { FIELD_TLS_CERTIFICATE_SHA1, BUFFER_COUNT }, SENDER_EITHER, false, true },
	{ "tls.subjectaltname", { FIELD_TLS_NAME, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "ja3.hash", { FIELD_TLS_JA3, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "ja3_hash", { FIELD_TLS_JA3, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "ja3s.hash", { FIELD_TLS_JA3S, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "ja4.hash", { FIELD_TLS_JA4, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "http.method", { FIELD_HTTP_METHOD, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "http_method", { FIELD_HTTP_METHOD, BUFFER_COUNT }, SENDER_CLIENT, true, false },
	{ "http.uri", { FIELD_HTTP_URI, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "http_uri", { FIELD_HTTP_URI, BUFFER_COUNT }, SENDER_CLIENT, true, false },
	{ "http.uri.raw", { FIELD_HTTP_URI, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "http_raw_uri", { FIELD_HTTP_URI, BUFFER_COUNT }, SENDER_CLIENT, true, false },
	{ "http.host", { FIELD_HTTP_HOST, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "http_host", { FIELD_HTTP_HOST, BUFFER_COUNT }, SENDER_CLIENT, true, false },
	{ "http.user_agent", { FIELD_HTTP_USER_AGENT, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "http_user_agent", { FIELD_HTTP_USER_AGENT, BUFFER_COUNT }, SENDER_CLIENT, true, false },
	{ "http.referer", { FIELD_HTTP_REFERER, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "http_referer", { FIELD_HTTP_REFERER, BUFFER_COUNT }, SENDER_CLIENT, true, false },
	{ "http.header", { FIELD_HTTP_REQUEST_HEADER, FIELD_HTTP_RESPONSE_HEADER }, SENDER_EITHER, false, false },
	{ "http_header", { FIELD_HTTP_REQUEST_HEADER, FIELD_HTTP_RESPONSE_HEADER }, SENDER_EITHER, true, false },
	{ "http.header.raw", { FIELD_HTTP_REQUEST_HEADER, FIELD_HTTP_RESPONSE_HEADER }, SENDER_EITHER, false, false },
	{ "http.cookie", { FIELD_HTTP_COOKIE, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "http_cookie", { FIELD_HTTP_COOKIE, BUFFER_COUNT }, SENDER_EITHER, true, false },
	{ "http.request_body", { FIELD_HTTP_REQUEST_BODY, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "http_client_body", { FIELD_HTTP_REQUEST_BODY, BUFFER_COUNT }, SENDER_CLIENT, true, false },
	{ "http.response_body", { FIELD_HTTP_RESPONSE_BODY, BUFFER_COUNT }, SENDER_SERVER, false, false },
	{ "http_server_body", { FIELD_HTTP_RESPONSE_BODY, BUFFER_COUNT }, SENDER_SERVER, true, false },
	{ "http.stat_code", { FIELD_HTTP_STATUS, BUFFER_COUNT }, SENDER_SERVER, false, false },
	{ "http_stat_code", { FIELD_HTTP_STATUS, BUFFER_COUNT }, SENDER_SERVER, true, false },
	{ "http.content_type", { FIELD_HTTP_CONTENT_TYPE, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "file.name", { FIELD_FILE_NAME, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "smtp.helo", { FIELD_MAIL_HELO, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "smtp.mail_from", { FIELD_MAIL_FROM, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "smtp.rcpt_to", { FIELD_MAIL_TO, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "email.subject", { FIELD_MAIL_SUBJECT, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "ssh.software", { FIELD_SSH_CLIENT, FIELD_SSH_SERVER }, SENDER_EITHER, false, false },
	{ "ssh.hassh", { FIELD_SSH_HASSH, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "ssh.hassh.server", { FIELD_SSH_HASSH_SERVER, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "smb.share", { FIELD_SMB_SHARE, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "smb.named_pipe", { FIELD_SMB_PIPE, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "smb.ntlmssp_user", { FIELD_SMB_USER, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "smb.ntlmssp_domain", { FIELD_SMB_DOMAIN, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "ftp.command", { FIELD_FTP_COMMAND, BUFFER_COUNT }, SENDER_CLIENT, false, false },
	{ "krb5_cname", { FIELD_KERBEROS_NAME, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "krb5.cname", { FIELD_KERBEROS_NAME, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "krb5_sname", { FIELD_KERBEROS_SERVICE, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "krb5.sname", { FIELD_KERBEROS_SERVICE, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "mqtt.publish.topic", { FIELD_MQTT_TOPIC, BUFFER_COUNT }, SENDER_EITHER, false, false },
	{ "mqtt.connect.clientid", { FIELD_MQTT_CLIENT, BUFFER_COUNT }, SENDER_CLIENT, false, false },
};

static enum error begin_group(struct signature_draft *draft, const struct buffer_name *name, struct failure *failure)
{
	if (draft->group_count == sizeof draft->groups / sizeof *draft->groups)
		return fail(failure, ERROR_INPUT, "more than 32 buffers");
	draft->groups[draft->group_count++] =
	    (struct group){ { name->buffers[0], name->buffers[1] }, draft->condition_count, 0 };
	draft->to_server_field |= name->sender == SENDER_CLIENT;
	draft->to_client_field |= name->sender == SENDER_SERVER;
	draft->colons_removed = name->colons_removed;
	return OK;
}

/* The older form: the content before it, which is of payload so far, is of this buffer. */
static enum error move_last(struct signature_draft *draft, const struct buffer_name *name, struct failure *failure)
{
	struct group *last = draft->group_count ? &draft->groups[draft->group_count - 1] : NULL;
	if (!last || last->count == 0 || last->buffers[0] != BUFFER_PAYLOAD ||
	    draft->conditions[draft->condition_count - 1].kind != CONDITION_CONTENT)
		return fail(failure, ERROR_INPUT, "%s: there is no content right before it", name->name);
	last->count--;
	draft->condition_count--;
	struct group *before = last->count == 0 && draft->group_count > 1 ? last - 1 : NULL;
	if (before && before->buffers[0] == name->buffers[0]) {
		draft->group_count--; /* the content may be relative to the one before */
	} else {
		enum error error = begin_group(draft, name, failure);
		if (error)
			return error;
	}
	draft->groups[draft->group_count - 1].count++;
	draft->condition_count++;
	return begin_group(draft, &buffer_names[0], failure);
}

/* ── by name ─ */

static const struct {
	const char *name;
	option_taker take;
} options[] = { { "msg", take_message }, { "sid", take_sid }, { "gid", take_gid }, { "rev", take_rev },
	{ "priority", take_priority }, { "classtype", take_class }, { "metadata", take_metadata },
	{ "reference", take_nothing }, { "target", take_nothing }, { "rawbytes", take_nothing },
	{ "noalert", take_noalert }, { "flow", take_flow }, { "flowbits", take_flowbits },
	{ "threshold", take_threshold }, { "detection_filter", take_filter }, { "content", content_take },
	{ "pcre", pcre_take }, { "isdataat", data_at_take }, { "byte_test", byte_test_take }, { "dsize", take_dsize },
	{ "bsize", take_bsize } };

enum error option_take(struct signature_draft *draft, struct text name, struct text value, struct failure *failure)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (text_equal(name, text_of(options[i].name)))
			return options[i].take(draft, value, failure);
	for (size_t i = 0; i < sizeof buffer_names / sizeof *buffer_names; i++)
		if (text_equal(name, text_of(buffer_names[i].name)))
			return buffer_names[i].of_last ? move_last(draft, &buffer_names[i], failure)
						       : begin_group(draft, &buffer_names[i], failure);
	enum error error = content_modify(draft, name, value, failure);
	return error != ERROR_NOT_FOUND ? error
					: fail(failure, ERROR_INPUT, "the keyword \"%.*s\" is not known",
					      (int)(name.size < 60 ? name.size : 60), name.at ? name.at : "");
}
