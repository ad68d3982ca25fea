/*
 * The values of records: where each stands in EVE, and which field it is. Called by the readers, the writer and whoever
 * matches.
 */
#include "formats/record.h"

#include "net/smtp.h"

#define NO_FIELD FIELD_COUNT

static const struct member_info infos[MEMBER_COUNT] = {
	[MEMBER_NONE] = { "", FORM_HIDDEN, NO_FIELD },
	[MEMBER_ZEEK_UID] = { "zeek.uid", FORM_TEXT, NO_FIELD },
	[MEMBER_ZEEK_FILE] = { "zeek.fuid", FORM_TEXT, NO_FIELD },
	[MEMBER_ZEEK_STATE] = { "zeek.conn_state", FORM_TEXT, NO_FIELD },
	[MEMBER_ZEEK_HISTORY] = { "zeek.history", FORM_TEXT, NO_FIELD },
	[MEMBER_ZEEK_CERTIFICATE] = { "zeek.cert_sha256", FORM_TEXT, FIELD_TLS_CERTIFICATE },
	[MEMBER_ZEEK_FILE_TYPE] = { "zeek.mime_type", FORM_TEXT, NO_FIELD },
	[MEMBER_DNS_VERSION] = { "dns.version", FORM_NUMBER, NO_FIELD },
	[MEMBER_DNS_TYPE] = { "dns.type", FORM_TEXT, NO_FIELD },
	[MEMBER_DNS_ID] = { "dns.id", FORM_NUMBER, NO_FIELD },
	[MEMBER_DNS_RCODE] = { "dns.rcode", FORM_TEXT, NO_FIELD },
	[MEMBER_DNS_QUERY] = { "dns.queries[].rrname", FORM_TEXT, FIELD_DNS_QUERY },
	[MEMBER_DNS_QUERY_TYPE] = { "dns.queries[].rrtype", FORM_TEXT, NO_FIELD },
	[MEMBER_DNS_ANSWER] = { "dns.answers", FORM_ANSWER, NO_FIELD }, /* an address or a name: record_fields() */
	[MEMBER_DNS_OWNER] = { "dns.answers.rrname", FORM_HIDDEN, FIELD_DNS_NAME },
	[MEMBER_TLS_SUBJECT] = { "tls.subject", FORM_TEXT, FIELD_TLS_SUBJECT },
	[MEMBER_TLS_ISSUER] = { "tls.issuerdn", FORM_TEXT, FIELD_TLS_ISSUER },
	[MEMBER_TLS_SERIAL] = { "tls.serial", FORM_TEXT, FIELD_TLS_SERIAL },
	[MEMBER_TLS_FINGERPRINT] = { "tls.fingerprint", FORM_TEXT, FIELD_TLS_CERTIFICATE_SHA1 },
	[MEMBER_TLS_NAME] = { "tls.subjectaltname", FORM_LIST, FIELD_TLS_NAME },
	[MEMBER_TLS_RESUMED] = { "tls.session_resumed", FORM_BOOL, NO_FIELD },
	[MEMBER_TLS_SNI] = { "tls.sni", FORM_TEXT, FIELD_TLS_SNI },
	[MEMBER_TLS_VERSION] = { "tls.version", FORM_TEXT, NO_FIELD },
	[MEMBER_TLS_JA3] = { "tls.ja3.hash", FORM_TEXT, FIELD_TLS_JA3 },
	[MEMBER_TLS_JA3S] = { "tls.ja3s.hash", FORM_TEXT, FIELD_TLS_JA3S },
	[MEMBER_TLS_JA4] = { "tls.ja4", FORM_TEXT, FIELD_TLS_JA4 },
	[MEMBER_QUIC_SNI] = { "quic.sni", FORM_TEXT, FIELD_TLS_SNI },
	[MEMBER_QUIC_JA3] = { "quic.ja3.hash", FORM_TEXT, FIELD_TLS_JA3 },
	[MEMBER_QUIC_JA3S] = { "quic.ja3s.hash", FORM_TEXT, FIELD_TLS_JA3S },
	[MEMBER_QUIC_JA4] = { "quic.ja4", FORM_TEXT, FIELD_TLS_JA4 },
	[MEMBER_HTTP_HOST] = { "http.hostname", FORM_TEXT, FIELD_HTTP_HOST },
	[MEMBER_HTTP_PORT] = { "http.http_port", FORM_NUMBER, NO_FIELD },
	[MEMBER_HTTP_URI] = { "http.url", FORM_TEXT, FIELD_HTTP_URI },
	[MEMBER_HTTP_USER_AGENT] = { "http.http_user_agent", FORM_TEXT, FIELD_HTTP_USER_AGENT },
	[MEMBER_HTTP_REFERER] = { "http.http_refer", FORM_TEXT, FIELD_HTTP_REFERER },
	[MEMBER_HTTP_METHOD] = { "http.http_method", FORM_TEXT, FIELD_HTTP_METHOD },
	[MEMBER_HTTP_PROTOCOL] = { "http.protocol", FORM_TEXT, NO_FIELD },
	[MEMBER_HTTP_CONTENT_TYPE] = { "http.http_content_type", FORM_TEXT, FIELD_HTTP_CONTENT_TYPE },
	[MEMBER_HTTP_STATUS] = { "http.status", FORM_NUMBER, FIELD_HTTP_STATUS },
	[MEMBER_HTTP_LENGTH] = { "http.length", FORM_NUMBER, NO_FIELD },
	[MEMBER_HTTP_URL] = { "", FORM_HIDDEN, FIELD_HTTP_URL },
	[MEMBER_FILE_NAME] = { "fileinfo.filename", FORM_TEXT, FIELD_FILE_NAME },
	[MEMBER_FILE_STATE] = { "fileinfo.state", FORM_TEXT, NO_FIELD },
	[MEMBER_FILE_MD5] = { "fileinfo.md5", FORM_TEXT, FIELD_FILE_MD5 },
	[MEMBER_FILE_SHA1] = { "fileinfo.sha1", FORM_TEXT, FIELD_FILE_SHA1 },
	[MEMBER_FILE_SHA256] = { "fileinfo.sha256", FORM_TEXT, FIELD_FILE_SHA256 },
	[MEMBER_FILE_SIZE] = { "fileinfo.size", FORM_NUMBER, NO_FIELD },
	[MEMBER_FILES_NAME] = { "files.filename", FORM_HIDDEN, FIELD_FILE_NAME },
	[MEMBER_FILES_MD5] = { "files.md5", FORM_HIDDEN, FIELD_FILE_MD5 },
	[MEMBER_FILES_SHA1] = { "files.sha1", FORM_HIDDEN, FIELD_FILE_SHA1 },
	[MEMBER_FILES_SHA256] = { "files.sha256", FORM_HIDDEN, FIELD_FILE_SHA256 },
	[MEMBER_SMTP_HELO] = { "smtp.helo", FORM_TEXT, FIELD_MAIL_HELO },
	[MEMBER_SMTP_FROM] = { "smtp.mail_from", FORM_TEXT, FIELD_MAIL_FROM },
	[MEMBER_SMTP_TO] = { "smtp.rcpt_to", FORM_LIST, FIELD_MAIL_TO },
	[MEMBER_MAIL_FROM] = { "email.from", FORM_TEXT, NO_FIELD },
	[MEMBER_MAIL_TO] = { "email.to", FORM_LIST, NO_FIELD },
	[MEMBER_MAIL_SUBJECT] = { "email.subject", FORM_TEXT, FIELD_MAIL_SUBJECT },
	[MEMBER_MAIL_ID] = { "email.message_id", FORM_TEXT, NO_FIELD },
	[MEMBER_MAIL_ATTACHMENT] = { "email.attachment", FORM_LIST, FIELD_FILE_NAME },
	[MEMBER_SSH_CLIENT_PROTOCOL] = { "ssh.client.proto_version", FORM_TEXT, NO_FIELD },
	[MEMBER_SSH_CLIENT] = { "ssh.client.software_version", FORM_TEXT, FIELD_SSH_CLIENT },
	[MEMBER_SSH_HASSH] = { "ssh.client.hassh.hash", FORM_TEXT, FIELD_SSH_HASSH },
	[MEMBER_SSH_SERVER_PROTOCOL] = { "ssh.server.proto_version", FORM_TEXT, NO_FIELD },
	[MEMBER_SSH_SERVER] = { "ssh.server.software_version", FORM_TEXT, FIELD_SSH_SERVER },
	[MEMBER_SSH_HASSH_SERVER] = { "ssh.server.hassh.hash", FORM_TEXT, FIELD_SSH_HASSH_SERVER },
	[MEMBER_SMB_SHARE] = { "smb.share", FORM_TEXT, FIELD_SMB_SHARE },
	[MEMBER_SMB_FILE] = { "smb.filename", FORM_TEXT, FIELD_SMB_FILE },
	[MEMBER_FTP_COMMAND] = { "ftp.command", FORM_TEXT, FIELD_FTP_COMMAND },
	[MEMBER_RDP_COOKIE] = { "rdp.cookie", FORM_TEXT, FIELD_RDP_COOKIE },
	[MEMBER_KERBEROS_NAME] = { "krb5.cname", FORM_TEXT, FIELD_KERBEROS_NAME },
	[MEMBER_KERBEROS_SERVICE] = { "krb5.sname", FORM_TEXT, FIELD_KERBEROS_SERVICE },
	[MEMBER_MQTT_TOPIC] = { "mqtt.publish.topic", FORM_TEXT, FIELD_MQTT_TOPIC },
	[MEMBER_MQTT_CLIENT] = { "mqtt.connect.client_id", FORM_TEXT, FIELD_MQTT_CLIENT },
	[MEMBER_ENDPOINT_HOST] = { "endpoint.host", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_PROVIDER] = { "endpoint.provider", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_CHANNEL] = { "endpoint.channel", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_EVENT] = { "endpoint.event", FORM_NUMBER, NO_FIELD },
	[MEMBER_ENDPOINT_RECORD] = { "endpoint.record", FORM_NUMBER, NO_FIELD },
	[MEMBER_ENDPOINT_ACTION] = { "endpoint.action", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_OUTCOME] = { "endpoint.outcome", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_USER] = { "endpoint.user", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_TARGET_USER] = { "endpoint.target_user", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_MEMBER] = { "endpoint.member", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_GROUP] = { "endpoint.group", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_LOGIN_USER] = { "endpoint.login_user", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_LOGON_TYPE] = { "endpoint.logon_type", FORM_NUMBER, NO_FIELD },
	[MEMBER_ENDPOINT_WORKSTATION] = { "endpoint.workstation", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_SYSCALL] = { "endpoint.syscall", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_KEY] = { "endpoint.key", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_OPERATION] = { "endpoint.operation", FORM_TEXT, NO_FIELD },
	[MEMBER_PROCESS_PATH] = { "endpoint.process.path", FORM_TEXT, NO_FIELD },
	[MEMBER_PROCESS_COMMAND] = { "endpoint.process.command_line", FORM_TEXT, NO_FIELD },
	[MEMBER_PROCESS_FOLDER] = { "endpoint.process.directory", FORM_TEXT, NO_FIELD },
	[MEMBER_PROCESS_ID] = { "endpoint.process.pid", FORM_NUMBER, NO_FIELD },
	[MEMBER_PARENT_PATH] = { "endpoint.parent.path", FORM_TEXT, NO_FIELD },
	[MEMBER_PARENT_COMMAND] = { "endpoint.parent.command_line", FORM_TEXT, NO_FIELD },
	[MEMBER_PARENT_ID] = { "endpoint.parent.pid", FORM_NUMBER, NO_FIELD },
	[MEMBER_TARGET_PATH] = { "endpoint.target.path", FORM_TEXT, NO_FIELD },
	[MEMBER_TARGET_ACCESS] = { "endpoint.target.access", FORM_TEXT, NO_FIELD },
	[MEMBER_HASH_MD5] = { "endpoint.hashes.md5", FORM_TEXT, FIELD_FILE_MD5 },
	[MEMBER_HASH_SHA1] = { "endpoint.hashes.sha1", FORM_TEXT, FIELD_FILE_SHA1 },
	[MEMBER_HASH_SHA256] = { "endpoint.hashes.sha256", FORM_TEXT, FIELD_FILE_SHA256 },
	[MEMBER_HASH_IMPORTS] = { "endpoint.hashes.imphash", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_FILE] = { "endpoint.files", FORM_LIST, FIELD_FILE_NAME },
	[MEMBER_REGISTRY_KEY] = { "endpoint.registry.key", FORM_TEXT, NO_FIELD },
	[MEMBER_REGISTRY_VALUE] = { "endpoint.registry.value", FORM_TEXT, NO_FIELD },
	[MEMBER_SERVICE_NAME] = { "endpoint.service.name", FORM_TEXT, NO_FIELD },
	[MEMBER_SERVICE_PATH] = { "endpoint.service.path", FORM_TEXT, NO_FIELD },
	[MEMBER_SERVICE_ACCOUNT] = { "endpoint.service.account", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_TASK] = { "endpoint.task", FORM_TEXT, NO_FIELD },
	[MEMBER_ENDPOINT_SHARE] = { "endpoint.share", FORM_TEXT, FIELD_SMB_SHARE },
	[MEMBER_ENDPOINT_SHARE_FILE] = { "endpoint.share_file", FORM_TEXT, FIELD_SMB_FILE },
	[MEMBER_CLOUD_PROVIDER] = { "cloud.provider", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_ACCOUNT] = { "cloud.account", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_REGION] = { "cloud.region", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_SERVICE] = { "cloud.service", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_ACTION] = { "cloud.action", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_ID] = { "cloud.id", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_OUTCOME] = { "cloud.outcome", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_ERROR] = { "cloud.error", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_USER] = { "cloud.user", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_USER_TYPE] = { "cloud.user_type", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_PRINCIPAL] = { "cloud.principal", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_ACCESS_KEY] = { "cloud.access_key", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_NEW_KEY] = { "cloud.new_access_key", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_MFA] = { "cloud.mfa", FORM_TEXT, NO_FIELD },
	[MEMBER_CLOUD_USER_AGENT] = { "cloud.user_agent", FORM_TEXT, FIELD_HTTP_USER_AGENT },
	[MEMBER_CLOUD_RESOURCE] = { "cloud.resources", FORM_LIST, NO_FIELD },
	[MEMBER_CLOUD_PARAMETER] = { "cloud.parameters", FORM_LIST, NO_FIELD },
	[MEMBER_CLOUD_FORWARD] = { "cloud.forward_to", FORM_LIST, FIELD_MAIL_TO },
};

const struct member_info *member_info(enum member member)
{
	return &infos[member];
}

void record_add(struct record *record, enum member member, struct text value)
{
	if (!value.size)
		return;
	if (record->count < RECORD_VALUES)
		record->values[record->count++] = (struct record_value){ member, value };
	else
		record->left_out++;
}

struct text record_find(const struct record *record, enum member member)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->values[i].member == member)
			return record->values[i].value;
	return TEXT_NONE;
}

bool record_has_ends(const struct record *record)
{
	return record->flow.ip_protocol && address_exists(record->flow.ends[SIDE_CLIENT].address) &&
	       address_exists(record->flow.ends[SIDE_SERVER].address);
}

void record_fields(const struct record *record, field_visitor visit, void *context)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct record_value *value = &record->values[i];
		enum field field = infos[value->member].field;
		struct text text = value->value;
		struct address address;
		if (value->member == MEMBER_DNS_ANSWER)
			field = address_parse(text, &address) ? FIELD_DNS_ADDRESS : FIELD_DNS_NAME;
		if (field == FIELD_MAIL_FROM || field == FIELD_MAIL_TO)
			text = smtp_address(text);
		if (field != NO_FIELD)
			visit(context, field, text);
	}
}
