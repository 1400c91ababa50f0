// SPDX-License-Identifier: MIT
// Runs the tests and says how they went.
#include "kernel/cpus.h"
#include "kernel/page.h"
#include "kernel/slab.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "tests/svsm/groups.h"
#include "tests/svsm/suite.h"

#define X(group) &group,
static const struct test_group *const groups[] = {SUITE_GROUPS(X)};
#undef X

static uint32_t count, failed;
static const struct test *running;
static const char *running_group;
static bool running_failed;
static const char *running_skipped;

bool suite_expect(bool held, const char *file, int line, const char *text)
{
	if (!held) {
		running_failed = true;
		suite_note("%s:%d: not true: %s", file, line, text);
	}
	return held;
}

bool suite_expect_eq(uint64_t got, uint64_t want, const char *file, int line, const char *text)
{
	if (got != want) {
		running_failed = true;
		suite_note("%s:%d: %s is 0x%lx, not 0x%lx", file, line, text, got, want);
	}
	return got == want;
}

void suite_skip(const char *reason)
{
	running_skipped = reason;
}

static void test_report(bool ok, const char *remark)
{
	count++;
	failed += ok ? 0 : 1;
	console_print("%sok %u - %s.%s%s%s\n", ok ? "" : "not ", count, running_group,
		running->name, remark != NULL ? " # SKIP " : "", remark != NULL ? remark : "");
}

static const char *test_skip_reason(const struct test *test)
{
	static char text[48];

	if (test->snp != NULL && !platform_has_guests())
		return test->snp;
	if (test->native != NULL && platform_has_guests())
		return test->native;
	if (cpus_count() < test->cpus) {
		fmt_snprintf(text, sizeof(text), "needs %u CPUs, there are %u", test->cpus,
			cpus_count());
		return text;
	}
	return NULL;
}

static void test_run_checked(const struct test *test)
{
	uint64_t pages = page_count_free();
	uint64_t objects = slab_count_used();

	test->run();
	if (test->keeps == NULL) {
		EXPECT_EQ(page_count_free(), pages);
		EXPECT_EQ(slab_count_used(), objects);
	}
}

static void test_run(const struct test_group *group, const struct test *test)
{
	running = test;
	running_group = group->name;
	running_failed = false;
	log_mark();
	running_skipped = test_skip_reason(test);
	if (running_skipped == NULL)
		test_run_checked(test);
	if (test->ends && running_skipped == NULL)
		suite_expect(false, __FILE__, __LINE__, "the VM ends");
	test_report(!running_failed, running_failed ? NULL : running_skipped);
	running = NULL;
}

// name: "group" or "group.test"
static bool is_selected(const struct test_group *group, const struct test *test, const char *name)
{
	size_t length = strlen(group->name);

	if (*name == '\0')
		return !test->ends;
	if (strncmp(name, group->name, length) != 0)
		return false;
	if (name[length] == '\0')
		return !test->ends;
	return name[length] == '.' && strcmp(name + length + 1, test->name) == 0;
}

static _Noreturn void suite_list(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		for (size_t j = 0; j < groups[i]->count; j++)
			suite_note("%s.%s", groups[i]->name, groups[i]->tests[j].name);
	}
	console_print("1..0\n");
	console_end(true);
}

_Noreturn void suite_run(const char *name)
{
	suite_note("platform %s, %u CPUs", platform_name(), cpus_count());
	if (strcmp(name, "list") == 0)
		suite_list();
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		for (size_t j = 0; j < groups[i]->count; j++) {
			const struct test *test = &groups[i]->tests[j];

			if (is_selected(groups[i], test, name))
				test_run(groups[i], test);
		}
	}
	if (count == 0)
		suite_abort("no test %s", name);
	console_print("1..%u\n", count);
	console_end(failed == 0);
}

// The kernel ends the VM: what the running test wanted, or its failure.
void suite_ending(enum terminate_reason reason)
{
	if (running == NULL)
		suite_abort("the VM ends outside of a test: %s", terminate_text(reason));
	bool wanted = running->ends && running->reason == reason;

	if (!wanted)
		suite_note("the VM ends: %s", terminate_text(reason));
	for (size_t i = 0; wanted && i < ARRAY_SIZE(running->says); i++)
		wanted = running->says[i] == NULL || EXPECT(log_holds(running->says[i]));
	test_report(wanted, NULL);
	console_print("1..%u\n", count);
	console_end(wanted && failed == 0);
}
