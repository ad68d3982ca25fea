/*
 * Indicators out of JSON documents: STIX 2.0 and 2.1 (a bundle, objects or one of them), MISP (events, a list or answer
 * of them, attributes). For indicator_list.c.
 *
 * Of STIX the indicators that hold now (valid_from, valid_until, revoked) and whose pattern says no more than single
 * observables (match/stix_pattern.h); of MISP the attributes that are for detection (to_ids, not deleted) and of a type
 * that sensors compare, of types in two parts ("domain|ip") each part that is. Their number is their place among the
 * document's indicators or attributes, from 1. Of the others a complaint says why a pattern cannot be read, and they
 * are counted as malformed; what is merely not for sensors is counted as passed over.
 */
#ifndef NOROSHI_MATCH_INDICATOR_DOCUMENT_H
#define NOROSHI_MATCH_INDICATOR_DOCUMENT_H

#include "match/indicator_list.h"

#define INDICATOR_DOCUMENT_LONGEST (128u << 20) /* bytes; reading takes some 16 times as many of memory */

/* Whether what begins so is a document of JSON. */
bool indicator_document_begins(struct text beginning);

/* Tells each part of a MISP attribute ("domain|ip") that is of a type that sensors compare; false when none is. */
typedef void (*indicator_value_visitor)(void *context, enum indicator_kind kind, struct text value);
bool indicator_attribute_values(struct text types, struct text values, indicator_value_visitor visit, void *context);

enum error indicator_document_read(struct stream *stream, struct indicator_builder *builder,
    struct indicator_list_counts *counts, indicator_complaint complain, void *context, struct failure *failure);

#endif
