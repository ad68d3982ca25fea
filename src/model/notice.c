/*
 * Notices and decisions: codes and what is valid. Called by the store before it writes and by the routes that read
 * them.
 */
#include "model/notice.h"

#include "base/catalog.h"

#include <string.h>

static const struct {
	const char *code;
	enum tlp tlp;
} tlp_codes[] = {
	{ "CLEAR", TLP_CLEAR },
	{ "GREEN", TLP_GREEN },
	{ "AMBER", TLP_AMBER },
	{ "AMBER+STRICT", TLP_AMBER_STRICT },
	{ "RED", TLP_RED },
};

const char *tlp_code(enum tlp tlp)
{
	for (size_t i = 0; i < sizeof tlp_codes / sizeof tlp_codes[0]; i++) {
		if (tlp_codes[i].tlp == tlp)
			return tlp_codes[i].code;
	}
	return "RED"; /* what is unknown is told to nobody */
}

bool tlp_parse(struct text code, enum tlp *tlp)
{
	if (code.size > 4 && text_equal_nocase((struct text){ code.at, 4 }, TEXT("TLP:")))
		code = (struct text){ code.at + 4, code.size - 4 };
	for (size_t i = 0; i < sizeof tlp_codes / sizeof tlp_codes[0]; i++) {
		if (text_equal_nocase(code, text_of(tlp_codes[i].code))) {
			*tlp = tlp_codes[i].tlp;
			return true;
		}
	}
	return false;
}

bool tlp_may_travel_open(enum tlp tlp)
{
	return tlp <= TLP_GREEN;
}

const char *tlp_handling(enum tlp tlp)
{
	switch (tlp) {
	case TLP_CLEAR:
		return N_("TLP:CLEAR: may be shared without limit.");
	case TLP_GREEN:
		return N_("TLP:GREEN: may be shared within your community, not through publicly accessible channels.");
	case TLP_AMBER:
		return N_(
		    "TLP:AMBER: may be shared on a need-to-know basis within your organisation and with its clients.");
	case TLP_AMBER_STRICT:
		return N_("TLP:AMBER+STRICT: may be shared on a need-to-know basis within your organisation only.");
	case TLP_RED:
		break;
	}
	return N_("TLP:RED: for the eyes and ears of the individual recipients only; not to be passed on.");
}

const char *notice_state_code(enum notice_state state)
{
	switch (state) {
	case NOTICE_DRAFT:
		return "draft";
	case NOTICE_SENT:
		return "sent";
	case NOTICE_ACKNOWLEDGED:
		return "acknowledged";
	case NOTICE_CLOSED:
		return "closed";
	case NOTICE_WITHDRAWN:
		return "withdrawn";
	}
	return "draft";
}

enum delivery_state delivery_state_after(enum error result)
{
	switch (result) {
	case OK:
		return DELIVERY_DONE;
	case ERROR_AGAIN:
		return DELIVERY_WAITING;
	case ERROR_LIMIT:
		return DELIVERY_GIVEN_UP;
	default:
		return DELIVERY_FAILED;
	}
}

const char *delivery_state_code(enum delivery_state state)
{
	switch (state) {
	case DELIVERY_WAITING:
		return "waiting";
	case DELIVERY_DONE:
		return "done";
	case DELIVERY_FAILED:
		return "failed";
	case DELIVERY_GIVEN_UP:
		return "given-up";
	}
	return "waiting";
}

#define DECISION_LONGEST (366 * DAY)

const char *decision_problem(const struct decision *decision)
{
	if (!decision->signature[0] && !decision->host[0] && !decision->account[0] && decision->source.length == 0)
		return "a decision needs a signature, a host, an account or a source: a detector alone would silence "
		       "it all";
	if (text_trim(text_of(decision->reason)).size < 3)
		return "a decision needs a reason";
	if (uuid_is_nil(decision->author))
		return "a decision needs an author";
	if (decision->expires <= decision->created)
		return "a decision needs an expiry after its creation";
	if (decision->expires - decision->created > DECISION_LONGEST)
		return "a decision expires within 366 days: it can be renewed at its review";
	if (decision->review <= decision->created || decision->review > decision->expires)
		return "a decision needs a review date between its creation and its expiry";
	if (decision->organisation == 0 && decision->source.length == 0 && !decision->signature[0])
		return "a decision for every organisation needs a signature or a source";
	const char *texts[] = { decision->detector, decision->signature, decision->host, decision->account,
		decision->reason };
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct text text = text_of(texts[i]);
		if (text_utf8_valid(text) != text.size)
			return "the texts of a decision must be UTF-8";
	}
	return NULL;
}
