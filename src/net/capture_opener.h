/*
 * The process beside a live telescope that keeps the right to capture, and looks at no packet: when an interface went
 * away and came back it hands over a socket of the new one. (A sensor's opener, which reads lists too, is watch's.)
 *
 *   reader of rings (may open nothing) ⇄ opener: "interface 2, which was number 17" → its state, or a socket
 */
#ifndef NOROSHI_NET_CAPTURE_OPENER_H
#define NOROSHI_NET_CAPTURE_OPENER_H

#include "net/capture_live.h"

struct capture_opener_answer {
	unsigned interface; /* its place in the settings */
	int index;          /* 0 = it is away */
	bool up;
	uint16_t link;
	enum error error; /* with it no descriptor came */
	char words[400];  /* about the error */
};

/* Begins the process; before any thread is begun and before rights are given up. `settings`, each of one worker, live
 * on. When the descriptor is closed it ends. */
enum error capture_opener_start(
    const struct capture_settings *settings, unsigned count, int *descriptor, struct failure *failure);
/* `index`: as known; 0 = none. */
enum error capture_opener_ask(int opener, unsigned interface, int index, struct failure *failure);
/* As pass_receive(): with a descriptor when it is another interface than the one that is known. */
enum error capture_opener_answered(
    int opener, struct capture_opener_answer *answer, int *descriptor, struct failure *failure);

#endif
