/*
 * A server with a few routes of every kind, run in a child process, for the tests of the HTTP room: its owner answers
 * what it understood, so that tests see exactly what got through.
 */
#ifndef NOROSHI_TESTS_HTTP_SAMPLE_H
#define NOROSHI_TESTS_HTTP_SAMPLE_H

#include "http/server.h"

#include <sys/types.h>

struct sample {
	pid_t process;
	char address[128];  /* "http://127.0.0.1:40001" */
	char machines[128]; /* the machines' door, whose authority is ca.pem beside the certificate; "" = none */
	uint16_t port;
	int control; /* 's' stops it in order; 'p' pushes a change of organisation 7 */
};

extern const struct route sample_routes[];
extern const struct route *const sample_tables[];

/* Starts it; false (with words in `failure`) when it did not start. `web`: NULL, or a folder of pages. */
bool sample_start(const struct server_settings *settings, struct sample *sample, struct failure *failure);
/* Stops it in order; its exit code: 0 when everything was freed and no sanitizer complained. */
int sample_stop(struct sample *sample);

/* Sends bytes on a new connection and reads until the far side closes, `want` NUL-free bytes of text occur, or time is
 * up. */
size_t sample_talk(
    const struct sample *sample, const char *request, size_t size, const char *want, char *to, size_t room);
int sample_connect(const struct sample *sample);
/* A certificate authority, a server certificate for 127.0.0.1 and localhost and a client certificate, in `folder`. */
bool sample_certificates(const char *folder);

#endif
