/*
 * The list of dissectors, in the order in which they are asked: a line here, a file and a struct of its own.
 */
#include "net/dissector.h"
#include "net/dnp3.h"
#include "net/dns.h"
#include "net/ftp.h"
#include "net/http.h"
#include "net/http2.h"
#include "net/imap.h"
#include "net/kerberos.h"
#include "net/modbus.h"
#include "net/mqtt.h"
#include "net/pop3.h"
#include "net/quic.h"
#include "net/rdp.h"
#include "net/s7.h"
#include "net/smb2.h"
#include "net/smtp.h"
#include "net/ssh.h"
#include "net/tls.h"

const struct dissector *const dissectors[] = {
	&dissector_dns,
	&dissector_dns_tcp,
	&dissector_quic,
	&dissector_ssh,
	&dissector_tls,
	&dissector_dtls,
	&dissector_http2,
	&dissector_http,
	&dissector_modbus,
	&dissector_smtp,
	&dissector_ftp,
	&dissector_dnp3,
	&dissector_mqtt,
	&dissector_kerberos,
	&dissector_kerberos_tcp,
	&dissector_rdp,
	&dissector_s7,
	&dissector_smb,
	&dissector_pop3,
	&dissector_imap,
	NULL,
};

const struct dissector *dissector_of(enum protocol protocol)
{
	for (const struct dissector *const *one = dissectors; *one; one++)
		if ((*one)->protocol == protocol)
			return *one;
	return NULL;
}
