/*
 * What both halves of live capture know of a ring.
 */
#ifndef NOROSHI_NET_CAPTURE_RING_H
#define NOROSHI_NET_CAPTURE_RING_H

#define CAPTURE_BLOCK                                                                                                  \
	(1u << 20)     /* bytes: more than the largest frame, also one that the card or kernel put together            \
			*/
#define CAPTURE_TAG 4u /* bytes before each frame, for the VLAN tag that the kernel took out */

#endif
