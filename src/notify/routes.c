/*
 * The route table of notify.
 */
#include "notify/routes.h"

#include "notify/bulletin.h"

static const char *const tlps[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", NULL };
static const char *const states[] = { "draft", "sent", "acknowledged", "closed", "withdrawn", NULL };
static const char *const endings[] = { "draft", "send", NULL };

#define ID                                                                                                             \
	{                                                                                                              \
		"id", FIELD_UUID, IN_PATH, true, .summary = "The notice."                                              \
	}

static const struct field create_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The event that its organisation is told of." },
	{ "tlp", FIELD_CHOICE, IN_BODY, false, .choices = tlps, .summary = "TLP 2.0 label; AMBER when absent." },
	{ "deadline", FIELD_TIME, IN_BODY, false,
	    .summary = "By when it is to be acknowledged; by severity and TLP when absent." },
	{ "hours", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = 2160,
	    .summary = "Instead of `deadline`: hours from now." },
	{ "advice", FIELD_LINES, IN_BODY, false, 8192, .summary = "What the organisation should do." },
	{ "subject_ja", FIELD_TEXT, IN_BODY, false, 255,
	    .summary = "Subject in Japanese; made from the event when absent." },
	{ "subject_en", FIELD_TEXT, IN_BODY, false, 255,
	    .summary = "Subject in English; made from the event when absent." },
	{ "then", FIELD_CHOICE, IN_BODY, false, .choices = endings,
	    .summary = "\"send\" sends it at once; else it stays a draft." },
	{ NULL },
};
static const struct field list_fields[] = {
	{ "state", FIELD_CHOICE, IN_QUERY, false, .choices = states, .summary = "Only notices in this state." },
	{ "event", FIELD_UUID, IN_QUERY, false, .summary = "Only notices about this event." },
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,
	    .summary = "Notices on one page; 100 when absent." },
	{ NULL },
};
static const struct field bulletin_fields[] = {
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500, .summary = "Of one page; 50 when absent." },
	{ NULL },
};
static const struct field id_fields[] = { ID, { NULL } };
static const struct field reply_fields[] = {
	ID,
	{ "text", FIELD_LINES, IN_BODY, true, 8192, .summary = "What the organisation answers." },
	{ NULL },
};
static const struct field link_fields[] = {
	{ "secret", FIELD_SECRET, IN_PATH, true, 128, .summary = "From the link in the mail." },
	{ NULL },
};
static const struct field link_post_fields[] = {
	{ "secret", FIELD_SECRET, IN_PATH, true, 128, .summary = "From the link in the mail." },
	{ "name", FIELD_TEXT, IN_BODY, false, 120, .summary = "Who acknowledges." },
	{ NULL },
};

/* A step of a notice: for programs under /v1, and for the button on its page. */
#define STEP(step_, action_, handler_, fields_, summary_)                                                              \
	{ ROUTE_JSON, "POST", "/v1/notices/{id}/" step_, "notice-" step_, summary_, fields_, action_, .changes = true, \
		.versioned = true, .handle = handler_ },                                                               \
	{                                                                                                              \
		ROUTE_FORM, "POST", "/notices/{id}/" step_, "notice-" step_ "-form", summary_, fields_, action_,       \
		    .changes = true, .handle = handler_                                                                \
	}

const struct route notify_routes[] = {
	{ ROUTE_JSON, "POST", "/v1/events/{id}/notices", "notice-create", "Draft a notice, or send it at once.",
	    create_fields, ACTION_NOTICE_WRITE, .changes = true, .handle = notice_create },
	{ ROUTE_FORM, "POST", "/events/{id}/notices", "notice-create-form", "Draft a notice, or send it at once.",
	    create_fields, ACTION_NOTICE_WRITE, .changes = true, .handle = notice_create },
	{ ROUTE_JSON, "GET", "/v1/notices", "notice-list", "Notices, newest first.", list_fields, ACTION_NOTICE_READ,
	    .handle = notice_list },
	{ ROUTE_PAGE, "GET", "/notices", "notice-list-page", "Notices, newest first.", list_fields, ACTION_NOTICE_READ,
	    .page = "notices", .handle = notice_list },
	{ ROUTE_JSON, "GET", "/v1/bulletins", "bulletin-list", "What the centre told of its own accord, newest first.",
	    bulletin_fields, ACTION_NOTICE_READ, .handle = bulletin_list },
	{ ROUTE_PAGE, "GET", "/bulletins", "bulletin-page", "What the centre told of its own accord, newest first.",
	    bulletin_fields, ACTION_NOTICE_READ, .page = "bulletins", .handle = bulletin_list },
	{ ROUTE_PAGE, "GET", "/inbox", "inbox-page", "What was sent to one's organisation.", list_fields,
	    ACTION_NOTICE_READ, .page = "inbox", .handle = notice_inbox },
	{ ROUTE_JSON, "GET", "/v1/notices/{id}", "notice-read", "One notice with its evidence, text and deliveries.",
	    id_fields, ACTION_NOTICE_READ, .handle = notice_read },
	{ ROUTE_PAGE, "GET", "/notices/{id}", "notice-page", "One notice with its evidence, text and deliveries.",
	    id_fields, ACTION_NOTICE_READ, .page = "notice", .handle = notice_read },
	STEP("send", ACTION_NOTICE_WRITE, notice_send, id_fields, "Send a draft."),
	STEP("withdraw", ACTION_NOTICE_WRITE, notice_withdraw, id_fields, "Take a notice back."),
	STEP("close", ACTION_NOTICE_WRITE, notice_close, id_fields, "Nothing more is expected."),
	STEP("acknowledge", ACTION_NOTICE_ACKNOWLEDGE, notice_acknowledge, id_fields, "Say that it was received."),
	STEP("reply", ACTION_NOTICE_ACKNOWLEDGE, notice_reply, reply_fields, "Answer the centre."),
	{ ROUTE_PAGE, "GET", "/n/{secret}", "acknowledge-page", "The page behind the link in a mail; changes nothing.",
	    link_fields, ACTION_NOTICE_ACKNOWLEDGE, .stranger = true, .limits = { .per_minute = 60 },
	    .page = "acknowledge", .handle = link_show },
	{ ROUTE_FORM, "POST", "/n/{secret}", "acknowledge-form", "Acknowledge by the link in a mail.", link_post_fields,
	    ACTION_NOTICE_ACKNOWLEDGE, .stranger = true, .changes = true, .limits = { .per_minute = 60 },
	    .handle = link_acknowledge },
	{ ROUTE_PAGE, "GET", "/acknowledged", "acknowledged-page", "Thanks for an acknowledgement.", NULL,
	    ACTION_NOTICE_ACKNOWLEDGE, .stranger = true, .page = "acknowledged", .handle = link_done },
	{ .name = NULL },
};
