/*
 * A load on a centre, for the benchmarks: sensors that send EVE lines in zstd over TLS and wait for each batch to be
 * acknowledged, and probes that measure how soon an event is in the queue.
 *
 *   load --connect ADDRESS:PORT [--authority FILE] --seconds N [--warm N] [--probe-every SECONDS] [--batch N] < PLAN
 *
 * The plan, a line each (tokens come by standard input, so that no list of processes shows them):
 *
 *   sensor NAME TOKEN RATE CONNECTIONS BATCH steady|flood     rate in alerts a second, 0 = as fast as it is answered
 *   probe TOKEN ORGANISATION
 *   analyst TOKEN
 *
 * Prints one JSON object: what was acknowledged, latencies from the moment a batch was due, its own processor time.
 * Latencies and the rate leave out the first `warm` seconds. Exit code 1 when a batch stayed without an answer.
 */
#include "load.h"

#include <getopt.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SENDERS_MOST 1024
#define GRACE 30 /* seconds after the end for what is under way */

struct program {
	struct load load;
	struct sender *senders[SENDERS_MOST];
	unsigned sender_count;
	struct probes *probes;
	nanoseconds began, measured, ended;
	uint64_t before; /* acknowledged when measuring began, and */
	uint64_t after;  /* when it ended */
	double seconds, warm;
	unsigned ticks;
};

uint32_t load_address(struct load *load)
{
	return (127u << 24 | 1u << 16) + 1 + load->addresses++;
}

uint64_t answer_alerts(const struct client_answer *answer)
{
	json_t *body = json_loadb(answer->body.at, answer->body.size, 0, NULL);
	json_int_t alerts = json_integer_value(json_object_get(body, "alerts"));
	json_decref(body);
	return alerts > 0 ? (uint64_t)alerts : 0;
}

void times_add(struct times *times, double seconds)
{
	if (times->count == times->room) {
		size_t room = times->room ? 2 * times->room : 1024;
		double *at = realloc(times->at, room * sizeof *at);
		if (!at)
			return;
		times->at = at;
		times->room = room;
	}
	times->at[times->count++] = seconds;
}

static int by_size(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;
	return first < second ? -1 : first > second;
}

static double part_of(const struct times *times, unsigned percent)
{
	return times->count ? times->at[(times->count - 1) * percent / 100] : 0;
}

json_t *times_json(struct times *times)
{
	if (times->count)
		qsort(times->at, times->count, sizeof *times->at, by_size);
	return json_pack("{s:I,s:f,s:f,s:f,s:f}", "count", (json_int_t)times->count, "p50", part_of(times, 50), "p90",
	    part_of(times, 90), "p99", part_of(times, 99), "most", part_of(times, 100));
}

static void die(const char *words, const char *what)
{
	fprintf(stderr, "load: %s%s\n", words, what);
	exit(2);
}

static SSL_CTX *tls_context(const char *authority, const char *host)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	if (!context || !SSL_CTX_load_verify_locations(context, authority, NULL) ||
	    !X509_VERIFY_PARAM_set1_ip_asc(SSL_CTX_get0_param(context), host))
		die("cannot read the authority ", authority);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return context;
}

static void read_plan(struct program *program)
{
	char line[512], name[NAME_ROOM], token[TOKEN_ROOM], kind[16];
	while (fgets(line, sizeof line, stdin)) {
		unsigned connections, batch, organisation;
		double rate;
		bool taken = false;
		if (sscanf(line, "sensor %63s %79s %lf %u %u %15s", name, token, &rate, &connections, &batch, kind) ==
			6 &&
		    program->sender_count < SENDERS_MOST)
			taken = (program->senders[program->sender_count++] = sender_new(&program->load, name, token,
				     rate, connections, batch, !strcmp(kind, "flood"))) != NULL;
		else if (sscanf(line, "probe %79s %u", token, &organisation) == 2)
			taken = probes_add(program->probes, token, organisation);
		else if (sscanf(line, "analyst %79s", token) == 1) {
			probes_analyst(program->probes, token);
			taken = true;
		}
		if (!taken)
			die("a line of the plan is none, or beyond what fits: ", strtok(line, " "));
	}
}

static uint64_t acknowledged(const struct program *program)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < program->sender_count; i++)
		sum += sender_acknowledged(program->senders[i]);
	return sum;
}

static unsigned flying(const struct program *program)
{
	unsigned sum = probes_flying(program->probes);
	for (unsigned i = 0; i < program->sender_count; i++)
		sum += sender_flying(program->senders[i]);
	return sum;
}

