/*
 * What an envelope must be before anything of it is read.
 */
#include "intel/envelope.h"

#include "base/json_scan.h"
#include "formats/misp.h"
#include "formats/stix.h"

#include <string.h>

/* At the top a single object, whose member "objects", if there is one, is a list. The text is well-formed. */
static const char *shape_problem(struct text text)
{
	unsigned depth = 0;
	bool key = false, objects = false, any = false, found = false; /* key: the last thing at the top was a string */
	text = text_trim(text);
	if (text.size == 0 || text.at[0] != '{')
		return "The body is no envelope: expected an object.";
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];
		if (c == '"') {
			size_t start = i + 1;
			while (text.at[++i] != '"')
				i += text.at[i] == '\\';
			key = depth == 1;
			any |= key;
			objects = key && text_equal((struct text){ text.at + start, i - start }, TEXT("objects"));
		} else if (c == ':' && depth == 1 && key && objects) {
			do
				i++;
			while (strchr(" \t\r\n", text.at[i]));
			if (text.at[i] != '[')
				return "objects: expected a list.";
			depth++;
			objects = false;
			found = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return any && !found ? "The body is no envelope: its list of objects is missing." : NULL;
}

enum error envelope_check(struct text body, struct failure *failure)
{
	struct json_offence offence;
	if (!json_scan(body, STIX_DEEPEST + 2, NULL, NULL, &offence))
		return fail(failure, ERROR_INPUT, "The body is not JSON: at byte %zu %s.", offence.at, offence.words);
	const char *problem = shape_problem(body);
	return problem ? fail(failure, ERROR_INPUT, "%s", problem) : OK;
}

bool envelope_is_misp(struct text body)
{
	static const char *const names[] = { "Event", "response", "Attribute", "SharingGroup" };
	body = text_trim(body);
	if (!text_starts(body, TEXT("{")))
		return false;
	body = text_trim((struct text){ body.at + 1, body.size - 1 });
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct text name = text_of(names[i]);
		if (body.size > name.size + 2 && body.at[0] == '"' && body.at[name.size + 1] == '"' &&
		    text_equal((struct text){ body.at + 1, name.size }, name))
			return true;
	}
	return false;
}

enum error envelope_check_misp(struct text body, struct failure *failure)
{
	struct json_offence offence;
	if (body.size > ENVELOPE_MISP)
		return fail(failure, ERROR_INPUT,
		    "Of MISP at most %u MiB are read at once: give larger ones event by event, or by noroshi intel "
		    "import.",
		    ENVELOPE_MISP >> 20);
	if (!json_scan(body, MISP_DEEPEST + 4, NULL, NULL, &offence))
		return fail(failure, ERROR_INPUT, "The body is not JSON: at byte %zu %s.", offence.at, offence.words);
	return OK;
}
