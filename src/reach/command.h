/*
 * `noroshi reach`: works on files, without a centre.
 *
 *   noroshi reach FILE…        records of reach tests in; the table by tier and sector body, reasons, years out
 *   noroshi reach mail FILE…   mails that came back or were answered in; what each says of which recipient out, or sent
 *                              to a centre
 */
#ifndef NOROSHI_REACH_COMMAND_H
#define NOROSHI_REACH_COMMAND_H

int reach_command(int argc, char **argv);
int reach_mail_command(int argc, char **argv); /* argv[0] is "mail" */

#endif
