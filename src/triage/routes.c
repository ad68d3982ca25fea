/*
 * The route table of triage.
 */
#include "triage/routes.h"

static const char *const states[] = { "open", "confirmed", "dismissed", "merged", NULL };
static const char *const orders[] = { "rank", "time", NULL };
static const char *const verdicts[] = { "pending", "event", "context", "background", "failed", "reconnaissance",
	"duplicate", "known-source", "decision", "unremarkable", "foreign", NULL };

#define ID                                                                                                             \
	{                                                                                                              \
		"id", FIELD_UUID, IN_PATH, true, .summary = "The event."                                               \
	}
#define AFTER                                                                                                          \
	{                                                                                                              \
		"after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before."                    \
	}
#define LIMIT                                                                                                          \
	{                                                                                                              \
		"limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,                                      \
							 .summary = "Rows on one page; 50 when absent."                \
	}
#define ORGANISATION                                                                                                   \
	{                                                                                                              \
		"organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = UINT32_MAX,                        \
								.summary = "Only this organisation's."                 \
	}
#define FROM                                                                                                           \
	{                                                                                                              \
		"from", FIELD_TIME, IN_QUERY, false, .summary = "What occurred at or after this time."                 \
	}
#define TO                                                                                                             \
	{                                                                                                              \
		"to", FIELD_TIME, IN_QUERY, false, .summary = "What occurred before this time."                        \
	}
#define REASON(required_)                                                                                              \
	{                                                                                                              \
		"reason", FIELD_TEXT, IN_BODY, required_, 511, .summary = "Why; people read it."                       \
	}
#define MATCHES                                                                                                        \
	{ "detector", FIELD_TEXT, IN_BODY, false, NAME_SIZE - 1,                                                       \
		.summary = "Alerts of this detector; any when absent." },                                              \
	    { "signature", FIELD_TEXT, IN_BODY, false, 255,                                                            \
		    .summary = "Alerts with this signature; any when absent." },                                       \
	    { "host", FIELD_TEXT, IN_BODY, false, NAME_SIZE - 1, .summary = "Alerts of this host; any when absent." }, \
	    { "account", FIELD_TEXT, IN_BODY, false, NAME_SIZE - 1,                                                    \
		    .summary = "Alerts of this account; any when absent." },                                           \
	    { "source", FIELD_PREFIX, IN_BODY, false,                                                                  \
		    .summary = "Alerts from this address or prefix; any when absent." },                               \
	    { "expires", FIELD_TIME, IN_BODY, false, .summary = "When it ends; after 90 days when absent." },          \
	{                                                                                                              \
		"review", FIELD_TIME, IN_BODY, false,                                                                  \
		    .summary = "When it is looked at again; half-way to its end when absent."                          \
	}

static const struct field list_fields[] = {
	{ "state", FIELD_CHOICE, IN_QUERY, false, .choices = states,
	    .summary = "Only events that stand so; the page shows open ones." },
	ORGANISATION,
	{ "sector", FIELD_TEXT, IN_QUERY, false, NAME_SIZE - 1, .summary = "Only organisations of this sector." },
	{ "order", FIELD_CHOICE, IN_QUERY, false, .choices = orders,
	    .summary = "By rank (when absent) or by last time, both falling." },
	FROM,
	TO,
	{ "campaign", FIELD_UUID, IN_QUERY, false, .summary = "Only events of this campaign; for the centre." },
	AFTER,
	LIMIT,
	{ NULL },
};
static const struct field id_fields[] = { ID, { NULL } };
static const struct field event_page_fields[] = {
	ID,
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `alerts_next` of the page of alerts before." },
	{ NULL },
};
static const struct field event_alerts_fields[] = { ID, AFTER, LIMIT, { NULL } };
static const struct field reason_fields[] = { ID, REASON(false), { NULL } };
static const struct field dismiss_fields[] = {
	ID,
	REASON(true),
	{ "standing", FIELD_BOOLEAN, IN_BODY, false,
	    .summary = "Also make a standing decision; without any of its fields from the event's weightiest signature "
		       "and host." },
	MATCHES,
	{ NULL },
};
static const struct field merge_fields[] = {
	ID,
	{ "into", FIELD_UUID, IN_BODY, true, .summary = "The event of the same organisation that it becomes part of." },
	REASON(true),
	{ NULL },
};
static const struct field split_fields[] = {
	ID,
	{ "hosts", FIELD_LIST, IN_BODY, true, 64,
	    .summary = "Listed hosts whose alerts become an event of their own." },
	REASON(true),
	{ NULL },
};
static const struct field decisions_fields[] = {
	{ "standing", FIELD_BOOLEAN, IN_QUERY, false, .summary = "Only those in force." },
	AFTER,
	LIMIT,
	{ NULL },
};
static const struct field decision_id_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The decision." },
	{ NULL },
};
static const struct field decision_fields[] = {
	{ "organisation", FIELD_INTEGER, IN_BODY, false, .least = 1, .most = UINT32_MAX,
	    .summary = "Whose alerts; every organisation's when absent." },
	REASON(true),
	MATCHES,
	{ NULL },
};
static const struct field alerts_fields[] = {
	{ "contains", FIELD_TEXT, IN_QUERY, false,
	    .summary = "Part of the original line; letters' case does not matter." },
	{ "verdict", FIELD_CHOICE, IN_QUERY, false, .choices = verdicts, .summary = "What became of it." },
	{ "event", FIELD_UUID, IN_QUERY, false, .summary = "Only alerts of this event." },
	ORGANISATION,
	FROM,
	TO,
	AFTER,
	LIMIT,
	{ NULL },
};
static const struct field alert_fields[] = {
	{ "position", FIELD_TEXT, IN_PATH, true, 20, .summary = "Its position in history." },
	{ NULL },
};
#define MINUTES                                                                                                        \
	{                                                                                                              \
		"minutes", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 1440,                                   \
							   .summary = "How long before and after it; 10 when absent."  \
	}
#define RECORD_TYPE                                                                                                    \
	{                                                                                                              \
		"type", FIELD_TEXT, IN_QUERY, false, 64, .summary = "Only this type: flow, dns, tls, http …"         \
	}
#define RECORD_NAME                                                                                                    \
	{                                                                                                              \
		"domain", FIELD_TEXT, IN_QUERY, false, 253,                                                            \
		    .summary = "With this name (DNS, SNI, Host) or one below it."                                      \
	}
#define RECORDS_ASKED                                                                                                  \
	{ "address", FIELD_PREFIX, IN_QUERY, false, .summary = "One end of it lies in this address or prefix." },      \
	    RECORD_NAME, RECORD_TYPE,                                                                                  \
	    { "community_id", FIELD_TEXT, IN_QUERY, false, 64, .summary = "Of this connection." },                     \
	    { "contains", FIELD_TEXT, IN_QUERY, false,                                                                 \
		    .summary = "Part of the original line; letters' case does not matter." },                          \
	    { "event", FIELD_UUID, IN_QUERY, false,                                                                    \
		    .summary = "What the hosts of this event did: from some minutes before it to as long after it." }, \
	    MINUTES, ORGANISATION, FROM, TO, AFTER, LIMIT
static const struct field records_fields[] = {
	RECORDS_ASKED,
	{ "sensor", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = UINT32_MAX, .summary = "Only this sensor's." },
	{ NULL },
};
static const struct field records_page_fields[] = { RECORDS_ASKED, { NULL } };
static const struct field alert_records_fields[] = {
	{ "position", FIELD_TEXT, IN_PATH, true, 20, .summary = "The alert's position in history." },
	RECORD_NAME,
	RECORD_TYPE,
	MINUTES,
	AFTER,
	LIMIT,
	{ NULL },
};
static const struct field funnel_fields[] = {
	ORGANISATION,
	{ "from", FIELD_TIME, IN_QUERY, false, .summary = "First day (UTC); from the beginning when absent." },
	{ "to", FIELD_TIME, IN_QUERY, false, .summary = "Last day (UTC), it included; to the end when absent." },
	{ NULL },
};

static const char *const periods[] = { "fiscal-year", "year", "month", NULL };
static const char *const forms[] = { "json", "csv", NULL };
#define YEAR(name_, summary_)                                                                                          \
	{                                                                                                              \
		name_, FIELD_INTEGER, IN_QUERY, false, .least = 1971, .most = 2260, .summary = summary_                \
	}
static const struct field statistics_fields[] = {
	{ "by", FIELD_CHOICE, IN_QUERY, false, .choices = periods,
	    .summary = "Fiscal years (April to March; when absent), years or months, of Japan (JST)." },
	ORGANISATION,
	{ "sector", FIELD_TEXT, IN_QUERY, false, NAME_SIZE - 1, .summary = "Only organisations of this sector." },
	YEAR("first_year", "From this year on; a fiscal year when counted by fiscal years."),
	YEAR("last_year", "To this year, it included."),
	{ "format", FIELD_CHOICE, IN_QUERY, false, .choices = forms, .summary = "csv: the rows as CSV." },
	{ NULL },
};
static const struct field campaigns_fields[] = { AFTER, LIMIT, { NULL } };
static const struct field campaign_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The campaign." },
	{ NULL },
};
static const struct field analyse_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The campaign." },
	{ "text", FIELD_LINES, IN_BODY, true, ANALYSIS_LARGEST, .summary = "The analysis, whole: a new version." },
	{ "seen", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = INT32_MAX,
	    .summary = "The version that the author saw, 0 = there was none; or say it with If-Match." },
	{ NULL },
};

