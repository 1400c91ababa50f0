// SPDX-License-Identifier: MIT
#include "tests/svsm/chain.h"

bool chain_start(void)
{
	actors_begin();
	hold_channel(B, A);
	hold_channel(C, B);
	return actor_start(A) && actor_start(B) && actor_start(C);
}

enum error ask_a(uint32_t call, uint64_t argument)
{
	return actor_ask(B, PROBE_ASK, 0, call, argument);
}
