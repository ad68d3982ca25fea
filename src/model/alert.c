/*
 * Alerts: their identity, the names of what they carry, and the bytes in which they are stored and cross between
 * processes.
 *
 * In: alerts as the readers of formats/ made them, or bytes that alert_encode() wrote. Out: bytes, or alerts that
 * borrow from them. Called by store/history.h, bus/, triage/ and everything that moves alerts. The JSON form is in
 * alert_json.c.
 */
#include "model/alert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ALERT_VERSION 1

/* What is present; absent things take no room. Stored: never reuse a bit. */
enum alert_part {
	PART_ZONE_ASSUMED = 1 << 0,
	PART_SOURCE = 1 << 1,
	PART_TARGET = 1 << 2,
	PART_HOST_ADDRESS = 1 << 3,
	PART_PORTS = 1 << 4,
	PART_REPEATS = 1 << 5,
	PART_SIGNATURE_ID = 1 << 6,
	PART_CATEGORY = 1 << 7,
	PART_HOST = 1 << 8,
	PART_ACCOUNT = 1 << 9,
	PART_PROTOCOL = 1 << 10,
	PART_OBJECT = 1 << 11,
	PART_ALL = (1 << 12) - 1,
};

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int fact_id_compare(const struct fact_id *a, const struct fact_id *b)
{
	int order = compare_u64(a->sensor, b->sensor);
	if (!order)
		order = compare_u64(a->epoch.high, b->epoch.high);
	if (!order)
		order = compare_u64(a->epoch.low, b->epoch.low);
	return order ? order : compare_u64(a->sequence, b->sequence);
}

char *fact_id_format(const struct fact_id *id, char to[static FACT_ID_TEXT])
{
	snprintf(to, FACT_ID_TEXT, "%" PRIu32 "-%016" PRIx64 "%016" PRIx64 "-%" PRIu64, id->sensor, id->epoch.high,
	    id->epoch.low, id->sequence);
	return to;
}

bool fact_id_parse(struct text text, struct fact_id *id)
{
	uint64_t sensor, sequence;
	uint8_t epoch[16];
	struct text rest = text;
	struct text first = text_cut(&rest, '-'), second = text_cut(&rest, '-');
	if (!text_to_u64(first, &sensor) || sensor > UINT32_MAX || !hex_parse(second, epoch, sizeof epoch) ||
	    !text_to_u64(rest, &sequence))
		return false;
	*id = (struct fact_id){ .sensor = (uint32_t)sensor, .sequence = sequence };
	for (size_t i = 0; i < 8; i++) {
		id->epoch.high = id->epoch.high << 8 | epoch[i];
		id->epoch.low = id->epoch.low << 8 | epoch[i + 8];
	}
	return true;
}

static const char *const outcome_codes[] = { "unknown", "failed", "succeeded" };
static const char *const severity_codes[] = { "unknown", "info", "low", "medium", "high", "critical" };

const char *outcome_code(enum outcome outcome)
{
	return outcome_codes[outcome <= OUTCOME_SUCCEEDED ? outcome : 0];
}

const char *severity_code(enum severity severity)
{
	return severity_codes[severity <= SEVERITY_CRITICAL ? severity : 0];
}

bool severity_parse(struct text code, enum severity *severity)
{
	for (unsigned i = 0; i <= SEVERITY_CRITICAL; i++)
		if (text_equal_nocase(code, text_of(severity_codes[i]))) {
			*severity = (enum severity)i;
			return true;
		}
	return false;
}

