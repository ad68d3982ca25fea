/*
 * Bulletins: which of their texts is shown.
 */
#include "model/bulletin.h"

static const char *choose(const char *japanese, const char *english, enum language language)
{
	const char *first = language == LANGUAGE_JAPANESE ? japanese : english;
	const char *second = language == LANGUAGE_JAPANESE ? english : japanese;
	return first && *first ? first : second ? second : "";
}

const char *bulletin_subject(const struct bulletin *bulletin, enum language language)
{
	return choose(bulletin->subject_ja, bulletin->subject_en, language);
}

const char *bulletin_body(const struct bulletin *bulletin, enum language language)
{
	return choose(bulletin->body_ja, bulletin->body_en, language);
}
