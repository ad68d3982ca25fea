/*
 * Readers of typed fields and writers of JSON for the handlers of the centre's own routes.
 */
#include "center/routes.h"

#include "center/capabilities.h"
#include "center/center.h"

#include <string.h>

void route_tables(const struct route *tables[static ROUTE_TABLES])
{
	size_t count = 0;
	tables[count++] = sign_in_routes;
	tables[count++] = account_routes;
	tables[count++] = organisation_routes;
	tables[count++] = log_routes;
	tables[count++] = front_routes;
	for (size_t i = 0; capabilities[i] && count < ROUTE_TABLES - 1; i++)
		if (capabilities[i]->routes)
			tables[count++] = capabilities[i]->routes;
	tables[count] = NULL;
}

const char *input_text(const struct call *call, const char *name)
{
	const char *value = json_string_value(json_object_get(call->input, name));
	return value ? value : "";
}

int64_t input_integer(const struct call *call, const char *name, int64_t otherwise)
{
	json_t *value = json_object_get(call->input, name);
	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool input_boolean(const struct call *call, const char *name, bool otherwise)
{
	json_t *value = json_object_get(call->input, name);
	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

bool input_has(const struct call *call, const char *name)
{
	return json_object_get(call->input, name) != NULL;
}

bool input_uuid(const struct call *call, const char *name, struct uuid *uuid)
{
	return uuid_parse(text_of(input_text(call, name)), uuid);
}

enum error input_copy(const struct call *call, const char *name, char *to, size_t size, struct failure *failure)
{
	if (!input_has(call, name))
		return OK;
	if (!text_copy(text_of(input_text(call, name)), to, size))
		return fail(failure, ERROR_INPUT, "%s: at most %zu bytes", name, size - 1);
	return OK;
}

struct page page_of(const struct call *call)
{
	return (struct page){
		.after = text_of(input_text(call, "after")),
		.limit = (uint32_t)input_integer(call, "limit", 100),
	};
}

void page_next(struct call *call, const struct page *page)
{
	if (*page->next)
		set_text(call->output, "next", page->next);
}

void set_text(json_t *object, const char *name, const char *value)
{
	json_object_set_new(object, name, json_string(value));
}

void set_time(json_t *object, const char *name, nanoseconds time)
{
	char text[TIME_TEXT];
	if (time)
		set_text(object, name, time_format(time, text));
}

void set_uuid(json_t *object, const char *name, struct uuid uuid)
{
	char text[UUID_TEXT];
	if (!uuid_is_nil(uuid))
		set_text(object, name, uuid_format(uuid, text));
}

const char *own_path(const char *path)
{
	bool own = path[0] == '/' && path[1] != '/' && path[1] != '\\' && !strpbrk(path, "\r\n\t");
	return own ? path : "/";
}
