// SPDX-License-Identifier: MIT
#include "kernel/user/message.h"

#include "kernel/user/service.h"
#include "kernel/user/syscall.h"

int64_t message_reply_and_wait(struct process *process, uint64_t address)
{
	struct service_message message;

	if (user_copy_in(&process->space, &message, address, sizeof(message)) != OK)
		return -LINUX_EFAULT;
	if (message.room > SERVICE_BUFFER_MAX || message.size > message.room ||
		message.reserved != 0)
		return -LINUX_EINVAL;
	int64_t result = service_take_answer(process, &message);

	if (result != 0)
		return result;
	process->message = address;
	process->state = PROCESS_WAITING;
	return 0;
}
