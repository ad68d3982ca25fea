/*
 * The route table of reach.
 */
#include "reach/routes.h"

static const char *const kinds[] = { "reach-test", "warning", "advisory", "newsletter", NULL };
static const char *const directions[] = { "down", "up", NULL };
static const char *const passes[] = { "at-once", "acknowledged", NULL };
static const char *const timings[] = { "none", "short", "middle", "long", NULL };
static const char *const tlps[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", NULL };
static const char *const formats[] = { "json", "csv", NULL };
static const char *const reasons[] = { "reached", "waiting", "not-passed-on", "no-address", "stale-contact", "bounced",
	"no-answer", "late", "answered-by-another", NULL };
static const char *const mails[] = { "bounce", "reply", NULL };

#define ID(what_)                                                                                                      \
	{                                                                                                              \
		"id", FIELD_UUID, IN_PATH, true, .summary = what_                                                      \
	}
#define PAGE_FIELDS                                                                                                    \
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },                       \
	{                                                                                                              \
		"limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,                                      \
							 .summary = "Of one page; 50 when absent."                     \
	}

#define AUDIENCE                                                                                                       \
	{ "list", FIELD_TEXT, IN_BODY, false, 127, .summary = "The list of the directory to which it goes; or" },      \
	    { "community", FIELD_TEXT, IN_BODY, false, 127,                                                            \
		    .summary = "short name of the community whose members get it." },                                  \
	{                                                                                                              \
		"tags", FIELD_TEXT, IN_BODY, false, 255, .summary = "Apart by commas; a digest picks by one."          \
	}

static const struct field list_fields[] = { PAGE_FIELDS, { NULL } };
static const struct field publication_list_fields[] = { PAGE_FIELDS,
	{ "text", FIELD_BOOLEAN, IN_QUERY, false,
	    .summary = "With the texts, for programs that pass them on; nobody has opened them by that." },
	{ NULL } };
static const struct field create_fields[] = {
	{ "kind", FIELD_CHOICE, IN_BODY, true, .choices = kinds, .summary = "What it is." },
	AUDIENCE,
	{ "timing", FIELD_CHOICE, IN_BODY, false, .choices = timings,
	    .summary = "A timing class: it makes a text of `content`, and sets the time to answer." },
	{ "content", FIELD_LINES, IN_BODY, false, DISPATCH_BODY - 1,
	    .summary = "Of the timing class: destinations; \"CVE | severity | attack | title\"; or advice." },
	{ "signatories", FIELD_TEXT, IN_BODY, false, 1000,
	    .summary = "Short names of organisations, apart by commas, who issue it too: all must agree first." },
	{ "direction", FIELD_CHOICE, IN_BODY, false, .choices = directions,
	    .summary = "From the first tier down (when absent), or from the last one up." },
	{ "pass", FIELD_CHOICE, IN_BODY, false, .choices = passes,
	    .summary = "The next tier's turn is at once (when absent), or when one has acknowledged." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps, .summary = "TLP 2.0 label; GREEN when absent." },
	{ "subject_ja", FIELD_TEXT, IN_BODY, false, 255, .summary = "Subject in Japanese." },
	{ "subject_en", FIELD_TEXT, IN_BODY, false, 255, .summary = "Subject in English; one of both is needed." },
	{ "text_ja", FIELD_LINES, IN_BODY, false, DISPATCH_BODY - 1, .summary = "Text in Japanese." },
	{ "text_en", FIELD_LINES, IN_BODY, false, DISPATCH_BODY - 1, .summary = "Text in English." },
	{ "questions", FIELD_LINES, IN_BODY, false, DISPATCH_QUESTIONS - 1,
	    .summary = "The self-check sheet: one question a line, at most eight." },
	{ "minutes", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 60 * 24 * 90,
	    .summary = "How long after the start an answer is in time; a day when absent." },
	{ NULL },
};
static const struct field digest_fields[] = {
	AUDIENCE,
	{ "tag", FIELD_TEXT, IN_BODY, true, 64, .summary = "What was sent with this tag is in it." },
	{ "from", FIELD_TIME, IN_BODY, true, .summary = "Sent from then." },
	{ "to", FIELD_TIME, IN_BODY, false, .summary = "Sent before then; now when absent." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps,
	    .summary = "Of the digest, GREEN when absent; what is above it is not in it." },
	{ "subject_ja", FIELD_TEXT, IN_BODY, false, 255, .summary = "Subject in Japanese." },
	{ "subject_en", FIELD_TEXT, IN_BODY, false, 255, .summary = "Subject in English; one of both is needed." },
	{ "minutes", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 60 * 24 * 90,
	    .summary = "How long after the start an answer is in time; a day when absent." },
	{ NULL },
};
static const struct field count_fields[] = {
	{ "from", FIELD_TIME, IN_QUERY, false, .summary = "Sent from then." },
	{ "to", FIELD_TIME, IN_QUERY, false, .summary = "Sent before then." },
	{ NULL },
};
static const struct field feed_fields[] = {
	{ "secret", FIELD_SECRET, IN_PATH, true, 128, .summary = "From the address of the feed." },
	{ NULL },
};
static const struct field signature_fields[] = { ID("The message that is to be issued together."), { NULL } };
static const struct field id_fields[] = { ID("The dispatch."), { NULL } };
static const struct field seen_fields[] = {
	ID("The dispatch."),
	{ "recipients", FIELD_INTEGER, IN_BODY, true, .least = 1, .most = 4294967295,
	    .summary = "The number of recipients that you were shown." },
	{ NULL },
};
static const struct field deadline_fields[] = {
	ID("The dispatch."),
	{ "until", FIELD_TIME, IN_BODY, true, .summary = "Answers are in time until then; not before its start." },
	{ NULL },
};
static const struct field record_fields[] = {
	ID("The dispatch."),
	{ "reason", FIELD_CHOICE, IN_QUERY, false, .choices = reasons, .summary = "Only these." },
	{ "format", FIELD_CHOICE, IN_QUERY, false, .choices = formats,
	    .summary = "\"csv\": the records, as `noroshi reach` reads them." },
	{ NULL },
};
static const struct field contact_fields[] = {
	{ "list", FIELD_TEXT, IN_QUERY, false, 127, .summary = "Only of this list." },
	{ "troubled", FIELD_BOOLEAN, IN_QUERY, false, .summary = "Only those whom the last dispatch did not reach." },
	{ NULL },
};
static const struct field load_fields[] = {
	{ "list", FIELD_TEXT, IN_BODY, true, 127, .summary = "The list that the contacts are put into." },
	{ "contacts", FIELD_LINES, IN_BODY, true, 4u << 20,
	    .summary = "CSV with a header: name, title, tier, parent, contact, mail, language, organisation, agreed." },
	{ "replace", FIELD_BOOLEAN, IN_BODY, false,
	    .summary = "Contacts of the list that are not among them are taken out." },
	{ NULL },
};
static const struct field year_fields[] = {
	{ "years", FIELD_LINES, IN_BODY, true, 60000,
	    .summary = "CSV with a header: year, tier, addressed, reached, direction." },
	{ NULL },
};
static const struct field publication_fields[] = { ID("The message to one's organisation."), { NULL } };

#define ANSWER(number_)                                                                                                \
	{                                                                                                              \
		"answer" number_, FIELD_TEXT, IN_BODY, false, 500, .summary = "To question " number_ "."               \
	}
#define ANSWERS                                                                                                        \
	{ "name", FIELD_TEXT, IN_BODY, false, 120, .summary = "Who acknowledges." },                                   \
	    { "another", FIELD_BOOLEAN, IN_BODY, false, .summary = "Not the contact whom it was addressed to." },      \
	    ANSWER("1"), ANSWER("2"), ANSWER("3"), ANSWER("4"), ANSWER("5"), ANSWER("6"), ANSWER("7"), ANSWER("8"),    \
	{                                                                                                              \
		NULL                                                                                                   \
	}
static const struct field acknowledge_fields[] = { ID("The message to one's organisation."), ANSWERS };
static const struct field link_fields[] = {
	{ "secret", FIELD_SECRET, IN_PATH, true, 128, .summary = "From the link in the mail." },
	{ NULL },
};
static const struct field link_post_fields[] = {
	{ "secret", FIELD_SECRET, IN_PATH, true, 128, .summary = "From the link in the mail." },
	ANSWERS,
};
static const struct field mail_fields[] = {
	{ "secret", FIELD_SECRET, IN_PATH, true, 36,
	    .summary = "The recipient's id, as the Message-ID of the mail has it." },
	{ "kind", FIELD_CHOICE, IN_BODY, true, .choices = mails, .summary = "It came back, or a person answered it." },
	{ "status", FIELD_TEXT, IN_BODY, false, 15, .summary = "Of one that came back (RFC 3463)." },
	{ "words", FIELD_TEXT, IN_BODY, false, 255, .summary = "What the mail server said." },
	{ "from", FIELD_TEXT, IN_BODY, false, 255, .summary = "The address that answered." },
	{ NULL },
};

/* A step of a dispatch: for programs under /v1, and for the button on its page. */
#define STEP(step_, handler_, fields_, summary_)                                                                       \
	{ ROUTE_JSON, "POST", "/v1/dispatches/{id}/" step_, "dispatch-" step_, summary_, fields_, ACTION_NOTICE_WRITE, \
		.hidden = true, .changes = true, .handle = handler_ },                                                 \
	{                                                                                                              \
		ROUTE_FORM, "POST", "/dispatches/{id}/" step_, "dispatch-" step_ "-form", summary_, fields_,           \
		    ACTION_NOTICE_WRITE, .hidden = true, .changes = true, .handle = handler_                           \
	}
/* The same handler for programs and for a page. */
#define READ(path_, name_, page_, fields_, action_, hidden_, handler_, summary_)                                       \
	{ ROUTE_JSON, "GET", "/v1" path_, name_, summary_, fields_, action_, .hidden = hidden_, .handle = handler_ },  \
	{                                                                                                              \
		ROUTE_PAGE, "GET", path_, name_ "-page", summary_, fields_, action_, .hidden = hidden_, .page = page_, \
										     .handle = handler_                \
	}
#define CHANGE(path_, name_, fields_, largest_, handler_, summary_)                                                    \
	{ ROUTE_JSON, "POST", "/v1" path_, name_, summary_, fields_, ACTION_NOTICE_WRITE, .hidden = true,              \
		.changes = true, .limits = { .body = largest_ }, .handle = handler_ },                                 \
	{                                                                                                              \
		ROUTE_FORM, "POST", path_, name_ "-form", summary_, fields_, ACTION_NOTICE_WRITE,                      \
		    .hidden = true, .changes = true, .limits = { .body = largest_ }, .handle = handler_                \
	}

const struct route reach_routes[] = {
	READ("/dispatches", "dispatch-list", "dispatches", list_fields, ACTION_NOTICE_WRITE, true, dispatch_list,
	    "Reach tests, early warnings, advisories and newsletters, newest first."),
	CHANGE("/dispatches", "dispatch-create", create_fields, 0, dispatch_create,
	    "Draft a message to all of a list of the directory."),
	{ ROUTE_JSON, "POST", "/v1/dispatch-digests", "dispatch-digest",
	    "Draft a newsletter of what was sent with a tag in a time.", digest_fields, ACTION_NOTICE_WRITE,
	    .hidden = true, .changes = true, .handle = dispatch_digest },
	{ ROUTE_JSON, "GET", "/v1/dispatch-counts", "dispatch-counts", "How many were sent, by kind and language.",
	    count_fields, ACTION_NOTICE_WRITE, .hidden = true, .handle = dispatch_counts },
	READ("/dispatches/{id}", "dispatch-read", "dispatch", id_fields, ACTION_NOTICE_WRITE, true, dispatch_read,
	    "A dispatch: whom it goes to, whom it reached, by tier and by sector body, and why not the others."),
	{ ROUTE_JSON, "GET", "/v1/dispatches/{id}/records", "dispatch-records",
	    "The recipients of a dispatch, each with what came of it.", record_fields, ACTION_NOTICE_WRITE,
	    .hidden = true, .handle = dispatch_records },
	STEP("propose", dispatch_propose, seen_fields, "Propose to send it, having seen how many it goes to."),
	STEP(
	    "start", dispatch_start, seen_fields, "Send what somebody else proposed, having seen how many it goes to."),
	STEP("deadline", dispatch_deadline_set, deadline_fields, "Change until when answers are in time."),
	STEP("remind", dispatch_remind, id_fields, "Remind those who have not answered, each once."),
	STEP("close", dispatch_close, id_fields, "No more answers are taken; the directory learns whom it reached."),
	STEP("withdraw", dispatch_withdraw, id_fields, "Take it back: nothing more is sent."),
	READ("/contacts", "contact-list", "contacts", contact_fields, ACTION_NOTICE_WRITE, true, contact_list,
	    "The directory: lists, and contacts with what the last dispatch found."),
	CHANGE("/contacts", "contact-load", load_fields, 5u << 20, contact_load, "Put contacts into the directory."),
	READ("/reach-years", "reach-year-list", "reach-years", NULL, ACTION_NOTICE_WRITE, true, reach_year_list,
	    "Reach rates over the years."),
	CHANGE("/reach-years", "reach-year-load", year_fields, 0, reach_year_load,
	    "Enter years that were counted elsewhere."),
	READ("/publications", "publication-list", "publications", publication_list_fields, ACTION_NOTICE_READ, false,
	    publication_list, "What was sent to one's organisation, newest first."),
	READ("/publications/{id}", "publication-read", "publication", publication_fields, ACTION_NOTICE_READ, false,
	    publication_read, "One message to one's organisation."),
	{ ROUTE_JSON, "POST", "/v1/publications/{id}/acknowledge", "publication-acknowledge",
	    "Say that it was received.", acknowledge_fields, ACTION_NOTICE_ACKNOWLEDGE, .changes = true,
	    .handle = publication_acknowledge },
	{ ROUTE_FORM, "POST", "/publications/{id}/acknowledge", "publication-acknowledge-form",
	    "Say that it was received.", acknowledge_fields, ACTION_NOTICE_ACKNOWLEDGE, .changes = true,
	    .handle = publication_acknowledge },
	READ("/signatures", "signature-list", "signatures", NULL, ACTION_NOTICE_READ, false, signature_list,
	    "What one's organisation is asked to issue together with the centre."),
	{ ROUTE_JSON, "POST", "/v1/signatures/{id}/agree", "signature-agree", "Agree to issue it together.",
	    signature_fields, ACTION_NOTICE_ACKNOWLEDGE, .changes = true, .handle = signature_agree },
	{ ROUTE_FORM, "POST", "/signatures/{id}/agree", "signature-agree-form", "Agree to issue it together.",
	    signature_fields, ACTION_NOTICE_ACKNOWLEDGE, .changes = true, .handle = signature_agree },
	{ ROUTE_JSON, "POST", "/v1/feeds", "feed-make",
	    "The address of one's own Atom feed, new: the one before stops working.", NULL, ACTION_NOTICE_ACKNOWLEDGE,
	    .changes = true, .handle = feed_make },
	{ ROUTE_JSON, "GET", "/v1/feeds/{secret}", "feed-read", "What was sent to a reader's organisation, as Atom.",
	    feed_fields, ACTION_NOTICE_READ, .stranger = true, .handle = feed_read },
	{ ROUTE_JSON, "GET", "/v1/feed", "feed-public", "What is TLP:CLEAR, as Atom, where the operator wants it.",
	    NULL, ACTION_NOTICE_READ, .stranger = true, .handle = feed_public },
	{ ROUTE_PAGE, "GET", "/d/{secret}", "dispatch-link-page",
	    "The page behind the link in a mail of a dispatch; acknowledges nothing.", link_fields,
	    ACTION_NOTICE_ACKNOWLEDGE, .stranger = true, .limits = { .per_minute = 60 }, .page = "dispatch-link",
	    .handle = dispatch_link_show },
	{ ROUTE_FORM, "POST", "/d/{secret}", "dispatch-link-form", "Acknowledge by the link in a mail of a dispatch.",
	    link_post_fields, ACTION_NOTICE_ACKNOWLEDGE, .stranger = true, .changes = true,
	    .limits = { .per_minute = 60 }, .handle = dispatch_link_acknowledge },
	{ ROUTE_JSON, "POST", "/v1/dispatch-mails/{secret}", "dispatch-mail",
	    "What a mail that came in says of one that was sent (noroshi reach mail).", mail_fields,
	    ACTION_NOTICE_ACKNOWLEDGE, .stranger = true, .changes = true, .limits = { .per_minute = 6000 },
	    .handle = dispatch_mail },
	{ .name = NULL },
};
