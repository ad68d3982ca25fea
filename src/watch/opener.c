/*
 * The opener's process; see opener.h. One thread, one poll(2): questions, loaders that ended, and time.
 */
#include "watch/opener.h"

#include "base/log.h"
#include "base/pass.h"
#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY_AGAIN (20 * MILLISECOND) /* to a sensor that is behind */

struct seen_file { /* what tells that a file is another */
	dev_t device;
	ino_t number;
	off_t size;
	struct timespec written, changed;
};

struct list {
	struct seen_file read, seen; /* when it was read; at the last look */
	pid_t loader;                /* 0: none is at work */
	int loader_descriptor;
	bool asked; /* to be read whether it changed or not */
	bool away;  /* it could not be opened, and that was said */
};

/* The file of changes: the sensor has it open, and is told when there may be more in it. */
struct change_watch {
	struct seen_file given, seen;
	int inotify; /* of its folder; -1: there is none, then the file is looked at now and then */
	bool due;    /* to be said */
};

struct opener {
	const struct opener_settings *settings;
	int pair;
	struct list lists[DETECTION_KINDS];
	struct change_watch changes;
	bool looking; /* since the sets were first asked for */
};

/* ── answers ─ */

/* The sensor may be busy with a large set: its answers wait for a while. */
static void answer(const struct opener *opener, const struct opener_answer *answer, int descriptor)
{
	struct failure failure;
	struct pollfd ready = { opener->pair, POLLOUT, 0 };

	while (pass_send(opener->pair, answer, sizeof *answer, descriptor, &failure) == ERROR_AGAIN)
		if (poll(&ready, 1, 60000) <= 0)
			break;
	if (descriptor >= 0)
		close(descriptor);
}

static void refuse(const struct opener *opener, struct opener_answer about, const struct failure *failure)
{
	about.error = failure->code;
	text_copy(text_of(failure->words), about.words, sizeof about.words);
	answer(opener, &about, -1);
}

/* ── sets ─ */

static bool look_at(const char *path, struct seen_file *seen)
{
	struct stat status;

	memset(seen, 0, sizeof *seen);
	if (stat(path, &status) != 0)
		return false;
	seen->device = status.st_dev;
	seen->number = status.st_ino;
	seen->size = status.st_size;
	seen->written = status.st_mtim;
	seen->changed = status.st_ctim;
	return true;
}

