/* `noroshi follow`: keeps what the exchange shares with a sensor in a folder (shared_folder.h), as it changes. */
#ifndef NOROSHI_WATCH_FOLLOW_COMMAND_H
#define NOROSHI_WATCH_FOLLOW_COMMAND_H

int follow_command(int argc, char **argv); /* as struct command's run */

#endif
