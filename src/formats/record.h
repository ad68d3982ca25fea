/*
 * Records: facts as other programs log them (Suricata, Zeek, Windows, auditd, clouds), in one form, so that they are
 * matched as the sensor's own facts are. Readers: one file and one struct each, listed in record.c.
 *
 *   stream → reader → struct record → detectors (watch/detection.h …)
 *                                   → EVE (record_write.h)
 *
 * A record has a time, an event type, the ends of its traffic where there are any, and values: each is named by where
 * it stands in EVE, and by the field (net/field.h) that indicators and signatures look at. docs/formats/records.md says
 * what each reader takes.
 */
#ifndef NOROSHI_FORMATS_RECORD_H
#define NOROSHI_FORMATS_RECORD_H

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/stream.h"
#include "base/text.h"
#include "net/field.h"
#include "net/flow.h"

/* What a value is, in the order in which EVE has them: members of one object stand together (record_member.c). */
enum member {
	MEMBER_NONE,
	MEMBER_ZEEK_UID,
	MEMBER_ZEEK_FILE,
	MEMBER_ZEEK_STATE,
	MEMBER_ZEEK_HISTORY,
	MEMBER_ZEEK_CERTIFICATE, /* SHA-256 of the leaf */
	MEMBER_ZEEK_FILE_TYPE,
	MEMBER_DNS_VERSION,
	MEMBER_DNS_TYPE,
	MEMBER_DNS_ID,
	MEMBER_DNS_RCODE,
	MEMBER_DNS_QUERY,
	MEMBER_DNS_QUERY_TYPE,
	MEMBER_DNS_ANSWER,
	MEMBER_DNS_OWNER, /* of what is answered: for matching only */
	MEMBER_TLS_SUBJECT,
	MEMBER_TLS_ISSUER,
	MEMBER_TLS_SERIAL,
	MEMBER_TLS_FINGERPRINT,
	MEMBER_TLS_NAME,
	MEMBER_TLS_RESUMED,
	MEMBER_TLS_SNI,
	MEMBER_TLS_VERSION,
	MEMBER_TLS_JA3,
	MEMBER_TLS_JA3S,
	MEMBER_TLS_JA4,
	MEMBER_QUIC_SNI,
	MEMBER_QUIC_JA3,
	MEMBER_QUIC_JA3S,
	MEMBER_QUIC_JA4,
	MEMBER_HTTP_HOST,
	MEMBER_HTTP_PORT,
	MEMBER_HTTP_URI,
	MEMBER_HTTP_USER_AGENT,
	MEMBER_HTTP_REFERER,
	MEMBER_HTTP_METHOD,
	MEMBER_HTTP_PROTOCOL,
	MEMBER_HTTP_CONTENT_TYPE,
	MEMBER_HTTP_STATUS,
	MEMBER_HTTP_LENGTH,
	MEMBER_HTTP_URL, /* made of the others: for matching only */
	MEMBER_FILE_NAME,
	MEMBER_FILE_STATE,
	MEMBER_FILE_MD5,
	MEMBER_FILE_SHA1,
	MEMBER_FILE_SHA256,
	MEMBER_FILE_SIZE,
	MEMBER_FILES_NAME, /* of "files": for matching only, as the next three */
	MEMBER_FILES_MD5,
	MEMBER_FILES_SHA1,
	MEMBER_FILES_SHA256,
	MEMBER_SMTP_HELO,
	MEMBER_SMTP_FROM,
	MEMBER_SMTP_TO,
	MEMBER_MAIL_FROM,
	MEMBER_MAIL_TO,
	MEMBER_MAIL_SUBJECT,
	MEMBER_MAIL_ID,
	MEMBER_MAIL_ATTACHMENT,
	MEMBER_SSH_CLIENT_PROTOCOL,
	MEMBER_SSH_CLIENT,
	MEMBER_SSH_HASSH,
	MEMBER_SSH_SERVER_PROTOCOL,
	MEMBER_SSH_SERVER,
	MEMBER_SSH_HASSH_SERVER,
	MEMBER_SMB_SHARE,
	MEMBER_SMB_FILE,
	MEMBER_FTP_COMMAND,
	MEMBER_RDP_COOKIE,
	MEMBER_KERBEROS_NAME,
	MEMBER_KERBEROS_SERVICE,
	MEMBER_MQTT_TOPIC,
	MEMBER_MQTT_CLIENT,
	MEMBER_ENDPOINT_HOST,
	MEMBER_ENDPOINT_PROVIDER,
	MEMBER_ENDPOINT_CHANNEL,
	MEMBER_ENDPOINT_EVENT,
	MEMBER_ENDPOINT_RECORD,
	MEMBER_ENDPOINT_ACTION,
	MEMBER_ENDPOINT_OUTCOME,
	MEMBER_ENDPOINT_USER,
	MEMBER_ENDPOINT_TARGET_USER,
	MEMBER_ENDPOINT_MEMBER,
	MEMBER_ENDPOINT_GROUP, /* its SID */
	MEMBER_ENDPOINT_LOGIN_USER,
	MEMBER_ENDPOINT_LOGON_TYPE,
	MEMBER_ENDPOINT_WORKSTATION,
	MEMBER_ENDPOINT_SYSCALL,
	MEMBER_ENDPOINT_KEY,
	MEMBER_ENDPOINT_OPERATION,
	MEMBER_PROCESS_PATH,
	MEMBER_PROCESS_COMMAND,
	MEMBER_PROCESS_FOLDER,
	MEMBER_PROCESS_ID,
	MEMBER_PARENT_PATH,
	MEMBER_PARENT_COMMAND,
	MEMBER_PARENT_ID,
	MEMBER_TARGET_PATH,
	MEMBER_TARGET_ACCESS,
	MEMBER_HASH_MD5,
	MEMBER_HASH_SHA1,
	MEMBER_HASH_SHA256,
	MEMBER_HASH_IMPORTS,
	MEMBER_ENDPOINT_FILE,
	MEMBER_REGISTRY_KEY,
	MEMBER_REGISTRY_VALUE,
	MEMBER_SERVICE_NAME,
	MEMBER_SERVICE_PATH,
	MEMBER_SERVICE_ACCOUNT,
	MEMBER_ENDPOINT_TASK,
	MEMBER_ENDPOINT_SHARE,
	MEMBER_ENDPOINT_SHARE_FILE,
	MEMBER_CLOUD_PROVIDER,
	MEMBER_CLOUD_ACCOUNT,
	MEMBER_CLOUD_REGION,
	MEMBER_CLOUD_SERVICE,
	MEMBER_CLOUD_ACTION,
	MEMBER_CLOUD_ID,
	MEMBER_CLOUD_OUTCOME,
	MEMBER_CLOUD_ERROR,
	MEMBER_CLOUD_USER,
	MEMBER_CLOUD_USER_TYPE,
	MEMBER_CLOUD_PRINCIPAL,
	MEMBER_CLOUD_ACCESS_KEY,
	MEMBER_CLOUD_NEW_KEY,
	MEMBER_CLOUD_MFA,
	MEMBER_CLOUD_USER_AGENT,
	MEMBER_CLOUD_RESOURCE,
	MEMBER_CLOUD_PARAMETER,
	MEMBER_CLOUD_FORWARD,
	MEMBER_COUNT
};

