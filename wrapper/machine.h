/* What differs from machine to machine. A build for tests (HOSTED) brings its own kernel: see fuzz/answers.c. */
#ifndef MACHINE_H
#define MACHINE_H

#if defined(HOSTED)
#define MACHINE_NAME "hosted"
#define MACHINE_HAS_RESTORER 1
long machine_call(long number, long a, long b, long c, long d, long e, long f);
#elif defined(__x86_64__)
#include "machine/x86_64.h"
#elif defined(__i386__)
#include "machine/i386.h"
#elif defined(__aarch64__)
#include "machine/aarch64.h"
#elif defined(__arm__)
#include "machine/arm.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "machine/riscv64.h"
#else
#error "no wrapper for this machine yet: it takes a header in machine/ with its system call and its start"
#endif

#endif
