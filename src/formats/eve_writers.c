/*
 * The list of the kinds of EVE records that there are of protocols: a line here, a file eve_PROTOCOL.c.
 */
#include "formats/eve_writers.h"

#include <stddef.h>

const struct eve_writer *const eve_writers[] = {
	&eve_dns,
	&eve_mdns,
	&eve_llmnr,
	&eve_quic,
	&eve_ssh,
	&eve_tls,
	&eve_ftp,
	&eve_http,
	&eve_http2,
	&eve_modbus,
	&eve_smtp,
	&eve_dnp3,
	&eve_mqtt,
	&eve_kerberos,
	&eve_rdp,
	&eve_s7,
	&eve_smb,
	&eve_pop3,
	NULL,
};
