/*
 * The traffic light protocol in STIX: marking definitions with published identifiers.
 *
 * Sources: STIX 2.1, 7.2.1.4 (TLP 1); OASIS, cti-stix-common-objects, extension definition "TLP 2.0".
 */
#include "formats/stix.h"

#include "base/character.h"

#define MARKING "marking-definition--"
#define EXTENSION "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

static const struct {
	enum tlp tlp;
	struct text second, first; /* of TLP 2 and 1; TLP 1 had no AMBER+STRICT */
} markings[] = {
	{ TLP_CLEAR, TEXT(MARKING "94868c89-83c2-464b-929b-a1a8aa3c8487"),
	    TEXT(MARKING "613f2e26-407d-48c7-9eca-b8e91df99dc9") },
	{ TLP_GREEN, TEXT(MARKING "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
	    TEXT(MARKING "34098fce-860f-48ae-8e50-ebd3cc5e41da") },
	{ TLP_AMBER, TEXT(MARKING "55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
	    TEXT(MARKING "f88d31f6-486f-44da-b317-01333bde0b82") },
	{ TLP_AMBER_STRICT, TEXT(MARKING "939a9414-2ddd-4d32-a0cd-375ea402b003"), TEXT_NONE },
	{ TLP_RED, TEXT(MARKING "e828b379-4e03-4974-9ac4-e53a884c97c1"),
	    TEXT(MARKING "5e57c739-391a-4eb3-b6be-7d15ca92d5ed") },
};
#define MARKINGS (sizeof markings / sizeof *markings)

bool stix_tlp_parse(struct text marking, enum tlp *tlp)
{
	for (size_t i = 0; i < MARKINGS; i++) {
		if (text_equal_nocase(marking, markings[i].second) ||
		    (markings[i].first.size && text_equal_nocase(marking, markings[i].first))) {
			*tlp = markings[i].tlp;
			return true;
		}
	}
	return false;
}

struct text stix_tlp_marking(enum tlp tlp, enum item_form form)
{
	size_t i = 0;
	while (i + 1 < MARKINGS && markings[i].tlp != tlp) /* what is unknown is RED */
		i++;
	return form == ITEM_STIX_20 && markings[i].first.size ? markings[i].first : markings[i].second;
}

void stix_tlp_definition(enum tlp tlp, struct builder *to)
{
	char lower[16];
	const char *code = tlp_code(tlp);
	size_t size = 0;
	for (; code[size]; size++)
		lower[size] = char_lower(code[size]);
	struct text id = stix_tlp_marking(tlp, ITEM_STIX_21);
	build_format(to,
	    "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"%.*s\","
	    "\"created\":\"2022-10-01T00:00:00.000Z\",\"name\":\"TLP:%s\",\"extensions\":{\"" EXTENSION
	    "\":{\"extension_type\":\"property-extension\",\"tlp_2_0\":\"%.*s\"}}}",
	    (int)id.size, id.at, code, (int)size, lower);
}

/* A word of TLP 1 or 2; what is none is RED. */
static enum tlp tlp_of(struct json_value word)
{
	struct text code = json_text(word);
	enum tlp tlp;
	if (text_equal_nocase(code, TEXT("white")))
		code = TEXT("CLEAR");
	return tlp_parse(code, &tlp) ? tlp : TLP_RED;
}

bool stix_tlp_defined(struct json_value definition, enum tlp *tlp)
{
	struct json_value extension = json_get(json_get(definition, "extensions"), EXTENSION);
	bool second = json_kind(extension) == JSON_IS_OBJECT,
	     first = text_equal(json_text(json_get(definition, "definition_type")), TEXT("tlp"));
	if (!text_equal(json_text(json_get(definition, "type")), TEXT("marking-definition")))
		return false;
	if (stix_tlp_parse(json_text(json_get(definition, "id")), tlp))
		return true;
	enum tlp of_second = second ? tlp_of(json_get(extension, "tlp_2_0")) : TLP_CLEAR,
		 of_first = first ? tlp_of(json_at(definition, "definition.tlp")) : TLP_CLEAR;
	*tlp = of_second > of_first ? of_second : of_first;
	return first || second;
}
