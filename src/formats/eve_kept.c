/*
 * Records of EVE for the centre's keeping: ends, time, community id, and the names that people look for later. In: one
 * event. Out: a record whose texts live as long as the line's. Members as in Suricata's schema (etc/schema.json).
 */
#include "formats/eve_kept.h"

#include "formats/eve.h"
#include "formats/fields.h"

#define NAMES_MOST 32    /* further ones can be found in the line itself */
#define NAME_LARGEST 253 /* RFC 1035, 2.3.4 */
#define TYPE_LARGEST 64  /* bytes of a type; Suricata's longest has 14 */

struct names {
	struct text pieces[2 * NAMES_MOST]; /* with a space before each */
	size_t count;
};

static void add_name(struct names *names, struct text name)
{
	while (text_ends(name, TEXT(".")))
		name.size--;
	if (name.size == 0 || name.size > NAME_LARGEST || names->count + 2 > 2 * (size_t)NAMES_MOST)
		return;
	for (size_t i = 0; i < name.size; i++)
		if ((uint8_t)name.at[i] <= ' ')
			return;
	for (size_t i = 1; i < names->count; i += 2)
		if (text_equal_nocase(names->pieces[i], name))
			return;
	names->pieces[names->count] = names->count ? TEXT(" ") : TEXT_NONE;
	names->pieces[names->count + 1] = name;
	names->count += 2;
}

/* An array of objects (or of texts, where `member` is NULL). */
static void add_each(struct names *names, struct json_value array, const char *member)
{
	struct json_walk walk = { 0 };
	while (json_kind(array) == JSON_IS_ARRAY && json_next(array, &walk))
		add_name(names, member ? field_text(walk.value, member) : json_text(walk.value));
}

static void add_of_dns(struct names *names, struct json_value dns)
{
	static const char *const grouped[] = { "grouped.CNAME", "grouped.A", "grouped.AAAA", "grouped.NS", "grouped.MX",
		"grouped.PTR" };
	add_each(names, json_get(dns, "queries"), "rrname");
	add_each(names, json_get(dns, "query"), "rrname");
	add_name(names, field_text(dns, "rrname"));
	add_each(names, json_get(dns, "answers"), "rrname");
	add_each(names, json_get(dns, "answers"), "rdata");
	for (size_t i = 0; i < sizeof grouped / sizeof *grouped; i++)
		add_each(names, json_at(dns, grouped[i]), NULL);
}

static struct text names_of(struct format_reader *reader, struct json_value event)
{
	static const char *const members[] = { "tls.sni", "quic.sni", "http.hostname", "smtp.helo", "endpoint.host" };
	struct json_value dns = json_get(event, "dns");
	struct names names = { .count = 0 };
	if (json_exists(dns))
		add_of_dns(&names, dns);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		add_name(&names, field_text(event, members[i]));
	add_each(&names, json_at(event, "tls.subjectaltname"), NULL);
	return names.count ? field_concat(reader, names.pieces, names.count) : TEXT_NONE;
}

bool eve_is_kept(struct text type)
{
	return !text_equal(type, TEXT("alert")) && !text_equal(type, TEXT("stats"));
}

enum error eve_kept(struct format_reader *reader, struct json_value event, struct text type, struct alert *record,
    struct failure *failure)
{
	if (type.size > TYPE_LARGEST)
		return fail(failure, ERROR_INPUT, "event_type: it has more than %d bytes", TYPE_LARGEST);
	record->detector = TEXT("EVE");
	record->signature = type;
	enum error error = field_time(reader, field_text(event, "timestamp"), "timestamp", record, failure);
	if (!error)
		error = eve_ends(event, record, failure);
	if (error)
		return error;
	eve_details(reader, event, record);
	record->signature_id = field_text(event, "community_id");
	record->object = names_of(reader, event);
	field_concern(record);
	return OK;
}
