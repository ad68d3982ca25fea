/*
 * Route tables: checked once at the start, then looked up for each request.
 *
 * In: the tables of the capabilities. Out: the route of a method and a path, or what else the path allows. Called by
 * the server and by the keeper. Paths are compared segment by segment; there are some hundreds of routes, so a walk
 * over the routes with as many segments is fast enough and needs no second structure that could disagree with the
 * tables.
 */
#include "http/route.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENTS 16
#define ROUTES_MOST 4096

struct compiled {
	const struct route *route;
	struct text segments[SEGMENTS]; /* "{id}" as written */
	size_t count, fixed;            /* fixed: segments that are no {name} */
};

struct router {
	struct compiled *routes;
	size_t count;
};

static bool is_value(struct text segment)
{
	return segment.size > 2 && segment.at[0] == '{' && segment.at[segment.size - 1] == '}';
}

static struct text value_name(struct text segment)
{
	return (struct text){ segment.at + 1, segment.size - 2 };
}

/* Cuts "/a/b" into its segments; false when there are too many or it does not start with a slash. "/" has none. */
static bool cut_path(struct text path, struct text segments[SEGMENTS], size_t *count)
{
	*count = 0;
	if (path.size == 0 || path.at[0] != '/')
		return false;
	struct text rest = { path.at + 1, path.size - 1 };
	if (rest.size == 0)
		return true;
	for (;;) {
		if (*count == SEGMENTS)
			return false;
		const char *slash = memchr(rest.at, '/', rest.size);
		size_t size = slash ? (size_t)(slash - rest.at) : rest.size;
		segments[(*count)++] = (struct text){ rest.at, size };
		if (!slash)
			return true;
		rest = (struct text){ slash + 1, rest.size - size - 1 };
	}
}

static const struct field *path_field(const struct route *route, struct text name)
{
	for (const struct field *field = route->fields; field && field->name; field++)
		if (field->place == IN_PATH && text_equal(text_of(field->name), name))
			return field;
	return NULL;
}

static bool method_known(const char *method)
{
	static const char *const known[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (method && strcmp(method, known[i]) == 0)
			return true;
	return false;
}

static enum error check_kind(const struct route *route, struct failure *failure)
{
	bool get = strcmp(route->method, "GET") == 0;
	switch (route->kind) {
	case ROUTE_PAGE:
		if (!get || !route->page)
			return fail(failure, ERROR_USAGE, "route %s: a page needs GET and a template", route->name);
		break;
	case ROUTE_FORM:
	case ROUTE_STREAM:
		if (strcmp(route->method, "POST") != 0)
			return fail(failure, ERROR_USAGE, "route %s: forms and streams need POST", route->name);
		break;
	case ROUTE_EVENTS:
		if (!get)
			return fail(failure, ERROR_USAGE, "route %s: an event stream needs GET", route->name);
		break;
	case ROUTE_JSON:
		break;
	}
	if (route->changes && get)
		return fail(failure, ERROR_USAGE, "route %s: a GET changes nothing", route->name);
	return OK;
}

static enum error check_fields(const struct route *route, const struct compiled *compiled, struct failure *failure)
{
	bool get = strcmp(route->method, "GET") == 0;
	size_t in_path = 0;
	for (size_t i = 0; i < compiled->count; i++) {
		struct text segment = compiled->segments[i];
		if (segment.size == 0)
			return fail(
			    failure, ERROR_USAGE, "route %s: path %s has an empty segment", route->name, route->path);
		if (!is_value(segment))
			continue;
		in_path++;
		if (!path_field(route, value_name(segment)))
			return fail(failure, ERROR_USAGE, "route %s: %.*s of its path is not among its fields",
			    route->name, (int)segment.size, segment.at);
	}
	if (in_path > ROUTE_VALUES)
		return fail(
		    failure, ERROR_USAGE, "route %s: more than %d values in its path", route->name, ROUTE_VALUES);
	size_t declared = 0;
	for (const struct field *field = route->fields; field && field->name; field++) {
		declared += field->place == IN_PATH;
		if (field->place == IN_BODY && (get || route->kind == ROUTE_STREAM))
			return fail(
			    failure, ERROR_USAGE, "route %s: field %s cannot be in its body", route->name, field->name);
		if ((field->type == FIELD_CHOICE) != (field->choices != NULL))
			return fail(failure, ERROR_USAGE, "route %s: field %s: choices belong to FIELD_CHOICE",
			    route->name, field->name);
		for (const struct field *other = route->fields; other < field; other++)
			if (strcmp(other->name, field->name) == 0)
				return fail(failure, ERROR_USAGE, "route %s: field %s is there twice", route->name,
				    field->name);
	}
	if (declared != in_path)
		return fail(
		    failure, ERROR_USAGE, "route %s: a field of its path is not in %s", route->name, route->path);
	return OK;
}

/* Whether one path could be the other's: the same fixed segments at the same places, values anywhere. */
static bool same_shape(const struct compiled *a, const struct compiled *b)
{
	if (a->count != b->count || strcmp(a->route->method, b->route->method) != 0)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		bool value_a = is_value(a->segments[i]), value_b = is_value(b->segments[i]);
		if (value_a != value_b || (!value_a && !text_equal(a->segments[i], b->segments[i])))
			return false;
	}
	return true;
}

