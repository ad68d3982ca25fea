/*
 * A parsed value as text again (declared in base/json.h).
 */
#include "base/json.h"

/* Not deeper than the parser allowed (JSON_DEEPEST). */
static void build_container(struct builder *to, struct json_value container, bool object)
{
	struct json_walk walk = { 0 };
	build_char(to, object ? '{' : '[');
	for (bool more = false; json_next(container, &walk); more = true) {
		if (more)
			build_char(to, ',');
		if (object) {
			build_json_string(to, walk.key);
			build_char(to, ':');
		}
		build_json_value(to, walk.value);
	}
	build_char(to, object ? '}' : ']');
}

void build_json_value(struct builder *to, struct json_value value)
{
	if (!json_exists(value))
		return;
	switch (json_kind(value)) {
	case JSON_IS_NULL:
		build_text(to, TEXT("null"));
		break;
	case JSON_IS_FALSE:
		build_text(to, TEXT("false"));
		break;
	case JSON_IS_TRUE:
		build_text(to, TEXT("true"));
		break;
	case JSON_IS_INTEGER:
	case JSON_IS_REAL:
		build_text(to, json_text(value));
		break;
	case JSON_IS_STRING:
		build_json_string(to, json_text(value));
		break;
	case JSON_IS_ARRAY:
	case JSON_IS_OBJECT:
		build_container(to, value, json_kind(value) == JSON_IS_OBJECT);
		break;
	}
}
