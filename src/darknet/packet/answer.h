/*
 * Datagrams that answer: what a host sends back that was asked in the name of an address of the telescope.
 *
 * Both the port of the answering service and the first bytes must say so. The services are those whose answers are
 * known to be larger than their questions (Rossow, "Amplification Hell", NDSS 2014; US-CERT TA14-017A), and QUIC and
 * DTLS, whose answers to floods of first packets are seen as backscatter (Nawrocki et al., "QUICsand", IMC 2021).
 */
#ifndef NOROSHI_DARKNET_ANSWER_H
#define NOROSHI_DARKNET_ANSWER_H

#include "darknet/packet/arrival.h"
#include "net/cursor.h"

/* PAYLOAD_NONE: no answer that is known. `payload` holds what was captured of it. */
enum arrival_payload answer_of(uint16_t source_port, struct cursor payload);
/* A worm that is one datagram, by its size and beginning. */
enum arrival_payload worm_of(uint16_t port, uint16_t size, struct cursor payload);

#endif
