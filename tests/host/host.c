// SPDX-License-Identifier: MIT
#include "tests/host/host.h"

const struct fake_config *host_config;

int host_boot(void **context)
{
	(void)context;
	assert_int_equal(fake_boot(host_config), FAKE_RETURNED);
	return 0;
}
