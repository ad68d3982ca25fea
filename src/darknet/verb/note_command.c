/*
 * `noroshi darknet note`: a note on a period is kept with the tables, and those that are there are told.
 */
#include "darknet/verb/command.h"

#include "base/catalog.h"
#include "base/language.h"
#include "darknet/verb/arguments.h"
#include "darknet/view/views_notes.h"

#include <stdio.h>

static const char *const help[] = {
	N_("usage: noroshi darknet note --tables DIR [--period PERIOD --text-ja WORDS --text-en WORDS --author NAME]"),
	"",
	N_("Keeps a note on a period with the tables: why a year is unlike others. Reports show it beside every "
	   "figure"),
	N_("of that period. Without a period: the notes that are there."),
	"",
	N_("  --tables DIR       where the tables are; the notes are in its file notes.conf"),
	N_("  --period PERIOD    2020, 2020-03, 2020-03-01, or 2020-03-01..2020-03-31"),
	N_("  --text-ja WORDS    the note in Japanese"),
	N_("  --text-en WORDS    the note in English"),
	N_("  --author NAME      who says so"),
	N_("  --left-out         leave the period out of trends: series pass over it, nothing is compared with it"),
	N_("  --language LANG    ja or en (default: as LANG in the environment says)"),
	N_("  --help             this text"),
	"",
	N_("Exit codes: 0 done, 2 bad usage, or the notes cannot be read or written."),
};

struct run {
	const char *tables, *period, *japanese, *english, *author, *language;
	bool left_out, help;
};

#define AT(member) offsetof(struct run, member)
static const struct argument table[] = {
	{ "tables", ARGUMENT_TEXT, AT(tables), 0, 0, NULL, NULL, 0 },
	{ "period", ARGUMENT_TEXT, AT(period), 0, 0, NULL, NULL, 0 },
	{ "text-ja", ARGUMENT_TEXT, AT(japanese), 0, 0, NULL, NULL, 0 },
	{ "text-en", ARGUMENT_TEXT, AT(english), 0, 0, NULL, NULL, 0 },
	{ "author", ARGUMENT_TEXT, AT(author), 0, 0, NULL, NULL, 0 },
	{ "left-out", ARGUMENT_FLAG, AT(left_out), 0, 0, NULL, NULL, 0 },
	{ "language", ARGUMENT_CHOICE, AT(language), 0, 0, "ja en", NULL, 0 },
	{ "help", ARGUMENT_FLAG, AT(help), 0, 0, NULL, NULL, 0 },
	{ 0 },
};
static const struct arguments arguments = { "noroshi darknet note", table, NULL };

static int read_options(int argc, char **argv, struct run *run)
{
	int status = arguments_read(&arguments, argc, argv, run);

	if (status >= 0 || run->help)
		return status;
	if (!run->tables)
		return arguments_wrong(&arguments, "say where the tables are with", "--tables");
	if (!run->period && (run->japanese || run->english || run->author || run->left_out))
		return arguments_wrong(&arguments, "say with --period what the note is", "about");
	if (run->period && (!run->japanese || !run->english || !run->author))
		return arguments_wrong(
		    &arguments, "a note has words in both languages, --text-ja and --text-en, and an", "--author");
	return -1;
}

static enum error add(const struct run *run, struct failure *failure)
{
	/* the note is only read */
	const struct view_note note = { .period = (char *)run->period,
		.japanese = (char *)run->japanese,
		.english = (char *)run->english,
		.author = (char *)run->author,
		.left_out = run->left_out };

	return view_notes_add(run->tables, &note, failure);
}

static enum error list(const struct run *run, const struct catalog *japanese, struct failure *failure)
{
	struct view_notes notes;
	enum error error = view_notes_read(run->tables, &notes, failure);

	for (size_t i = 0; i < notes.count; i++) {
		const struct view_note *note = &notes.items[i];
		printf("%s  %s  %s%s%s\n    %s\n", note->period, note->written_text, note->author,
		    note->left_out ? "  " : "",
		    note->left_out ? catalog_string(japanese, N_("left out of trends")) : "",
		    japanese ? note->japanese : note->english);
	}
	if (error == OK && notes.count == 0)
		fprintf(stderr, "noroshi darknet note: there are no notes in %s\n", run->tables);
	view_notes_free(&notes);
	return error;
}

int darknet_note(int argc, char **argv)
{
	struct run run = { 0 };
	struct failure failure = { 0 };
	int status = read_options(argc, argv, &run);

	if (status >= 0)
		return status;
	struct catalog *japanese = language_catalog(run.language);
	enum error error = OK;
	if (run.help)
		for (size_t i = 0; i < sizeof help / sizeof *help; i++)
			puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
	else
		error = run.period ? add(&run, &failure) : list(&run, japanese, &failure);
	catalog_free(japanese);
	if (error)
		fprintf(stderr, "noroshi darknet note: %s\n", failure.words);
	return error ? 2 : 0;
}
