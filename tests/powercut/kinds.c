/*
 * Every kind of file that the program promises something about after a power cut.
 *
 * usage: test_powercut NAME…      (none: all; --list: their names)
 */
#include "kinds.h"

static const struct powercut_kind *const kinds[] = {
	&kind_files,
	&kind_key,
	&kind_report,
	&kind_history,
	&kind_verdicts,
	&kind_records,
	&kind_agent,
	&kind_losses,
	&kind_received,
	&kind_recorder,
	&kind_folder,
	&kind_state,
	&kind_copy,
	&kind_notice,
	&kind_keeper,
	&kind_backup,
	&kind_parcel,
	&kind_days,
	&kind_trends,
};

static void test_what_was_acknowledged_survives_a_power_cut(void **state)
{
	powercut_run(*state);
}

int main(int count, char **names)
{
	int failed = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		bool wanted = count == 1;
		if (count == 2 && strcmp(names[1], "--list") == 0)
			puts(kinds[i]->name);
		for (int k = 1; k < count; k++)
			wanted = wanted || strcmp(names[k], kinds[i]->name) == 0;
		const struct CMUnitTest tests[] = {
			{ kinds[i]->name, test_what_was_acknowledged_survives_a_power_cut, NULL, powercut_tidy,
			    (void *)kinds[i] },
		};
		if (wanted && cmocka_run_group_tests(tests, NULL, NULL) != 0) {
			print_error("# at: %s\n", powercut_where());
			failed++;
		}
	}
	return failed;
}
