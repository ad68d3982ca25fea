/*
 * `noroshi sensor`: capture files, or interfaces, through a sensor.
 */
#include "watch/sensor_command.h"

#include "base/log.h"
#include "watch/sensor_files.h"
#include "watch/sensor_live.h"

#include <stdio.h>
#include <unistd.h>

int sensor_command(int argc, char **argv)
{
	struct sensor_options options;
	struct failure failure = { 0 };
	uint64_t unread = 0;
	enum error error = sensor_options_read(argc, argv, &options, &failure);

	log_setup("sensor", LOG_INFO, !isatty(STDERR_FILENO));
	if (!error && options.help)
		sensor_options_help();
	else if (!error && options.interface_count > 0)
		error = sensor_live(&options, &failure);
	else if (!error)
		error = sensor_files(&options, &unread, &failure);
	if (error)
		fprintf(stderr, "noroshi sensor: %s\n", failure.words);
	sensor_options_free(&options);
	return error || unread ? 2 : 0;
}
