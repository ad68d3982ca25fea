/*
 * Organisations and sensors: what is valid, and the codes of their states. Called by the store before it writes and by
 * whoever reads such values from outside.
 */
#include "model/organisation.h"

#include <math.h>
#include <string.h>

const char *language_code(enum language language)
{
	return language == LANGUAGE_ENGLISH ? "en" : "ja";
}

bool language_parse(struct text code, enum language *language)
{
	if (text_equal(code, TEXT("ja")))
		*language = LANGUAGE_JAPANESE;
	else if (text_equal(code, TEXT("en")))
		*language = LANGUAGE_ENGLISH;
	else
		return false;
	return true;
}

bool name_is_valid(struct text name)
{
	if (name.size < 1 || name.size > 63)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i];
		bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
		if (!fine)
			return false;
	}
	/* Names become parts of paths and of command lines. */
	return name.at[0] != '.' && name.at[0] != '-';
}

bool mail_is_plausible(struct text mail)
{
	if (mail.size < 3 || mail.size > 254 || text_utf8_valid(mail) != mail.size)
		return false;
	size_t at_signs = 0, at_place = 0;
	for (size_t i = 0; i < mail.size; i++) {
		unsigned char c = (unsigned char)mail.at[i];
		/* Angle brackets, commas and the like could smuggle a second recipient into a header. */
		if (c <= ' ' || c == 0x7f || strchr("<>,;:\"()[]\\", c))
			return false;
		if (c == '@') {
			at_signs++;
			at_place = i;
		}
	}
	return at_signs == 1 && at_place > 0 && at_place <= 64 && at_place + 1 < mail.size &&
	       mail.at[at_place + 1] != '.' && mail.at[mail.size - 1] != '.' && mail.at[0] != '-';
}

static bool is_plain_line(const char *text)
{
	struct text line = text_of(text);
	if (text_utf8_valid(line) != line.size)
		return false;
	for (size_t i = 0; i < line.size; i++) {
		if ((unsigned char)line.at[i] < ' ' || line.at[i] == 0x7f)
			return false;
	}
	return true;
}

static const char *contact_problem(const struct contact *contact)
{
	if (!is_plain_line(contact->name))
		return "a contact's name must be one line of UTF-8 text";
	if (contact->mail[0] && !mail_is_plausible(text_of(contact->mail)))
		return "a contact's mail address must look like local@domain";
	return NULL;
}

const char *organisation_problem(const struct organisation *organisation)
{
	if (!name_is_valid(text_of(organisation->name)))
		return "the name must be 1 to 63 of a-z 0-9 - . _ and not begin with - or .";
	if (!is_plain_line(organisation->title_ja) || !is_plain_line(organisation->title_en))
		return "a title must be one line of UTF-8 text";
	if (!organisation->title_ja[0] && !organisation->title_en[0])
		return "a title in Japanese or in English is needed";
	if (!is_plain_line(organisation->sector))
		return "the sector must be one line of UTF-8 text";
	if (organisation->number != 0 && organisation->parent == organisation->number)
		return "an organisation cannot be its own parent";
	if (organisation->language != LANGUAGE_JAPANESE && organisation->language != LANGUAGE_ENGLISH)
		return "the language must be ja or en";
	if (!isfinite(organisation->quota) || organisation->quota < 0 || organisation->quota > 1e9)
		return "the quota must be between 0 (the default) and 1000000000 alerts per second";
	const char *problem = contact_problem(&organisation->contacts[0]);
	if (!problem)
		problem = contact_problem(&organisation->contacts[1]);
	return problem;
}

const char *sensor_state_code(enum sensor_state state)
{
	switch (state) {
	case SENSOR_ENROLLED:
		return "enrolled";
	case SENSOR_REPORTING:
		return "reporting";
	case SENSOR_SILENT:
		return "silent";
	case SENSOR_REVOKED:
		return "revoked";
	}
	return "enrolled";
}
