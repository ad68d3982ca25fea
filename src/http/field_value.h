/*
 * One field's value: from text or JSON to its typed form, and the check of a typed one. Used by http/fields.c only.
 */
#ifndef NOROSHI_HTTP_FIELD_VALUE_H
#define NOROSHI_HTTP_FIELD_VALUE_H

#include "base/error.h"
#include "base/text.h"
#include "http/route.h"

#include <jansson.h>

/* `value` is new. For FIELD_LIST one item: a string. ERROR_INPUT says the field and what was expected, never the value.
 */
enum error field_value_from_text(const struct field *field, struct text text, json_t **value, struct failure *failure);
enum error field_value_from_json(
    const struct field *field, const json_t *given, json_t **value, struct failure *failure);
/* Whether an already typed value is what the table allows. */
enum error field_value_check(const struct field *field, const json_t *value, struct failure *failure);

size_t field_largest(const struct field *field); /* bytes of a text (of an item for a list) */
size_t field_most_items(const struct field *field);

#endif
