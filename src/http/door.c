/*
 * The server's doors; see door.h. In: settings, authorities. Out: a bound address with the library's vhost and TLS
 * behind it. Called by server.c.
 */
#include "http/exchange.h"

#include "http/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <libwebsockets.h>

enum error door_open(struct door *door, const char *where, struct failure *failure)
{
	struct server *server = door->server;
	enum error error = listen_open(where, server->tls, &door->listener, failure);
	if (error)
		return error;
	door->there = true;
	snprintf(door->address, sizeof door->address, "%s://%s", server->tls ? "https" : "http", door->listener.text);
	return listen_hosts(&door->listener, server->tls, server->settings.hosts, door->hosts,
	    sizeof door->hosts / sizeof *door->hosts, failure);
}

/* Of TLS 1.2 those of RFC 9325, 4.2, and ChaCha20-Poly1305 (RFC 7905). */
#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK"

/* Sessions are never resumed: a resumed one could carry another connection's client certificate. */
void door_set_up_tls(struct door *door, SSL_CTX *tls)
{
	bool older = door->server->settings.tls_1_2 && !door->machines;

	door->tls = tls;
	SSL_CTX_set_min_proto_version(tls, older ? TLS1_2_VERSION : TLS1_3_VERSION);
	SSL_CTX_set_cipher_list(tls, CIPHERS_1_2); /* without any it would be the library's own list */
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(tls, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_num_tickets(tls, 0);
	SSL_CTX_set_max_early_data(tls, 0);
}

enum error door_make(struct door *door, const struct lws_context_creation_info *common, struct failure *failure)
{
	struct server *server = door->server;
	struct lws_context_creation_info info = *common;
	info.vhost_name = door->machines ? "machines" : "people";
	door->vhost = lws_create_vhost(server->context, &info);
	if (!door->vhost)
		return fail(failure, ERROR_SYSTEM, "cannot use the certificate %s with the key %s", server->certificate,
		    server->key);
	/* The library would choose between the doors by the name that the client says it wants (SNI), and so hand a
	 * machine's connection to the door that asks for no certificate. Which door it is says the address. */
	if (door->tls)
		SSL_CTX_set_tlsext_servername_callback(door->tls, NULL);
	if (door->machines) {
		static const unsigned char name[] = "machines";
		SSL_CTX_set_session_id_context(door->tls, name, sizeof name - 1);
		SSL_CTX_set_verify(door->tls, SSL_VERIFY_PEER, NULL); /* it may come without one: to be enrolled */
	}
	return OK;
}

enum error door_authorities(struct door *door, struct text authorities, struct failure *failure)
{
	X509_STORE *store = NULL;
	STACK_OF(X509_NAME) *names = NULL;
	enum error error = tls_authorities(authorities, &store, &names, failure);
	if (error)
		return error;
	SSL_CTX_set1_verify_cert_store(door->tls, store);
	SSL_CTX_set_client_CA_list(door->tls, names); /* taken over */
	X509_STORE_free(store);
	return OK;
}

enum error door_let_in(
    struct door *door, void (*wait)(void *door, int descriptor, unsigned ready), struct failure *failure)
{
	if (!door->accept)
		door->accept = loop_descriptor(door->server->loop, door->listener.descriptor, LOOP_READ, wait, door);
	return door->accept ? OK : fail(failure, ERROR_MEMORY, "no memory for the server");
}

void door_close(struct door *door)
{
	if (door->accept)
		watch_stop(door->accept);
	door->accept = NULL;
	if (door->there)
		close(door->listener.descriptor);
	door->there = false;
}

void door_free(struct door *door)
{
	door_close(door);
	for (size_t i = 0; door->hosts[i]; i++)
		free(door->hosts[i]);
}
