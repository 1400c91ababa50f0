// SPDX-License-Identifier: MIT
// Services of the image: their programs, and what their manifests grant them.
#ifndef TOOLS_IGVM_SERVICES_H
#define TOOLS_IGVM_SERVICES_H

#include "tools/igvm/region.h"

/*
 * Each of `services` is PROGRAM:MANIFEST, two paths. A manifest has one item a line, each of these
 * at most once; what follows a # is a comment:
 *
 *	name NAME       in the log; letters, digits, hyphens
 *	protocol N      of the SVSM, which the service serves
 *	memory SIZE     that it may use, page tables included: bytes, or with K or M
 *	reboot reset    a reboot of the guest resets it; or keep, as without the line
 *	guid GUID       by which guests know it; may be left out
 *	debug yes       a fault writes its registers and stack to the log, where the host reads
 *them; or no, as without the line guest no        the guest may not call it; or yes, as without the
 *line
 *
 * and, as often as wanted, the objects that it holds, whose handles count from 0 in this order:
 *
 *	service NAME                            it may call this service
 *	namespace NAME SIZE                     blobs that outlive it; bytes, or with K or M
 *	key NAME                                a key that all holders of this name share
 *	device ports FIRST COUNT [read-only]
 *	device mmio ADDRESS SIZE [read-only]
 *
 * Ends the program with a message when something is wrong.
 */
void services_add(struct region *region, const char *const *services, size_t count);

#endif
