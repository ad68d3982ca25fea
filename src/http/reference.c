/*
 * Every route with its fields and who may use it, as Markdown. In: the route tables and the policy. Out: text for the
 * manual. Called by `noroshi help routes`.
 */
#include "http/reference.h"

#include "http/field_value.h"

#include <string.h>

static const char head[] =
    "# Every route\n\n"
    "Made from the table that checks each request: `noroshi help routes`; do not edit. What holds for all of them, and "
    "what they "
    "answer, is in\n[api.md](api.md). As OpenAPI: `noroshi help openapi`, or `GET /v1/openapi.json` of a centre.\n\n"
    "*If-Match* and *Idempotency-Key* say which headers a change heeds. Texts are UTF-8 and their sizes bytes; `*` "
    "marks a field that "
    "is needed.\n";

static bool is_program(const struct route *route)
{
	return route->kind != ROUTE_PAGE && route->kind != ROUTE_FORM;
}

static void put_who(struct builder *to, const struct route *route)
{
	bool first = true;
	if (route->stranger) {
		build_text(to, TEXT("anybody"));
		return;
	}
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		int reach = policy_reach((enum role)role, route->action);
		if (reach == 0)
			continue;
		build_format(to, "%s%s%s", first ? "" : ", ", role_code((enum role)role),
		    reach == 1 && route->action != ACTION_SELF ? " (its own organisation)" : "");
		first = false;
	}
}

static void put_choices(struct builder *to, const struct field *field)
{
	for (const char *const *choice = field->choices; *choice; choice++)
		build_format(to, "%s`%s`", choice == field->choices ? "" : ", ", *choice);
}

static void put_type(struct builder *to, const struct field *field)
{
	static const char *const types[] = {
		[FIELD_TEXT] = "text",
		[FIELD_LINES] = "lines of text",
		[FIELD_INTEGER] = "whole number",
		[FIELD_REAL] = "number",
		[FIELD_BOOLEAN] = "`true` or `false`",
		[FIELD_UUID] = "UUID",
		[FIELD_TIME] = "time",
		[FIELD_CHOICE] = "",
		[FIELD_ADDRESS] = "address",
		[FIELD_PREFIX] = "address or prefix",
		[FIELD_CURSOR] = "cursor",
		[FIELD_SECRET] = "secret",
		[FIELD_LIST] = "list of texts",
		[FIELD_SIGNING_REQUEST] = "certificate signing request in PEM",
	};
	build_text(to, text_of(types[field->type]));
	if (field->type == FIELD_CHOICE)
		put_choices(to, field);
	if (field->type == FIELD_TEXT || field->type == FIELD_LINES || field->type == FIELD_SECRET)
		build_format(to, ", at most %zu", field_largest(field));
	if (field->type == FIELD_LIST)
		build_format(to, ", at most %zu", field_most_items(field));
	if (field->type == FIELD_INTEGER && (field->least || field->most))
		build_format(to, ", %lld to %lld", (long long)field->least, (long long)field->most);
}

static void put_fields(struct builder *to, const struct route *route)
{
	static const char *const places[] = { [IN_PATH] = "path", [IN_QUERY] = "query", [IN_BODY] = "body" };
	if (!route->fields || !route->fields->name)
		return;
	build_text(to, TEXT("\n| field | in | is | |\n|---|---|---|---|\n"));
	for (const struct field *field = route->fields; field->name; field++) {
		build_format(to, "| `%s`%s | %s | ", field->name, field->required ? "*" : "", places[field->place]);
		put_type(to, field);
		build_format(to, " | %s |\n", field->summary ? field->summary : "");
	}
}

static void put_route(struct builder *to, const struct route *route)
{
	build_format(to, "\n## %s %s\n\n%s `%s`, for ", route->method, route->path, route->summary, route->name);
	put_who(to, route);
	build_char(to, '.');
	if (route->door != DOOR_PEOPLE)
		build_text(to, route->door == DOOR_EITHER ? TEXT(" At the machines' door too.")
							  : TEXT(" At the machines' door alone."));
	if (route->hidden)
		build_text(to, TEXT(" To others it is not there (404)."));
	if (route->versioned)
		build_text(to, TEXT(" *If-Match.*"));
	if (route_takes_key(route))
		build_text(to, TEXT(" *Idempotency-Key.*"));
	if (route->limits.per_minute)
		build_format(to, " At most %u a minute.", route->limits.per_minute);
	build_char(to, '\n');
	put_fields(to, route);
}

static void each_route(const struct route *const *tables, bool programs,
    void (*put)(struct builder *to, const struct route *route), struct builder *to)
{
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++)
			if (is_program(route) == programs)
				put(to, route);
}

static void put_page(struct builder *to, const struct route *route)
{
	build_format(to, "| %s %s | %s | ", route->method, route->path, route->summary);
	put_who(to, route);
	build_text(to, TEXT(" |\n"));
}

void reference_write(const struct route *const *tables, struct builder *to)
{
	build_text(to, text_of(head));
	each_route(tables, true, put_route, to);
	build_text(to, TEXT("\n## Pages and their forms\n\n"
			    "They take the fields of the route for programs that does the same; what they read is in "
			    "[pages.md](pages.md).\n\n"
			    "| | | for |\n|---|---|---|\n"));
	each_route(tables, false, put_page, to);
}
