/* armhf (EABI): system calls, and where the kernel starts the program. */
#define MACHINE_NAME "arm"
#define MACHINE_HAS_RESTORER 1

static inline long machine_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r7 __asm__("r7") = number;
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;
	register long r4 __asm__("r4") = e;
	register long r5 __asm__("r5") = f;
	__asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
	return r0;
}

#define MACHINE_START              \
	__asm__(".globl _start\n"      \
	        ".type _start, %function\n" \
	        ".arm\n"               \
	        "_start:\n"            \
	        "	mov fp, #0\n"      \
	        "	mov lr, #0\n"      \
	        "	mov r0, sp\n"      \
	        "	bic sp, sp, #15\n" \
	        "	bl wrapper_start\n" \
	        "	udf #0\n")
