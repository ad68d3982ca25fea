/*
 * Messages to many (the folder "reach": reach tests, early warnings, advisories, newsletters) and their answers in
 * sealed files, by the API of a centre: what was sent to an organisation goes into files as messages, and the
 * acknowledgements that come back are given to the centre in the name of that organisation's account.
 *
 *   {"kind":"publication","publication":{…}}        as GET /v1/publications has it, with its text
 *   {"kind":"publication-withdrawn","id":UUID}
 *   {"kind":"acknowledgement","id":UUID,"name":…,"another":…,"answer1":…}    back; but for the id all may be absent
 */
#ifndef NOROSHI_INTEL_PARCEL_PUBLICATIONS_H
#define NOROSHI_INTEL_PARCEL_PUBLICATIONS_H

#include "intel/parcel_client.h"
#include "intel/parcel_write.h"

struct parcel_published {
	uint64_t messages;  /* into files */
	uint64_t held_back; /* of a stricter TLP: they are looked at again the next time */
};
/* What was not in an earlier file of this chain, and what was and is withdrawn, goes into the writer. To be packed is
 * not to be opened. */
enum error parcel_publications_pull(const struct parcel_server *server, enum tlp strictest,
    struct parcel_writer *writer, struct parcel_published *published, struct failure *failure);

struct parcel_acknowledged {
	uint64_t given, refused;
	char why[200]; /* the last refusal */
};
/* Gives a message to the centre when it is an acknowledgement; any other is passed over. What the centre does not take
 * (withdrawn, closed, another's) is counted; once more is no error. */
enum error parcel_publications_answer(struct parcel_client *centre, struct text message,
    struct parcel_acknowledged *acknowledged, struct failure *failure);

#endif
