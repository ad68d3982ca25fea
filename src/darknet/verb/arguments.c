/*
 * Options read by a table; see arguments.h.
 */
#include "darknet/verb/arguments.h"

#include "base/text.h"
#include "base/time.h"

#include <getopt.h>
#include <stdio.h>

#define ARGUMENTS_MOST 64

int arguments_wrong(const struct arguments *arguments, const char *words, const char *value)
{
	fprintf(stderr, "%s: %s %s; `%s --help` explains\n", arguments->verb, words, value, arguments->verb);
	return 2;
}

static int expected(
    const struct arguments *arguments, const struct argument *argument, const char *what, const char *value)
{
	char words[160];

	snprintf(words, sizeof words, "--%s: %s was expected, not", argument->name, what);
	return arguments_wrong(arguments, words, value);
}

static bool is_choice(const char *choices, const char *value)
{
	struct text rest = text_of(choices);

	while (rest.size)
		if (text_equal(text_cut(&rest, ' '), text_of(value)))
			return true;
	return false;
}

/* "ja or en" */
static int wrong_choice(const struct arguments *arguments, const struct argument *argument, const char *value)
{
	struct text rest = text_of(argument->choices);
	char words[80] = "";
	size_t size = 0;

	while (rest.size && size < sizeof words) {
		struct text choice = text_cut(&rest, ' ');
		size += (size_t)snprintf(words + size, sizeof words - size, "%s%.*s",
		    size == 0   ? ""
		    : rest.size ? ", "
				: " or ",
		    (int)choice.size, choice.at);
	}
	return expected(arguments, argument, words, value);
}

static int take_number(
    const struct arguments *arguments, const struct argument *argument, const char *value, void *place)
{
	char words[96];
	uint64_t number = 0;

	if (!text_to_u64(text_of(value), &number) || number < argument->least || number > argument->most) {
		snprintf(words, sizeof words, "a number from %llu to %llu", (unsigned long long)argument->least,
		    (unsigned long long)argument->most);
		return expected(arguments, argument, words, value);
	}
	if (argument->kind == ARGUMENT_NUMBER)
		*(uint64_t *)place = number;
	else
		*(uint32_t *)place = (uint32_t)number;
	return -1;
}

static int take_duration(
    const struct arguments *arguments, const struct argument *argument, const char *value, nanoseconds *place)
{
	char words[96], most[TIME_TEXT];

	if (duration_parse(text_of(value), place) && *place >= SECOND && *place <= (nanoseconds)argument->most)
		return -1;
	snprintf(words, sizeof words, "a time from 1 s to %s, as \"1 h\",",
	    duration_format((nanoseconds)argument->most, most));
	return expected(arguments, argument, words, value);
}

static int take(const struct arguments *arguments, const struct argument *argument, const char *value, void *into)
{
	void *place = (char *)into + argument->offset;
	const char *words;

	switch (argument->kind) {
	case ARGUMENT_FLAG:
	case ARGUMENT_UNSET:
		*(bool *)place = argument->kind == ARGUMENT_FLAG;
		return -1;
	case ARGUMENT_CHOICE:
		if (!is_choice(argument->choices, value))
			return wrong_choice(arguments, argument, value);
		*(const char **)place = value;
		return -1;
	case ARGUMENT_TEXT:
		*(const char **)place = value;
		return -1;
	case ARGUMENT_NUMBER:
	case ARGUMENT_COUNT:
		return take_number(arguments, argument, value, place);
	case ARGUMENT_DURATION:
		return take_duration(arguments, argument, value, place);
	default:
		words = argument->read(into, value);
		return words ? expected(arguments, argument, words, value) : -1;
	}
}

int arguments_read(const struct arguments *arguments, int argc, char **argv, void *into)
{
	struct option longs[ARGUMENTS_MOST + 1] = { 0 };
	char letters[2 * ARGUMENTS_MOST + 1] = "";
	size_t count = 0, used = 0;
	int choice, status = -1;

	for (const struct argument *argument = arguments->table; argument->name && count < ARGUMENTS_MOST; argument++) {
		bool flag = argument->kind == ARGUMENT_FLAG || argument->kind == ARGUMENT_UNSET;
		int value = flag ? no_argument : required_argument;
		longs[count] = (struct option){ argument->name, value, NULL, 256 + (int)count };
		count++;
		if (!argument->letter)
			continue;
		letters[used++] = argument->letter;
		if (value == required_argument)
			letters[used++] = ':';
	}
	optind = 1;
	opterr = 0;
	while (status < 0 && (choice = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		size_t i = 0;
		while (choice != '?' && choice < 256 && arguments->table[i].letter != choice)
			i++;
		if (choice == '?')
			status = arguments_wrong(
			    arguments, "there is no such option, or its value is missing:", argv[optind - 1]);
		else
			status =
			    take(arguments, &arguments->table[choice < 256 ? i : (size_t)choice - 256], optarg, into);
	}
	for (; status < 0 && optind < argc; optind++)
		status = arguments->rest
			     ? arguments->rest(into, argv[optind])
			     : arguments_wrong(arguments, "no file is expected, but there is", argv[optind]);
	return status;
}
