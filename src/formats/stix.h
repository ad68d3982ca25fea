/*
 * Objects of STIX 2.1 and 2.0 as items, and items as such objects.
 *
 * Source: STIX Version 2.1, OASIS Standard, parts 2 (identifiers, references, timestamps), 3 (common properties), 4 and
 * 5 (indicator, report, relationship, sighting), 7.2 (markings); of 2.0 what differs (no spec_version in an object, no
 * pattern_type). TLP 2.0: the marking definitions that OASIS published for it.
 *
 * What the table in stix.c names goes into the struct, all else into `kept`; writing puts both together, in the table's
 * order. An object that came without a property goes out without it. Nothing of an item but these is written: who owns
 * it, what we do with it and how we got it are ours (docs/exchange-formats.md).
 */
#ifndef NOROSHI_FORMATS_STIX_H
#define NOROSHI_FORMATS_STIX_H

#include "base/json.h"
#include "base/memory.h"
#include "model/item.h"

#define STIX_DEEPEST 64u /* containers within each other, in an object */

/* One object. ERROR_INPUT: it is none, or a property is not what the standard says; the words name the id, the property
 * and what was expected. The item's texts are in the arena. `parser` is the caller's, of at least STIX_DEEPEST; a
 * property that stands there twice is refused, because another reader would take the other one. */
enum error item_from_stix(
    struct json_parser *parser, struct text json, struct arena *arena, struct item *item, struct failure *failure);
/* The same of a part of a document that was parsed already, and was asked for duplicate keys. */
enum error item_from_stix_value(
    struct json_value object, struct arena *arena, struct item *item, struct failure *failure);

/* Appends the object, without white space. Of an item that came as MISP: intel/translate.h first. */
void item_to_stix(const struct item *item, struct builder *to);

/* ── TLP as marking definitions ─ */

bool stix_tlp_parse(struct text marking, enum tlp *tlp); /* false: it is none of TLP 1 or 2 */
struct text stix_tlp_marking(enum tlp tlp, enum item_form form);
/* Appends the definition that stix_tlp_marking() refers to; those of TLP 1 need none (the standard has them). */
void stix_tlp_definition(enum tlp tlp, struct builder *to);
/* What an object that is a marking definition, official or not, says of TLP; false: nothing. Of several words that it
 * has the strictest counts, and a word that nobody knows is RED. */
bool stix_tlp_defined(struct json_value definition, enum tlp *tlp);

#endif
