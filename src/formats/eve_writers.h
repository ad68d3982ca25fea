/*
 * The protocols' writers of EVE records. For the files of this room only.
 */
#ifndef NOROSHI_FORMATS_EVE_WRITERS_H
#define NOROSHI_FORMATS_EVE_WRITERS_H

#include "formats/eve_record.h"

extern const struct eve_writer eve_dnp3;
extern const struct eve_writer eve_dns, eve_mdns, eve_llmnr;
extern const struct eve_writer eve_ftp;
extern const struct eve_writer eve_http, eve_http2;
extern const struct eve_writer eve_kerberos;
extern const struct eve_writer eve_modbus;
extern const struct eve_writer eve_mqtt;
extern const struct eve_writer eve_pop3;
extern const struct eve_writer eve_quic;
extern const struct eve_writer eve_rdp;
extern const struct eve_writer eve_s7;
extern const struct eve_writer eve_smb;
extern const struct eve_writer eve_ssh;
extern const struct eve_writer eve_smtp;
extern const struct eve_writer eve_tls;

#endif