/* ATT&CK for Enterprise, tactics matrix: https://attack.mitre.org/tactics/enterprise/ */
static const struct {
	const char *id, *name;
} tactics[TACTIC_COUNT] = {
	[TACTIC_RECONNAISSANCE] = { "TA0043", "Reconnaissance" },
	[TACTIC_RESOURCE_DEVELOPMENT] = { "TA0042", "Resource Development" },
	[TACTIC_INITIAL_ACCESS] = { "TA0001", "Initial Access" },
	[TACTIC_EXECUTION] = { "TA0002", "Execution" },
	[TACTIC_PERSISTENCE] = { "TA0003", "Persistence" },
	[TACTIC_PRIVILEGE_ESCALATION] = { "TA0004", "Privilege Escalation" },
	[TACTIC_DEFENSE_EVASION] = { "TA0005", "Defense Evasion" },
	[TACTIC_CREDENTIAL_ACCESS] = { "TA0006", "Credential Access" },
	[TACTIC_DISCOVERY] = { "TA0007", "Discovery" },
	[TACTIC_LATERAL_MOVEMENT] = { "TA0008", "Lateral Movement" },
	[TACTIC_COLLECTION] = { "TA0009", "Collection" },
	[TACTIC_COMMAND_AND_CONTROL] = { "TA0011", "Command and Control" },
	[TACTIC_EXFILTRATION] = { "TA0010", "Exfiltration" },
	[TACTIC_IMPACT] = { "TA0040", "Impact" },
};

const char *tactic_id(enum tactic tactic)
{
	return tactic < TACTIC_COUNT ? tactics[tactic].id : "";
}

const char *tactic_name(enum tactic tactic)
{
	return tactic < TACTIC_COUNT ? tactics[tactic].name : "";
}