static bool same_file(const struct seen_file *a, const struct seen_file *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* The loader: a process for one file. */
static _Noreturn void load(const struct opener *opener, enum detection_kind kind, int descriptor)
{
	struct opener_answer made = { .what = OPENER_SETS, .number = kind };
	struct failure failure = { 0 };
	int sealed = -1;

	setpriority(PRIO_PROCESS, 0, BEHIND_WORKERS);
	enum error error = sandbox_enter(SANDBOX_LOADER, &failure);

	if (!error)
		error = detection_share(opener->settings->sets, kind, descriptor, &sealed, &failure);
	if (error)
		refuse(opener, made, &failure);
	else
		answer(opener, &made, sealed);
	_exit(error ? 1 : 0);
}

static void begin_loader(struct opener *opener, enum detection_kind kind)
{
	const char *path = opener->settings->sets->paths[kind];
	const struct opener_answer about = { .what = OPENER_SETS, .number = kind };
	struct list *list = &opener->lists[kind];
	struct failure failure;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	list->read = list->seen;
	if (descriptor < 0 && kind == DETECTION_SHARED && errno == ENOENT) { /* nothing came of the exchange yet */
		answer(opener, &about, -1);
		return;
	}
	if (descriptor < 0) {
		fail_errno(&failure, "%s cannot be opened", path);
		refuse(opener, about, &failure);
		return;
	}
	list->loader = fork();
	if (list->loader == 0)
		load(opener, kind, descriptor);
	close(descriptor);
	list->loader_descriptor = list->loader > 0 ? pidfd_open(list->loader, 0) : -1;
	if (list->loader < 0 || list->loader_descriptor < 0) {
		fail_errno(&failure, "no process to read %s", path);
		refuse(opener, about, &failure);
	}
	if (list->loader > 0 && list->loader_descriptor < 0)
		waitpid(list->loader, NULL, 0);
	if (list->loader_descriptor < 0)
		list->loader = 0;
}

/* A file that is being written is read when it rested from one look to the next; when somebody asks, at once. */
static void look(struct opener *opener)
{
	for (int kind = 0; kind < DETECTION_KINDS; kind++) {
		const char *path = opener->settings->sets->paths[kind];
		struct list *list = &opener->lists[kind];
		struct seen_file now;
		if (!path || list->loader)
			continue;
		bool there = look_at(path, &now), rested = same_file(&now, &list->seen);
		list->seen = now;
		if (list->asked || (there && rested && !same_file(&now, &list->read)))
			begin_loader(opener, (enum detection_kind)kind);
		list->asked = false;
	}
}

static void loader_ended(struct opener *opener, enum detection_kind kind)
{
	struct list *list = &opener->lists[kind];
	struct failure failure;
	int status = 0;

	waitpid(list->loader, &status, 0);
	close(list->loader_descriptor);
	list->loader = 0;
	if (WIFSIGNALED(status)) {
		fail(&failure, ERROR_SYSTEM, "%s: the process that read it was ended by signal %d",
		    opener->settings->sets->paths[kind], WTERMSIG(status));
		refuse(opener, (struct opener_answer){ .what = OPENER_SETS, .number = (unsigned)kind }, &failure);
	}
	look(opener);
}

/* ── changes ─ */

static void watch_folder(struct change_watch *changes, const char *path)
{
	char folder[4096];
	const char *end = strrchr(path, '/');
	snprintf(folder, sizeof folder, "%.*s", end ? (int)(end - path) : 1, end ? path : ".");
	if (changes->inotify < 0)
		changes->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (changes->inotify >= 0) /* the same one again changes nothing */
		inotify_add_watch(changes->inotify, folder, IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
}

/* Hands over the file when it is another than the one that the sensor has. */
static bool give_changes(struct opener *opener, const char *path)
{
	struct change_watch *changes = &opener->changes;
	const struct opener_answer about = { .what = OPENER_CHANGES };
	if (changes->seen.device == changes->given.device && changes->seen.number == changes->given.number)
		return false;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (descriptor < 0)
		return false;
	changes->given = changes->seen;
	changes->due = false;
	answer(opener, &about, descriptor);
	return true;
}

/* A sensor that is behind has been told already, or is told soon: nobody waits for it here. */
static void say_changes(struct opener *opener)
{
	const struct opener_answer about = { .what = OPENER_CHANGES };
	struct failure failure;
	if (opener->changes.due && pass_send(opener->pair, &about, sizeof about, -1, &failure) != ERROR_AGAIN)
		opener->changes.due = false;
}

static void look_at_changes(struct opener *opener)
{
	struct change_watch *changes = &opener->changes;
	const char *path = opener->settings->sets->changes;
	struct seen_file now;
	if (!path || !opener->looking)
		return;
	bool there = look_at(path, &now);
	changes->due |= there && !same_file(&now, &changes->seen);
	changes->seen = now;
	if (!there || !give_changes(opener, path))
		say_changes(opener);
}

static void changes_notified(struct opener *opener)
{
	char events[4096];
	while (read(opener->changes.inotify, events, sizeof events) > 0)
		;
	look_at_changes(opener);
}

/* ── what else is asked for ─ */

static void open_eve(const struct opener *opener)
{
	const struct opener_answer about = { .what = OPENER_EVE };
	struct failure failure;
	const char *path = opener->settings->eve;
	int descriptor = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640) : -1;

	if (descriptor >= 0) {
		answer(opener, &about, descriptor);
		return;
	}
	fail_errno(&failure, "%s cannot be opened", path ? path : "the file of records");
	refuse(opener, about, &failure);
}

static void open_interface(const struct opener *opener, const struct opener_question *question)
{
	struct capture_socket sockets[CAPTURE_WORKERS_MOST];
	struct capture_settings settings = opener->settings->capture;
	struct failure failure;

	settings.interface = opener->settings->interfaces[question->number];
	struct opener_answer about = { .what = OPENER_STATE,
		.number = question->number,
		.index = capture_interface_index(settings.interface),
		.up = capture_interface_up(settings.interface) };
	if (question->index && (about.index == 0 || about.index == question->index)) {
		answer(opener, &about, -1);
		return;
	}
	about.what = OPENER_INTERFACE;
	if (capture_sockets(&settings, sockets, &failure) != OK) {
		refuse(opener, about, &failure);
		return;
	}
	for (unsigned i = 0; i < settings.workers; i++) {
		about.worker = i;
		about.index = sockets[i].index;
		about.link = sockets[i].link;
		answer(opener, &about, sockets[i].descriptor);
	}
}

/* False when the sensor is gone. */
static bool take_question(struct opener *opener)
{
	struct opener_question question;
	struct failure failure;
	int none;
	enum error error = pass_receive(opener->pair, &question, sizeof question, &none, &failure);

	if (none >= 0)
		close(none);
	if (error)
		return error == ERROR_AGAIN;
	switch (question.what) {
	case OPENER_SETS:
		for (int kind = 0; kind < DETECTION_KINDS; kind++)
			opener->lists[kind].asked = opener->settings->sets->paths[kind];
		opener->looking = true;
		if (opener->settings->sets->changes)
			watch_folder(&opener->changes, opener->settings->sets->changes);
		look_at_changes(opener);
		look(opener);
		return true;
	case OPENER_EVE:
		open_eve(opener);
		return true;
	case OPENER_INTERFACE:
		if (question.number < opener->settings->interface_count)
			open_interface(opener, &question);
		return true;
	default:
		return true;
	}
}

/* ── its life ─ */

static void run(struct opener *opener)
{
	nanoseconds next = time_monotonic() + opener->settings->look_every;

	for (;;) {
		struct pollfd ready[2 + DETECTION_KINDS] = { { opener->pair, POLLIN, 0 } };
		nanoseconds rest = next - time_monotonic();
		if (opener->changes.due && rest > SAY_AGAIN)
			rest = SAY_AGAIN;
		for (int kind = 0; kind < DETECTION_KINDS; kind++)
			ready[1 + kind] =
			    (struct pollfd){ opener->lists[kind].loader ? opener->lists[kind].loader_descriptor : -1,
				    POLLIN, 0 };
		ready[1 + DETECTION_KINDS] = (struct pollfd){ opener->changes.inotify, POLLIN, 0 };
		int found = poll(ready, 2 + DETECTION_KINDS, rest > 0 ? (int)(rest / MILLISECOND) + 1 : 0);
		if (found < 0 && errno != EINTR)
			return;
		for (int kind = 0; kind < DETECTION_KINDS && found > 0; kind++)
			if (ready[1 + kind].revents)
				loader_ended(opener, (enum detection_kind)kind);
		if (found > 0 && ready[0].revents && !take_question(opener))
			return;
		if (found > 0 && ready[1 + DETECTION_KINDS].revents)
			changes_notified(opener);
		say_changes(opener);
		if (time_monotonic() >= next) {
			if (opener->looking && opener->settings->sets->changes)
				watch_folder(&opener->changes, opener->settings->sets->changes);
			look_at_changes(opener);
			if (opener->looking)
				look(opener);
			next = time_monotonic() + opener->settings->look_every;
		}
	}
}

static _Noreturn void begin(const struct opener_settings *settings, int pair)
{
	static const int passed_over[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE };
	struct opener opener = { .settings = settings, .pair = pair, .changes.inotify = -1 };
	struct failure failure;
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++)
		signal(passed_over[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (nothing >= 0) { /* whoever reads the records sees their end when the sensor ends */
		dup2(nothing, STDIN_FILENO);
		dup2(nothing, STDOUT_FILENO);
	}
	if (sandbox_keep_opening(&failure) != OK)
		log_write(
		    LOG_ERROR, "the opener keeps more rights than it needs", LOG_FIELD_STRING("why", failure.words));
	else
		run(&opener);
	_exit(0);
}

enum error opener_start(const struct opener_settings *settings, int *descriptor, struct failure *failure)
{
	int pair[2];
	enum error error = pass_pair(pair, failure);

	if (error)
		return error;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		close(pair[0]);
		begin(settings, pair[1]);
	}
	close(pair[1]);
	*descriptor = pair[0];
	if (child > 0)
		return OK;
	close(pair[0]);
	return fail_errno(failure, "no process to open files and interfaces");
}

enum error opener_ask(int opener, struct opener_question question, struct failure *failure)
{
	return pass_send(opener, &question, sizeof question, -1, failure);
}

enum error opener_answered(int opener, struct opener_answer *answered, int *descriptor, struct failure *failure)
{
	return pass_receive(opener, answered, sizeof *answered, descriptor, failure);
}
