/*
 * The short codes of the model and of hexadecimal texts: whatever is taken is written in one form that reads back to
 * the same; whatever is not is refused without a trace.
 *
 * Sources: model/reason.c, model/account.c, mail/link.c.
 */
#include "base/hash.h"
#include "fuzz.h"
#include "mail/link.h"
#include "model/account.h"
#include "model/alert.h"
#include "model/notice.h"
#include "model/organisation.h"
#include "model/policy.h"
#include "model/reason.h"

#include <string.h>

static void check_ids(struct text text)
{
	struct fact_id id, back;
	struct uuid uuid, again;
	char form[FACT_ID_TEXT], uuid_form[UUID_TEXT];
	if (fact_id_parse(text, &id)) {
		CHECK(fact_id_parse(text_of(fact_id_format(&id, form)), &back));
		CHECK(fact_id_compare(&id, &back) == 0);
	}
	if (uuid_parse(text, &uuid)) {
		CHECK(uuid_parse(text_of(uuid_format(uuid, uuid_form)), &again));
		CHECK(uuid_equal(uuid, again));
	}
}

static void check_names(struct text text)
{
	enum severity severity, severity_back;
	enum tlp tlp, tlp_back;
	enum language language, language_back;
	enum role role, role_back;
	enum verdict verdict, verdict_back;
	if (severity_parse(text, &severity))
		CHECK(severity_parse(text_of(severity_code(severity)), &severity_back) && severity == severity_back);
	if (tlp_parse(text, &tlp))
		CHECK(tlp_parse(text_of(tlp_code(tlp)), &tlp_back) && tlp == tlp_back);
	if (language_parse(text, &language))
		CHECK(language_parse(text_of(language_code(language)), &language_back) && language == language_back);
	if (role_parse(text, &role))
		CHECK(role_parse(text_of(role_code(role)), &role_back) && role == role_back);
	if (verdict_parse(text, &verdict)) {
		CHECK(verdict_parse(text_of(verdict_code(verdict)), &verdict_back) && verdict == verdict_back);
		CHECK(verdict_words(verdict));
	}
	uint16_t bit = tactic_bit(text);
	CHECK((bit & (bit - 1)) == 0 && bit < 1 << TACTIC_COUNT);
	const struct reason_kind *kind = reason_kind_named(text);
	CHECK(!kind || text_equal(text_of(kind->code), text));
}

static void check_hex(struct text text)
{
	uint8_t bytes[32], digest[32];
	char form[HEX_SIZE(32)];
	bool taken = hex_parse(text, bytes, sizeof bytes);
	CHECK(link_digest(text, digest) == taken);
	if (taken)
		CHECK(text_equal_nocase(text_of(hex_format(bytes, sizeof bytes, form)), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	check_ids(text);
	check_names(text);
	check_hex(text);
	return 0;
}
