# SPDX-License-Identifier: MIT
# Each part compiles these sources itself, with its own flags; there is no archive.
#   LIB_SRCS               freestanding, general registers only: for every part
#   LIB_FREESTANDING_SRCS  replaces the C library where there is none (kernel, machine)
LIB_SRCS := \
	lib/crc32.c \
	lib/elf.c \
	lib/fmt.c \
	lib/igvm.c \
	lib/igvm_decode.c \
	lib/igvm_text.c \
	lib/ovmf.c \
	lib/rle.c \
	lib/secret.c \
	lib/sha512.c
LIB_FREESTANDING_SRCS := lib/string.c
