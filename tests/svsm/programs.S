// SPDX-License-Identifier: MIT
// Programs for ring 3, as the image has services: whole, page-aligned.
	.section .rodata
	.balign 4096
	.globl program_probe, program_probe_end
program_probe:
	.incbin PROGRAM_PROBE
program_probe_end:
	.balign 4096

	.section .note.GNU-stack, "", @progbits
