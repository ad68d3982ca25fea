/*
 * An address that appeared as a source in a telescope (a darknet): what one line of a telescope says (struct appeared),
 * and what is kept of an address of an organisation (struct appearance). Kept by store/, made by darknet/, read from
 * alerts whose form formats/eve_darknet.c writes and nobody else.
 *
 * Whose the address is, is said by the alert's host address: routing (center/routed.h) puts the source there when an
 * organisation held it. Without it the address is nobody's here: it opens no event.
 */
#ifndef NOROSHI_MODEL_APPEARANCE_H
#define NOROSHI_MODEL_APPEARANCE_H

#include "model/alert.h"

#define APPEARANCE_DETECTOR "Noroshi darknet"
#define APPEARANCE_PRETENDED APPEARANCE_DETECTOR " (no telescope)" /* of others that call themselves so */
#define APPEARANCE_PORTS 8      /* told apart of one address and kind; further ones are counted */
#define APPEARANCE_TELESCOPES 8 /* likewise */
#define APPEARANCE_WORD 32      /* bytes with the NUL */

/* Numbers are stored: never reuse one. */
enum appearance_kind {
	APPEARANCE_PROBE,  /* it looks for open ports */
	APPEARANCE_WORM,   /* as a known worm does */
	APPEARANCE_ANSWER, /* it answers what it was never asked: it is attacked in forged names, or a reflector */
	APPEARANCE_MISCONFIGURATION, /* it sends to a wrong address */
	APPEARANCE_RESEARCH,         /* a known research scanner */
	APPEARANCE_ATTEMPT,          /* it tried to get into a decoy, over a connection: the address is not forged */
	APPEARANCE_KINDS
};
const char *appearance_kind_code(enum appearance_kind kind);  /* "probe" … */
const char *appearance_kind_words(enum appearance_kind kind); /* a gettext msgid: what the address did */
bool appearance_kind_parse(struct text code, enum appearance_kind *kind);

/* Of an alert "a source appeared": its kind. False of every other alert. */
bool appearance_of(const struct alert *alert, enum appearance_kind *kind);
/* Such an alert about an address that no organisation held. */
bool appearance_is_foreign(const struct alert *alert);

/* What one line of a telescope says. */
struct appeared {
	enum appearance_kind kind;
	struct address address; /* IPv6: its /64 */
	uint32_t sensor;        /* the telescope */
	nanoseconds when;
	nanoseconds since;           /* of a line that goes on: when the telescope's event began; 0 = it begins now */
	uint64_t packets;            /* of that event so far */
	uint32_t targets, addresses; /* of the telescope: that were asked; that there are */
	char port[APPEARANCE_WORD];  /* "23/tcp" */
	char tool[APPEARANCE_WORD], worm[APPEARANCE_WORD], method[APPEARANCE_WORD]; /* "" = none known */
};
/* False when the alert is none. */
bool appeared_read(const struct alert *alert, struct appeared *to);

/* What a telescope told of an event so far. */
struct told_event {
	nanoseconds since;
	uint64_t packets;
};

/* What is known of one address of an organisation and one kind, over all telescopes. */
struct appearance {
	uint64_t number; /* 0 = new */
	uint32_t organisation;
	struct address address;
	enum appearance_kind kind;
	nanoseconds first, last;                         /* occurred */
	nanoseconds told;                                /* when its organisation was told last; 0 = not yet */
	nanoseconds ended;                               /* when it was told that it stopped; 0 = not */
	nanoseconds due;                                 /* when there may be something to tell */
	uint64_t packets;                                /* that lines told, each once: at least so many came */
	uint32_t targets;                                /* the most that one line said */
	uint32_t telescopes[APPEARANCE_TELESCOPES];      /* sensors; never shown */
	struct told_event events[APPEARANCE_TELESCOPES]; /* the newest of each */
	uint32_t telescope_count;                        /* further ones are not told apart */
	uint64_t addresses;                              /* of those telescopes together */
	char ports[APPEARANCE_PORTS][APPEARANCE_WORD];
	uint32_t port_count, ports_more;                                            /* told apart; lines with others */
	char tool[APPEARANCE_WORD], worm[APPEARANCE_WORD], method[APPEARANCE_WORD]; /* the newest known */
};

#endif
