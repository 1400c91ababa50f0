# SPDX-License-Identifier: MIT
# Tests of the services on the build machine: test_*.c are cmocka programs under the sanitizers of
# the unit tests. `make unit-services` runs them.
SERVICE_TEST := $(B)/services/test
SERVICE_TEST_VTPM := $(addprefix services/vtpm/,command.c tpm.c own.c banks.c ek.c entropy.c storage.c message.c curve.c) \
	services/lib/log.c tests/services/vtpm_ask.c
SERVICE_TEST_SRCS_loop := services/lib/loop.c services/lib/log.c
SERVICE_TEST_SRCS_objects := services/lib/objects.c services/lib/linux_objects.c services/lib/linux_blobs.c \
	services/lib/linux_io.c services/lib/log.c
SERVICE_TEST_SRCS_command := services/vtpm/command.c
SERVICE_TEST_SRCS_curve := services/vtpm/curve.c
SERVICE_TEST_SRCS_reset := $(SERVICE_TEST_VTPM)
SERVICE_TEST_SRCS_failure := $(SERVICE_TEST_VTPM)
SERVICE_TEST_LIBS_curve := $(VTPM_WRAP) -lcrypto
SERVICE_TEST_LIBS_reset := $(VTPM_WRAP) -l:libtpms.a -lcrypto
SERVICE_TEST_LIBS_failure := $(VTPM_WRAP) -l:libtpms.a -lcrypto
SERVICE_TESTS := $(patsubst tests/services/test_%.c,%,$(sort $(wildcard tests/services/test_*.c)))
SERVICE_TEST_PROGRAMS := $(SERVICE_TESTS:%=$(SERVICE_TEST)/test_%)
SERVICE_TEST_SHARED := tests/unit/unit.c lib/fmt.c lib/secret.c
service_test_objects = $(patsubst %.c,$(SERVICE_TEST)/%.o,$(1))

$(SERVICE_TEST)/%.o: %.c tests/services/build.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(DEPFLAGS) -c $< -o $@

define service_test_program
$(SERVICE_TEST)/test_$(1): $(call service_test_objects,tests/services/test_$(1).c \
		$(SERVICE_TEST_SRCS_$(1)) $(SERVICE_TEST_SHARED))
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(UNIT_CFLAGS) $$^ $(SERVICE_TEST_LIBS_$(1)) -lcmocka -o $$@
endef
$(foreach test,$(SERVICE_TESTS),$(eval $(call service_test_program,$(test))))

# It starts that one.
$(SERVICE_TEST)/test_objects: | $(SERVICES)/template-linux

.PHONY: unit-services
unit-services: $(SERVICE_TEST_PROGRAMS)
	$(Q)failed=0; $(foreach test,$(SERVICE_TESTS),echo "# services: $(test)"; \
		CMOCKA_MESSAGE_OUTPUT=TAP $(SERVICE_TEST)/test_$(test) || failed=1;) exit $$failed
unit-build: $(SERVICE_TEST_PROGRAMS)
-include $(shell find $(SERVICE_TEST) -name '*.d' 2>/dev/null)

# Programs of tests/services/*.sh
SERVICE_TOOLS := $(SERVICE_TEST)/ask $(SERVICE_TEST)/standin
$(SERVICE_TOOLS): $(SERVICE_TEST)/%: $(call service_test_objects,tests/services/%.c \
		services/lib/linux_io.c)
	$(call say,LD,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) $^ -o $@
unit-build: $(SERVICE_TOOLS)
