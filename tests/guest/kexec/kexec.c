// SPDX-License-Identifier: MIT
/*
 * Another kernel in the running one's place:
 *
 *	kexec load KERNEL INITRD COMMAND-LINE	for `kexec start`
 *	kexec crash KERNEL INITRD COMMAND-LINE	for a panic
 *	kexec start				now, without a word to other processes
 *
 * kexec_file_load(2) has the kernel itself read the file, which is all that a test needs.
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int load(char **arguments, unsigned long flags)
{
	int kernel = open(arguments[0], O_RDONLY | O_CLOEXEC);
	int initrd = open(arguments[1], O_RDONLY | O_CLOEXEC);
	const char *line = arguments[2];

	if (kernel < 0)
		return fail(arguments[0]);
	if (initrd < 0)
		return fail(arguments[1]);
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(line) + 1, line, flags))
		return fail("kexec_file_load");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "load") == 0)
		return load(argv + 2, 0);
	if (argc == 5 && strcmp(argv[1], "crash") == 0)
		return load(argv + 2, KEXEC_FILE_ON_CRASH);
	if (argc != 2 || strcmp(argv[1], "start") != 0) {
		fputs("kexec load|crash KERNEL INITRD COMMAND-LINE, kexec start\n", stderr);
		return 2;
	}
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	return fail("reboot");
}