/* A reading for programs under /v1 and the same as a page. */
#define READ(path_, page_path_, name_, page_, action_, handler_, fields_, summary_)                                    \
	{ ROUTE_JSON, "GET", "/v1" path_, name_, summary_, fields_, action_, .handle = handler_ },                     \
	{                                                                                                              \
		ROUTE_PAGE, "GET", page_path_, name_ "-page", summary_, fields_, action_, .page = page_,               \
											  .handle = handler_           \
	}
/* The same for what can be asked again later, and costs much: put off while the centre is overloaded. */
#define LATER_READ(path_, name_, page_, action_, handler_, fields_, summary_)                                          \
	{ ROUTE_JSON, "GET", "/v1" path_, name_, summary_, fields_, action_, .deferrable = true, .handle = handler_ }, \
	{                                                                                                              \
		ROUTE_PAGE, "GET", path_, name_ "-page", summary_, fields_, action_, .deferrable = true,               \
										     .page = page_, .handle = handler_ \
	}
/* A change for programs under /v1 and for the button on a page. Versioned: of a thing that is there. */
#define CHANGE(path_, name_, action_, handler_, fields_, summary_, versioned_)                                         \
	{ ROUTE_JSON, "POST", "/v1" path_, name_, summary_, fields_, action_, .changes = true,                         \
		.versioned = versioned_, .handle = handler_ },                                                         \
	{                                                                                                              \
		ROUTE_FORM, "POST", path_, name_ "-form", summary_, fields_, action_, .changes = true,                 \
										      .handle = handler_               \
	}

