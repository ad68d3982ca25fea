/*
 * Disclosure of vulnerabilities in the metadata of signatures. See disclosure.h.
 */
#include "match/disclosure.h"

#include <stdio.h>

/* "2026_11_01" or "2026-11-01". */
static bool read_day(struct text value, nanoseconds *day)
{
	char text[sizeof "2026-11-01T00:00:00Z"];
	if (value.size != 10 || (value.at[4] != '_' && value.at[4] != '-') || value.at[7] != value.at[4])
		return false;
	snprintf(text, sizeof text, "%.4s-%.2s-%.2sT00:00:00Z", value.at, value.at + 5, value.at + 8);
	return time_parse(text_of(text), 0, day, NULL);
}

static void read_cve(struct disclosure *disclosure, struct text value)
{
	if (disclosure->cve[0] || value.size < 4)
		return;
	bool named = text_equal_nocase((struct text){ value.at, 3 }, TEXT("CVE"));
	snprintf(disclosure->cve, sizeof disclosure->cve, "%s%.*s", named ? "" : "CVE-",
	    (int)(value.size < DISCLOSURE_CVE ? value.size : DISCLOSURE_CVE), value.at);
	for (char *c = disclosure->cve; *c; c++) {
		if (*c == '_')
			*c = '-';
		else if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
		else if (*c != '-' && !(*c >= '0' && *c <= '9') && !(*c >= 'A' && *c <= 'Z'))
			*c = '?'; /* it is shown to people */
	}
}

void disclosure_pair(struct disclosure *disclosure, struct text name, struct text value)
{
	nanoseconds day;
	if (text_equal(name, TEXT("cve"))) {
		read_cve(disclosure, value);
	} else if (text_equal(name, TEXT("disclosed")) && read_day(value, &day)) {
		disclosure->day = day;
		disclosure->known = true;
		disclosure->created = false;
	} else if (text_equal(name, TEXT("created_at")) && !disclosure->known && read_day(value, &day)) {
		disclosure->day = day;
		disclosure->known = disclosure->created = true;
	} else if (text_equal(name, TEXT("poc")) && read_day(value, &day)) {
		disclosure->poc = day;
		disclosure->poc_public = true;
	} else if (text_equal(name, TEXT("poc")) && text_equal(value, TEXT("public"))) {
		disclosure->poc_public = true;
	}
}

struct disclosure disclosure_of(struct text metadata)
{
	struct disclosure disclosure = { 0 };
	while (metadata.size > 0) {
		struct text value = text_trim(text_cut(&metadata, ',')), name = text_cut(&value, ' ');
		disclosure_pair(&disclosure, name, text_trim(value));
	}
	return disclosure;
}

int64_t disclosure_days(const struct disclosure *disclosure, nanoseconds time)
{
	nanoseconds since = time - disclosure->day;
	return since >= 0 ? since / DAY : -((-since + DAY - 1) / DAY);
}

bool disclosure_raises(const struct disclosure *disclosure, nanoseconds time)
{
	/* A proof of concept that is known before the day of disclosure counts from its own day. */
	bool out = disclosure->poc_public && time >= disclosure->poc;
	return out && disclosure->known && time - disclosure->day < DISCLOSURE_NEW;
}
