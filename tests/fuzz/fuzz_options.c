// SPDX-License-Identifier: MIT
// The machine's options, the text of a fw_cfg file.
#include <string.h>

#include "machine/base/start.h"
#include "tests/fuzz/machine.h"

static struct input text;

bool fwcfg_find(const char *name, uint16_t *select, uint32_t *size)
{
	FUZZ_CHECK(strcmp(name, "opt/copra/options") == 0);
	*select = 0x20;
	*size = (uint32_t)text.size;
	return true;
}

bool fwcfg_read(uint16_t select, uint32_t offset, void *to, uint32_t size)
{
	FUZZ_CHECK(select == 0x20 && offset == 0 && size == text.size);
	input_fill(&text, to, size);
	return true;
}

static void read_options(void *argument)
{
	(void)argument;
	options_read();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	text = (struct input){data, size};
	options = (struct options){.log_level = LOG_INFO, .gdb_vmpl = -1};
	enum machine_result result = machine_run(read_options, NULL);

	FUZZ_CHECK(result == MACHINE_RETURNED ||
		   (result == MACHINE_ENDED && machine_code == END_BAD_CONFIGURATION));
	FUZZ_CHECK(options.log_level >= LOG_ERROR && options.log_level <= LOG_DEBUG);
	FUZZ_CHECK(options.gdb_vmpl == -1 || options.gdb_vmpl == 0 || options.gdb_vmpl == 2);
	FUZZ_CHECK(size < 4096 || result == MACHINE_ENDED);
	return 0;
}
