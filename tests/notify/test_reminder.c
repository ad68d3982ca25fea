/*
 * The schedule of reminders and the default deadlines: pure functions of settings, notice and clock.
 */
#include "notify/reminder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SENT (1000 * HOUR)

static const struct notify_settings settings = { .reminder_lead = 4 * HOUR,
	.reminder_interval = 24 * HOUR,
	.reminder_maximum = 3,
	.deadline_critical = 8 * HOUR,
	.deadline_high = 24 * HOUR,
	.deadline_medium = 72 * HOUR,
	.deadline_other = 168 * HOUR,
	.deadline_strict = 24 * HOUR };

static struct notice sent_notice(nanoseconds given)
{
	return (struct notice){ .state = NOTICE_SENT, .sent = SENT, .deadline = SENT + given };
}

static void test_first_reminder_comes_its_lead_before_the_deadline(void **state)
{
	(void)state;
	struct notice notice = sent_notice(24 * HOUR);
	assert_false(reminder_plan(&settings, &notice, SENT + 20 * HOUR - 1).remind);
	struct reminder_plan plan = reminder_plan(&settings, &notice, SENT + 20 * HOUR);
	assert_true(plan.remind);
	assert_false(plan.escalate);
	assert_int_equal(plan.reminders, 1);
}

static void test_a_short_deadline_is_reminded_of_after_half_of_it(void **state)
{
	(void)state;
	struct notice notice = sent_notice(2 * HOUR);
	assert_false(reminder_plan(&settings, &notice, SENT + HOUR - 1).remind);
	assert_true(reminder_plan(&settings, &notice, SENT + HOUR).remind);
}

static void test_reminders_end_at_the_maximum(void **state)
{
	(void)state;
	struct notice notice = sent_notice(24 * HOUR);
	nanoseconds now = SENT;
	unsigned mails = 0;
	for (int step = 0; step < 1000; step++, now += HOUR) {
		struct reminder_plan plan = reminder_plan(&settings, &notice, now);
		mails += plan.remind;
		notice.reminders = plan.reminders;
		notice.escalated |= plan.escalate;
	}
	assert_int_equal(mails, 3);
	assert_int_equal(notice.reminders, 3);
}

static void test_what_fell_due_together_is_one_mail(void **state)
{
	(void)state;
	struct notice notice = sent_notice(24 * HOUR);
	struct reminder_plan plan = reminder_plan(&settings, &notice, SENT + 500 * HOUR);
	assert_true(plan.remind);
	assert_int_equal(plan.reminders, 3);
}

static void test_escalation_comes_once_and_only_past_the_deadline(void **state)
{
	(void)state;
	struct notice notice = sent_notice(24 * HOUR);
	assert_false(reminder_plan(&settings, &notice, SENT + 24 * HOUR).escalate);
	assert_true(reminder_plan(&settings, &notice, SENT + 24 * HOUR + 1).escalate);
	notice.escalated = true;
	assert_false(reminder_plan(&settings, &notice, SENT + 24 * HOUR + 1).escalate);
}

static void test_nothing_is_due_once_it_is_acknowledged(void **state)
{
	(void)state;
	for (enum notice_state each = NOTICE_DRAFT; each <= NOTICE_WITHDRAWN; each++) {
		struct notice notice = sent_notice(24 * HOUR);
		notice.state = each;
		struct reminder_plan plan = reminder_plan(&settings, &notice, SENT + 500 * HOUR);
		assert_int_equal(plan.remind || plan.escalate, each == NOTICE_SENT);
	}
}

static void test_strict_labels_shorten_the_deadline(void **state)
{
	(void)state;
	assert_int_equal(notify_deadline(&settings, TLP_AMBER, SEVERITY_CRITICAL, 0), 8 * HOUR);
	assert_int_equal(notify_deadline(&settings, TLP_AMBER, SEVERITY_LOW, 0), 168 * HOUR);
	assert_int_equal(notify_deadline(&settings, TLP_RED, SEVERITY_LOW, 0), 24 * HOUR);
	assert_int_equal(notify_deadline(&settings, TLP_RED, SEVERITY_CRITICAL, 0), 8 * HOUR);
}

static void test_a_password_never_travels_in_clear(void **state)
{
	(void)state;
	char server[] = "smtp://mail.example:25", smtps[] = "smtps://mail.example:465", from[] = "a@b.example",
	     user[] = "u", file[] = "/f";
	char offered[] = "if-offered", required[] = "required";
	struct notify_settings mail = { .smtp_server = server, .smtp_from = from, .smtp_starttls = offered };
	assert_null(notify_settings_problem(&mail));
	mail.smtp_user = user;
	assert_non_null(notify_settings_problem(&mail)); /* no password */
	mail.smtp_password_file = file;
	assert_non_null(notify_settings_problem(&mail)); /* in clear */
	mail.smtp_starttls = required;
	assert_null(notify_settings_problem(&mail));
	mail.smtp_starttls = offered;
	mail.smtp_server = smtps;
	assert_null(notify_settings_problem(&mail));
	mail.smtp_from = NULL;
	assert_non_null(notify_settings_problem(&mail));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_reminder_comes_its_lead_before_the_deadline),
		cmocka_unit_test(test_a_short_deadline_is_reminded_of_after_half_of_it),
		cmocka_unit_test(test_reminders_end_at_the_maximum),
		cmocka_unit_test(test_what_fell_due_together_is_one_mail),
		cmocka_unit_test(test_escalation_comes_once_and_only_past_the_deadline),
		cmocka_unit_test(test_nothing_is_due_once_it_is_acknowledged),
		cmocka_unit_test(test_strict_labels_shorten_the_deadline),
		cmocka_unit_test(test_a_password_never_travels_in_clear),
	};
	return cmocka_run_group_tests_name("notify reminder", tests, NULL, NULL);
}