static char letter_of_name(char c)
{
	return c == '-' || c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool names_tactic(struct text text, const char *name)
{
	if (text.size != strlen(name))
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (letter_of_name(text.at[i]) != letter_of_name(name[i]))
			return false;
	return true;
}

uint16_t tactic_bit(struct text name)
{
	name = text_trim(name);
	for (unsigned i = 0; i < TACTIC_COUNT; i++)
		if (names_tactic(name, tactics[i].id) || names_tactic(name, tactics[i].name))
			return (uint16_t)(1u << i);
	return 0;
}

static uint16_t parts_of(const struct alert *alert)
{
	unsigned parts = 0;
	parts |= alert->zone_assumed ? PART_ZONE_ASSUMED : 0u;
	parts |= address_exists(alert->source) ? PART_SOURCE : 0u;
	parts |= address_exists(alert->target) ? PART_TARGET : 0u;
	parts |= address_exists(alert->host_address) ? PART_HOST_ADDRESS : 0u;
	parts |= alert->source_port || alert->target_port ? PART_PORTS : 0u;
	parts |= alert->repeats != 1 ? PART_REPEATS : 0u;
	parts |= alert->signature_id.size ? PART_SIGNATURE_ID : 0u;
	parts |= alert->category.size ? PART_CATEGORY : 0u;
	parts |= alert->host.size ? PART_HOST : 0u;
	parts |= alert->account.size ? PART_ACCOUNT : 0u;
	parts |= alert->protocol.size ? PART_PROTOCOL : 0u;
	parts |= alert->object.size ? PART_OBJECT : 0u;
	return (uint16_t)parts;
}

/* The optional texts in the order in which they are stored. */
#define OPTIONAL_TEXTS 6
static const struct {
	unsigned part;
	size_t offset;
} optional_texts[OPTIONAL_TEXTS] = {
	{ PART_SIGNATURE_ID, offsetof(struct alert, signature_id) },
	{ PART_CATEGORY, offsetof(struct alert, category) },
	{ PART_HOST, offsetof(struct alert, host) },
	{ PART_ACCOUNT, offsetof(struct alert, account) },
	{ PART_PROTOCOL, offsetof(struct alert, protocol) },
	{ PART_OBJECT, offsetof(struct alert, object) },
};

void alert_encode(const struct alert *alert, struct builder *to)
{
	unsigned parts = parts_of(alert);
	put_u8(to, ALERT_VERSION);
	put_u16(to, (uint16_t)parts);
	put_u32(to, alert->id.sensor);
	put_u64(to, alert->id.epoch.high);
	put_u64(to, alert->id.epoch.low);
	put_u64(to, alert->id.sequence);
	put_u32(to, alert->organisation);
	put_i64(to, alert->occurred);
	put_i64(to, alert->received);
	put_u8(to, (uint8_t)((unsigned)alert->severity << 4 | (unsigned)alert->outcome));
	put_u16(to, alert->tactics);
	if (parts & PART_SOURCE)
		put_bytes(to, alert->source.bytes, sizeof alert->source.bytes);
	if (parts & PART_TARGET)
		put_bytes(to, alert->target.bytes, sizeof alert->target.bytes);
	if (parts & PART_HOST_ADDRESS)
		put_bytes(to, alert->host_address.bytes, sizeof alert->host_address.bytes);
	if (parts & PART_PORTS) {
		put_u16(to, alert->source_port);
		put_u16(to, alert->target_port);
	}
	if (parts & PART_REPEATS)
		put_u32(to, alert->repeats);
	put_text(to, alert->detector);
	put_text(to, alert->signature);
	for (size_t i = 0; i < OPTIONAL_TEXTS; i++)
		if (parts & optional_texts[i].part)
			put_text(to, *(const struct text *)((const char *)alert + optional_texts[i].offset));
	put_text(to, alert->original);
}

static void get_address(struct reader *from, struct address *address)
{
	const void *bytes = get_bytes(from, sizeof address->bytes);
	if (bytes)
		memcpy(address->bytes, bytes, sizeof address->bytes);
}

static void get_parts(struct reader *from, unsigned parts, struct alert *alert)
{
	alert->zone_assumed = parts & PART_ZONE_ASSUMED;
	if (parts & PART_SOURCE)
		get_address(from, &alert->source);
	if (parts & PART_TARGET)
		get_address(from, &alert->target);
	if (parts & PART_HOST_ADDRESS)
		get_address(from, &alert->host_address);
	if (parts & PART_PORTS) {
		alert->source_port = get_u16(from);
		alert->target_port = get_u16(from);
	}
	alert->repeats = parts & PART_REPEATS ? get_u32(from) : 1;
	alert->detector = get_text(from);
	alert->signature = get_text(from);
	for (size_t i = 0; i < OPTIONAL_TEXTS; i++)
		if (parts & optional_texts[i].part)
			*(struct text *)((char *)alert + optional_texts[i].offset) = get_text(from);
	alert->original = get_text(from);
}

enum error alert_decode(struct reader *from, struct alert *alert, struct failure *failure)
{
	memset(alert, 0, sizeof *alert);
	uint8_t version = get_u8(from);
	if (!from->failed && version != ALERT_VERSION)
		return fail(failure, ERROR_VERSION, "a stored alert has version %u, this program reads version %u",
		    version, ALERT_VERSION);
	unsigned parts = get_u16(from);
	alert->id.sensor = get_u32(from);
	alert->id.epoch.high = get_u64(from);
	alert->id.epoch.low = get_u64(from);
	alert->id.sequence = get_u64(from);
	alert->organisation = get_u32(from);
	alert->occurred = get_i64(from);
	alert->received = get_i64(from);
	unsigned grades = get_u8(from);
	alert->severity = (enum severity)(grades >> 4);
	alert->outcome = (enum outcome)(grades & 15);
	alert->tactics = get_u16(from);
	get_parts(from, parts, alert);
	if (from->failed)
		return fail(failure, ERROR_CORRUPT, "a stored alert ends in its middle");
	if (parts & ~(unsigned)PART_ALL || alert->severity > SEVERITY_CRITICAL || alert->outcome > OUTCOME_SUCCEEDED ||
	    alert->tactics >> TACTIC_COUNT)
		return fail(failure, ERROR_CORRUPT,
		    "a stored alert holds a severity, outcome, tactic or part that does not exist");
	return OK;
}

const char *alert_problem(const struct alert *alert)
{
	if (!text_trim(alert->signature).size)
		return "it has no signature: the words that say what was seen";
	if (!text_trim(alert->detector).size)
		return "it has no detector: the program that says it";
	if (alert->repeats == 0)
		return "its number of repeats is 0; it must be 1 or more";
	if (alert->tactics >> TACTIC_COUNT)
		return "it names a tactic that does not exist";
	return NULL;
}
