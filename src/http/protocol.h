/*
 * The version of what agents and centres say to each other: POST /v1/alerts, docs/formats/ingest.md. An agent names its
 * own in a header; without one it is 1, as agents of release 0.1.0 and other programs speak.
 *
 * What a newer version adds must be understood by a centre of this one, or have a number of its own. A centre reads
 * every version from the oldest that a release within the last two used.
 */
#ifndef NOROSHI_HTTP_PROTOCOL_H
#define NOROSHI_HTTP_PROTOCOL_H

#define AGENT_HEADER "Noroshi-Agent" /* header_agent(): what the agent says of itself; absent: nothing */
#define PROTOCOL_HEADER "Noroshi-Protocol"
#define PROTOCOL_OLDEST 1 /* that the centre reads */
#define PROTOCOL_NEWEST 1 /* that the centre reads and the agent speaks */

#endif
