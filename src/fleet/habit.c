/*
 * What is remembered of a sensor, as bytes.
 */
#include "fleet/fleet.h"

#define VERSION 2
#define WITHOUT_TELESCOPES 1 /* the version before */

/* Not a number, or nonsense, becomes 0. */
static double get_amount(struct reader *from)
{
	double value = get_real(from);
	return value >= 0 && value < 1e18 ? value : 0;
}

/* Of telescopes alone: nothing of the others. */
static void put_arrivals(const struct fleet_sensor *sensor, struct builder *to)
{
	bool telescope = sensor->arrived > 0;
	for (size_t i = 0; i < FLEET_HOURS; i++)
		telescope |= sensor->days_arrived[i] > 0;
	put_u8(to, telescope);
	if (!telescope)
		return;
	put_u64(to, sensor->arrived);
	for (size_t i = 0; i < FLEET_HOURS; i++) {
		put_real(to, sensor->usual_arrived[i]);
		put_u16(to, sensor->days_arrived[i]);
	}
}

static void get_arrivals(struct reader *from, struct fleet_sensor *sensor)
{
	if (get_u8(from) == 0)
		return;
	sensor->arrived = get_u64(from);
	for (size_t i = 0; i < FLEET_HOURS; i++) {
		sensor->usual_arrived[i] = get_amount(from);
		sensor->days_arrived[i] = get_u16(from);
	}
}

void fleet_encode(const struct fleet_sensor *sensor, struct builder *to)
{
	put_u8(to, VERSION);
	put_i64(to, sensor->known);
	put_i64(to, sensor->last);
	put_real(to, sensor->interval);
	put_i64(to, sensor->told);
	put_i64(to, sensor->hour);
	put_u8(to, sensor->partial);
	put_u64(to, sensor->records);
	for (size_t i = 0; i < FLEET_HOURS; i++) {
		put_real(to, sensor->usual[i]);
		put_u16(to, sensor->days[i]);
	}
	put_u8(to, sensor->counted);
	put_u64(to, sensor->packets);
	put_u64(to, sensor->drops);
	put_u64(to, sensor->content);
	put_i64(to, sensor->error);
	put_i64(to, sensor->sampled);
	put_arrivals(sensor, to);
}

enum error fleet_decode(struct reader *from, struct fleet_sensor *sensor, struct failure *failure)
{
	uint8_t version = get_u8(from);
	if (version != VERSION && version != WITHOUT_TELESCOPES)
		return fail(failure, ERROR_VERSION, "the habit of a sensor is of another version");
	sensor->known = get_i64(from);
	sensor->last = get_i64(from);
	sensor->interval = get_amount(from);
	sensor->told = get_i64(from);
	sensor->hour = get_i64(from);
	sensor->partial = get_u8(from) != 0;
	sensor->records = get_u64(from);
	for (size_t i = 0; i < FLEET_HOURS; i++) {
		sensor->usual[i] = get_amount(from);
		sensor->days[i] = get_u16(from);
	}
	sensor->counted = get_u8(from) != 0;
	sensor->packets = get_u64(from);
	sensor->drops = get_u64(from);
	sensor->content = get_u64(from);
	sensor->error = get_i64(from);
	sensor->sampled = get_i64(from);
	if (version == VERSION)
		get_arrivals(from, sensor);
	return reader_done(from) ? OK : fail(failure, ERROR_CORRUPT, "the habit of a sensor is cut off");
}
