// SPDX-License-Identifier: MIT
#include "kernel/user/message.h"

#include "kernel/user/service.h"
#include "kernel/user/syscall.h"

bool message_is_sound(const struct service_message *message)
{
	return message->room <= SERVICE_BUFFER_MAX && message->size <= message->room &&
	       message->reserved == 0;
}

int64_t message_reply_and_wait(struct process *process, const uint64_t *args)
{
	struct service_message message;

	if (user_copy_in(&process->space, &message, args[0], sizeof(message)) != OK)
		return -LINUX_EFAULT;
	if (!message_is_sound(&message))
		return -LINUX_EINVAL;
	int64_t result = service_take_answer(process, &message);

	if (result != 0)
		return result;
	process->message = args[0];
	process->state = PROCESS_WAITING;
	return 0;
}