enum member_form {
	FORM_TEXT,
	FORM_NUMBER, /* digits; what is none is written as text */
	FORM_BOOL,   /* "true", "false" */
	FORM_LIST,   /* an array of texts */
	FORM_ANSWER, /* an array of {"rrtype":…,"rdata":…} */
	FORM_HIDDEN, /* for matching only */
};
struct member_info {
	const char *path; /* "dns.queries[].rrname": in EVE; what has [] is an array of one object */
	enum member_form form;
	enum field field; /* FIELD_COUNT: nothing looks at it */
};
const struct member_info *member_info(enum member member);

#define RECORD_VALUES 256 /* of one record; further ones are left out, and counted */

struct record {
	const char *type;      /* EVE's event_type */
	nanoseconds occurred;  /* of a flow its end */
	bool zone_assumed;     /* the time named no zone */
	bool is_flow;          /* `flow` has counts: it is over */
	struct flow flow;      /* the ends (either may be absent), ip_protocol (0 = not said) and the protocol told */
	bool is_response;      /* of DNS: it answers MEMBER_DNS_QUERY */
	uint8_t rcode;         /* of a response */
	struct text community; /* as the source has it; empty = it has none */
	struct text passed;    /* one line of EVE that needs no change but the community id; empty = it is to be made */
	struct record_value {
		enum member member;
		struct text value; /* lives until the next record is read */
	} values[RECORD_VALUES];
	size_t count, left_out;
};

