/*
 * An alert: a record that a detector finds suspicious. Made by the readers of formats/, kept by store/history.h, judged
 * by triage/. All texts are borrowed; whoever hands out an alert says how long they live.
 */
#ifndef NOROSHI_MODEL_ALERT_H
#define NOROSHI_MODEL_ALERT_H

#include "base/codec.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "net/address.h"

#include <stdint.h>

/* Who says it, and which of its sayings it is (rule 4). Never a hash of the content: equal lines are separate facts. */
struct fact_id {
	uint32_t sensor;      /* the sensor's number in the state store; in `noroshi triage` the input file's */
	struct hash128 epoch; /* a file's identity, or the hash of a client's batch id */
	uint64_t sequence;    /* byte offset in the file, or line in the batch (1 = first) */
};
int fact_id_compare(const struct fact_id *a, const struct fact_id *b); /* by sensor, epoch, sequence: <0, 0, >0 */

/* As people and programs pass it around: "3-00112233445566778899aabbccddeeff-17" (sensor, epoch in hex, sequence). */
/* Room for it with the NUL. */
#define FACT_ID_TEXT 66
char *fact_id_format(const struct fact_id *id, char to[static FACT_ID_TEXT]); /* returns `to` */
bool fact_id_parse(struct text text, struct fact_id *id);

/* Of what the alert is about; failed = blocked, refused, not found. */
enum outcome { OUTCOME_UNKNOWN, OUTCOME_FAILED, OUTCOME_SUCCEEDED };

const char *outcome_code(enum outcome outcome); /* "unknown", "failed", "succeeded" */

enum severity { SEVERITY_UNKNOWN, SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
const char *severity_code(enum severity severity); /* "unknown", "info", "low", "medium", "high", "critical" */
bool severity_parse(struct text code, enum severity *severity); /* ASCII case does not matter */

/* ATT&CK Enterprise tactics in their order, as bits of `tactics`. */
enum tactic {
	TACTIC_RECONNAISSANCE,
	TACTIC_RESOURCE_DEVELOPMENT,
	TACTIC_INITIAL_ACCESS,
	TACTIC_EXECUTION,
	TACTIC_PERSISTENCE,
	TACTIC_PRIVILEGE_ESCALATION,
	TACTIC_DEFENSE_EVASION,
	TACTIC_CREDENTIAL_ACCESS,
	TACTIC_DISCOVERY,
	TACTIC_LATERAL_MOVEMENT,
	TACTIC_COLLECTION,
	TACTIC_COMMAND_AND_CONTROL,
	TACTIC_EXFILTRATION,
	TACTIC_IMPACT,
	TACTIC_COUNT
};
const char *tactic_id(enum tactic tactic);   /* "TA0043" */
const char *tactic_name(enum tactic tactic); /* "Reconnaissance", a gettext msgid */
/* The bit of one tactic, given as its id ("TA0001") or its name in any of the ways that detectors write it ("Initial
 * Access", "initial-access", "Initial_Access"); 0 when it is none. */
uint16_t tactic_bit(struct text name);

struct alert {
	struct fact_id id;
	uint32_t organisation; /* number in the state store */
	nanoseconds occurred;  /* as the source said */
	nanoseconds received;
	bool zone_assumed; /* the source's time named no zone */

	struct text detector;     /* "Suricata", "Wazuh", "AMiner", "Zeek" … */
	struct text signature_id; /* "1:2016184:5", "31101"; empty when the detector has none */
	struct text signature;    /* the rule's words; never empty */
	struct text category;     /* class or groups, as the detector names them */
	enum severity severity;
	enum outcome outcome;
	uint16_t tactics; /* bits 1 << enum tactic; 0 = the source does not say */

	struct address source, target; /* of the traffic; may be absent */
	uint16_t source_port, target_port;
	struct text host;            /* the host that the alert concerns, as the detector names it */
	struct address host_address; /* its address; when there is no name this is the host */
	struct text account;         /* user name concerned */
	struct text protocol;        /* "TCP", "dns" */
	struct text object;          /* what was touched: URL, domain, file, process: one line */
	uint32_t repeats;            /* how many occurrences the detector folded into this one; 1 = just this */

	struct text original; /* the input line, byte for byte */
};

/* The stored and transported form (version first). Decoding borrows from the bytes; several alerts may follow each
 * other in one reader. ERROR_VERSION for a version that we do not read, ERROR_CORRUPT for bytes that are no alert. */
void alert_encode(const struct alert *alert, struct builder *to);
enum error alert_decode(struct reader *from, struct alert *alert, struct failure *failure);

/* One JSON object without a line break, for people and programs; with `original` when asked. What is empty is left out,
 * but for time, detector and signature. The members are named as the columns of our CSV (docs/formats/alerts.md).
 * Malformed UTF-8 is written as U+FFFD. */
void alert_write_json(const struct alert *alert, bool with_original, struct builder *to);

/* Words on the first thing wrong with it (no signature, …), or NULL. A time of 1970 or 2100 is a fact, no problem. */
const char *alert_problem(const struct alert *alert);

#endif
