/*
 * Items: the codes of their parts, their times and their identifiers; see item.h. Called by whoever reads or writes
 * items.
 */
#include "model/item.h"

#include "base/character.h"

static bool code_find(const char *const *codes, int count, struct text code, int *index)
{
	for (int i = 0; i < count; i++) {
		if (text_equal_nocase(code, text_of(codes[i]))) {
			*index = i;
			return true;
		}
	}
	return false;
}

static const char *const kinds[ITEM_KINDS] = { "indicator", "sighting", "report", "advisory", "relation", "other" };

const char *item_kind_code(enum item_kind kind)
{
	return kind < ITEM_KINDS ? kinds[kind] : "other";
}

bool item_kind_parse(struct text code, enum item_kind *kind)
{
	int index;
	if (!code_find(kinds, ITEM_KINDS, code, &index))
		return false;
	*kind = (enum item_kind)index;
	return true;
}

static const char *const forms[ITEM_FORMS] = { "stix-2.1", "stix-2.0", "misp-event", "misp-attribute", "misp-object" };

const char *item_form_code(enum item_form form)
{
	return form < ITEM_FORMS ? forms[form] : "stix-2.1";
}

bool item_form_parse(struct text code, enum item_form *form)
{
	int index;
	if (!code_find(forms, ITEM_FORMS, code, &index))
		return false;
	*form = (enum item_form)index;
	return true;
}

static const char *const actions[] = { "observe", "alert", "block" };

const char *item_action_code(enum item_action action)
{
	return action <= ITEM_BLOCK ? actions[action] : "observe";
}

bool item_action_parse(struct text code, enum item_action *action)
{
	int index;
	if (!code_find(actions, 3, code, &index))
		return false;
	*action = (enum item_action)index;
	return true;
}

static const char *const paps[] = { "", "CLEAR", "GREEN", "AMBER", "RED" };

const char *pap_code(enum pap pap)
{
	return pap <= PAP_RED ? paps[pap] : "RED"; /* what is unknown allows nothing */
}

bool pap_parse(struct text code, enum pap *pap)
{
	int index;
	if (code.size > 4 && text_equal_nocase((struct text){ code.at, 4 }, TEXT("PAP:")))
		code = (struct text){ code.at + 4, code.size - 4 };
	if (text_equal_nocase(code, TEXT("WHITE")))
		code = TEXT("CLEAR");
	if (!code.size || !code_find(paps, 5, code, &index))
		return false;
	*pap = (enum pap)index;
	return true;
}

/* With a year in which base/time.h can count, to see whether the rest is a time. */
static bool time_of_other_year(struct text text, struct item_time *time)
{
	char copy[64];
	nanoseconds unused;
	bool zoneless;
	uint64_t year;
	if (text.size >= sizeof copy || !text_to_u64((struct text){ text.at, 4 }, &year) ||
	    (year >= 1970 && year < 2262))
		return false;
	memcpy(copy, text.at, text.size);
	memcpy(copy, "2000", 4); /* it has every day */
	time->when = year < 1970 ? 1 : ITEM_TIME_LAST;
	return time_parse((struct text){ copy, text.size }, 0, &unused, &zoneless) && !zoneless;
}

bool item_time_parse(struct text text, struct item_time *time)
{
	bool zoneless = true;
	*time = (struct item_time){ .written = text };
	if (text.size < 20 || text.at[10] != 'T')
		return false;
	if (!time_parse(text, 0, &time->when, &zoneless))
		return time_of_other_year(text, time);
	time->when = time->when < 1 ? 1 : time->when;
	return !zoneless;
}

struct text item_time_text(const struct item_time *time, char to[static TIME_TEXT])
{
	if (time->written.size || !time->when)
		return time->written;
	nanoseconds whole = time->when / MILLISECOND * MILLISECOND;
	struct text text = text_of(time_format(whole, to));
	if (whole % SECOND == 0) { /* the shortest form leaves them out */
		memcpy(to + text.size - 1, ".000Z", sizeof ".000Z");
		text.size += 4;
	}
	return text;
}

static size_t type_size(struct text id)
{
	size_t size = id.size - (UUID_TEXT - 1);
	return size - 2;
}

bool item_id_valid(struct text id)
{
	struct uuid uuid;
	if (id.size > ITEM_ID || id.size < UUID_TEXT - 1 + 3)
		return false;
	size_t size = type_size(id);
	for (size_t i = 0; i < size; i++)
		if (!char_is_digit(id.at[i]) && !(id.at[i] >= 'a' && id.at[i] <= 'z') && id.at[i] != '-')
			return false;
	return id.at[size] == '-' && id.at[size + 1] == '-' &&
	       uuid_parse((struct text){ id.at + size + 2, UUID_TEXT - 1 }, &uuid);
}

struct text item_id_type(struct text id)
{
	return (struct text){ id.at, type_size(id) };
}