static void tick(void *context)
{
	struct program *program = context;
	nanoseconds now = time_monotonic();
	double elapsed = (double)(now - program->began) / (double)SECOND;
	if (!program->measured && elapsed >= program->warm) {
		program->measured = now;
		program->before = acknowledged(program);
		for (unsigned i = 0; i < program->sender_count; i++)
			sender_measure(program->senders[i]);
	}
	if (!program->load.ending && elapsed >= program->seconds) {
		program->load.ending = true;
		program->ended = now;
		program->after = acknowledged(program);
	}
	if (++program->ticks % 100 == 0)
		fprintf(stderr, "load: %3.0f s, %llu alerts acknowledged, %u batches under way\n", elapsed,
		    (unsigned long long)acknowledged(program), flying(program));
	if (program->load.ending && (flying(program) == 0 || elapsed >= program->seconds + GRACE))
		loop_stop(program->load.loop);
}

/* The latencies of every sensor that does not flood, together. */
static json_t *others_json(const struct program *program)
{
	struct times all = { 0 };
	for (unsigned i = 0; i < program->sender_count; i++)
		sender_gather(program->senders[i], &all);
	json_t *output = times_json(&all);
	free(all.at);
	return output;
}

static json_t *report(struct program *program)
{
	struct rusage used;
	double span = (double)(program->ended - program->measured) / (double)SECOND;
	json_t *senders = json_array();
	for (unsigned i = 0; i < program->sender_count; i++)
		json_array_append_new(senders, sender_json(program->senders[i]));
	getrusage(RUSAGE_SELF, &used);
	return json_pack("{s:f,s:f,s:f,s:I,s:f,s:o,s:o,s:o}", "seconds", span, "wall_seconds",
	    (double)(time_monotonic() - program->began) / (double)SECOND, "alerts_per_second",
	    (double)(program->after - program->before) / span, "acknowledged", (json_int_t)acknowledged(program),
	    "cpu_seconds",
	    (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
	    "others", others_json(program), "sensors", senders, "probes", probes_json(program->probes));
}

static void read_options(struct program *program, int argc, char **argv, double *every)
{
	static const struct option options[] = { { "connect", required_argument, NULL, 'c' },
		{ "authority", required_argument, NULL, 'a' }, { "seconds", required_argument, NULL, 's' },
		{ "warm", required_argument, NULL, 'w' }, { "probe-every", required_argument, NULL, 'p' },
		{ "batch", required_argument, NULL, 'b' }, { 0 } };
	const char *authority = NULL, *colon = NULL;
	unsigned batch = 100;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'c' && (colon = strchr(optarg, ':')) && (size_t)(colon - optarg) < 64) {
			memcpy(program->load.host, optarg, (size_t)(colon - optarg));
			program->load.port = (uint16_t)atoi(colon + 1);
		} else if (option == 'a')
			authority = optarg;
		else if (option == 's')
			program->seconds = atof(optarg);
		else if (option == 'w')
			program->warm = atof(optarg);
		else if (option == 'p')
			*every = atof(optarg);
		else if (option == 'b')
			batch = (unsigned)atoi(optarg);
		else
			die("see the first comment of bench/load/load.c", "");
	}
	if (!program->load.port || program->seconds <= program->warm || batch < 1)
		die("--connect and --seconds (more than --warm) are needed", "");
	if (authority)
		program->load.tls = tls_context(authority, program->load.host);
	if (!(program->probes = probes_new(&program->load, batch)))
		die("no memory", "");
}

int main(int argc, char **argv)
{
	struct program program = { 0 };
	struct failure failure = { 0 };
	double every = 2;
	if (loop_new(&program.load.loop, &failure) != OK)
		die(failure.words, "");
	read_options(&program, argc, argv, &every);
	read_plan(&program);
	program.began = time_monotonic();
	for (unsigned i = 0; i < program.sender_count; i++)
		sender_start(program.senders[i], i, program.sender_count);
	probes_start(program.probes, (nanoseconds)(every * (double)SECOND));
	if (!loop_timer(program.load.loop, 100 * MILLISECOND, 100 * MILLISECOND, tick, &program) ||
	    loop_run(program.load.loop, &failure) != OK)
		die("the loop broke: ", failure.words);
	json_t *output = report(&program);
	json_dumpf(output, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	bool unsettled = flying(&program) > 0;
	json_decref(output);
	for (unsigned i = 0; i < program.sender_count; i++)
		sender_free(program.senders[i]);
	probes_free(program.probes);
	SSL_CTX_free(program.load.tls);
	loop_free(program.load.loop);
	return unsettled;
}