static enum error compile(struct router *router, const struct route *route, struct failure *failure)
{
	if (!method_known(route->method) || !route->path)
		return fail(failure, ERROR_USAGE, "route %s: it needs a known method and a path", route->name);
	struct compiled *compiled = &router->routes[router->count];
	*compiled = (struct compiled){ .route = route };
	if (!cut_path(text_of(route->path), compiled->segments, &compiled->count))
		return fail(failure, ERROR_USAGE,
		    "route %s: path %s does not start with / or has more than %d segments", route->name, route->path,
		    SEGMENTS);
	for (size_t i = 0; i < compiled->count; i++)
		compiled->fixed += !is_value(compiled->segments[i]);
	enum error error = check_kind(route, failure);
	if (!error)
		error = check_fields(route, compiled, failure);
	if (error)
		return error;
	for (size_t i = 0; i < router->count; i++) {
		if (strcmp(router->routes[i].route->name, route->name) == 0)
			return fail(failure, ERROR_USAGE, "two routes are called %s", route->name);
		if (same_shape(&router->routes[i], compiled))
			return fail(failure, ERROR_USAGE, "routes %s and %s are for the same path",
			    router->routes[i].route->name, route->name);
	}
	router->count++;
	return OK;
}

enum error router_new(const struct route *const *tables, struct router **made, struct failure *failure)
{
	size_t count = 0;
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++)
			if (++count > ROUTES_MOST)
				return fail(failure, ERROR_LIMIT, "more than %d routes", ROUTES_MOST);
	struct router *router = calloc(1, sizeof *router);
	struct compiled *routes = calloc(count + 1, sizeof *routes);
	if (!router || !routes) {
		free(router);
		free(routes);
		return fail(failure, ERROR_MEMORY, "no memory for %zu routes", count);
	}
	router->routes = routes;
	for (size_t i = 0; tables[i]; i++)
		for (const struct route *route = tables[i]; route->name; route++) {
			enum error error = compile(router, route, failure);
			if (error) {
				router_free(router);
				return error;
			}
		}
	*made = router;
	return OK;
}

void router_free(struct router *router)
{
	if (!router)
		return;
	free(router->routes);
	free(router);
}

enum error routes_check(const struct route *const *tables, struct failure *failure)
{
	struct router *router = NULL;
	enum error error = router_new(tables, &router, failure);
	router_free(router);
	return error;
}

static bool path_matches(const struct compiled *compiled, const struct text *segments, size_t count)
{
	if (compiled->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (is_value(compiled->segments[i]) ? segments[i].size == 0
						    : !text_equal(compiled->segments[i], segments[i]))
			return false;
	return true;
}

/* Of two routes for one path the one whose first difference is fixed wins: "/events/export" before "/events/{id}". */
static bool more_exact(const struct compiled *a, const struct compiled *b)
{
	for (size_t i = 0; i < a->count; i++) {
		bool value_a = is_value(a->segments[i]), value_b = is_value(b->segments[i]);
		if (value_a != value_b)
			return value_b;
	}
	return false;
}

static void allow_add(char *allow, size_t room, const char *method)
{
	if (strstr(allow, method))
		return;
	size_t used = strlen(allow);
	snprintf(
	    allow + used, room - used, "%s%s%s", used ? ", " : "", method, strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

void route_find(const struct router *router, struct text method, struct text path, struct route_match *match)
{
	memset(match, 0, sizeof *match);
	struct text segments[SEGMENTS];
	size_t count;
	if (!cut_path(path, segments, &count))
		return;
	if (text_equal(method, TEXT("HEAD")))
		method = TEXT("GET");
	const struct compiled *best = NULL;
	for (size_t i = 0; i < router->count; i++) {
		const struct compiled *compiled = &router->routes[i];
		if (!path_matches(compiled, segments, count))
			continue;
		match->path_exists = true;
		allow_add(match->allow, sizeof match->allow, compiled->route->method);
		if (text_equal(method, text_of(compiled->route->method)) && (!best || more_exact(compiled, best)))
			best = compiled;
	}
	if (!best)
		return;
	match->route = best->route;
	for (size_t i = 0; i < count; i++)
		if (is_value(best->segments[i])) {
			match->names[match->count] = value_name(best->segments[i]);
			match->values[match->count++] = segments[i];
		}
}

const struct route *route_by_name(const struct router *router, struct text name)
{
	for (size_t i = 0; i < router->count; i++)
		if (text_equal(text_of(router->routes[i].route->name), name))
			return router->routes[i].route;
	return NULL;
}

bool route_takes_key(const struct route *route)
{
	for (const struct field *field = route->fields; field && field->name; field++)
		if (field->type == FIELD_SECRET && field->required)
			return false;
	return route->changes && route->kind == ROUTE_JSON;
}
