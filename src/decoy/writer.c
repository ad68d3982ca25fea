/*
 * The process that writes; see writer.h.
 */
#include "decoy/writer.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/landlock.h"
#include "base/log.h"
#include "base/loop.h"
#include "decoy/hatch.h"
#include "decoy/line.h"
#include "decoy/store.h"
#include "formats/capture.h"
#include "net/sandbox.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGES_A_ROUND 64

struct writer {
	const struct decoy_options *options;
	const struct writer_sockets *sockets;
	struct loop *loop;
	struct hatch *hatch;
	struct decoy_store *store;
	uint8_t key[VAULT_KEY];
	struct capture_reducer *reducer;
	const struct format *eve;
	struct capture_policy policy;
	struct capture_counts counts;
	uint64_t sessions, malformed, refused;
	bool ending, broken;
	struct builder line, passwords, sealed;
};

/* ── one session ─ */

static bool keeps(const struct writer *writer, enum capture_kind kind)
{
	return writer->policy.kinds[kind] != CAPTURE_NOT;
}

static void write_passwords(struct writer *writer, const struct report *report, const struct line_more *more)
{
	struct failure failure;
	builder_clear(&writer->passwords);
	if (strcmp(writer->options->passwords, "sealed") != 0 || !keeps(writer, CAPTURE_ACCOUNT))
		return;
	if (line_passwords(report, more, writer->key, &writer->passwords, &failure) != OK || writer->passwords.failed)
		log_write(LOG_WARNING, "passwords are not kept: no memory");
	else if (writer->passwords.size)
		decoy_store_passwords(
		    writer->store, report->begun, (struct text){ writer->passwords.at, writer->passwords.size });
}

static bool keep_sample(struct writer *writer, const struct report *report, const char *sha256)
{
	uint64_t least = writer->options->sample;
	builder_clear(&writer->sealed);
	if (!least || report->payload.size < least || !keeps(writer, CAPTURE_PAYLOAD))
		return false;
	build_text(&writer->sealed, TEXT(VAULT_SAMPLE));
	if (vault_seal(writer->key, report->payload, &writer->sealed, NULL) != OK || writer->sealed.failed)
		return false;
	return decoy_store_sample(
	    writer->store, report->begun, sha256, (struct text){ writer->sealed.at, writer->sealed.size });
}

static void write_session(struct writer *writer, const struct report *report)
{
	const struct service *service = &writer->options->services[report->service];
	uint8_t digest[32];
	char sha256_text[HEX_SIZE(sizeof digest)], session[UUID_TEXT];
	bool marks = strcmp(writer->options->passwords, "not") != 0;
	struct line_more more = { .service = service->protocol->name,
		.dest_port = service->port,
		.datagram = service->protocol->datagrams,
		.marks = marks ? decoy_store_marks(writer->store) : NULL,
		.session = uuid_format(uuid_ordered(report->begun), session) };
	if (report->payload.size) {
		sha256(report->payload.at, report->payload.size, digest);
		more.payload_sha256 = hex_format(digest, sizeof digest, sha256_text);
		more.sample = keep_sample(writer, report, sha256_text);
	}
	builder_clear(&writer->line);
	line_write(report, &more, &writer->line);
	struct text line = { writer->line.at, writer->line.size }, kept;
	line.size -= line.size > 0; /* the break */
	if (writer->line.failed || !capture_reduce(writer->reducer, &writer->policy, CAPTURE_FOR_RECORD, writer->eve,
				       NULL, line, &writer->counts, &kept)) {
		writer->malformed++;
		return;
	}
	builder_clear(&writer->sealed);
	build_text(&writer->sealed, kept);
	build_char(&writer->sealed, '\n');
	if (!writer->sealed.failed)
		decoy_store_session(
		    writer->store, report->begun, (struct text){ writer->sealed.at, writer->sealed.size });
	write_passwords(writer, report, &more);
	writer->sessions++;
}

