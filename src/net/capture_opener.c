/*
 * The opener's process; see the header.
 */
#include "net/capture_opener.h"

#include "base/pass.h"
#include "base/text.h"
#include "net/sandbox.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

struct question {
	unsigned interface;
	int index;
};

static void answer(int pair, const struct capture_settings *settings, const struct question *question)
{
	struct capture_opener_answer about = { .interface = question->interface,
		.index = capture_interface_index(settings->interface),
		.up = capture_interface_up(settings->interface) };
	struct capture_socket made = { .descriptor = -1 };
	struct failure failure;

	if (about.index && about.index != question->index) {
		about.error = capture_sockets(settings, &made, &failure);
		if (about.error)
			text_copy(text_of(failure.words), about.words, sizeof about.words);
		about.index = about.error ? 0 : made.index;
		about.link = made.link;
	}
	int descriptor = about.error ? -1 : made.descriptor;
	pass_send(pair, &about, sizeof about, descriptor, &failure); /* what is not taken is asked for again */
	if (descriptor >= 0)
		close(descriptor);
}

static _Noreturn void begin(int pair, const struct capture_settings *settings, unsigned count)
{
	static const int passed_over[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE };
	struct pollfd ready = { pair, POLLIN, 0 };
	struct question question;
	struct failure failure;
	int none;

	for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++)
		signal(passed_over[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDIN_FILENO); /* whoever reads the output sees its end when the reader of packets ends */
	close(STDOUT_FILENO);
	enum error error = sandbox_keep_opening(&failure);
	while (!error) {
		poll(&ready, 1, -1);
		error = pass_receive(pair, &question, sizeof question, &none, &failure);
		if (!error && question.interface < count)
			answer(pair, &settings[question.interface], &question);
		if (none >= 0)
			close(none);
		if (error == ERROR_AGAIN)
			error = OK;
	}
	_exit(0);
}

enum error capture_opener_start(
    const struct capture_settings *settings, unsigned count, int *descriptor, struct failure *failure)
{
	int pair[2];
	enum error error = pass_pair(pair, failure);

	if (error)
		return error;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		close(pair[0]);
		begin(pair[1], settings, count);
	}
	close(pair[1]);
	*descriptor = pair[0];
	if (child > 0)
		return OK;
	close(pair[0]);
	return fail_errno(failure, "no process to open interfaces");
}

enum error capture_opener_ask(int opener, unsigned interface, int index, struct failure *failure)
{
	const struct question question = { interface, index };
	return pass_send(opener, &question, sizeof question, -1, failure);
}

enum error capture_opener_answered(
    int opener, struct capture_opener_answer *answered, int *descriptor, struct failure *failure)
{
	return pass_receive(opener, answered, sizeof *answered, descriptor, failure);
}