/* The same for what others are not even told of. */
#define HIDDEN_READ(path_, name_, page_, handler_, fields_, summary_)                                                  \
	{ ROUTE_JSON, "GET", "/v1" path_, name_, summary_, fields_, ACTION_CAMPAIGN_READ, .hidden = true,              \
		.handle = handler_ },                                                                                  \
	{                                                                                                              \
		ROUTE_PAGE, "GET", path_, name_ "-page", summary_, fields_, ACTION_CAMPAIGN_READ,                      \
		    .hidden = true, .page = page_, .handle = handler_                                                  \
	}

/* Communications as such: who may not read them is not even told whether there are any. */
#define RECORDS_READ(path_, name_, handler_, fields_, page_fields_, summary_)                                          \
	{ ROUTE_JSON, "GET", "/v1" path_, name_, summary_, fields_, ACTION_RECORD_READ, .hidden = true,                \
		.deferrable = true, .handle = handler_ },                                                              \
	{                                                                                                              \
		ROUTE_PAGE, "GET", path_, name_ "-page", summary_, page_fields_, ACTION_RECORD_READ,                   \
		    .hidden = true, .deferrable = true, .page = "records", .handle = handler_                          \
	}

const struct route triage_routes[] = {
	READ("/events", "/queue", "event-list", "queue", ACTION_EVENT_READ, events_list, list_fields,
	    "Events that need confirmation."),
	{ ROUTE_JSON, "GET", "/v1/events/{id}", "event-read",
	    "One event with its reasons and what was decided about it.", id_fields, ACTION_EVENT_READ,
	    .handle = event_read },
	{ ROUTE_PAGE, "GET", "/events/{id}", "event-read-page",
	    "One event with its reasons, what was decided about it, and its alerts, 200 on a page.", event_page_fields,
	    ACTION_EVENT_READ, .page = "event", .handle = event_read },
	{ ROUTE_JSON, "GET", "/v1/events/{id}/alerts", "event-alerts", "The alerts behind an event.",
	    event_alerts_fields, ACTION_EVENT_READ, .handle = event_alerts },
	CHANGE("/events/{id}/confirm", "event-confirm", ACTION_EVENT_DECIDE, event_confirm, reason_fields,
	    "It needs handling.", true),
	CHANGE("/events/{id}/dismiss", "event-dismiss", ACTION_EVENT_DECIDE, event_dismiss, dismiss_fields,
	    "It needs none; it may become a standing decision.", true),
	CHANGE("/events/{id}/reopen", "event-reopen", ACTION_EVENT_DECIDE, event_reopen, reason_fields,
	    "Take back what was decided.", true),
	CHANGE("/events/{id}/merge", "event-merge", ACTION_EVENT_DECIDE, event_merge, merge_fields,
	    "Make it part of another event of the same organisation.", true),
	CHANGE("/events/{id}/split", "event-split", ACTION_EVENT_DECIDE, event_split, split_fields,
	    "Make an event of their own of some of its hosts.", true),
	READ("/decisions", "/decisions", "decision-list", "decisions", ACTION_DECISION_READ, decisions_list,
	    decisions_fields, "Standing decisions, the newest first."),
	{ ROUTE_JSON, "GET", "/v1/decisions/{id}", "decision-read", "One standing decision.", decision_id_fields,
	    ACTION_DECISION_READ, .handle = decision_read },
	CHANGE("/decisions", "decision-create", ACTION_DECISION_WRITE, decision_create, decision_fields,
	    "Make a standing decision: alerts that match leave as noise.", false),
	CHANGE("/decisions/{id}/withdraw", "decision-withdraw", ACTION_DECISION_WRITE, decision_withdraw,
	    decision_id_fields, "End a standing decision now.", true),
	READ("/funnel", "/funnel", "funnel-read", "funnel", ACTION_COUNTER_READ, funnel_read, funnel_fields,
	    "From alerts to events, by reason, organisation and day."),
	LATER_READ("/statistics", "statistics-read", "statistics", ACTION_COUNTER_READ, statistics_read,
	    statistics_fields, "Events and notices by year or month, sector and organisation; JSON or CSV."),
	HIDDEN_READ("/campaigns", "campaign-list", "campaigns", campaigns_list, campaigns_fields,
	    "Campaigns: events of several organisations that are one attempt."),
	HIDDEN_READ("/campaigns/{id}", "campaign-read", "campaign", campaign_read, campaign_fields,
	    "One campaign: the events of each organisation, what they share, and what analysts wrote."),
	{ ROUTE_JSON, "POST", "/v1/campaigns/{id}/analysis", "campaign-analyse",
	    "Write what the campaign is: a new version.", analyse_fields, ACTION_CAMPAIGN_WRITE, .hidden = true,
	    .changes = true, .versioned = true, .handle = campaign_analyse },
	{ ROUTE_FORM, "POST", "/campaigns/{id}/analysis", "campaign-analyse-form",
	    "Write what the campaign is: a new version.", analyse_fields, ACTION_CAMPAIGN_WRITE, .hidden = true,
	    .changes = true, .handle = campaign_analyse },
	LATER_READ("/alerts", "alert-list", "alerts", ACTION_ALERT_READ, alerts_list, alerts_fields,
	    "Search every alert that is kept, the newest first."),
	READ("/alerts/{position}", "/alerts/{position}", "alert-read", "alerts", ACTION_ALERT_READ, alert_read,
	    alert_fields, "One alert with its original line."),
	RECORDS_READ("/records", "record-list", records_list, records_fields, records_page_fields,
	    "Search the records that are no alerts; a page may hold fewer than asked for and still have a `next`."),
	RECORDS_READ("/alerts/{position}/records", "alert-records", alert_records, alert_records_fields,
	    alert_records_fields, "The records around an alert: of its connection, or between its two hosts."),
	{ .name = NULL },
};
