/*
 * Tests of communities and releases, run by test_policy.c with its own: the mutants of the policy meet them all.
 */
#ifndef NOROSHI_TESTS_MODEL_POLICY_COMMUNITY_H
#define NOROSHI_TESTS_MODEL_POLICY_COMMUNITY_H

void test_random_communities_are_what_a_second_model_says(void **unused);
void test_an_empty_community_publishes_to_nobody(void **unused);
void test_members_of_a_closed_circle_do_not_leak(void **unused);
void test_an_organisation_that_was_removed_reads_nothing_more(void **unused);
void test_a_circle_of_wholes_ends(void **unused);
void test_every_answer_has_words(void **unused);

#endif
