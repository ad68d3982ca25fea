/*
 * The names of fields (net/field.h), as outputs and signatures write them.
 */
#include "net/field.h"

static const char *const names[FIELD_COUNT] = {
	[FIELD_DNS_QUERY] = "dns.query",
	[FIELD_DNS_NAME] = "dns.name",
	[FIELD_DNS_ADDRESS] = "dns.address",
	[FIELD_TLS_SNI] = "tls.sni",
	[FIELD_TLS_JA3] = "ja3.hash",
	[FIELD_TLS_JA3S] = "ja3s.hash",
	[FIELD_TLS_JA4] = "ja4.hash",
	[FIELD_TLS_CERTIFICATE] = "tls.cert_sha256",
	[FIELD_TLS_CERTIFICATE_SHA1] = "tls.cert_fingerprint",
	[FIELD_TLS_SUBJECT] = "tls.cert_subject",
	[FIELD_TLS_ISSUER] = "tls.cert_issuer",
	[FIELD_TLS_SERIAL] = "tls.cert_serial",
	[FIELD_TLS_NAME] = "tls.subjectaltname",
	[FIELD_HTTP_METHOD] = "http.method",
	[FIELD_HTTP_HOST] = "http.host",
	[FIELD_HTTP_URI] = "http.uri",
	[FIELD_HTTP_URL] = "http.url",
	[FIELD_HTTP_USER_AGENT] = "http.user_agent",
	[FIELD_HTTP_REFERER] = "http.referer",
	[FIELD_HTTP_COOKIE] = "http.cookie",
	[FIELD_HTTP_STATUS] = "http.stat_code",
	[FIELD_HTTP_REQUEST_HEADER] = "http.request_header",
	[FIELD_HTTP_RESPONSE_HEADER] = "http.response_header",
	[FIELD_HTTP_REQUEST_BODY] = "http.request_body",
	[FIELD_HTTP_RESPONSE_BODY] = "http.response_body",
	[FIELD_HTTP_CONTENT_TYPE] = "http.content_type",
	[FIELD_FILE_NAME] = "file.name",
	[FIELD_FILE_SHA256] = "file.sha256",
	[FIELD_FILE_SHA1] = "file.sha1",
	[FIELD_FILE_MD5] = "file.md5",
	[FIELD_MAIL_FROM] = "smtp.mail_from",
	[FIELD_MAIL_TO] = "smtp.rcpt_to",
	[FIELD_MAIL_SUBJECT] = "email.subject",
	[FIELD_MAIL_HELO] = "smtp.helo",
	[FIELD_SSH_CLIENT] = "ssh.client",
	[FIELD_SSH_SERVER] = "ssh.server",
	[FIELD_SSH_HASSH] = "ssh.hassh",
	[FIELD_SSH_HASSH_SERVER] = "ssh.hassh.server",
	[FIELD_SMB_SHARE] = "smb.share",
	[FIELD_SMB_FILE] = "smb.filename",
	[FIELD_SMB_PIPE] = "smb.named_pipe",
	[FIELD_SMB_USER] = "smb.ntlmssp_user",
	[FIELD_SMB_DOMAIN] = "smb.ntlmssp_domain",
	[FIELD_SMB_HOST] = "smb.ntlmssp_host",
	[FIELD_DCERPC_INTERFACE] = "dcerpc.iface",
	[FIELD_FTP_COMMAND] = "ftp.command",
	[FIELD_KERBEROS_NAME] = "krb5_cname",
	[FIELD_KERBEROS_SERVICE] = "krb5_sname",
	[FIELD_MQTT_TOPIC] = "mqtt.publish.topic",
	[FIELD_MQTT_CLIENT] = "mqtt.connect.clientid",
	[FIELD_RDP_COOKIE] = "rdp.cookie",
};

const char *field_name(enum field field)
{
	return names[field];
}
