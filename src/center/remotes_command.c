/*
 * The command `noroshi remotes`: collections at other servers of TAXII, on a stopped or running centre. A running one
 * heeds it with its next look at them, within a second or so.
 */
#include "center/center.h"
#include "center/remotes_make.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: noroshi remotes list --config FILE [--json]\n"
    "       noroshi remotes show NAME --config FILE [--json]\n"
    "       noroshi remotes add NAME --url URL --there ID --collection ALIAS --organisation NAME --config FILE\n"
    "                           [--poll] [--push] [--user NAME] [--credential NAME] [--authorities NAME] [--every "
    "TIME]\n"
    "       noroshi remotes add NAME --kind feed --url URL --collection ALIAS --organisation NAME --config FILE\n"
    "                           [--tlp LEVEL] [--user NAME] [--credential NAME] [--authorities NAME] [--every TIME]\n"
    "       noroshi remotes pause|resume|run|remove NAME --config FILE\n"
    "\n"
    "Works on the store that the configuration names; the centre may run or not, and heeds it within a second or so.\n"
    "\n"
    "  list    prints the remotes, with how it goes\n"
    "  show    prints one, with the objects that were refused\n"
    "  add     asks, or gives to, a collection at another server of TAXII, or asks a publisher's feed\n"
    "  pause   no further turns; resume goes on where it stood\n"
    "  run     its next turns are now\n"
    "  remove  forgets it; what came by it stays\n"
    "\n"
    "  --url URL           the API root, https://HOST/…/; intel.remotes of the configuration names its host too\n"
    "                      (a feed: its address, https://HOST/…)\n"
    "  --kind KIND         taxii (default), or feed: Atom 1.0, RSS 2.0 or RSS 1.0 of a publisher, which is only asked\n"
    "  --tlp LEVEL         of a feed's entries (default CLEAR)\n"
    "  --there ID          the collection there, by id or alias\n"
    "  --collection ALIAS  the one here, by UUID or alias\n"
    "  --organisation NAME whose become the objects that come\n"
    "  --poll, --push      whether what is new there is asked for, and what is new here is given\n"
    "  --user NAME         for HTTP Basic; the credential is a token when absent\n"
    "  --credential NAME   a file in intel.remotes_folder with the password or the token\n"
    "  --authorities NAME  a file there: certificates (PEM) that the server's must descend from\n"
    "  --every TIME        between turns: 5 s to 7 d (default 5 min)\n"
    "  --json              a JSON object a line\n"
    "\n"
    "Exit codes: 0 done, 1 there is no such thing, 2 bad usage or the store cannot be opened.\n";

enum {
	CONFIG = 1,
	KIND,
	TLP,
	URL,
	THERE,
	COLLECTION,
	ORGANISATION,
	USER,
	CREDENTIAL,
	AUTHORITIES,
	EVERY,
	POLL,
	PUSH,
	JSON,
	HELP
};
static const struct option longs[] = {
	{ "config", required_argument, NULL, CONFIG },
	{ "kind", required_argument, NULL, KIND },
	{ "tlp", required_argument, NULL, TLP },
	{ "url", required_argument, NULL, URL },
	{ "there", required_argument, NULL, THERE },
	{ "collection", required_argument, NULL, COLLECTION },
	{ "organisation", required_argument, NULL, ORGANISATION },
	{ "user", required_argument, NULL, USER },
	{ "credential", required_argument, NULL, CREDENTIAL },
	{ "authorities", required_argument, NULL, AUTHORITIES },
	{ "every", required_argument, NULL, EVERY },
	{ "poll", no_argument, NULL, POLL },
	{ "push", no_argument, NULL, PUSH },
	{ "json", no_argument, NULL, JSON },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

static bool read_flags(int argc, char **argv, struct remotes_wish *wish, bool *help)
{
	const char **const texts[] = { [CONFIG] = &wish->config,
		[KIND] = &wish->kind,
		[TLP] = &wish->tlp,
		[URL] = &wish->url,
		[THERE] = &wish->there,
		[COLLECTION] = &wish->collection,
		[ORGANISATION] = &wish->organisation,
		[USER] = &wish->user,
		[CREDENTIAL] = &wish->credential,
		[AUTHORITIES] = &wish->authorities,
		[EVERY] = &wish->every };
	int flag;
	optind = 1;
	while ((flag = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (flag == '?')
			return false;
		wish->poll |= flag == POLL;
		wish->push |= flag == PUSH;
		wish->json |= flag == JSON;
		*help |= flag == HELP;
		if (flag <= EVERY)
			*texts[flag] = optarg;
	}
	return true;
}

static const char *problem_of(const struct remotes_wish *wish, const char *verb, int words)
{
	static const char *const verbs[] = { "list", "show", "add", "pause", "resume", "run", "remove", NULL };
	bool known = false, list = strcmp(verb, "list") == 0;
	for (size_t i = 0; verbs[i]; i++)
		known |= strcmp(verb, verbs[i]) == 0;
	if (!known)
		return "expected: list, or show, add, pause, resume, run or remove and a NAME";
	if (words != (list ? 1 : 2))
		return list ? "list takes no name" : "needs one NAME";
	return wish->config ? NULL : "needs --config FILE";
}

static int remotes_run(int argc, char **argv)
{
	struct remotes_wish wish = { 0 };
	bool help = false;
	struct failure failure = { 0 };
	bool known = read_flags(argc, argv, &wish, &help);
	if (known && help) {
		fputs(usage, stdout);
		return 0;
	}
	const char *verb = known && optind < argc ? argv[optind] : "";
	const char *problem = known ? problem_of(&wish, verb, argc - optind) : "an option is not known";
	if (problem) {
		fprintf(stderr, "noroshi remotes: %s\n`noroshi remotes --help` explains the options\n", problem);
		return 2;
	}
	wish.name = argv[optind + 1];
	enum error error = remotes_do(verb, &wish, &failure);
	if (error)
		fprintf(stderr, "noroshi remotes: %s\n", failure.words);
	return error == OK ? 0 : error == ERROR_NOT_FOUND ? 1 : 2;
}

const struct command remotes_command = {
	.name = "remotes",
	.summary = "servers of TAXII and feeds of others: add, show, pause, ask at once",
	.run = remotes_run,
};
