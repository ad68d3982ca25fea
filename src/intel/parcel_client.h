/*
 * A server that sealed files are made from, and given to: one connection, one token, answers of JSON.
 */
#ifndef NOROSHI_INTEL_PARCEL_CLIENT_H
#define NOROSHI_INTEL_PARCEL_CLIENT_H

#include "base/json.h"
#include "http/client.h"

struct parcel_server {
	const char *url;         /* of TAXII its API root, else the centre: "https://centre.example" */
	const char *token_file;  /* its first line is a token */
	const char *authorities; /* PEM; NULL = the system's */
};

struct parcel_client { /* one thread */
	struct parcel_server server;
	struct client *client;
	struct json_parser *parser;
	char token[256];
};
/* Also after an error it is to be closed. */
enum error parcel_client_open(
    const struct parcel_server *server, struct parcel_client *client, struct failure *failure);
void parcel_client_close(struct parcel_client *client);

struct parcel_question {
	const char *method;
	struct builder *url; /* freed */
	struct text body;    /* may be empty */
	const char *media;   /* of the body and of the answer */
};
/* OK with an answer below 300, and for a DELETE of what is not there; `root` lives until the next one. ERROR_NOT_FOUND,
 * ERROR_AGAIN (429, 503) and ERROR_DENIED have the server's title, and `answer` its status; 0: there was none. */
enum error parcel_client_ask(struct parcel_client *client, const struct parcel_question *question,
    struct client_answer *answer, struct json_value *root, struct failure *failure);

/* A part of a path or a value: whatever a server or a person says leads nowhere else. */
void parcel_build_escaped(struct builder *to, struct text text);

#endif
