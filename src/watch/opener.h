/*
 * The opener: the process beside a live sensor that keeps the right to open, and looks at no packet and no list.
 *
 *   sensor (parses packets, may open nothing) ⇄ opener: "look", "the file of records", "interface 2"
 *                                                  │ forks for each list that changed
 *                                                  ▼
 *                                              loader (reads one open file, may open nothing) → sealed memory → sensor
 *
 * What may be asked for was said before it began: names are not part of a question. It ends with the sensor.
 */
#ifndef NOROSHI_WATCH_OPENER_H
#define NOROSHI_WATCH_OPENER_H

#include "net/capture_live.h"
#include "watch/detection_sets.h"

/* How nice whoever reads lists is to workers, who may not be late for packets. */
#define BEHIND_WORKERS 10

struct opener_settings { /* what it points to lives longer */
	const char *eve; /* file of records; NULL: none */
	const struct detection_files *sets;
	nanoseconds look_every; /* at the files of the sets: one that changed and then rested is read */
	const char *const *interfaces;
	size_t interface_count;
	struct capture_settings capture; /* of each interface; their names apart */
};

enum opener_what {
	OPENER_SETS,      /* to: look at once, and read them whether they changed or not; from: one of them, sealed */
	OPENER_EVE,       /* the file of records, opened again */
	OPENER_INTERFACE, /* rings of an interface, unless it is the one that is known */
	OPENER_STATE,     /* from: there is nothing new of the interface */
	OPENER_CHANGES,   /* from: the file of changes (with a descriptor), or there may be more in it */
};

struct opener_question {
	enum opener_what what;
	unsigned number; /* of the interface */
	int index;       /* of the interface, as known; 0 = none */
};

struct opener_answer {
	enum opener_what what;
	unsigned number, worker; /* of the interface; of the set: enum detection_kind */
	int index;               /* of the interface; 0 = it is away */
	bool up;
	uint16_t link;
	enum error error; /* with it no descriptor came */
	char words[400];  /* about the error */
};

/* Begins the process; before any thread is begun. `descriptor` takes questions and gives answers, each with a
 * descriptor where it has one; when it is closed the opener ends. */
enum error opener_start(const struct opener_settings *settings, int *descriptor, struct failure *failure);

enum error opener_ask(int opener, struct opener_question question, struct failure *failure);
/* As pass_receive(). */
enum error opener_answered(int opener, struct opener_answer *answer, int *descriptor, struct failure *failure);

#endif
