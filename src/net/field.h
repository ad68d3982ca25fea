/*
 * The fields of dissected facts that indicators and signatures look at. A dissector names its fields by these; what
 * matches needs to know no dissector.
 */
#ifndef NOROSHI_NET_FIELD_H
#define NOROSHI_NET_FIELD_H

#include "base/text.h"

enum field {
	FIELD_DNS_QUERY,   /* name asked for, without the last dot */
	FIELD_DNS_NAME,    /* name in an answer (owner, CNAME, NS, MX, SRV, PTR target) */
	FIELD_DNS_ADDRESS, /* address in an answer, as text */
	FIELD_TLS_SNI,
	FIELD_TLS_JA3, /* MD5 in hex */
	FIELD_TLS_JA3S,
	FIELD_TLS_JA4,
	FIELD_TLS_CERTIFICATE,      /* SHA-256 of the leaf's DER in hex */
	FIELD_TLS_CERTIFICATE_SHA1, /* SHA-1 of the leaf's DER in hex */
	FIELD_TLS_SUBJECT,
	FIELD_TLS_ISSUER,
	FIELD_TLS_SERIAL,
	FIELD_TLS_NAME, /* subject alternative name of the leaf (dNSName) */
	FIELD_HTTP_METHOD,
	FIELD_HTTP_HOST, /* lower case, without port */
	FIELD_HTTP_URI,  /* path and query, as sent */
	FIELD_HTTP_URL,  /* scheme, host and path */
	FIELD_HTTP_USER_AGENT,
	FIELD_HTTP_REFERER,
	FIELD_HTTP_COOKIE,
	FIELD_HTTP_STATUS,
	FIELD_HTTP_REQUEST_HEADER, /* all header lines as sent */
	FIELD_HTTP_RESPONSE_HEADER,
	FIELD_HTTP_REQUEST_BODY, /* the first bytes, as many as the dissector keeps */
	FIELD_HTTP_RESPONSE_BODY,
	FIELD_HTTP_CONTENT_TYPE,
	FIELD_FILE_NAME,
	FIELD_FILE_SHA256, /* in hex */
	FIELD_FILE_SHA1,
	FIELD_FILE_MD5,
	FIELD_MAIL_FROM, /* envelope */
	FIELD_MAIL_TO,
	FIELD_MAIL_SUBJECT, /* decoded, UTF-8 */
	FIELD_MAIL_HELO,
	FIELD_SSH_CLIENT, /* software version */
	FIELD_SSH_SERVER,
	FIELD_SSH_HASSH,
	FIELD_SSH_HASSH_SERVER,
	FIELD_SMB_SHARE,
	FIELD_SMB_FILE, /* path within the share; the new one as well when it is renamed */
	FIELD_SMB_PIPE,
	FIELD_SMB_USER, /* of NTLM */
	FIELD_SMB_DOMAIN,
	FIELD_SMB_HOST,
	FIELD_DCERPC_INTERFACE, /* UUID, lower case */
	FIELD_FTP_COMMAND,
	FIELD_KERBEROS_NAME, /* client principal */
	FIELD_KERBEROS_SERVICE,
	FIELD_MQTT_TOPIC,
	FIELD_MQTT_CLIENT,
	FIELD_RDP_COOKIE,
	FIELD_COUNT
};

typedef void (*field_visitor)(void *context, enum field field, struct text value);

const char *field_name(enum field field); /* "dns.query", "tls.sni": stable, as outputs and signatures name it */

#endif
