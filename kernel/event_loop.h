// SPDX-License-Identifier: MIT
// What a CPU does for ever once it has started.
#ifndef KERNEL_EVENT_LOOP_H
#define KERNEL_EVENT_LOOP_H

_Noreturn void event_loop(void);

#endif
