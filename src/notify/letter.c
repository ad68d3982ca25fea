/*
 * Writes letters: what may travel open, the short form for what may not, and the parts around the evidence.
 */
#include "notify/letter.h"

#include "mail/mail.h"
#include "notify/letter_evidence.h"

const char *letter_purpose_code(enum letter_purpose purpose)
{
	static const char *const codes[] = { "notice", "reminder", "escalation", "withdrawal" };
	return codes[purpose];
}

static const char *title_of(const struct letter *letter)
{
	const struct organisation *organisation = letter->organisation;
	const char *title = letter->language == LANGUAGE_JAPANESE ? organisation->title_ja : organisation->title_en;
	return title[0] ? title : organisation->name;
}

static const char *subject_of(const struct letter *letter)
{
	const struct notice *notice = letter->notice;
	const char *subject = letter->language == LANGUAGE_JAPANESE ? notice->subject_ja : notice->subject_en;
	return subject[0] ? subject : notice->subject_en;
}

/* One line, translated, with its parameters. */
static void line(
    const struct letter *letter, struct builder *to, const char *msgid, const char *first, const char *second)
{
	const struct text parameters[] = { text_of(first), text_of(second) };
	catalog_build(letter->catalog, text_of(msgid), parameters, 2, to);
	build_char(to, '\n');
}

void letter_mail_subject(const struct letter *letter, struct builder *to)
{
	static const char *const open[] = {
		[LETTER_NOTICE] = N_("[{0}] Notice {1}: {2}"),
		[LETTER_REMINDER] = N_("[{0}] Reminder of notice {1}: {2}"),
		[LETTER_ESCALATION] = N_("[{0}] Overdue notice {1}: {2}"),
		[LETTER_WITHDRAWAL] = N_("[{0}] Notice {1} was withdrawn: {2}"),
	};
	static const char *const closed[] = {
		[LETTER_NOTICE] = N_("[{0}] Notice {1}"),
		[LETTER_REMINDER] = N_("[{0}] Reminder of notice {1}"),
		[LETTER_ESCALATION] = N_("[{0}] Overdue notice {1}"),
		[LETTER_WITHDRAWAL] = N_("[{0}] Notice {1} was withdrawn"),
	};
	bool may = tlp_may_travel_open(letter->notice->tlp);
	struct builder label = { 0 };
	build_format(&label, "TLP:%s", tlp_code(letter->notice->tlp));
	const struct text parameters[] = { { label.at, label.size }, text_of(letter->notice->number),
		text_of(subject_of(letter)) };
	catalog_build(
	    letter->catalog, text_of(may ? open[letter->purpose] : closed[letter->purpose]), parameters, 3, to);
	to->failed |= label.failed;
	builder_free(&label);
}

static void write_opening(const struct letter *letter, struct builder *to)
{
	build_format(to, "TLP:%s\n\n", tlp_code(letter->notice->tlp));
	line(letter, to, N_("To {0}"), title_of(letter), "");
	if (letter->contact && letter->contact->name[0])
		line(letter, to, N_("Attention: {0}"), letter->contact->name, "");
	const struct notify_settings *settings = letter->settings;
	line(letter, to, N_("From {0}"),
	    letter->language == LANGUAGE_JAPANESE ? settings->centre_ja : settings->centre_en, "");
	build_char(to, '\n');
}

static void write_purpose(const struct letter *letter, struct builder *to)
{
	static const char *const words[] = {
		[LETTER_NOTICE] = N_("We send you notice {0}."),
		[LETTER_REMINDER] =
		    N_("We have not received your acknowledgement of notice {0} yet. Please acknowledge it."),
		[LETTER_ESCALATION] = N_("The deadline of notice {0} has passed without an acknowledgement by the "
					 "first contact. We therefore turn to you as the second contact."),
		[LETTER_WITHDRAWAL] = N_("Notice {0} was withdrawn. You need not do anything about it any more."),
	};
	line(letter, to, words[letter->purpose], letter->notice->number, "");
	build_char(to, '\n');
}

static void write_link(const struct letter *letter, struct builder *to)
{
	char id[UUID_TEXT];
	uuid_format(letter->notice->id, id);
	if (letter->secret) {
		line(letter, to,
		    N_("To acknowledge receipt, open this page and press the button (opening it alone changes "
		       "nothing):"),
		    "", "");
		build_format(to, "  %s/n/%s\n\n", letter->public_url, letter->secret);
	}
	line(letter, to, N_("To read the contents and to reply, sign in:"), "", "");
	build_format(to, "  %s/notices/%s\n", letter->public_url, id);
}

static void write_closing(const struct letter *letter, struct builder *to)
{
	build_char(to, '\n');
	build_text(to, catalog_text(letter->catalog, text_of(tlp_handling(letter->notice->tlp))));
	build_char(to, '\n');
	line(letter, to, N_("This message was generated automatically."), "", "");
}

static void write_contents(const struct letter *letter, struct builder *to)
{
	struct builder deadline = { 0 };
	mail_time(letter->notice->deadline, &deadline);
	line(letter, to, N_("Notice number: {0}"), letter->notice->number, "");
	line(letter, to, N_("Subject: {0}"), subject_of(letter), "");
	line(letter, to, N_("Deadline: {0}"), deadline.at, "");
	build_char(to, '\n');
	line(letter, to,
	    N_("We detected activity on your systems that needs confirmation. Please look into it and acknowledge this "
	       "notice by the deadline."),
	    "", "");
	build_char(to, '\n');
	to->failed |= deadline.failed;
	builder_free(&deadline);
	if (letter->event)
		letter_evidence(letter->event, letter->catalog, to);
	if (letter->coverage)
		letter_coverage(letter->coverage, letter->catalog, to);
	line(letter, to, N_("What we ask you to do"), "", "");
	const char *advice = letter->notice->advice;
	if (advice && advice[0])
		build_text(to, text_of(advice));
	else
		build_text(
		    to, catalog_text(letter->catalog,
			    text_of(N_("Please check the listed hosts and accounts for signs of compromise, preserve "
				       "the relevant logs, contain what you find, and tell us the result."))));
	build_text(to, TEXT("\n\n"));
}

void letter_mail_body(const struct letter *letter, struct builder *to)
{
	write_opening(letter, to);
	write_purpose(letter, to);
	bool withdrawn = letter->purpose == LETTER_WITHDRAWAL;
	if (!withdrawn && tlp_may_travel_open(letter->notice->tlp))
		write_contents(letter, to);
	else if (!withdrawn)
		line(letter, to, N_("Because of its TLP label, the contents are not in this mail."), "", "");
	if (!withdrawn)
		write_link(letter, to);
	write_closing(letter, to);
}

void letter_text(const struct letter *letter, struct builder *to)
{
	write_opening(letter, to);
	write_contents(letter, to);
	write_closing(letter, to);
}
