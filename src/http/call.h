/*
 * What handlers read from a call's typed fields, and how they put values into its output. Every capability's handlers
 * use these.
 */
#ifndef NOROSHI_HTTP_CALL_H
#define NOROSHI_HTTP_CALL_H

#include "base/hash.h"
#include "base/time.h"
#include "http/route.h"
#include "model/coverage.h"

/* A field of the input; none, "", nil or `otherwise` when it is absent. Texts live as long as the call. */
bool input_has(const struct call *call, const char *name);
struct text input_text(const struct call *call, const char *name);
const char *input_string(const struct call *call, const char *name);
int64_t input_integer(const struct call *call, const char *name, int64_t otherwise);
bool input_boolean(const struct call *call, const char *name, bool otherwise);
struct uuid input_uuid(const struct call *call, const char *name);
/* Copies a text field when it is there. ERROR_INPUT names the field when it does not fit. */
enum error input_copy(const struct call *call, const char *name, char *to, size_t size, struct failure *failure);

/* Texts may be whatever a sensor wrote: what is not UTF-8 becomes U+FFFD. */
void output_text(json_t *object, const char *name, struct text value);
void output_string(json_t *object, const char *name, const char *value);
void output_time(json_t *object, const char *name, nanoseconds time); /* RFC 3339; left out when 0 */
void output_day(json_t *object, const char *name, nanoseconds time);  /* YYYY-MM-DD; "" when 0 */
void output_uuid(json_t *object, const char *name, struct uuid uuid); /* left out when nil */
/* How much of a time was looked at, with the gaps, and both as sentences in the language of the request. */
void output_coverage(const struct call *call, json_t *object, const char *name, const struct coverage *coverage);
void output_gap(const struct call *call, json_t *object, const struct gap *gap, const char *sensor);

#endif