static void take_report(struct writer *writer, struct text message)
{
	struct report report;
	bool fits = report_decode(message, &report) && report.service < writer->options->service_count;
	if (fits && writer->options->services[report.service].protocol->datagrams)
		fits = hatch_answer(writer->hatch, &report);
	if (!fits) {
		writer->malformed++;
		return;
	}
	/* Days and names are of when it is written down: what a stranger could make of times is not believed. */
	nanoseconds now = time_now();
	if (report.begun > now || report.begun < now - 2 * HOUR)
		report.begun = now;
	if (report.ended < report.begun || report.ended > now)
		report.ended = now;
	report.refused += hatch_refused(writer->hatch);
	writer->refused += report.refused;
	write_session(writer, &report);
}

/* ── the loop ─ */

static void front_ready(void *context, int descriptor, unsigned ready)
{
	struct writer *writer = context;
	static char message[REPORT_MOST];
	(void)ready;
	for (int i = 0; i < MESSAGES_A_ROUND; i++) {
		ssize_t size = recv(descriptor, message, sizeof message, MSG_DONTWAIT);
		if (size < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (size <= 0) {
			loop_stop(writer->loop);
			return;
		}
		take_report(writer, (struct text){ message, (size_t)size });
	}
}

/* The front ends its sessions, reports them, and closes its end: only then it is over. */
static void end(struct writer *writer)
{
	if (writer->ending)
		return;
	writer->ending = true;
	hatch_stop(writer->hatch);
	shutdown(writer->sockets->front, SHUT_WR);
}

static void signalled(void *context, int signal)
{
	(void)signal;
	end(context);
}

static void read_policy(struct writer *writer)
{
	char *text;
	size_t size;
	struct failure failure;
	struct capture_policy policy = capture_policy_default;
	if (!*writer->options->policy)
		return;
	enum error error = file_read(writer->options->policy, 4096, &text, &size, &failure);
	if (!error) {
		error = capture_policy_read(text_trim((struct text){ text, size }), &policy, &failure);
		free(text);
	}
	if (error)
		log_write(LOG_WARNING, "the capture policy cannot be read: the last one is kept",
		    LOG_FIELD_STRING("why", failure.words));
	else
		writer->policy = policy;
}

/* The shorter of what the decoy and the policy say. */
static unsigned keep_days(const struct writer *writer)
{
	unsigned days = (unsigned)writer->options->keep_days;
	return writer->policy.member_days < days ? writer->policy.member_days : days;
}

static void tend(void *context)
{
	struct writer *writer = context;
	read_policy(writer);
	decoy_store_tend(writer->store, keep_days(writer), time_now());
	if (time_now() >= writer->options->until && !writer->ending) {
		log_write(LOG_ERROR, "the approval of this decoy has ended: nothing answers any more",
		    LOG_FIELD_STRING("approved_by", writer->options->approved_by),
		    LOG_FIELD_STRING("approved_until", writer->options->approved_until));
		writer->broken = true;
		end(writer);
	}
}

static enum error confine(struct writer *writer, struct failure *failure)
{
	char folder[4352];
	struct confine_path paths[2] = { { writer->options->folder, true } };
	bool landlocked, answers = false;
	size_t count = 1;
	snprintf(folder, sizeof folder, "%s", writer->options->policy);
	char *slash = strrchr(folder, '/');
	if (slash) {
		*slash = 0; /* a policy is replaced by another file of its name */
		paths[count++] = (struct confine_path){ folder, false };
	}
	for (size_t i = 0; i < writer->options->service_count; i++)
		answers |= writer->options->services[i].answers;
	enum error error = sandbox_give_up_rights(failure);
	if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		error = fail_errno(failure, "cannot be confined");
	if (!error)
		error = landlock_confine(paths, count, &landlocked, failure);
	if (!error && !landlocked)
		log_write(LOG_WARNING, "this kernel has no Landlock: the writer could open other files of its account");
	return error ? error : sandbox_give_up_calls(answers ? SANDBOX_DECOY_ANSWERS : SANDBOX_DECOY_WRITER, failure);
}

static enum error begin(struct writer *writer, struct failure *failure)
{
	enum error error = loop_new(&writer->loop, failure);
	struct hatch_settings hatch = {
		.options = writer->options, .front = writer->sockets->front, .sockets = writer->sockets->datagrams
	};
	hatch.loop = writer->loop;
	if (!error)
		error = hatch_new(&hatch, &writer->hatch, failure);
	if (error)
		return error;
	if (!loop_descriptor(writer->loop, writer->sockets->front, LOOP_READ, front_ready, writer) ||
	    !loop_signal(writer->loop, SIGTERM, signalled, writer) ||
	    !loop_signal(writer->loop, SIGINT, signalled, writer) ||
	    !loop_timer(writer->loop, MINUTE, MINUTE, tend, writer))
		return fail(failure, ERROR_MEMORY, "no memory or descriptor for the loop");
	return confine(writer, failure);
}

/* Of the front: 0 when it ended as it should. */
static int front_status(const struct writer *writer)
{
	int status = 0;
	if (waitpid(writer->sockets->process, &status, 0) < 0)
		return 2;
	if (WIFSIGNALED(status))
		log_write(LOG_ERROR,
		    WTERMSIG(status) == SIGSYS ? "the process that answers was killed: it asked for what it may not do"
					       : "the process that answers was killed",
		    LOG_FIELD_NUMBER("signal", WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0 || !writer->ending)
		log_write(LOG_ERROR, "the process that answers ended", LOG_FIELD_NUMBER("status", WEXITSTATUS(status)));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 && writer->ending ? 0 : 2;
}

int writer_run(struct writer *writer, const struct writer_sockets *sockets)
{
	struct failure failure;
	signal(SIGPIPE, SIG_IGN);
	writer->sockets = sockets;
	enum error error = begin(writer, &failure);
	if (!error) {
		log_write(LOG_INFO, "the decoy answers", LOG_FIELD_NUMBER("services", writer->options->service_count),
		    LOG_FIELD_STRING("approved_by", writer->options->approved_by),
		    LOG_FIELD_STRING("approved_until", writer->options->approved_until));
		error = loop_run(writer->loop, &failure);
	}
	if (error)
		log_write(LOG_ERROR, "cannot run", LOG_FIELD_STRING("why", failure.words));
	close(sockets->front);
	int status = front_status(writer);
	log_write(LOG_INFO, "the decoy ended", LOG_FIELD_NUMBER("sessions", writer->sessions),
	    LOG_FIELD_NUMBER("refused", writer->refused), LOG_FIELD_NUMBER("malformed", writer->malformed),
	    LOG_FIELD_NUMBER("not_recorded", decoy_store_lost(writer->store)));
	return error || writer->broken ? 2 : status;
}

enum error writer_new(const struct decoy_options *options, struct writer **writer, struct failure *failure)
{
	const struct store_settings settings = { .folder = options->folder, .disk = options->disk };
	struct writer *made = calloc(1, sizeof *made);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory to begin");
	made->options = options;
	made->policy = capture_policy_default;
	made->reducer = capture_reducer_new();
	made->eve = format_named("eve");
	enum error error = made->reducer && sodium_init() >= 0 ? vault_key_read(options->key, made->key, failure)
							       : fail(failure, ERROR_MEMORY, "no memory to begin");
	if (!error) {
		read_policy(made);
		error = decoy_store_new(&settings, keep_days(made), time_now(), &made->store, failure);
	}
	if (error)
		writer_free(made);
	else
		*writer = made;
	return error;
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	hatch_free(writer->hatch);
	loop_free(writer->loop);
	decoy_store_free(writer->store);
	capture_reducer_free(writer->reducer);
	builder_free(&writer->line);
	builder_free(&writer->passwords);
	builder_free(&writer->sealed);
	free(writer);
}