void record_add(struct record *record, enum member member, struct text value); /* empty: not added */
struct text record_find(const struct record *record, enum member member);      /* the first; empty = none */
bool record_has_ends(const struct record *record);                             /* both, and a protocol of IP */
/* Tells each value that has a field. */
void record_fields(const struct record *record, field_visitor visit, void *context);

struct record_settings {
	int zone;         /* seconds east of UTC where the source names none */
	struct text host; /* whose log it is, where the source names no host; lives longer; empty = not known */
};

/* One stream being read. */
struct record_reader {
	const struct record_format *format; /* NULL until the first record_read() told it by content */
	struct record_settings settings;
	struct json_parser *parser;
	struct json_parser *inner;  /* for JSON within a string; made when first needed */
	struct arena *arena;        /* cleared before each line: holds texts that had to be built */
	struct json_pieces *pieces; /* of formats whose records may stand anyhow; made when first needed */
	void *state;                /* the format's own, made by `start` */
	bool ended;
};

struct record_format {
	const char *name;  /* "zeek", as given to --format */
	const char *title; /* for people */
	bool proven;       /* tested on text that the real program wrote */
	bool objects;      /* a record is an object of JSON, one a line or not (json_pieces.h): that is its `line` */
	/* How sure it is that `beginning` (the first lines, up to 16 KiB) is this format: 0 = not, 100 = certain. */
	int (*recognise)(struct text beginning, struct json_parser *parser);
	enum error (*start)(struct record_reader *reader, struct failure *failure); /* may be NULL */
	void (*stop)(struct record_reader *reader);                                 /* may be NULL */
	/* One line, not empty, valid UTF-8; `record` is empty. ERROR_AGAIN = fine, but no record (a header).
	 * ERROR_INPUT = malformed: the failure names the field and what was expected. */
	enum error (*line)(
	    struct record_reader *reader, struct text line, struct record *record, struct failure *failure);
	/* Of formats whose records have several lines: the next one that is whole, ERROR_AGAIN = none. `last`: nothing
	 * more comes. Asked before each line. May be NULL. */
	enum error (*whole)(struct record_reader *reader, bool last, struct record *record);
};

extern const struct record_format *const record_formats[]; /* ends with NULL */
const struct record_format *record_format_named(const char *name);
/* The surest format, or NULL with a failure that shows the beginning and lists the formats. */
const struct record_format *record_format_recognise(
    struct text beginning, struct json_parser *parser, struct failure *failure);

/* NULL format = told by content at the first record_read(). */
enum error record_reader_new(const struct record_format *format, const struct record_settings *settings,
    struct record_reader **reader, struct failure *failure);
void record_reader_free(struct record_reader *reader);

struct record_counts {
	uint64_t lines;     /* read */
	uint64_t records;   /* of them */
	uint64_t skipped;   /* lines that are fine, but no record: headers, empty lines */
	uint64_t malformed; /* each of them was complained about */
	uint64_t left_out;  /* values beyond RECORD_VALUES */
	uint64_t bytes;     /* of the lines, decompressed, with their line breaks */
};
#define RECORD_LONGEST_LINE (1u << 20)

/* The next record of a stream; malformed lines are counted and complained about (`complain` may be NULL: with line,
 * offset and words). ERROR_END at the end; ERROR_INPUT when the stream broke or its format is not known (once, then
 * ERROR_END). */
enum error record_read(struct record_reader *reader, struct stream *stream, struct line *line, struct record *record,
    struct record_counts *counts,
    void (*complain)(void *context, const struct line *line, const struct failure *failure), void *context,
    struct failure *failure);

#endif
