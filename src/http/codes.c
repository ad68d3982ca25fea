/*
 * The table of words for codes. Japanese: po/ja.po.
 */
#include "http/codes.h"

#include "base/catalog.h"
#include "model/reason.h"

#include <stddef.h>

static const struct {
	const char *group, *code, *words;
} codes[] = {
	{ "event-state", "open", N_("Open") },
	{ "event-state", "confirmed", N_("Needs handling") },
	{ "event-state", "dismissed", N_("Dismissed") },
	{ "event-state", "merged", N_("Merged") },
	{ "notice", "draft", N_("Draft") },
	{ "notice", "sent", N_("Waits for acknowledgement") },
	{ "notice", "acknowledged", N_("Receipt acknowledged") },
	{ "notice", "closed", N_("Closed") },
	{ "notice", "withdrawn", N_("Withdrawn") },
	{ "delivery", "waiting", N_("Waiting") },
	{ "delivery", "done", N_("Delivered") },
	{ "delivery", "failed", N_("Failed") },
	{ "delivery", "given-up", N_("Given up") },
	{ "receipt", "none", N_("Not sent") },
	{ "receipt", "on-its-way", N_("Mail on its way") },
	{ "receipt", "mail-failed", N_("Mail failed; in the inbox") },
	{ "receipt", "delivered", N_("Delivered") },
	{ "receipt", "acknowledged", N_("Receipt acknowledged") },
	{ "channel", "inbox", N_("Inbox") },
	{ "channel", "mail", N_("Mail") },
	{ "purpose", "notice", N_("Notice") },
	{ "purpose", "reminder", N_("Reminder") },
	{ "purpose", "escalation", N_("Escalation to the second contact") },
	{ "purpose", "withdrawal", N_("Withdrawal") },
	{ "dispatch-kind", "reach-test", N_("Reach test") },
	{ "dispatch-kind", "warning", N_("Early warning") },
	{ "dispatch-kind", "advisory", N_("Advisory") },
	{ "dispatch-kind", "newsletter", N_("Newsletter") },
	{ "dispatch-state", "draft", N_("Draft") },
	{ "dispatch-state", "proposed", N_("Proposed") },
	{ "dispatch-state", "running", N_("Sent, answers are awaited") },
	{ "dispatch-state", "closed", N_("Closed") },
	{ "dispatch-state", "withdrawn", N_("Withdrawn") },
	{ "dispatch-direction", "down", N_("Downwards") },
	{ "dispatch-direction", "up", N_("Upwards") },
	{ "dispatch-pass", "at-once", N_("At once") },
	{ "dispatch-pass", "acknowledged", N_("When one has acknowledged") },
	{ "verdict-short", "pending", N_("Not judged yet") },
	{ "verdict-short", "event", N_("Event") },
	{ "verdict-short", "context", N_("Context") },
	{ "verdict-short", "background", N_("Noise: background") },
	{ "verdict-short", "failed", N_("Noise: failed") },
	{ "verdict-short", "reconnaissance", N_("Noise: reconnaissance") },
	{ "verdict-short", "duplicate", N_("Noise: duplicate") },
	{ "verdict-short", "known-source", N_("Noise: known source") },
	{ "verdict-short", "decision", N_("Noise: decision") },
	{ "verdict-short", "unremarkable", N_("Noise: unremarkable") },
	{ "severity", "unknown", N_("Severity unknown") },
	{ "severity", "info", N_("Information") },
	{ "severity", "low", N_("Low") },
	{ "severity", "medium", N_("Medium") },
	{ "severity", "high", N_("High") },
	{ "severity", "critical", N_("Critical") },
	{ "outcome", "unknown", N_("Outcome unknown") },
	{ "outcome", "failed", N_("Attempt failed") },
	{ "outcome", "succeeded", N_("Attack possibly succeeded") },
	{ "role", "none", N_("Stranger") },
	{ "role", "administrator", N_("Administrator") },
	{ "role", "analyst", N_("Analyst") },
	{ "role", "member", N_("Member") },
	{ "role", "auditor", N_("Auditor") },
	{ "role", "sensor", N_("Sensor") },
	{ "step", "open", N_("Reopened") },
	{ "step", "reopen", N_("Reopened") },
	{ "step", "reopened", N_("Reopened") },
	{ "step", "confirm", N_("Marked as needing handling") },
	{ "step", "confirmed", N_("Marked as needing handling") },
	{ "step", "dismiss", N_("Dismissed") },
	{ "step", "dismissed", N_("Dismissed") },
	{ "step", "merge", N_("Merged") },
	{ "step", "merged", N_("Merged") },
	{ "step", "split", N_("Split") },
	{ "step", "split-off", N_("Split off from another event") },
	{ "moment", "first-alert", N_("First alert") },
	{ "moment", "opened", N_("Event opened") },
	{ "moment", "confirmed", N_("Marked as needing handling") },
	{ "moment", "dismissed", N_("Dismissed") },
	{ "moment", "merged", N_("Merged") },
	{ "moment", "notice-sent", N_("Notice sent") },
	{ "moment", "acknowledged", N_("Receipt acknowledged") },
	{ "sensor", "enrolled", N_("Enrolled") },
	{ "sensor", "reporting", N_("Reporting") },
	{ "sensor", "silent", N_("Silent") },
	{ "sensor", "revoked", N_("Revoked") },
	{ "certificate", "good", N_("Good") },
	{ "certificate", "early", N_("Not valid yet") },
	{ "certificate", "expired", N_("Expired") },
	{ "certificate", "superseded", N_("Replaced by a newer one") },
	{ "certificate", "revoked", N_("Revoked") },
	{ "enrolment", "open", N_("Waits for a machine") },
	{ "enrolment", "used", N_("Used") },
	{ "enrolment", "expired", N_("Expired") },
	{ "enrolment", "withdrawn", N_("Withdrawn") },
	{ "sensor-state", "ok", N_("Works") },
	{ "sensor-state", "never", N_("Not heard of yet") },
	{ "sensor-state", "silent", N_("Silent") },
	{ "sensor-state", "slow", N_("Slow") },
	{ "sensor-state", "dropping", N_("Dropping") },
	{ "sensor-state", "drifting", N_("Clock wrong") },
	{ "sensor-state", "sampled", N_("Sampled") },
	{ "sensor-state", "maintenance", N_("Maintenance") },
	{ "sensor-state", "no-sensor", N_("Without a sensor") },
	{ "capture-by", "organisation", N_("By the organisation") },
	{ "capture-by", "centre", N_("By the centre") },
	{ "capture", "not", N_("Not recorded") },
	{ "capture", "stays", N_("Stays at the member") },
	{ "capture", "reduced", N_("Leaves reduced") },
	{ "capture", "leaves", N_("Leaves as it is") },
	{ "capture-kind", "name", N_("Names looked up (DNS)") },
	{ "capture-kind", "server", N_("Names of servers (TLS, HTTP)") },
	{ "capture-kind", "agent", N_("Software of both ends") },
	{ "capture-kind", "url", N_("URLs") },
	{ "capture-kind", "mail", N_("Mail addresses") },
	{ "capture-kind", "subject", N_("Subjects of mails") },
	{ "capture-kind", "file", N_("Names of transferred files") },
	{ "capture-kind", "hash", N_("Hashes of transferred files") },
	{ "capture-kind", "path", N_("Programs and files of hosts") },
	{ "capture-kind", "account", N_("Names of accounts") },
	{ "capture-kind", "command", N_("Commands and their arguments") },
	{ "capture-kind", "text", N_("Lines of logs as they are") },
	{ "capture-kind", "payload", N_("Packets and bodies") },
	{ "community", "sector", N_("Sector body") },
	{ "community", "council", N_("Council across sectors") },
	{ "community", "isac", N_("ISAC") },
	{ "community", "closed", N_("Closed circle") },
	{ "community", "bilateral", N_("Bilateral") },
	{ "community", "open", N_("Open to every organisation") },
	{ "membership", "reader", N_("Reads") },
	{ "membership", "member", N_("Reads and gives") },
	{ "membership", "steward", N_("Keeps the community") },
	{ "log-outcome", "done", N_("Done") },
	{ "log-outcome", "denied", N_("Denied") },
	{ "log-outcome", "failed", N_("Failed") },
};

const char *code_words(struct text group, struct text code)
{
	enum verdict verdict;
	if (text_equal(group, TEXT("verdict")))
		return verdict_parse(code, &verdict) ? verdict_words(verdict) : NULL;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (text_equal(group, text_of(codes[i].group)) && text_equal(code, text_of(codes[i].code)))
			return codes[i].words;
	return NULL;
}

bool code_group_exists(struct text group)
{
	if (text_equal(group, TEXT("verdict")))
		return true;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (text_equal(group, text_of(codes[i].group)))
			return true;
	return false;
}
