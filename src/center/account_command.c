/*
 * The command `noroshi account add`: makes an account on a stopped or running centre; above all the first
 * administrator.
 */
#include "base/hash.h"
#include "center/account_make.h"
#include "center/center.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: noroshi account add NAME --role ROLE --config FILE [options]\n"
    "\n"
    "Makes an account in the store that the configuration names; the centre may run or not.\n"
    "\n"
    "  --role ROLE           administrator, analyst, member or auditor\n"
    "  --organisation NAME   of a member\n"
    "  --title TEXT          as it is shown\n"
    "  --mail ADDRESS        its mail address\n"
    "  --password-stdin      read the password from standard input; else one is made and printed\n"
    "  --token               make a token for programs too, and print it; it is shown this once\n"
    "\n"
    "Exit codes: 0 done, 2 bad usage or the store cannot be opened.\n";

static int bad_usage(const char *words)
{
	if (words)
		fprintf(stderr, "noroshi account: %s\n", words);
	fputs("`noroshi account --help` explains the options\n", stderr);
	return 2;
}

static int add(struct account_wish *wish, bool from_stdin)
{
	char password[512], secret[64];
	uint8_t random[12];
	struct failure failure = { 0 };
	if (from_stdin) {
		if (!fgets(password, sizeof password, stdin))
			return bad_usage("--password-stdin: standard input is empty");
		password[strcspn(password, "\r\n")] = 0;
	} else {
		random_bytes(random, sizeof random);
		hex_format(random, sizeof random, password);
	}
	wish->password = text_of(password);
	if (account_make(wish, secret, &failure) != OK) {
		fprintf(stderr, "noroshi account: %s\n", failure.words);
		return 2;
	}
	printf("account %s (%s) was made\n", wish->name, wish->role);
	if (!from_stdin)
		printf("password: %s\n", password);
	if (*secret)
		printf("token: %s\n", secret);
	return 0;
}

static int account_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "role", required_argument, NULL, 'r' },
		{ "organisation", required_argument, NULL, 'o' },
		{ "title", required_argument, NULL, 't' },
		{ "mail", required_argument, NULL, 'm' },
		{ "password-stdin", no_argument, NULL, 'p' },
		{ "token", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct account_wish wish = { 0 };
	bool from_stdin = false;
	int option;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option == '?')
			return bad_usage(NULL);
		from_stdin |= option == 'p';
		wish.token |= option == 'k';
		const char **place = option == 'c'   ? &wish.config
				     : option == 'r' ? &wish.role
				     : option == 'o' ? &wish.organisation
				     : option == 't' ? &wish.title
				     : option == 'm' ? &wish.mail
						     : NULL;
		if (place)
			*place = optarg;
	}
	if (optind + 2 != argc || strcmp(argv[optind], "add") != 0)
		return bad_usage("expected: add NAME");
	wish.name = argv[optind + 1];
	if (!wish.role || !wish.config)
		return bad_usage("needs --role ROLE and --config FILE");
	return add(&wish, from_stdin);
}

const struct command account_command = {
	.name = "account",
	.summary = "make an account, such as the first administrator",
	.run = account_run,
};
