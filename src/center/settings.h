/*
 * The configuration file as a whole: the group `center` and the groups of every capability. Read by the supervisor (to
 * refuse a bad file before anything starts), by each process of the centre, and by `noroshi config`.
 */
#ifndef NOROSHI_CENTER_SETTINGS_H
#define NOROSHI_CENTER_SETTINGS_H

#include "base/config.h"

struct center_settings {
	char *machines;                  /* the machines' door: as `listen`; empty = none */
	nanoseconds certificate_life;    /* of machines */
	char *listen;                    /* "127.0.0.1:8443", "[::1]:0" */
	char *tls_certificate, *tls_key; /* PEM files */
	bool tls_1_2;                    /* is taken too, at the door of people and programs */
	char *state, *history;           /* folders; history empty = "history" in the state folder */
	char *user;                      /* the account of the system that the processes run as when started by root */
	char *public_url;                /* without a slash at the end; empty = made from `listen` */
	char *pages;                     /* folder of the web pages; empty = the installed one */
	double quota;                    /* alerts a second of one organisation */
	uint64_t quota_size;             /* bytes of lines that count as one alert when they hold fewer */
	nanoseconds quota_burst;         /* that much unused quota may be used at once */
	nanoseconds overload;            /* a batch that waits for so long means overload */
	uint64_t batch_body, batch_unpacked; /* bytes of one POST of alerts, as sent and decompressed */
	uint64_t queue;                      /* bytes of batches of one organisation that wait in front */
	nanoseconds retention;               /* of alerts, since they were received */
	uint64_t records_size;               /* bytes of one organisation's records; 0 = no limit */
	nanoseconds silence;                 /* a sensor that sent nothing for so long is called silent (fleet/) */
	nanoseconds session_idle, session_longest;
	bool metrics_loopback; /* /metrics without a token from the machine itself */
};

#define SETTINGS_GROUPS 16

/* Every group of the configuration, ended by one without a name; those of the centre are read into `settings`. */
void settings_groups(struct center_settings *settings, struct option_group groups[static SETTINGS_GROUPS]);

/* What no single option can tell: beyond loopback there must be a key and a certificate; they come together. */
enum error settings_check(const struct center_settings *settings, struct failure *failure);

/* Reads the file's text as the centre would and forgets it again: what is wrong with it. `listen` (may be "") is what
 * the command line says instead. `look` (may be NULL) sees the centre's group meanwhile. */
struct settings_look {
	enum error (*look)(void *context, const struct center_settings *settings, struct failure *failure);
	void *context;
};
enum error settings_try(
    const char *name, struct text text, const char *listen, const struct settings_look *look, struct failure *failure);
void settings_listen(struct center_settings *settings, const char *listen); /* "" changes nothing */

/* "127.0.0.1:8443" → "127.0.0.1" and 8443; "[::1]:8443" → "::1". False when it is no such thing. */
bool listen_parse(const char *listen, char host[static 64], uint16_t *port);
bool host_is_loopback(const char *host);

#endif
