/*
 * Sends a batch to the centre: POST /v1/alerts over HTTPS, zstd, named by epoch and offset. docs/formats/ingest.md is
 * the contract. Before that the batch passes the gate (gate.h): what the capture policy forbids stays here.
 * Of files of records (record_feed.h) only the alerts about them are sent, each batch of them named after the one that
 * they come from.
 */
#ifndef NOROSHI_WATCH_SHIP_H
#define NOROSHI_WATCH_SHIP_H

#include "watch/agent.h"
#include "watch/gate.h"
#include "watch/record_feed.h"

struct machine;
struct shipper;

struct ship_settings {
	const char *server;      /* "https://noroshi.example:8443"; http only to this machine itself */
	struct machine *machine; /* whose certificate is shown, and renewed; NULL = the token is */
	const char *token_file; /* NULL with a machine. Its first line is the sensor's token; read again when the centre
				   does not take it */
	const char *authorities; /* PEM file that the centre's certificate is checked against; NULL = the system's */
	const char *map;         /* field map of CSV files; NULL = none */
	bool keep_records;       /* the centre is asked to keep what is no alert too */
	struct gate_settings gate;
	const char *policy_file; /* where the policy in force is written, for others to read; NULL = nowhere */
	const struct record_feed_settings *records; /* lives longer; NULL: files of records are shipped as they are */
};

enum error shipper_new(const struct ship_settings *settings, struct shipper **shipper, struct failure *failure);
void shipper_free(struct shipper *shipper); /* NULL is fine */

/* What is said of the agent with each request from here on: bytes of files that it lost for good. */
void shipper_lost(struct shipper *shipper, uint64_t lost);
/* There is nothing to deliver: tells the centre that the agent is there (an empty batch). False: it was not heard. */
bool shipper_hello(struct shipper *shipper);
nanoseconds shipper_heard(
    const struct shipper *shipper); /* monotonic: when the centre took something last; 0 = never */
/* Renews the machine's certificate when that is due: about every second. */
void shipper_tend(struct shipper *shipper);

/* A deliver_callback; its context is the shipper. */
enum delivery ship(
    void *context, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer);

/* What an answer of that status means for the batch. */
enum delivery ship_meaning(unsigned status);

#endif
