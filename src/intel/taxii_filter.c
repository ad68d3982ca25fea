/*
 * TAXII's filters (2.1, 3.4): from the fields of a request to what the store is asked. Whatever is malformed is
 * refused; the server has refused already what comes twice.
 */
#include "intel/taxii.h"

#include <string.h>

/* YYYY-MM-DDTHH:MM:SS[.s+]Z: TAXII's timestamps have six digits and STIX's any number; both are taken here. */
static bool timestamp_parse(struct text text, nanoseconds *time)
{
	static const char form[] = "0000-00-00T00:00:00";
	size_t fixed = sizeof form - 1;
	if (text.size < fixed + 1 || text.at[text.size - 1] != 'Z')
		return false;
	for (size_t i = 0; i < fixed; i++)
		if (form[i] == '0' ? text.at[i] < '0' || text.at[i] > '9' : text.at[i] != form[i])
			return false;
	if (text.size > fixed + 1 && (text.at[fixed] != '.' || text.size == fixed + 2))
		return false;
	for (size_t i = fixed + 1; i + 1 < text.size; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	struct item_time read;
	if (!item_time_parse(text, &read))
		return false;
	*time = read.when;
	return true;
}

static enum error read_after(const struct call *call, struct entry_query *query, struct failure *failure)
{
	nanoseconds after;
	if (!input_has(call, "added_after"))
		return OK;
	if (!timestamp_parse(input_text(call, "added_after"), &after))
		return fail(
		    failure, ERROR_INPUT, "added_after: expected one timestamp, such as 2026-11-21T09:30:00.000000Z");
	query->after = after / MICROSECOND;
	return OK;
}

/* The cursor is the `added` behind which the page before ended; the keeper has sealed it, with the other filters. */
static enum error read_next(const struct call *call, struct entry_query *query, struct failure *failure)
{
	int64_t added;
	if (!input_has(call, "next"))
		return OK;
	if (!text_to_i64(input_text(call, "next"), &added) || added < 0)
		return fail(failure, ERROR_INPUT, "next: it is not one that this collection gave");
	if (added > query->after)
		query->after = added;
	return OK;
}

/* The values of a filter, cut at commas; none may be empty, or there twice. */
static enum error cut_list(
    const struct call *call, const char *name, const struct text **list, uint32_t *count, struct failure *failure)
{
	struct text rest = input_text(call, name);
	*count = 0;
	if (!input_has(call, name))
		return OK;
	struct text *values = arena_take(call->arena, ENTRY_MATCHES * sizeof *values);
	if (!values)
		return fail(failure, ERROR_MEMORY, "%s: no memory", name);
	for (bool last = false; !last;) {
		last = rest.size == 0 || !memchr(rest.at, ',', rest.size);
		struct text value = text_cut(&rest, ',');
		if (value.size == 0 || memchr(value.at, ' ', value.size))
			return fail(failure, ERROR_INPUT, "%s: a value is empty or has a space in it", name);
		if (*count == ENTRY_MATCHES)
			return fail(failure, ERROR_INPUT, "%s: more than %u values", name, ENTRY_MATCHES);
		for (uint32_t i = 0; i < *count; i++)
			if (text_equal(values[i], value))
				return fail(
				    failure, ERROR_INPUT, "%s: %.*s is there twice", name, (int)value.size, value.at);
		values[(*count)++] = value;
	}
	*list = values;
	return OK;
}

static enum error read_versions(const struct call *call, struct entry_query *query, struct failure *failure)
{
	const struct text *list = NULL;
	uint32_t count;
	enum error error = cut_list(call, "match[version]", &list, &count, failure);
	if (error != OK || count == 0)
		return error;
	nanoseconds *exact = arena_take(call->arena, count * sizeof *exact);
	if (!exact)
		return fail(failure, ERROR_MEMORY, "match[version]: no memory");
	query->exact = exact;
	for (uint32_t i = 0; i < count; i++) {
		if (text_equal(list[i], TEXT("last")))
			query->versions |= ENTRY_LAST;
		else if (text_equal(list[i], TEXT("first")))
			query->versions |= ENTRY_FIRST;
		else if (text_equal(list[i], TEXT("all")))
			query->versions |= ENTRY_ALL;
		else if (timestamp_parse(list[i], &exact[query->exact_count]))
			query->exact_count++;
		else
			return fail(failure, ERROR_INPUT,
			    "match[version]: expected last, first, all or timestamps, found %.*s", (int)list[i].size,
			    list[i].at);
	}
	if (query->versions & ENTRY_ALL && count > 1)
		return fail(failure, ERROR_INPUT, "match[version]: all stands alone");
	return OK;
}

static bool is_number(struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.size > 0;
}

static enum error read_specs(const struct call *call, struct entry_query *query, struct failure *failure)
{
	const struct text *list = NULL;
	uint32_t count;
	enum error error = cut_list(call, "match[spec_version]", &list, &count, failure);
	if (error != OK || count == 0)
		return error;
	uint8_t *specs = arena_take(call->arena, count);
	if (!specs)
		return fail(failure, ERROR_MEMORY, "match[spec_version]: no memory");
	query->specs = specs;
	query->spec_count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct text minor = list[i], major = text_cut(&minor, '.');
		if (!is_number(major) || !is_number(minor))
			return fail(failure, ERROR_INPUT, "match[spec_version]: expected 2.0 or 2.1, found %.*s",
			    (int)list[i].size, list[i].at);
		specs[i] = text_equal(list[i], TEXT("2.1"))   ? 21
			   : text_equal(list[i], TEXT("2.0")) ? 20
							      : 255; /* none that is here */
	}
	return OK;
}

enum error filter_read(const struct call *call, struct entry_query *query, struct failure *failure)
{
	int64_t limit = input_integer(call, "limit", TAXII_PAGE);
	*query = (struct entry_query){ .bytes = TAXII_PAGE_BYTES, .organisation = ENTRY_OF_ALL };
	query->limit = limit > (int64_t)TAXII_PAGE ? TAXII_PAGE : (uint32_t)limit;
	enum error error = read_after(call, query, failure);
	if (error == OK)
		error = read_next(call, query, failure);
	if (error == OK)
		error = cut_list(call, "match[id]", &query->ids, &query->id_count, failure);
	if (error == OK)
		error = cut_list(call, "match[type]", &query->types, &query->type_count, failure);
	if (error == OK)
		error = read_versions(call, query, failure);
	return error == OK ? read_specs(call, query, failure) : error;
}
